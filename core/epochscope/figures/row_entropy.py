"""Histograms of the entropy of the rows of Q and of P over all points.

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
    """The view of the counts of an epoch's line: "entropy" or "entropy_p" (epochscope.runs.format.channels)."""
    return View(counts, math.log(max(k, 2)))


def figure(v: View, title: str) -> go.Figure:
    """One bar per bin; the x axis is the range of the bins."""
    width = v.top / max(1, len(v.counts))
    bars = go.Bar(x=[(i + 0.5) * width for i in range(len(v.counts))], y=v.counts, width=0.9 * width, showlegend=False)
    made = theme.figure(title, "entropy of row i, nats", "points", [bars], margin={"r": 28})  # half of the last tick
    ticks = {"tickvals": [0, v.top / 2, v.top], "ticktext": ["0: sure", f"{v.top / 2:.2f}", f"{v.top:.2f} = ln k"]}
    return made.update_xaxes(range=[0, v.top], **ticks)


def _figure(key: str, title: str, needs: set[str], rank: int) -> Figure:
    def empty(scene: Scene) -> go.Figure:
        return figure(view([], scene.k), title)

    panel = {"kind": "bars", "value": key, "bins": "entropy"}
    return Figure(key, title, frozenset(needs), empty, panel, rank, "low")


ENTROPY = _figure("entropy", "Entropy of rows of Q", {"q"}, 45)
ENTROPY_P = _figure("entropy_p", "Entropy of rows of P", {"p", "entropy_p"}, 47)
