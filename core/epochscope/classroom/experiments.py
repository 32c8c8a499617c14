"""Experiments that are prepared: what is trained, what is varied, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from epochscope.classroom.lesson import JOINS, SCORE, TREND
from epochscope.language import marked
from epochscope.methods import METHODS
from epochscope.runs.format.spec import RunSpec

QUICK = "quick demo"
RUN = "run"
"""Key of an experiment with the settings of a run, which is not among those that are prepared."""


class Experiment(NamedTuple):
    """Something for a lesson. `values`: of one parameter, by its dotted name; the last is what is looked at."""

    key: str
    title: str
    about: str
    spec: RunSpec
    values: Mapping[str, tuple[Any, ...]]
    questions: tuple[str, ...]  # JOINS, TREND, SCORE


def _spec(method: str, dataset: str, k: int, values: Mapping[str, Any] | None = None) -> RunSpec:
    known = METHODS[method]
    hp = known.params().but({**known.preset(QUICK).at(), **(values or {})})
    return RunSpec(dataset, method, k, 0, {}, hp.flat(), QUICK)


def experiments() -> dict[str, Experiment]:
    """All that are prepared, by key."""
    found = (
        Experiment(
            "digit",
            marked("Which cluster does this digit join?"),
            marked(
                "DEC on 1,797 handwritten digits. One that lies between two groups is shown: with which will it end? "
                "And what ACC will your own seed reach?"
            ),
            _spec("dec", "digits", 10),
            {},
            (JOINS, SCORE),
        ),
        Experiment(
            "gamma",
            marked("Does ACC rise or fall with γ = 1?"),
            marked(
                "IDEC on the digits, with each seed twice: γ = 0.1, as in the paper, and γ = 1, where clustering "
                "weighs ten times as much."
            ),
            _spec("idec", "digits", 10),
            {"gamma": (0.1, 1.0)},
            (TREND, SCORE),
        ),
        Experiment(
            "moons",
            marked("Can DEC tell two moons apart?"),
            marked("DEC on two half moons in the plane, data without pictures: what ACC will your own seed reach?"),
            _spec("dec", "moons", 2),
            {},
            (JOINS, SCORE),
        ),
    )
    return {one.key: one for one in found}
