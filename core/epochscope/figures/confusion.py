"""Confusion matrix of true classes and clusters, in the order of the best one-to-one match."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.inspect.whole import Confusion
from epochscope.text import shortened

_MOST_NUMBERS = 15  # rows and columns up to which numbers in cells are legible
_MOST_BELOW, _MOST_BESIDE = 10, 20  # ticks, where there are more columns or rows than have numbers in them
_MOST_LETTERS = 14  # of a class beside its row: the matrix needs the room, and the hover text is whole


def figure(v: Confusion, classes: Sequence[str]) -> go.Figure:
    """Color: share of the class (row). Number: points. Unmatched clusters are on the right."""
    shares = v.counts / v.counts.sum(axis=1, keepdims=True).clip(min=1)
    names = [classes[c] if c < len(classes) else str(c) for c in v.classes]
    rows, columns = list(range(len(names))), list(range(len(v.clusters)))
    small = max(len(rows), len(columns)) <= _MOST_NUMBERS
    trace = go.Heatmap(
        z=shares,
        x=columns,
        y=rows,
        zmin=0,
        zmax=1,
        colorscale=theme.PROBABILITY_SCALE,
        hovertext=_hovers(v, shares, names),
        hoverinfo="text",
        colorbar={"thickness": 8, "len": 1.0, "tickformat": ".0%", "xpad": 4, "tickfont": {"size": 10}},
        xgap=int(small),
        ygap=int(small),
    )
    title = f"Classes and clusters: ACC {v.accuracy:.3f}"
    below = columns if small else columns[:: -(-len(columns) // _MOST_BELOW)]
    beside = rows[:: -(-len(rows) // _MOST_BESIDE)]
    ticks = {"tickvals": below, "ticktext": [str(v.clusters[c]) for c in below], "showgrid": False}
    made = theme.figure(
        title,
        "cluster, in order of the match",
        "true class",
        [trace, *(_numbers(v, shares) if small else ())],
        showlegend=False,
        margin={"l": 46, "r": 4, "t": 32, "b": 40},
        xaxis=ticks,
        yaxis={
            "tickvals": beside,
            "ticktext": [shortened(names[r], _MOST_LETTERS) for r in beside],
            "autorange": "reversed",
            "showgrid": False,
            "automargin": True,
        },
    )
    made.update_layout(title_xref="container", title_x=0.02)  # wherever the names let the matrix begin
    if v.matched < len(columns):
        made.add_vline(x=v.matched - 0.5, line_width=2, line_dash="dot", line_color=theme.GUIDE_COLOR)
    return made


def _hovers(v: Confusion, shares: Float[np.ndarray, "c k"], names: Sequence[str]) -> list[list[str]]:
    """Hover text of each cell: points, share of the class, share of the cluster."""
    sizes = v.counts.sum(axis=0).clip(min=1)
    return [
        [
            f"class {name}, cluster {j}<br>{v.counts[r, c]:,} points<br>{shares[r, c]:.1%} of the class<br>"
            f"{v.counts[r, c] / sizes[c]:.1%} of the cluster"
            for c, j in enumerate(v.clusters)
        ]
        for r, name in enumerate(names)
    ]


def _numbers(v: Confusion, shares: Float[np.ndarray, "c k"]) -> list[go.Scatter]:
    """Numbers of points in non-empty cells: white on dark cells, black on light ones."""
    traces = []
    for ink, light in (("#ffffff", False), ("#000000", True)):
        rows, columns = np.nonzero((v.counts > 0) & ((shares > 0.55) == light))
        text = [f"{v.counts[r, c]:,}" for r, c in zip(rows, columns, strict=True)]
        font = {"size": 10, "color": ink}
        traces.append(go.Scatter(x=columns, y=rows, text=text, mode="text", textfont=font, hoverinfo="skip"))
    return traces
