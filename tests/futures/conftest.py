"""Futures in a folder of their own, and settings small enough to train in a test."""

from __future__ import annotations

from typing import Any

import pytest
from epochscope.methods import METHODS
from epochscope.runs.format.spec import RunSpec

from tests.support.quick_values import SMALL_TRAINING


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def small_spec() -> Any:
    """A RunSpec on the digits; keywords replace its fields, `values` its parameters."""

    def made(method: str = "dec", values: dict[str, Any] | None = None, **fields: Any) -> RunSpec:
        hp = METHODS[method].params().but({**SMALL_TRAINING, **(values or {})})
        return RunSpec("digits", method, 10, 0, {}, hp.flat(), **fields)

    return made


@pytest.fixture
def small_values() -> dict[str, Any]:
    """Parameters of a training that takes a moment."""
    return dict(SMALL_TRAINING)


@pytest.fixture
def flags() -> list[str]:
    """The same as flags of the command line."""
    return [part for name, value in SMALL_TRAINING.items() for part in (f"--{name}", str(value))]
