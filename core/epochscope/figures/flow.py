"""Flow of points between clusters from one epoch to another: bands whose height is the number of points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.inspect.whole import Flow

MOST_BANDS = 160
_GAP = 0.012  # between two clusters, as a share of the height
_BAR = 0.025  # width of the bars at both ends
_STEPS = np.linspace(0, 1, 24)
_SPOTS = (0.1, 0.5, 0.9)  # positions along a band that have a hover text
_NARROW = 0.022  # bars lower than this have no label


class Band(NamedTuple):
    """The points that moved from one cluster to another. y grows downward; heights are shares of all points."""

    start: int
    end: int
    points: int
    left: float  # y of its upper edge at the left
    right: float


class View(NamedTuple):
    """All bands, and for each side the upper edge and height of each cluster's bar."""

    bands: list[Band]
    bars: tuple[list[tuple[float, float]], list[tuple[float, float]]]
    unit: float  # height of one point


def view(v: Flow) -> View:
    """Layout with clusters in order from top to bottom on both sides; bands do not cross within a bar."""
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
    """The outline of a band: horizontal at both ends, with constant height."""
    ease = _STEPS**2 * (3 - 2 * _STEPS)
    upper = band.left + (band.right - band.left) * ease
    x = _BAR + (1 - 2 * _BAR) * _STEPS
    height = band.points * unit
    return np.concatenate([x, x[::-1]]), np.concatenate([upper, (upper + height)[::-1]])


def _fills(flow: Flow, v: View, hues: Sequence[int]) -> list[go.Scatter]:
    """One filled trace for the bands that leave a cluster, and a paler one for the band that stays."""
    outlines: dict[tuple[int, bool], tuple[list[float | None], list[float | None]]] = {}
    for band in v.bands:
        xs, ys = outlines.setdefault((band.start, band.start == band.end), ([], []))
        x, y = _ribbon(band, v.unit)
        xs += [*x.tolist(), None]
        ys += [*y.tolist(), None]
    return [
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            fill="toself",
            fillcolor=theme.color(hues[start]),
            opacity=0.18 if stays else 0.6,
            line={"width": 0},
            hoverinfo="skip",
        )
        for (start, stays), (xs, ys) in outlines.items()
    ]


def _texts(x: list[float], y: list[float], text: list[str], position: str, **more: Any) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, text=text, mode="text", textposition=position, hoverinfo="skip", cliponaxis=False, **more
    )


def _ends(v: View, hues: Sequence[int]) -> tuple[list[go.Scatter], list[dict[str, Any]]]:
    """Bars at both ends, those high enough labeled with cluster id and number of points."""
    texts, shapes = [], []
    for side, bars in enumerate(v.bars):
        x0, x1 = ((0, _BAR), (1 - _BAR, 1))[side]
        named = [(j, top, height) for j, (top, height) in enumerate(bars) if height >= _NARROW or len(bars) == 1]
        sizes = [round(height / v.unit) for _, _, height in named]
        words = [
            f"<b>{j}</b> {size:,}" if side else f"{size:,} <b>{j}</b>"
            for (j, _, _), size in zip(named, sizes, strict=True)
        ]
        middle = [top + height / 2 for _, top, height in named]
        at = [x1 + 0.008 if side else x0 - 0.008] * len(named)
        texts.append(_texts(at, middle, words, "middle right" if side else "middle left", textfont={"size": 11}))
        shapes += [
            {
                "type": "rect",
                "x0": x0,
                "x1": x1,
                "y0": top,
                "y1": top + height,
                "fillcolor": theme.color(hues[j]),
                "line": {"width": 0},
            }
            for j, (top, height) in enumerate(bars)
            if height
        ]
    return texts, shapes


def _middle(band: Band, v: View, at: float) -> tuple[float, float]:
    """The point on the center line of a band at a share of its length."""
    ease = at**2 * (3 - 2 * at)
    return _BAR + (1 - 2 * _BAR) * at, band.left + (band.right - band.left) * ease + band.points * v.unit / 2


def _words(flow: Flow, v: View) -> list[go.Scatter]:
    """Numbers on large moves, near the left end, where the bands of a cluster are side by side; and hover texts."""
    matter = [band for band in v.bands if flow.matters(band.start, band.end) and band.points * v.unit >= _NARROW / 2]
    places = [_middle(band, v, 0.16) for band in matter]
    numbers = _texts(
        [x for x, _ in places], [y for _, y in places], [f"{band.points:,}" for band in matter], "middle center"
    ).update(textfont={"size": 10})
    spots = [(band, _middle(band, v, at)) for band in v.bands for at in _SPOTS]
    hovers = go.Scatter(
        x=[x for _, (x, _) in spots],
        y=[y for _, (_, y) in spots],
        mode="markers",
        marker={"opacity": 0, "size": 12},
        text=[_said(band, flow) for band, _ in spots],
        hoverinfo="text",
    )
    return [numbers, hovers]


def _said(band: Band, flow: Flow) -> str:
    words = "stayed in" if band.start == band.end else "moved to"
    size = flow.counts[band.start].sum()
    return f"cluster {band.start}: {band.points:,} of {size:,} points {words} {band.end}"


def figure(flow: Flow, hues: Sequence[int] | None = None) -> go.Figure:
    """Bands in the color of the cluster they come from; large moves are labeled with their number of points.

    `hues`: the number in the palette of each cluster; its own where there are none.
    """
    v, hues = view(flow), hues or range(len(flow.counts))
    share = flow.moved / max(int(flow.counts.sum()), 1)
    points = "1 point" if flow.moved == 1 else f"{flow.moved:,} points"
    title = f"Epoch {flow.a} to {flow.b}: {points} ({share:.1%}) changed cluster"
    texts, shapes = _ends(v, hues)
    return theme.figure(
        title,
        "",
        "",
        [*_fills(flow, v, hues), *texts, *_words(flow, v)],
        shapes=shapes,
        margin={"l": 4, "r": 4, "t": 32, "b": 6},
        showlegend=False,
        xaxis={"range": [-0.12, 1.12], "visible": False, "fixedrange": True},
        yaxis={"range": [1.02, -0.02], "visible": False, "fixedrange": True},
    )
