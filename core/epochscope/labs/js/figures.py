"""Figures of the lab on JS between two Gaussians."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.ellipses import Ellipse, lines
from epochscope.labs.shared.figures.plotly_json import FigureDict, ceiling, figure, scatter
from epochscope.language import tr

FIRST, SECOND, POSTERIOR, JS = (theme.PALETTE[place] for place in (1, 0, 3, 6))
"""Colors of q_i, q_j, p(z|x_i) and of their JS: the same in formulas."""
REACH = 7.5


def plane(ellipses: Sequence[Ellipse]) -> FigureDict:
    """The Gaussians over their plane; the dotted circle holds all places of the second at its distance."""
    distance = math.hypot(*ellipses[1].mean)
    data = [lines(one) for one in ellipses]
    around = Ellipse(tr("same distance"), theme.GUIDE_COLOR, (0, 0), (distance**2, distance**2), "dot")
    data.append(lines(around, sizes=(1,), width=1))
    axis = {"range": [-0.8 * REACH, 0.8 * REACH], "dtick": 2}
    return figure(
        tr("Two Gaussians: lines at one and two standard deviations"), "z₁", "z₂", data,
        xaxis=axis, yaxis={**axis, "scaleanchor": "x"}, legend=theme.LEGEND_ABOVE, margin={"t": 52},
    )  # fmt: skip


def curve(
    degrees: Float[np.ndarray, " t"], js: Float[np.ndarray, " t"], at: float, now: float, bound: float
) -> FigureDict:
    """JS over the direction, with the place where the pair stands, its bound and the most JS can be."""
    limit = math.log(2)
    lines = [(limit, "ln 2", theme.GUIDE_COLOR, "dot")]
    if bound < 1.6 * limit:
        lines.append((bound, tr("bound Gᵢⱼ"), POSTERIOR, "dash"))
    data = [
        scatter(x=[0, 180], y=[y, y], mode="lines", name=name, line={"color": color, "dash": dash, "width": 1.5})
        for y, name, color, dash in lines
    ]
    data += [
        scatter(x=degrees, y=js, mode="lines", name="JS", line={"color": JS, "width": 2.5}),
        scatter(x=[at], y=[now], mode="markers", name=tr("this pair"), marker={"color": SECOND, "size": 12}),
    ]
    top = ceiling(max(y for y, *_ in lines) * 1.06)
    return figure(
        tr("JS divergence as the second turns about the first"),
        tr("direction of the second mean, degrees from the z₁ axis"),
        tr("nats"), data, xaxis={"range": [-4, 184], "dtick": 45}, yaxis={"range": [0, top]},
        legend=theme.LEGEND_ABOVE, margin={"t": 52},
    )  # fmt: skip
