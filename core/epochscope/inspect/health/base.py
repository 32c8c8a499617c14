"""What all rules share: a finding, the facts that rules look at, and helpers for lines of epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from epochscope.formulas.dispersion import CodeShape

Line = Mapping[str, Any]
Level = Literal["bad", "odd", "fine"]
Shown = Literal[
    "shares",
    "flow",
    "spread",
    "directions",
    "confusion",
    "scores",
    "losses",
    "changed",
    "entropy",
    "confidence",
    "order",
]
"""Keys of the figures that show findings (epochscope.ui.inspect.whole)."""


class Note(NamedTuple):
    """One finding."""

    kind: str
    level: Level
    epoch: int
    sentence: str
    shown_by: Shown
    rule: str  # the threshold in words
    advice: str = ""  # what to try
    began: int | None = None  # the epoch of the first of several steps, of which `epoch` is the last


class Facts(NamedTuple):
    """The input of the rules. A rule says nothing about facts that are not known."""

    lines: Sequence[Line]
    last_phase: Sequence[Line]  # the lines of the last phase, its start included
    n: int
    k: int
    one_cluster: float | None  # ACC with all points in a single cluster
    spreads: Sequence[float | None]  # root mean square distance of codes from their mean at each epoch, if known
    codes: Sequence[CodeShape | None]  # further numbers about the codes at each epoch, if known
    kmeans: float | None  # ACC of k-means on the data
    class_sizes: Sequence[int]  # points of each class; none without classes
    classes: Sequence[str]  # their names
    framed: Sequence[int] | None  # epochs of which the shown projection has a picture; None: no projection is shown
    live: bool  # whether the run is being trained
    param_changes: Sequence[Line]


Rule = Callable[[Facts], list[Note]]


def since(lines: Sequence[Line], holds: Callable[[Line], bool]) -> int | None:
    """The epoch from which a condition holds in all epochs to the end; None if it does not hold at the end."""
    epoch = None
    for line in reversed(lines):
        if not holds(line):
            break
        epoch = line["epoch"]
    return epoch


_Item = TypeVar("_Item")


def first(items: Iterable[_Item], otherwise: _Item) -> _Item:
    """The first item; where there is none (numbers at a threshold may round to either side), the other one."""
    return next(iter(items), otherwise)


def sized(facts: Facts) -> list[Line]:
    """The lines with cluster sizes."""
    return [line for line in facts.lines if line.get("sizes")]


def size_of(line: Line, j: int) -> int:
    """Points of cluster j; 0 before there was such a cluster."""
    return line["sizes"][j] if j < len(line["sizes"]) else 0


def scored(lines: Sequence[Line], name: str) -> list[Line]:
    """The lines with this score."""
    return [line for line in lines if known(line.get("scores", {}).get(name))]


def known(value: float | None) -> bool:
    """Whether this is a finite number."""
    return value is not None and math.isfinite(value)
