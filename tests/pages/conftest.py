"""Pages without a network, with folders of their own."""

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.training.manager import manager


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")
    yield
    manager().shutdown(PROGRAM)
