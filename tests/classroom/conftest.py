"""Folders of their own, and lessons whose training takes a moment."""

from __future__ import annotations

import pytest
from epochscope.classroom import preparing, rooms
from epochscope.classroom.experiments import Experiment
from epochscope.classroom.lesson import JOINS, SCORE, TREND
from epochscope.classroom.rooms import Room
from epochscope.methods import METHODS
from epochscope.runs.format.spec import RunSpec

from tests.support.lessons import LECTURER
from tests.support.quick_values import SMALL_TRAINING


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))


@pytest.fixture
def small() -> Experiment:
    """IDEC with two values of gamma on the digits, all three questions."""
    spec = RunSpec("digits", "idec", 10, 0, {}, METHODS["idec"].params().but(SMALL_TRAINING).flat())
    return Experiment("small", "A small class", "", spec, {"gamma": (0.1, 1.0)}, (JOINS, TREND, SCORE))


@pytest.fixture
def room(small) -> Room:
    """A lesson of three seeds, opened by LECTURER."""
    plan = preparing.plan(small, 3, None, rooms.new_code())
    return rooms.open_room(plan, preparing.groups(small.spec).labels, LECTURER)
