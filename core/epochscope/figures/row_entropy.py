"""Histogram of the entropy of the rows of Q over all points.

At entropy 0 a point belongs to one cluster alone, at ln k equally to all.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Counts of points in equal bins from 0 to `top`, in nats."""

    counts: list[int]
    top: float


def view(counts: list[int], k: int) -> View:
    """The view of counts made by `epochscope.runs.training.scores.entropy_histogram`."""
    return View(counts, math.log(max(k, 2)))


def figure(v: View) -> go.Figure:
    """One bar per bin."""
    width = v.top / max(1, len(v.counts))
    bars = go.Bar(x=[(i + 0.5) * width for i in range(len(v.counts))], y=v.counts, width=0.9 * width, showlegend=False)
    made = theme.figure("Entropy of rows", "entropy of row i, nats", "points", [bars])
    return made.update_xaxes(range=[0, v.top])


def _empty(scene: Scene) -> go.Figure:
    return figure(view([], scene.k))


ENTROPY = Figure(
    "entropy", "Entropy of rows", frozenset({"q"}), _empty, {"kind": "bars", "value": "entropy"}, 45, "low"
)
