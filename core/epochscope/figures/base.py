"""The interface of a figure: what it needs, its title, and how the stage draws it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go


class Scene(NamedTuple):
    """Facts about a run that are known before its first epoch."""

    k: int
    projection: str = "PCA"


Numbers = Callable[[Mapping[str, np.ndarray]], Mapping[str, float]]
"""From the arrays of one epoch to numbers by the names of their curves."""

KINDS = frozenset({"points", "raster", "lines", "bars", "grid", "pictures", "scatter", "trail", "chart", "compare"})
"""What the stage can paint."""


class Figure(NamedTuple):
    """One figure of the list FIGURES. It can be drawn for a run if `needs` are among what the run provides.

    Besides names of snapshot fields and OPTIONAL_ARRAYS, `needs` may contain "pictures" (features are
    pixels), "truth" (there are classes), "measures", and names of LINE_NUMBERS (epochscope.runs.format.channels), for
    numbers that runs of earlier versions lack. Among the figures of one shape, those of lower rank come first.

    A figure with `numbers` needs fields of snapshots only. `numbers` gets these arrays of one epoch, by name: rows of
    points are those of the drawn points, as stored (float16; labels: every point). It returns one number a curve.
    `epochscope.figures.curves.of_numbers` makes such a figure.
    """

    key: str
    title: str
    needs: frozenset[str]
    empty: Callable[[Scene], go.Figure]  # axes, legend, scales: the stage paints the data into it
    panel: Mapping[str, Any]  # what the stage draws: kind of channel and values
    rank: int = 50  # lower for figures that fewer methods have
    shape: Literal["tall", "low"] = "tall"  # the figure slots that it suits
    leads_with: frozenset[str] = frozenset()  # its rank is at most 5 for runs that provide any of these
    numbers: Numbers | None = None  # where it draws numbers of its own, one or several an epoch

    def place_in_line(self, provides: Collection[str]) -> int:
        """Its rank for a run with these arrays."""
        return min(self.rank, 5) if self.leads_with & set(provides) else self.rank


def shown_by(figures: Collection[Figure], provides: Collection[str]) -> list[Figure]:
    """The figures that a run can show, sorted by rank."""
    shown = (figure for figure in figures if figure.needs <= set(provides))
    return sorted(shown, key=lambda figure: figure.place_in_line(provides))


def chosen(figures: Sequence[Figure], *, tall: int, low: int) -> list[Figure]:
    """The first `tall` tall and `low` low figures; missing ones are replaced by figures of the other shape."""
    first = [figure for figure in figures if figure.shape == "tall"][:tall]
    second = [figure for figure in figures if figure.shape == "low"][:low]
    rest = iter(figure for figure in figures if figure not in first and figure not in second)
    return [*first, *islice(rest, tall - len(first)), *second, *islice(rest, low - len(second))]


def figure_fault(thing: object) -> str:
    """Why `thing` cannot stand in FIGURES, as the end of a sentence; "" where it can."""
    if not isinstance(thing, Figure):
        return f"it is of type {type(thing).__name__}, not a Figure of epochscope.figures.base"
    rules = {
        f"its key {thing.key!r} must be small letters, digits, _ and -": isinstance(thing.key, str)
        and re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", thing.key),
        "its title must be a text": isinstance(thing.title, str) and thing.title.strip(),
        "its needs must be a frozenset of names": isinstance(thing.needs, frozenset),
        f"its panel must name a kind: {', '.join(sorted(KINDS))}": isinstance(thing.panel, Mapping)
        and thing.panel.get("kind") in KINDS,
        'its shape must be "tall" or "low"': thing.shape in ("tall", "low"),
        "its numbers must be a function": thing.numbers is None or callable(thing.numbers),
    }
    if broken := next((rule for rule, kept in rules.items() if not kept), ""):
        return broken
    try:
        json.dumps(dict(thing.panel))
        json.loads(thing.empty(Scene(k=10)).to_json() or "{}")
    except Exception as error:  # whatever code of somebody else raises
        return f"its frame or its panel does not work ({type(error).__name__}: {error})"
    return ""
