"""How many points each cluster holds. A cluster at zero is unused: the first sign of a collapse."""

from __future__ import annotations

from typing import NamedTuple

import plotly.graph_objects as go

from core.figures import theme
from core.figures.base import Figure


class View(NamedTuple):
    """Points per cluster, over all points."""

    sizes: list[int]


def figure(v: View) -> go.Figure:
    """One bar a cluster, in the cluster's colour."""
    clusters = list(range(len(v.sizes)))
    bars = go.Bar(x=clusters, y=v.sizes, marker={"color": [theme.color(j) for j in clusters]}, showlegend=False)
    made = theme.figure("Cluster sizes", "cluster j", "points", [bars], bargap=0.2)
    return made.update_xaxes(tick0=0, dtick=1 if len(clusters) <= 12 else None, range=[-0.6, len(clusters) - 0.4])


CLUSTER_SIZES = Figure(
    "sizes",
    "Cluster sizes",
    frozenset({"labels"}),
    lambda scene: figure(View([0] * scene.k)),
    {"kind": "bars", "value": "sizes"},
)
