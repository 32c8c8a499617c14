"""Why points moved: the parts of their displacement as bars along the way, and as arrows where the plane is linear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.inspect.moves import Bar, Move, PlaneMap, bars

_ARROWS = 5  # more would only be a tangle


def _tone(bar: Bar, hues: Sequence[int]) -> str:
    return theme.color(hues[bar.cluster]) if 0 <= bar.cluster < len(hues) else theme.GUIDE_COLOR


def bar_figure(move: Move, hues: Sequence[int]) -> go.Figure:
    """A bar for each part: how far along the displacement it moved the code. Pulls have the color of their cluster;
    what the own terms of a point did is filled, what other points did is hatched.
    """
    found = bars(move)
    length = float(np.linalg.norm(move.true.mean(axis=0)))
    made = go.Bar(
        x=[bar.along for bar in found],
        y=list(range(len(found))),
        orientation="h",
        marker={
            "color": [_tone(bar, hues) for bar in found],
            "pattern": {"shape": ["" if bar.own or bar.words == "remainder" else "/" for bar in found], "size": 5},
        },
        text=[f"{bar.along:+.2g}" for bar in found],
        textposition="outside",
        cliponaxis=False,
        hovertext=[_hover(bar, length) for bar in found],
        hoverinfo="text",
        showlegend=False,
    )
    title = f"Epoch {move.since} to {move.epoch}: {length:.3g} in all"
    figure = theme.figure(title, "along the move (code units)", "", [made], bargap=0.3)
    low, high = min(0.0, *(bar.along for bar in found)), max(0.0, *(bar.along for bar in found))
    room = 0.25 * max(high - low, 1e-12)  # for the numbers beside the bars
    names = {"tickvals": list(range(len(found))), "ticktext": [bar.words for bar in found], "automargin": True}
    figure.update_yaxes(range=[len(found) - 0.4, -0.6], showgrid=False, **names)
    return figure.update_xaxes(range=[low - (room if low < 0 else 0), high + room], zeroline=True)


def _hover(bar: Bar, length: float) -> str:
    share = f"{100 * bar.along / length:.1f} % of the move" if length > 0 else ""
    size = f"length {np.linalg.norm(bar.vector):.3g}"
    return f"{bar.words}: {bar.along:+.3g} along the move, {size}<br>{share}"


class ArrowView(NamedTuple):
    """The mean of the moved points in the plane of the later epoch, and who is there."""

    move: Move
    plane: PlaneMap
    cloud: Float[np.ndarray, "m 2"]
    cloud_groups: np.ndarray  # palette number of each, -1: gray


def arrow_figure(v: ArrowView, hues: Sequence[int], projection: str) -> go.Figure:
    """From where it was: one arrow for each of the largest parts, and a wide one for where it went."""
    start = v.move.state.z.mean(axis=0) @ v.plane.axes + v.plane.origin
    way = v.move.true.mean(axis=0) @ v.plane.axes
    found = [(bar, bar.vector @ v.plane.axes) for bar in bars(v.move, len(v.move.parts))]
    found.sort(key=lambda one: -float(np.linalg.norm(one[1])))
    shown = found[:_ARROWS]
    traces = [_around(v), *(_arrow(start, step, bar.words, _tone(bar, hues), own=bar.own) for bar, step in shown)]
    traces.append(_arrow(start, way, "the whole move", theme.GUIDE_COLOR, width=4))
    reach = max(1e-9, *(float(np.abs(step).max()) for _, step in shown), float(np.abs(way).max()))
    middle, half = start + way / 2, 1.5 * reach
    return theme.figure(
        f"The same in the plane ({projection}, epoch {v.move.epoch})",
        "",
        "",
        traces,
        showlegend=True,
        legend={"font": {"size": 10}, "orientation": "h", "y": -0.02, "yanchor": "top", "x": 0},
        **theme.plane_axes(*({"range": [float(one - half), float(one + half)]} for one in middle)),
    )


def _around(v: ArrowView) -> go.Scatter:
    return go.Scatter(
        x=v.cloud[:, 0],
        y=v.cloud[:, 1],
        mode="markers",
        marker={"size": 5, "opacity": 0.3, **theme.GROUP_MARKER, "color": theme.group_steps(v.cloud_groups)},
        hoverinfo="skip",
        showlegend=False,
    )


def _arrow(
    start: Float[np.ndarray, " 2"],
    step: Float[np.ndarray, " 2"],
    words: str,
    tone: str,
    *,
    width: float = 2.0,
    own: bool = True,
) -> go.Scatter:
    end = start + step
    marker: dict[str, Any] = {"symbol": "arrow", "size": 7 + 1.5 * width, "angleref": "previous", "color": tone}
    return go.Scatter(
        x=[float(start[0]), float(end[0])],
        y=[float(start[1]), float(end[1])],
        mode="lines+markers",
        line={"width": width, "color": tone, "dash": "solid" if own else "dot"},
        marker={**marker, "opacity": [0, 1]},
        name=words,
        hoverinfo="name",
    )
