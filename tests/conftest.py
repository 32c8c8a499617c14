"""For all tests: one thread per torch operation (few cores), the checks of jaxtyping, the long ones first."""

import os

import pytest
import torch

pytest.register_assert_rewrite("tests.support")
os.environ["EPOCHSCOPE_PRETRAINED"] = "off"  # a test neither reads nor leaves anything in the user's cache


_LONGEST = ("sweeps", "server", "wheel")  # folders of tests of which one may take more than a minute


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The processes of xdist end together if the tests that are left at the end are short."""
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, item.path.parent.name not in _LONGEST))
