"""What differs between runs, and their scores; runs that differ in their seed alone are one place with a range."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from epochscope.runs.format.run import Run
from epochscope.runs.library.catalog import Entry
from epochscope.runs.library.compare import setting_title
from epochscope.runs.training.request import display_of
from epochscope.types import EpochscopeError

_FIRST = ("dataset", "method", "k", "seed")
_WORDS = {"dataset": "data set", "method": "method", "k": "k", "seed": "seed"}


def varied(entries: Sequence[Entry]) -> list[str]:
    """The settings of which these runs have more than one value, by dotted name: data set, method, k and seed first,
    then those that most of the runs have. A setting that a run does not have is no other value.
    """
    values: dict[str, set[Any]] = {}
    count: dict[str, int] = {}
    for one in entries:
        for name, value in one.values.items():
            values.setdefault(name, set()).add(value)
            count[name] = count.get(name, 0) + 1
    apart = [name for name, some in values.items() if len(some) > 1]
    return sorted(apart, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), -count[name]))


def title_of(name: str, entries: Sequence[Entry]) -> str:
    """What pages call a setting of these runs: its symbol or label, after its group if it has one."""
    if name in _WORDS:
        return _WORDS[name]
    first = next((one for one in entries if name in one.values), None)
    try:
        display = display_of(Run(first.id)) if first else None
    except EpochscopeError:
        return name
    if display is None:
        return name
    flag = name.removeprefix("data.")
    return setting_title(flag, display["params" if flag == name else "data"].get(flag))


class Place(NamedTuple):
    """Runs with the same settings but the seed, and the score of each of them."""

    settings: dict[str, Any]
    scores: tuple[float, ...]
    runs: tuple[str, ...]  # their ids
    seeds: tuple[int, ...]

    @property
    def median(self) -> float:
        return median(self.scores)

    @property
    def range(self) -> tuple[float, float]:
        return min(self.scores), max(self.scores)


def places(entries: Sequence[Entry], score: str) -> list[Place]:
    """The runs that have a score, by their settings, the best median first."""
    found: dict[str, list[Entry]] = {}
    for one in entries:
        if score in one.scores and one.settings:
            found.setdefault(one.settings, []).append(one)
    made = [
        Place(
            dict(some[0].values),
            tuple(one.scores[score] for one in some),
            tuple(one.id for one in some),
            tuple(one.values["seed"] for one in some),
        )
        for some in found.values()
    ]
    return sorted(made, key=lambda place: -place.median)
