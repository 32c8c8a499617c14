"""Predictions against what happened: how many predicted what, who was right, who was near."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from epochscope.classroom.lesson import Lesson

SAME = 0.005
"""ACC that differs by no more has stayed about the same."""
FALLS, STAYS, RISES = 0, 1, 2
"""Places of the answers to whether ACC falls or rises."""


class Judged(NamedTuple):
    """The prediction of one student beside what happened to their seed."""

    mark: str  # of the student; not to be shown
    name: str
    seed: int
    predicted: float
    happened: float | None  # None: their seed tells nothing
    distance: float | None  # of a number; of an option 0 if it was right, else 1
    rank: int | None  # 1 + how many were nearer


class Tally(NamedTuple):
    """How often each option was predicted, and how often it happened."""

    predicted: list[int]
    happened: list[int]
    right: int  # students whose prediction came true for their own seed
    judged: int  # students for whose seed something happened


def trend(difference: float) -> int:
    """The answer to whether ACC falls or rises, by the difference."""
    return STAYS if abs(difference) <= SAME else RISES if difference > 0 else FALLS


def judged(lesson: Lesson, key: str) -> list[Judged]:
    """All who predicted, the nearest first, then in the order in which they joined. Each by the seed that they own."""
    options = lesson.plan.question(key).options
    truth = lesson.outcome.answers.get(key, ()) if lesson.outcome else ()
    found = []
    for mark, predicted in lesson.answers.get(key, {}).items():
        seed = lesson.seed_of(mark)
        happened = truth[seed] if seed < len(truth) else None
        distance = None if happened is None else abs(predicted - happened)
        if options and distance is not None:
            distance = float(distance > 0)
        student = lesson.students[mark]
        found.append(
            (student.place, Judged(mark, student.name, lesson.plan.seeds[seed], predicted, happened, distance, None))
        )
    near = sorted(one.distance for _, one in found if one.distance is not None)
    ranked = [
        (place, one._replace(rank=None if one.distance is None else 1 + bisect_left(near, one.distance)))
        for place, one in found
    ]
    return [one for _, one in sorted(ranked, key=lambda pair: (pair[1].rank or len(near) + 1, pair[0]))]


def tally(lesson: Lesson, key: str) -> Tally:
    """The options of a question, counted."""
    count = len(lesson.plan.question(key).options)
    some = judged(lesson, key)
    truth = lesson.outcome.answers.get(key, ()) if lesson.outcome else ()
    told = [one for one in some if one.distance is not None]
    return Tally(
        _counted([one.predicted for one in some], count),
        _counted([one for one in truth if one is not None], count),
        sum(one.distance == 0 for one in told),
        len(told),
    )


def _counted(values: Sequence[float], count: int) -> list[int]:
    return [sum(value == place for value in values) for place in range(count)]


def middle(values: Sequence[float | None]) -> float | None:
    """The median of those that are there."""
    there = [one for one in values if one is not None]
    return median(there) if there else None
