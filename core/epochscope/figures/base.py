"""What a figure is: what it needs, what it is called, and how the stage draws it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go


class Scene(NamedTuple):
    """What is known of a run before its first epoch: names and sizes, no data."""

    k: int
    projection: str = "PCA"


class Figure(NamedTuple):
    """One figure of the list FIGURES. It can be drawn for a run if `needs` are among what the run provides.

    Besides names of snapshot fields and EXTRAS, `needs` may hold "pictures" (features are pixels), "truth" (there are
    classes) and "measures". Of the figures of one shape, those of lower rank are shown first.
    """

    key: str
    title: str
    needs: frozenset[str]
    empty: Callable[[Scene], go.Figure]  # axes, legend, scales: the stage paints the data into it
    panel: Mapping[str, Any]  # what the stage paints: kind of channel and which values
    rank: int = 50  # the more special to few methods, the lower
    shape: Literal["tall", "low"] = "tall"  # the kind of place it suits
    leads_with: frozenset[str] = frozenset()  # beside any of these it is special, whatever its rank

    def place_in_line(self, provides: Collection[str]) -> int:
        """Its rank for a run that provides all this."""
        return min(self.rank, 5) if self.leads_with & set(provides) else self.rank


def shown_by(figures: Collection[Figure], provides: Collection[str]) -> list[Figure]:
    """The figures that a run can show, the ones to show first in front."""
    shown = (figure for figure in figures if figure.needs <= set(provides))
    return sorted(shown, key=lambda figure: figure.place_in_line(provides))


def chosen(figures: Sequence[Figure], *, tall: int, low: int) -> list[Figure]:
    """Which of the figures in line to show: `tall` ones, then `low` ones; others where a shape runs out."""
    first = [figure for figure in figures if figure.shape == "tall"][:tall]
    second = [figure for figure in figures if figure.shape == "low"][:low]
    rest = iter(figure for figure in figures if figure not in first and figure not in second)
    return [*first, *islice(rest, tall - len(first)), *second, *islice(rest, low - len(second))]
