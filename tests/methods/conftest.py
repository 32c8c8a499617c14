"""Small data for the tests of methods: those of the public contract."""

from __future__ import annotations

import pytest
from epochscope.testing import Points, trial


@pytest.fixture(scope="session")
def blobs() -> Points:
    return trial.blobs()


@pytest.fixture(scope="session")
def digits() -> Points:
    return trial.digits()
