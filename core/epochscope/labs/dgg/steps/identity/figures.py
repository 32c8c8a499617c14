"""Figures of the identity: codes with the true posterior, and the way from the loss up to ln p(x_i)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from epochscope.figures import theme
from epochscope.labs.shared.figures.ellipses import Ellipse, lines
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, bar, contour, figure, heatmap, scatter
from epochscope.language import tr

OF_I, OF_J, POSTERIOR, JS, GAP, LOSS = (theme.PALETTE[place] for place in (1, 0, 6, 5, 7, 8))
"""Colors of q_i, q_j, the true posterior, JS, KL(M || p) and of the bound that trains: the same in formulas."""
_LEVELS = (-2.0, -0.5)  # of ln p(z|x) - max: where a Gaussian has its lines at two and at one standard deviation
_MOST = 60  # lines of the posterior's grid along an axis


class Codes(NamedTuple):
    """All codes with their labels, both posteriors that the encoder gives, clusters, and the true posterior."""

    m: Float[np.ndarray, "n 2"]
    truth: Int[np.ndarray, " n"]
    q_i: Ellipse
    q_j: Ellipse
    clusters: Sequence[Ellipse]
    u: Float[np.ndarray, " a"]
    v: Float[np.ndarray, " b"]
    posterior: Float[np.ndarray, "a b"]


def codes(of: Codes) -> FigureDict:
    """The plane of codes."""
    data = [lines(one, width=1.5) for one in of.clusters]
    for one in data[1:]:
        one["showlegend"] = False
    letters = {"size": 10, "color": theme.GUIDE_COLOR}
    data += [
        scatter(x=of.m[:, 0], y=of.m[:, 1], mode="text", text=of.truth.tolist(), textfont=letters, showlegend=False),
        _posterior(of),
        lines(of.q_j),
        lines(of.q_i),
    ]
    low, high = of.m.min(axis=0) - 1.2, of.m.max(axis=0) + 1.2
    return figure(
        tr("Codes z of digits, each drawn as what it is"), "z₁", "z₂", data,
        xaxis={"range": [low[0], high[0]]}, yaxis={"range": [low[1], high[1]], "scaleanchor": "x"},
        legend=theme.LEGEND_ABOVE, margin={"t": 52}, hovermode=False,
    )  # fmt: skip


def _posterior(of: Codes) -> Trace:
    rows, columns = (_inside(of.posterior.max(axis=axis)) for axis in (1, 0))
    part = np.log(np.maximum(of.posterior[rows, columns] / of.posterior.max(), 1e-12))
    return contour(
        x=of.u[rows],
        y=of.v[columns],
        z=part.T.round(3),
        contours={"coloring": "none", "start": _LEVELS[0], "end": _LEVELS[1], "size": _LEVELS[1] - _LEVELS[0]},
        line={"color": POSTERIOR, "width": 2, "dash": "dash"},
        showscale=False,
        showlegend=True,
        name="p(z|xᵢ)",
    )


def _inside(along: Float[np.ndarray, " a"]) -> slice:
    """The lines where it is more than nothing, thinned."""
    visible = np.flatnonzero(along > 1e-3 * along.max())
    first, last = max(int(visible[0]) - 2, 0), int(visible[-1]) + 3
    return slice(first, last, -(-(last - first) // _MOST))


class Way(NamedTuple):
    """For i itself (place 0) and each neighbor: 1/2 (L(x_i) + L(x_i,x_j)), JS and KL(M || p); and where they lead."""

    bound: Float[np.ndarray, " c"]
    js: Float[np.ndarray, " c"]
    gap: Float[np.ndarray, " c"]
    labels: Sequence[int]
    chosen: int
    log_p: float


def way(of: Way) -> FigureDict:
    """A row for each neighbor: the bound of training, G_ij on top in its two parts, and the line at which all end."""
    places = np.arange(len(of.bound))
    edge = np.where(places == of.chosen, 2.0, 0.0)
    outline = {"color": theme.GUIDE_COLOR, "width": edge}
    parts = (("JS", of.js, of.bound, JS), ("KL", of.gap, of.bound + of.js, GAP))
    data: list[Trace] = [
        bar(
            x=length, y=places, base=base, orientation="h", name=name, width=0.62,
            marker={"color": color, "line": outline}, hovertemplate=tr("%{x:.4f} nats"),
        )
        for name, length, base, color in parts
    ]  # fmt: skip
    mark = {"color": LOSS, "size": np.where(places == of.chosen, 13, 8), "symbol": "diamond"}
    data.append(
        scatter(x=of.bound, y=places, mode="markers", name="½L + ½L", marker=mark, hovertemplate=tr("%{x:.4f} nats"))
    )
    data.append(_line(of))
    low = min(float(of.bound.min()), of.log_p) - 0.08 * (of.log_p - float(of.bound.min()) + 0.1)
    names = [
        tr("{i}: a {label}", i="i", label=of.labels[0]),
        *(tr("{i}: a {label}", i=j, label=label) for j, label in enumerate(of.labels[1:], 1)),
    ]
    return figure(
        tr("From the bound up to ln p(xᵢ): Gᵢⱼ is missing"), tr("nats"), tr("neighbor j, nearest first"), data,
        barmode="overlay", xaxis={"range": [low, of.log_p + 0.06 * (of.log_p - low)]},
        yaxis={"range": [len(places) - 0.4, -0.6], "tickvals": places, "ticktext": names},
        legend=theme.LEGEND_ABOVE, margin={"t": 52, "l": 72},
    )  # fmt: skip


def _line(of: Way) -> Trace:
    ends = [-0.6, len(of.bound) - 0.4]
    line = {"color": POSTERIOR, "width": 2}
    return scatter(x=[of.log_p] * 2, y=ends, mode="lines", name="ln p", line=line)


def tiles(images: UInt8[np.ndarray, "t h w"], names: Sequence[str]) -> FigureDict:
    """A few images in a row, named."""
    count, h, w = images.shape
    sheet = np.full((h, count * (w + 1) - 1), np.nan)
    for place, tile in enumerate(images):
        sheet[:, place * (w + 1) : place * (w + 1) + w] = tile
    gray = [[0, "#000000"], [1, "#ffffff"]]
    trace = heatmap(z=sheet, zmin=0, zmax=255, colorscale=gray, showscale=False, hoverinfo="skip")
    notes = [
        {"x": place * (w + 1) + (w - 1) / 2, "y": -0.7, "text": name, "showarrow": False, "yanchor": "bottom"}
        for place, name in enumerate(names)
    ]
    return figure(
        "", "", "", [trace], annotations=notes, margin={"l": 0, "r": 0, "t": 20, "b": 0},
        xaxis={"visible": False}, yaxis={"visible": False, "autorange": "reversed", "scaleanchor": "x"},
    )  # fmt: skip
