"""Figures of the lab on the gradients of DEC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plane import (
    OF_CENTERS,
    OF_POINTS,
    WRONG,
    arrow_scale,
    arrows,
    cluster_color,
    dots,
    plane,
)
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, bar, figure, scatter
from epochscope.language import tr


class View(NamedTuple):
    """Where everything is, whose each point is, and where descent takes it (-dL/dz, -dL/dmu)."""

    z: Float[np.ndarray, "n 2"]
    mu: Float[np.ndarray, "k 2"]
    strongest: Sequence[int]
    way_z: Float[np.ndarray, "n 2"]
    way_mu: Float[np.ndarray, "k 2"]
    wrong_mu: Float[np.ndarray, "k 2"] | None = None


def field(v: View, title: str, *, handles: bool) -> FigureDict:
    """Arrows of descent, the longest at points and the longest at centers equally long; `handles` stand for points."""
    of_points, of_centers = (
        arrow_scale([v.way_z]),
        arrow_scale([v.way_mu, *([] if v.wrong_mu is None else [v.wrong_mu])]),
    )
    data: list[Trace] = []
    if not handles:
        data.append(dots(v.z, tr("points"), [cluster_color(j) for j in v.strongest]))
        data.append(dots(v.mu, tr("centers"), [cluster_color(j) for j in range(len(v.mu))], center=True))
    data.append(arrows(v.z, of_points * v.way_z, "−∂L/∂zᵢ", OF_POINTS))
    data.append(arrows(v.mu, of_centers * v.way_mu, "−∂L/∂μⱼ", OF_CENTERS))
    if v.wrong_mu is not None:
        data.append(arrows(v.mu, of_centers * v.wrong_mu, tr("k = j alone (wrong)"), WRONG, dash="dot"))
    return plane(title, data)


def terms(
    kept: Float[np.ndarray, " n"], lost: Float[np.ndarray, " n"], whole: Float[np.ndarray, " n"], j: int
) -> FigureDict:
    """For each point the two terms of the chain rule and their sum: the factor before (zᵢ - μⱼ)."""
    places = np.arange(1, len(kept) + 1)
    return figure(
        tr("Factor of point i in ∂L/∂μ of center {j}", j=j + 1),
        tr("point i"),
        tr("factor"),
        [
            bar(x=places, y=kept, name="k = j", marker={"color": WRONG}),
            bar(x=places, y=lost, name="k ≠ j", marker={"color": theme.PALETTE[8]}),
            scatter(
                x=places,
                y=whole,
                name="p − q",
                mode="markers",
                marker={"symbol": "line-ew", "size": 16, "line": {"width": 3, "color": OF_CENTERS}},
            ),
        ],
        barmode="relative",
        legend=theme.LEGEND_ABOVE,
        margin={"t": 52},
        xaxis={"dtick": 1 if len(kept) <= 16 else 2, "range": [0.4, len(kept) + 0.6]},
        yaxis={"range": [-1.05, 1.05], "zeroline": True},
    )
