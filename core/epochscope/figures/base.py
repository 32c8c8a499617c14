"""The interface of a figure: what it needs, its title, and how the stage draws it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go


class Scene(NamedTuple):
    """Facts about a run that are known before its first epoch."""

    k: int
    projection: str = "PCA"


class Figure(NamedTuple):
    """One figure of the list FIGURES. It can be drawn for a run if `needs` are among what the run provides.

    Besides names of snapshot fields and OPTIONAL_ARRAYS, `needs` may contain "pictures" (features are
    pixels), "truth" (there are classes) and "measures". Among the figures of one shape, those of lower rank come first.
    """

    key: str
    title: str
    needs: frozenset[str]
    empty: Callable[[Scene], go.Figure]  # axes, legend, scales: the stage paints the data into it
    panel: Mapping[str, Any]  # what the stage draws: kind of channel and values
    rank: int = 50  # lower for figures that fewer methods have
    shape: Literal["tall", "low"] = "tall"  # the figure slots that it suits
    leads_with: frozenset[str] = frozenset()  # its rank is at most 5 for runs that provide any of these

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
