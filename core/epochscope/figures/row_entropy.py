"""How sure the assignments are: the entropy of each row of Q, as a histogram over all points.

At 0 a point belongs to one cluster alone, at ln k to all alike.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Points in even bins from 0 to `top`."""

    counts: list[int]
    top: float


def view(counts: list[int], k: int) -> View:
    """Bins as `epochscope.runs.training.scores.entropy_histogram` counts them."""
    return View(counts, math.log(max(k, 2)))


def figure(v: View) -> go.Figure:
    """One bar a bin."""
    width = v.top / max(1, len(v.counts))
    bars = go.Bar(x=[(i + 0.5) * width for i in range(len(v.counts))], y=v.counts, width=0.9 * width, showlegend=False)
    made = theme.figure("Entropy of rows", "entropy of row i, nats", "points", [bars])
    return made.update_xaxes(range=[0, v.top])


def _empty(scene: Scene) -> go.Figure:
    return figure(view([], scene.k))


ENTROPY = Figure(
    "entropy", "Entropy of rows", frozenset({"q"}), _empty, {"kind": "bars", "value": "entropy"}, 45, "low"
)
