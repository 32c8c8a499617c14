"""Figures of the lab on Q and P: rows in a triangle, sizes of clusters, P from batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plane import arrows, cluster_color, dots
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, bar, ceiling, figure, scatter
from epochscope.language import tr

BEFORE, AFTER, ALONE, MEAN = theme.PALETTE[3], theme.PALETTE[0], theme.PALETTE[6], theme.PALETTE[2]
"""Colors of Q, of P, of q² that is not divided by f, and of the mean row: the same in formulas."""
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
"""Where the rows (1, 0, 0), (0, 1, 0) and (0, 0, 1) lie: all equally far from each other."""

Rows = Float[np.ndarray, "n 3"]


class View(NamedTuple):
    """Rows of Q, where repeated application of the target takes them, and what of it depends on f."""

    way: Sequence[Rows]  # Q, P, target of P ...
    alone: Sequence[Rows] | None  # the same without division by f
    m: Float[np.ndarray, " 3"]  # mean row f/n of Q
    watershed: Float[np.ndarray, " 3"]


class Measured(NamedTuple):
    """By the size b of a batch: how far P is off in it, and what a law says."""

    b: Sequence[int]
    low: Float[np.ndarray, " b"]
    median: Float[np.ndarray, " b"]
    high: Float[np.ndarray, " b"]
    expected: Float[np.ndarray, " b"]


def place(q: Rows) -> Float[np.ndarray, "n 2"]:
    """Where rows that sum to 1 lie in the plane."""
    return q @ CORNERS


def rows(xy: Float[np.ndarray, "n 2"]) -> Rows:
    """The rows at these places; outside of the triangle some number is negative."""
    third = xy[:, 1] / CORNERS[2, 1]
    second = xy[:, 0] - third / 2
    return np.stack([1 - second - third, second, third], axis=1)


def triangle(v: View, title: str) -> FigureDict:
    """An arrow from each row of Q, whose handle is drawn above it, to its P; where rows are parted."""
    data: list[Trace] = [_border(), _parting(np.full(3, 1 / 3), tr("border for q"), theme.GUIDE_COLOR)]
    data.append(_parting(v.watershed, tr("border for p"), AFTER))
    if v.alone is not None:
        data += _ways(v.alone, tr("q² alone"), ALONE, dash="dot")
    data += _ways(v.way, "q → p", AFTER)
    data.append(_mean_row(v.m))
    data.append(_names())
    hidden = {"visible": False, "fixedrange": True}
    axes = {
        "xaxis": {**hidden, "range": [-0.12, 1.12]},
        "yaxis": {**hidden, "range": [-0.1, 0.97], "scaleanchor": "x"},
    }
    legend = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top"}
    return figure(title, "", "", data, **axes, legend=legend, margin={"l": 8, "r": 8, "t": 28, "b": 4})


def _line(xy: Float[np.ndarray, "m 2"], name: str, **line: object) -> Trace:
    return scatter(x=xy[:, 0], y=xy[:, 1], mode="lines", name=name, line=line, hoverinfo="skip", showlegend=name != "")


def _border() -> Trace:
    return _line(CORNERS[[0, 1, 2, 0]], "", color=theme.GUIDE_COLOR, width=1.5)


def _parting(middle: Float[np.ndarray, " 3"], name: str, color: str) -> Trace:
    """From one place to the three sides, so that in each part another cluster is the strongest."""
    ends = place(np.stack([middle * (np.arange(3) != away) for away in range(3)]) / (1 - middle)[:, None])
    start = place(middle[None])[0]
    gap = np.full(2, np.nan)
    return _line(np.array([at for end in ends for at in (start, end, gap)]), name, color=color, width=1.2, dash="dash")


def _ways(way: Sequence[Rows], name: str, color: str, *, dash: str | None = None) -> list[Trace]:
    """Arrows for the first step, lines for all further ones with a dot at their end."""
    places = [place(q) for q in way]
    traces = [arrows(places[0], places[1] - places[0], name, color, dash=dash)]
    if len(way) > 2:
        steps = np.stack([*places[1:], np.full_like(places[0], np.nan)], axis=1).reshape(-1, 2)
        traces.append(_line(steps, "", color=color, width=1, dash=dash))
        traces.append(dots(places[-1], name, [color] * len(places[-1])))
    return traces


def _mean_row(m: Float[np.ndarray, " 3"]) -> Trace:
    at = place(m[None])
    return scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        name="m = f/n",
        marker={"symbol": "x-thin", "size": 13, "line": {"width": 3, "color": MEAN}},
        hovertemplate="m = ({:.2f}, {:.2f}, {:.2f})".format(*m),
    )


def _names() -> Trace:
    out = 1.04 * CORNERS - 0.04 * CORNERS.mean(axis=0)
    return scatter(
        x=out[:, 0],
        y=out[:, 1],
        mode="text",
        text=[tr("cluster {j}", j=j + 1) for j in range(3)],
        textposition=["bottom center", "bottom center", "top center"],
        textfont={"color": [cluster_color(j) for j in range(3)]},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def sizes(q: Float[np.ndarray, " 3"], alone: Float[np.ndarray, " 3"], p: Float[np.ndarray, " 3"]) -> FigureDict:
    """How much of all rows each cluster has: in Q, which is f, in q² alone, and in P."""
    clusters = [tr("cluster {j}", j=j + 1) for j in range(len(q))]
    bars = (("fⱼ = Σᵢ qᵢⱼ", q, BEFORE), (tr("of q² alone"), alone, ALONE), ("Σᵢ pᵢⱼ", p, AFTER))
    return figure(
        tr("Sizes of the clusters"),
        "",
        tr("rows"),
        [bar(x=clusters, y=height, name=name, marker={"color": color}) for name, height, color in bars],
        barmode="group",
        bargap=0.25,
        legend=theme.LEGEND_ABOVE,
        margin={"t": 52, "b": 24},
        yaxis={"range": [0, ceiling(1.02 * max(float(height.max()) for _, height, _ in bars))]},
    )


def noise(v: Measured, title: str) -> FigureDict:
    """How far P of a batch is off, by its size: median and 90 % of batches, and the law."""
    around = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    band = {"fill": "tonexty", "fillcolor": "rgba(63,144,218,0.2)"}
    data = [
        scatter(x=v.b, y=v.low, showlegend=False, **around),
        scatter(x=v.b, y=v.high, name="90 %", **around, **band),
        scatter(x=v.b, y=v.expected, mode="lines", name="c·√(1/B − 1/n)", line={"color": ALONE, "dash": "dot"}),
        scatter(x=v.b, y=v.median, mode="markers", name=tr("median"), marker={"color": AFTER, "size": 8}),
    ]
    return figure(
        title,
        tr("B, rows in a batch"),
        tr("share of P that moves"),
        data,
        xaxis={"type": "log", "tickvals": list(v.b)},
        yaxis={"type": "log", "tickformat": ".0%", "dtick": 1},
        legend=theme.LEGEND_ABOVE,
        margin={"t": 52, "l": 52},
    )
