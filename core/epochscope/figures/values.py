"""Histograms of the values of a data set, or of its row sums, before and after scaling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from epochscope.figures import theme

BINS = 40
BEFORE, AFTER = theme.color(3), theme.color(0)
"""Bars of what the file holds, and of what a method sees."""


class View(NamedTuple):
    """Counts in equal bins, whose edges are one more."""

    counts: Int[np.ndarray, " b"]
    edges: Float[np.ndarray, " b+1"]


def view(values: Float[np.ndarray, "*s"]) -> View:
    """The view of finite numbers: a bin for each of a few values at equal distances, else BINS over their range."""
    numbers = np.asarray(values, np.float64).ravel()
    low, high = float(numbers.min()), float(numbers.max())
    same = max(1e-6 * max(abs(low), abs(high)), 1e-12)  # closer values differ by rounding
    if high - low <= same:
        beside = abs(low) / 2 or 0.5
        return View(*np.histogram(numbers, 1, (low - beside, high + beside)))
    different = np.unique(numbers) if len(numbers) else numbers
    step = float(np.diff(different).min(initial=high - low, where=np.diff(different) > same))
    steps = round((high - low) / step)
    if steps <= 2 * BINS and np.abs((different - low) / step - np.round((different - low) / step)).max() < 0.05:
        return View(*np.histogram(numbers, steps + 1, (low - step / 2, high + step / 2)))
    return View(*np.histogram(numbers, BINS, (low, high)))


def figure(v: View, title: str, x: str, y: str, color: str, *, log: bool = False) -> go.Figure:
    """One bar per bin. log: of the counts, for values, of which one (0) often outnumbers all others."""
    bars = go.Bar(
        x=(v.edges[:-1] + v.edges[1:]) / 2,
        y=v.counts,
        width=np.diff(v.edges),
        marker={"color": color, "line": {"width": 0}},
        customdata=np.stack([v.edges[:-1], v.edges[1:]], axis=1),
        hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g}: %{y:,}<extra></extra>",
    )
    top = float(np.log10(max(int(v.counts.max()), 1))) + 0.15
    axis = {"type": "log", "range": [-0.3, top], "dtick": max(1, round(top / 4)), "exponentformat": "SI"}
    y, axis = (f"{y} (log scale)", axis) if log else (y, {"rangemode": "tozero"})
    made = theme.figure(title, x, y, [bars], height=250, showlegend=False, yaxis=axis)
    return made.update_xaxes(range=[float(v.edges[0]), float(v.edges[-1])], nticks=5)
