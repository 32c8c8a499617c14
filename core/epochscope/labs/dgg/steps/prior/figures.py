"""Figures of the prior of a point: the objective over the triangle, and the three formulas side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plotly_json import FigureDict, bar, ceiling, contour, figure, scatter
from epochscope.language import tr

OF_I, OF_J, DERIVED, PRINTED = (theme.PALETTE[place] for place in (1, 0, 6, 8))
"""Colors of gamma_i, gamma_j, and of pi by either formula: the same in formulas."""
NORMALIZED = theme.PALETTE[3]
"""Of the printed one, divided by its sum."""
_DEEPEST = -1.5  # nats below the maximum where the scale ends
_SHADES = [[0, theme.GUIDE_COLOR], [1, DERIVED]]
_HEIGHT = math.sqrt(3) / 2


class Hill(NamedTuple):
    """F less its maximum over the triangle, and where both formulas land: (x, y)."""

    x: Float[np.ndarray, " a"]
    y: Float[np.ndarray, " b"]
    below: Float[np.ndarray, "b a"]
    derived: tuple[float, float]
    normalized: tuple[float, float]


def triangle(of: Hill) -> FigureDict:
    """Corners are certainty of one cluster."""
    ground = contour(
        x=of.x, y=of.y, z=np.maximum(of.below, 2 * _DEEPEST).round(4), zmin=_DEEPEST, zmax=0, colorscale=_SHADES,
        contours={"start": _DEEPEST, "end": -0.1, "size": 0.1, "coloring": "lines"}, line={"width": 1},
        showscale=False,
        hoverinfo="skip",
    )  # fmt: skip
    edge = scatter(
        x=[0, 1, 0.5, 0], y=[0, 0, _HEIGHT, 0], mode="lines", line={"color": theme.GUIDE_COLOR, "width": 1.5},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    marks = (
        (tr("derived"), of.derived, DERIVED, "star"),
        (tr("printed / Σ"), of.normalized, NORMALIZED, "x"),
    )
    data = [ground, edge] + [
        scatter(x=[x], y=[y], mode="markers", name=name, marker={"color": color, "size": 15, "symbol": symbol})
        for name, (x, y), color, symbol in marks
    ]
    corners = (
        (tr("all {j}", j=1), 0, -0.05),
        (tr("all {j}", j=2), 1, -0.05),
        (tr("all {j}", j=3), 0.5, _HEIGHT + 0.05),
    )
    notes = [{"x": x, "y": y, "text": text, "showarrow": False} for text, x, y in corners]
    return figure(
        tr("F(π): a line every 0.1 nats below its maximum"), "", "", data,
        xaxis={"range": [-0.1, 1.1], "visible": False},
        yaxis={"range": [-0.11, _HEIGHT + 0.1], "visible": False, "scaleanchor": "x"},
        annotations=notes, legend=theme.LEGEND_ABOVE, margin={"t": 52, "r": 10, "b": 10, "l": 10}, hovermode=False,
    )  # fmt: skip


def bars(rows: Sequence[tuple[str, str, Float[np.ndarray, " k"]]]) -> FigureDict:
    """(name, color, values over the clusters): their sum stands in the name."""
    data = [
        bar(
            x=[tr("cluster {j}", j=k) for k in range(1, len(values) + 1)], y=values,
             name=f"{name}: Σ {values.sum():.2f}",
            marker={"color": color}, text=[f"{value:.2f}" for value in values], textposition="outside",
            cliponaxis=False, hoverinfo="skip",
        )
        for name, color, values in rows
    ]  # fmt: skip
    top = max(1.0, *(float(values.max()) for _, _, values in rows))
    return figure(
        tr("πᵢ by each formula"), "", "πᵢₖ", data, barmode="group",
        yaxis={"range": [0, ceiling(1.1 * top)]}, legend=theme.LEGEND_ABOVE, margin={"t": 66, "b": 30},
    )  # fmt: skip
