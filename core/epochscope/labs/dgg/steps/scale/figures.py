"""Figures of the scale: sorted distances with what is picked, and the weights that follow."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, ceiling, figure, heatmap, scatter
from epochscope.language import tr

PUBLISHED, LOCAL, CHOSEN = theme.PALETTE[6], theme.PALETTE[0], theme.PALETTE[1]
"""Colors of the published code, of a local scale, and of the point looked at: the same in formulas."""


def distances(d: Float[np.ndarray, "b 21"], index: int, row: int) -> FigureDict:
    """Rows are points of the batch, columns their neighbors; outlined are row and column `index`, and the row shown."""
    bar = {"thickness": 7, "x": 1.01, "xpad": 2, "tickfont": {"size": 10}, "title": {"text": "dᵢⱼ", "side": "right"}}
    ground = heatmap(
        z=d.round(4), colorscale=theme.PROBABILITY_SCALE, colorbar=bar,
        hovertemplate=tr("point %{y}, neighbor %{x}: %{z:.2f}<extra></extra>"),
    )  # fmt: skip
    b, c = d.shape
    frames = [
        (tr("row {i}", i=index), PUBLISHED, (-0.5, c - 0.5), (index - 0.5, index + 0.5)),
        (tr("column {i}", i=index), LOCAL, (index - 0.5, index + 0.5), (-0.5, b - 0.5)),
        (tr("row {i}", i="i"), CHOSEN, (-0.5, c - 0.5), (row - 0.5, row + 0.5)),
    ]
    data: list[Trace] = [ground] + [_frame(*frame) for frame in frames]
    return figure(
        tr("Squared distances, each row sorted"), tr("column: 0 the point itself, then its neighbors, nearest first"),
        tr("place in the batch"), data,
        xaxis={"range": [-0.7, c - 0.3], "tickvals": [0, 5, index, 15, c - 1], "showgrid": False},
        yaxis={"range": [b - 0.3, -0.7], "showgrid": False}, legend=theme.LEGEND_ABOVE, margin={"t": 52, "r": 58},
    )  # fmt: skip


def _frame(name: str, color: str, x: tuple[float, float], y: tuple[float, float]) -> Trace:
    corners = {"x": [x[0], x[1], x[1], x[0], x[0]], "y": [y[0], y[0], y[1], y[1], y[0]]}
    return scatter(**corners, mode="lines", name=name, line={"color": color, "width": 3}, hoverinfo="skip")


def weights(published: Float[np.ndarray, " j"], local: Float[np.ndarray, " j"]) -> FigureDict:
    """Weights of one point's neighbors, nearest first."""
    ranks = np.arange(1, len(local) + 1)
    uniform = np.full(len(local), 1 / len(local))
    looks = (
        (tr("uniform"), uniform, {"color": theme.GUIDE_COLOR, "dash": "dot", "width": 1.5}),
        (tr("local scale"), local, {"color": LOCAL, "width": 2}),
        (tr("published"), published, {"color": PUBLISHED, "width": 2}),
    )
    data = [
        scatter(x=ranks, y=w, mode="lines" if "dash" in line else "lines+markers", name=name, line=line)
        for name, w, line in looks
    ]
    top = max(float(published.max()), float(local.max()))
    return figure(
        tr("Weights wᵢⱼ of point i"), tr("neighbor j, nearest first"), tr("weight"), data,
        xaxis={"range": [0.3, len(local) + 0.7], "dtick": 1}, yaxis={"range": [0, ceiling(1.05 * top)]},
        legend=theme.LEGEND_ABOVE, margin={"t": 52},
    )  # fmt: skip
