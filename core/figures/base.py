"""What a figure is: what it needs, what it is called, and how the stage draws it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    rank: int = 50  # the more special to few methods, the lower; ranks from 40 on: shown where there is room
    shape: Literal["tall", "low"] = "tall"  # the kind of place it suits


def shown_by(figures: Collection[Figure], provides: Collection[str]) -> list[Figure]:
    """The figures that a run can show, the ones to show first in front."""
    return sorted((figure for figure in figures if figure.needs <= set(provides)), key=lambda figure: figure.rank)


def chosen(figures: Collection[Figure], *, tall: int, low: int) -> list[Figure]:
    """Which figures to show in the first place: `tall` ones, then `low` ones; others where a shape runs out."""
    ordered = sorted(figures, key=lambda figure: figure.rank)
    first = [figure for figure in ordered if figure.shape == "tall"][:tall]
    second = [figure for figure in ordered if figure.shape == "low"][:low]
    rest = iter(figure for figure in ordered if figure not in first and figure not in second)
    first += [figure for figure, _ in zip(rest, range(tall - len(first)), strict=False)]
    second += [figure for figure, _ in zip(rest, range(low - len(second)), strict=False)]
    return first + second
