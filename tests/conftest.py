"""For all tests: one thread per torch operation (small tensors, few cores), and the checks of jaxtyping everywhere."""

import os

import pytest
import torch

pytest.register_assert_rewrite("tests.support")
os.environ["EPOCHSCOPE_PRETRAINED"] = "off"  # a test neither reads nor leaves anything in the user's cache


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)
