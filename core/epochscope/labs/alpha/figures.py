"""Figures of the lab on soft k-means: where a point pushes a center away, what alpha does, where W becomes 0/0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plane import REACH, arrow_scale, arrows, cluster_color, plane
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, ceiling, contour, figure, heatmap, scatter
from epochscope.language import tr

WHOLE, HELD, PUSHED, LEAST = theme.PALETTE[0], theme.PALETTE[3], theme.PALETTE[6], theme.PALETTE[5]
"""Colors of the gradient through W, of that with W held constant, of repulsion, of k-means: the same in formulas."""
BOX = (-2 * REACH, 2 * REACH, -REACH, REACH)
"""Left, right, bottom, top of what is painted under the points: a plane may be twice as wide as it is high."""
_SHADES = [[0, "rgba(231,99,0,0.55)"], [0.5, "rgba(231,99,0,0)"], [0.5, "rgba(63,144,218,0)"],
           [1, "rgba(63,144,218,0.22)"]]  # fmt: skip
_EXPONENTS = (1e-5, 1e7)  # from the smallest that differs from 0 to more than the plane and any alpha can give
_DEEP = 0.1  # weight times bracket at which the paint is deepest: repulsion is hardly ever stronger


class View(NamedTuple):
    """Centers, their paths and where the gradient leads them."""

    u: Float[np.ndarray, "k 2"]
    paths: Float[np.ndarray, "steps k 2"]
    way: Float[np.ndarray, "k 2"]
    paint: Paint | None  # where W follows from the distances


class Paint(NamedTuple):
    """What W as a function of the distances adds: where another gradient leads, and how a point acts on a center."""

    held: Float[np.ndarray, "k 2"]  # W held constant
    x: Float[np.ndarray, " g"]
    y: Float[np.ndarray, " g"]
    force: Float[np.ndarray, "g g"]  # below 0 a point there pushes the center away
    bracket: Float[np.ndarray, "g g"]  # changes its sign at the border
    center: int


def field(v: View, title: str) -> FigureDict:
    """What lies under the handles: paint where a point pulls or pushes one center, paths, arrows of descent."""
    size = arrow_scale([v.way] if v.paint is None else [v.way, v.paint.held])
    data: list[Trace] = [_path(v.paths[:, k], cluster_color(k)) for k in range(len(v.u))]
    if v.paint is not None:
        data = [*_painted(v.paint), *data, arrows(v.u, size * v.paint.held, "−∂F/∂uₖ", HELD, dash="dot")]
    return plane(title, [*data, arrows(v.u, size * v.way, "−∂L/∂uₖ", WHOLE)])


def _painted(v: Paint) -> list[Trace]:
    places = {"x": v.x, "y": v.y, "hoverinfo": "skip", "showscale": False}
    pull = heatmap(
        z=v.force.astype(np.float32),
        zmin=-_DEEP,
        zmax=_DEEP,
        colorscale=_SHADES,
        zsmooth="fast",
        **places,
    )
    line = {"color": PUSHED, "width": 1.5, "dash": "dash"}
    edge = {"start": 0, "end": 0, "size": 1, "coloring": "none"}
    name = tr("center {j}: d = d̄ + 1/α", j=v.center + 1)
    parted = contour(z=v.bracket.astype(np.float32), contours=edge, line=line, name=name, showlegend=True, **places)
    return [pull, parted]


def _path(way: Float[np.ndarray, "steps 2"], color: str) -> Trace:
    return scatter(
        x=way[:, 0], y=way[:, 1], mode="lines", line={"color": color, "width": 2}, hoverinfo="skip", showlegend=False
    )


class Curves(NamedTuple):
    """Means over points at many alphas, and the alpha from which on the naive formula breaks."""

    alphas: Float[np.ndarray, " m"]
    loss: Float[np.ndarray, " m"]
    free: Float[np.ndarray, " m"]
    least: float
    breaks: float


def curves(v: Curves, alpha: float) -> FigureDict:
    """L and F for the centers as they are, from no assignment to a hard one."""
    top = ceiling(1.08 * float(v.loss.max()))
    ends = v.alphas[[0, -1]]
    data = [
        _curve(v.alphas, v.loss, "L", WHOLE),
        _curve(v.alphas, v.free, "F", HELD, dash="dot"),
        _curve(ends, np.full(2, v.least), "k-means", LEAST, dash="dash"),
        _curve(np.full(2, alpha), np.array([0, top]), tr("α now"), theme.GUIDE_COLOR, width=1.5, showlegend=False),
    ]
    if v.breaks < ends[1]:
        past = np.array([max(v.breaks, ends[0]), ends[1]])
        fill = {"fill": "tozeroy", "fillcolor": "rgba(189,31,1,0.14)"}
        data.insert(0, _curve(past, np.full(2, top), "0/0", "rgba(189,31,1,0.3)", width=0, **fill))
    return figure(
        tr("What α does with these centers; now {alpha:g}", alpha=alpha),
        "α",
        tr("squared distance"),
        data,
        xaxis={"type": "log", "range": np.log10(ends).tolist(), "dtick": 1},
        yaxis={"range": [0, top]},
        legend=theme.LEGEND_ABOVE,
        margin={"t": 52},
    )


def _curve(
    x: np.ndarray, y: np.ndarray, name: str, color: str, *, dash: str | None = None, width: float = 2.5, **more: object
) -> Trace:
    return scatter(x=x, y=y, mode="lines", name=name, line={"color": color, "width": width, "dash": dash}, **more)


def exponents(
    t: Float[np.ndarray, " n"], lost: Bool[np.ndarray, " n"], limits: Sequence[tuple[str, float]], title: str
) -> FigureDict:
    """The exponent of the largest term of each row, against the limits of number formats."""
    places = np.arange(1, len(t) + 1)
    low, high = _EXPONENTS
    data: list[Trace] = [
        scatter(
            x=places[chosen],
            y=np.maximum(t[chosen], low),
            mode="markers",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 8},
        )
        for chosen, name, color, symbol in ((~lost, tr("a number"), WHOLE, "circle"), (lost, "0/0", PUSHED, "x"))
    ]
    for name, limit in limits:
        ends = {"x": np.array([0, len(t) + 1]), "y": np.full(2, limit)}
        line = {"color": theme.GUIDE_COLOR, "dash": "dash", "width": 1.5}
        data.append(scatter(**ends, mode="lines", name=name, line=line, showlegend=False))
    notes = [
        {"x": x, "xref": "paper", "xanchor": side, "y": np.log10(limit), "yanchor": "bottom", "text": name,
         "showarrow": False, "font": {"size": 10}}
        for (name, limit), x, side in zip(limits, (0.01, 0.99), ("left", "right"), strict=False)
    ]  # fmt: skip
    return figure(
        title,
        tr("point i"),
        tr("α minₖ dᵢₖ"),
        data,
        xaxis={"range": [0.3, len(t) + 0.7]},
        yaxis={"type": "log", "range": np.log10([low, high]).tolist(), "dtick": 2},
        annotations=notes,
        legend=theme.LEGEND_ABOVE,
        margin={"t": 52},
    )
