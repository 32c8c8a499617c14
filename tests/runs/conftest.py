"""Runs in a folder of their own, and a method small enough to watch every step of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from epochscope import methods
from epochscope.runs.format.spec import RunSpec

from tests.support.counting import COUNT


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def count_spec(monkeypatch) -> Callable[..., RunSpec]:
    """A RunSpec of the counting method on digits; keywords are its parameters."""
    monkeypatch.setitem(methods.METHODS, "count", COUNT)

    def spec(k: int = 4, seed: int = 0, **params) -> RunSpec:
        return RunSpec("digits", "count", k, seed, params=params)

    return spec
