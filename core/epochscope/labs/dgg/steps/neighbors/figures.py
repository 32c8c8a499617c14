"""Figures of the graph: purity by rank, how often points are neighbors, and the neighbors of one digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from epochscope.figures import theme
from epochscope.labs.shared.figures.plotly_json import FigureDict, figure, heatmap, scatter
from epochscope.language import tr

TONES = (theme.PALETTE[0], theme.PALETTE[6])
"""Colors of the distances in the data and in the Siamese codes."""
_DASHES = (None, "dot")  # of the nearest and of the drawn ones
_WRONG = theme.PALETTE[2]


def purity(by_rank: Mapping[str, Float[np.ndarray, " r"]], nearest: int) -> FigureDict:
    """Share of points whose r-th nearest has their label."""
    data = [
        scatter(x=np.arange(1, len(y) + 1), y=y, mode="lines", name=tr(name), line={"color": tone, "width": 2})
        for (name, y), tone in zip(by_rank.items(), TONES, strict=True)
    ]
    last = max(len(y) for y in by_rank.values())
    band = {
        "type": "rect", "x0": 0.5, "x1": nearest + 0.5, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
        "fillcolor": theme.GUIDE_COLOR, "opacity": 0.15, "line": {"width": 0},
    }  # fmt: skip
    return figure(
        tr("Do neighbors share the label? Shaded: the nearest {n}", n=nearest),
        tr("rank of the neighbor, 1 the nearest"),
        tr("share with the point's label"), data, shapes=[band], xaxis={"range": [0, last + 1]},
        yaxis={"range": [min(0.5, *(float(y.min()) for y in by_rank.values())) - 0.02, 1.01]},
        legend=theme.LEGEND_ABOVE, margin={"t": 52},
    )  # fmt: skip


def hubs(in_degrees: Mapping[tuple[str, str], Int[np.ndarray, " n"]]) -> FigureDict:
    """The share of points that are a neighbor of at least so many others."""
    top = max(int(degrees.max()) for degrees in in_degrees.values())
    data = []
    for place, ((distance, choice), degrees) in enumerate(in_degrees.items()):
        y = np.bincount(degrees, minlength=top + 1)[::-1].cumsum()[::-1] / len(degrees)
        line = {"color": TONES[place // 2], "dash": _DASHES[place % 2], "width": 2}
        name = f"{tr(distance)}, {tr(choice)}"
        data.append(scatter(x=np.arange(top + 1), y=np.where(y > 0, y, np.nan), mode="lines", name=name, line=line))
    return figure(
        tr("Hubs: how often a point is chosen, 20 times on average"), tr("at least so often"),
        tr("share of points"), data,
        xaxis={"range": [0, top + 1]}, yaxis={"type": "log", "dtick": 1},
        legend={"x": 0.02, "xanchor": "left", "y": 0.02, "yanchor": "bottom"},
    )  # fmt: skip


class Sheet(NamedTuple):
    """A point and, for each choice, its neighbors; which of them have another label."""

    point: UInt8[np.ndarray, "h w"]
    rows: Sequence[tuple[str, UInt8[np.ndarray, "j h w"], Bool[np.ndarray, " j"]]]


def sheet(of: Sheet) -> FigureDict:
    """One row a choice, nearest first; those with another label are framed."""
    h, w = of.point.shape
    count = len(of.rows[0][1])
    step, gap = w + 1, w // 2
    paper = np.full((len(of.rows) * (h + 1) - 1, (count + 1) * step - 1 + gap), np.nan)
    x: list[float | None] = []
    y: list[float | None] = []
    for row, (_, images, wrong) in enumerate(of.rows):
        top = row * (h + 1)
        paper[top : top + h, :w] = of.point
        for place, tile in enumerate(images):
            left = (place + 1) * step + gap
            paper[top : top + h, left : left + w] = tile
            if wrong[place]:
                x += [left - 0.5, left + w - 0.5, left + w - 0.5, left - 0.5, left - 0.5, None]
                y += [top - 0.5, top - 0.5, top + h - 0.5, top + h - 0.5, top - 0.5, None]
    gray = [[0, "#000000"], [1, "#ffffff"]]
    data = [
        heatmap(z=paper, zmin=0, zmax=255, colorscale=gray, showscale=False, hoverinfo="skip"),
        scatter(x=x, y=y, mode="lines", line={"color": _WRONG, "width": 2.5}, hoverinfo="skip", showlegend=False),
    ]
    middles = [row * (h + 1) + (h - 1) / 2 for row in range(len(of.rows))]
    return figure(
        tr("A digit and its neighbors, nearest first; framed: another label"), "", "", data,
        xaxis={"visible": False, "range": [-0.8, paper.shape[1] - 0.2], "constrain": "domain"},
        margin={"l": 128, "b": 4, "t": 26},
        yaxis={"tickvals": middles, "ticktext": [name for name, *_ in of.rows], "range": [paper.shape[0] + 0.2, -1.2],
               "showgrid": False, "scaleanchor": "x", "constrain": "domain"},
    )  # fmt: skip
