"""Where the points of each cluster went between two epochs: bands whose height is the number of points, to scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.figures import theme
from core.inspect.whole import Flow

MOST_BANDS = 160
_GAP = 0.012  # between two clusters, as a share of the height
_BAR = 0.025  # width of the bars at both ends
_STEPS = np.linspace(0, 1, 24)
_NARROW = 0.022  # a bar lower than this has no room for its number


class Band(NamedTuple):
    """The points that went from one cluster to another. y grows downward; heights are shares of all points."""

    start: int
    end: int
    count: int
    left: float  # y of its upper edge at the left
    right: float


class View(NamedTuple):
    """All bands, and per side the upper edge and height of each cluster's bar."""

    bands: list[Band]
    bars: tuple[list[tuple[float, float]], list[tuple[float, float]]]
    unit: float  # height of one point


def view(v: Flow) -> View:
    """Clusters by number from top to bottom on both sides; within a bar, bands do not cross each other."""
    total = max(int(v.counts.sum()), 1)
    k = len(v.counts)
    gap = min(_GAP, 0.3 / max(k, 1))
    unit = (1 - gap * (k - 1)) / total
    bars = []
    for sizes in (v.counts.sum(axis=1), v.counts.sum(axis=0)):
        tops = np.concatenate([[0], np.cumsum(sizes * unit + gap)[:-1]])
        bars.append([(float(top), float(size * unit)) for top, size in zip(tops, sizes, strict=True)])
    left = np.array([top for top, _ in bars[0]])[:, None] + unit * (np.cumsum(v.counts, axis=1) - v.counts)
    right = np.array([top for top, _ in bars[1]])[None, :] + unit * (np.cumsum(v.counts, axis=0) - v.counts)
    pairs = sorted(zip(*np.nonzero(v.counts), strict=True), key=lambda pair: -v.counts[pair])
    bands = [
        Band(int(i), int(j), int(v.counts[i, j]), float(left[i, j]), float(right[i, j])) for i, j in pairs[:MOST_BANDS]
    ]
    return View(bands, (bars[0], bars[1]), unit)


def _ribbon(band: Band, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """The outline of a band: level at both ends, the same height everywhere."""
    ease = _STEPS**2 * (3 - 2 * _STEPS)
    upper = band.left + (band.right - band.left) * ease
    x = _BAR + (1 - 2 * _BAR) * _STEPS
    height = band.count * unit
    return np.concatenate([x, x[::-1]]), np.concatenate([upper, (upper + height)[::-1]])


def _band(band: Band, flow: Flow, unit: float) -> go.Scatter:
    x, y = _ribbon(band, unit)
    stays = band.start == band.end
    size = flow.counts[band.start].sum()
    words = "stayed in" if stays else "went to"
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        fill="toself",
        fillcolor=theme.color(band.start),
        opacity=0.18 if stays else 0.6,
        line={"width": 0},
        text=f"cluster {band.start}: {band.count:,} of {size:,} points {words} {band.end}",
        hoverinfo="text",
        hoveron="fills",
        showlegend=False,
    )


def figure(flow: Flow) -> go.Figure:
    """Bands in the colour of the cluster they come from; moves that matter carry their number of points."""
    v = view(flow)
    total = max(int(flow.counts.sum()), 1)
    share = flow.moved / total
    points = "1 point" if flow.moved == 1 else f"{flow.moved:,} points"
    title = f"Epoch {flow.a} to {flow.b}: {points} ({share:.1%}) changed cluster"
    made = theme.figure(title, "", "", [_band(band, flow, v.unit) for band in v.bands])
    for side, bars in enumerate(v.bars):
        x0, x1 = ((0, _BAR), (1 - _BAR, 1))[side]
        for j, (top, height) in enumerate(bars):
            if height:
                made.add_shape(
                    type="rect", x0=x0, x1=x1, y0=top, y1=top + height, fillcolor=theme.color(j), line_width=0
                )
            if height < _NARROW and len(bars) > 1:
                continue
            size = round(height / v.unit)
            made.add_annotation(
                x=x0 - 0.008 if side == 0 else x1 + 0.008,
                y=top + height / 2,
                text=f"<b>{j}</b> {size:,}" if side else f"{size:,} <b>{j}</b>",
                xanchor="left" if side else "right",
                showarrow=False,
                font={"size": 11},
            )
    _name_moves(made, flow, v)
    made.update_xaxes(range=[-0.12, 1.12], visible=False, fixedrange=True)
    made.update_yaxes(range=[1.02, -0.02], visible=False, fixedrange=True)
    return made.update_layout(margin={"l": 4, "r": 4, "t": 32, "b": 6}, showlegend=False)


def _name_moves(made: go.Figure, flow: Flow, v: View) -> None:
    """Numbers on the bands that matter, near their left end, where bands of one cluster lie side by side."""
    for band in v.bands:
        if not flow.matters(band.start, band.end) or band.count * v.unit < _NARROW / 2:
            continue
        at = 0.16
        ease = at**2 * (3 - 2 * at)
        y = band.left + (band.right - band.left) * ease + band.count * v.unit / 2
        made.add_annotation(x=_BAR + (1 - 2 * _BAR) * at, y=y, text=f"{band.count:,}", showarrow=False, font_size=10)
