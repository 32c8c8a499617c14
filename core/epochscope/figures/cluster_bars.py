"""One bar per cluster: its number of points, or its mixing weight. A cluster at zero is unused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """One value per cluster."""

    values: Sequence[float]


def figure(v: View, title: str, y: str) -> go.Figure:
    """One bar per cluster, in the color of the cluster."""
    clusters = list(range(len(v.values)))
    bars = go.Bar(x=clusters, y=list(v.values), marker={"color": [theme.color(j) for j in clusters]}, showlegend=False)
    made = theme.figure(title, "cluster j", y, [bars], bargap=0.2)
    return made.update_xaxes(tick0=0, dtick=max(1, math.ceil(len(clusters) / 20)), range=[-0.6, len(clusters) - 0.4])


def _figure(key: str, labels: tuple[str, str], needs: set[str], level: Mapping[str, str], rank: int) -> Figure:
    title, y = labels

    def empty(scene: Scene) -> go.Figure:
        return figure(View([0] * scene.k), title, y)

    return Figure(key, title, frozenset(needs), empty, {"kind": "bars", "value": key, "level": level}, rank, "low")


SIZES = _figure("sizes", ("Cluster sizes", "points"), {"labels"}, {"at": "n / k", "label": "equal sizes ({count})"}, 30)
MIXING = _figure(
    "mixing", ("Mixing weights", "weight"), {"mixing"}, {"at": "1 / k", "label": "equal weights ({number})"}, 25
)
