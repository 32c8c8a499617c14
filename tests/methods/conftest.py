"""Small data for the tests of methods."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits, make_blobs

from tests.support.quick_runs import Points


@pytest.fixture(scope="session")
def blobs() -> Points:
    x, truth = make_blobs(300, n_features=8, centers=4, cluster_std=0.6, center_box=(-5, 5), random_state=3)
    return Points(torch.tensor(x / 5, dtype=torch.float32), truth, 4)


@pytest.fixture(scope="session")
def digits() -> Points:
    bunch = load_digits()
    return Points(torch.tensor(bunch.data[:200] / 16, dtype=torch.float32), bunch.target[:200], 10)
