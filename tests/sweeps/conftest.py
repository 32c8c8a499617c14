"""Runs in a folder of their own, and no pretraining from elsewhere."""

import pytest


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
