"""A score against one setting or several: a dot for the runs of one setting, a line for the range over their seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme

MOST_BANDS = 3
"""Settings whose ranges over seeds are drawn as bands, since more would cover each other."""
_FEW_SEEDS = 12  # that have a tick each
_WIDE = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic


class Dot(NamedTuple):
    """Runs of one setting."""

    value: Any  # of the setting on the x axis
    group: str  # whose color it has
    median: float
    low: float
    high: float
    words: str  # when it is pointed at
    each: Sequence[float] = ()  # the scores of its runs, one for each seed


class Axis(NamedTuple):
    """One of several settings: its title, and its value in each place (numbers, or words)."""

    title: str
    values: Sequence[Any]


def scatter(dots: Sequence[Dot], x: str, score: str, *, best: Dot | None) -> go.Figure:
    """The dots, by color of their group; the best one is a star."""
    groups = list(dict.fromkeys(dot.group for dot in dots))
    data = []
    for place, group in enumerate(groups):
        some = [dot for dot in dots if dot.group == group]
        marks = ["star" if dot is best else "circle" for dot in some]
        ranges = {
            "visible": any(dot.low < dot.high for dot in some),
            "array": [dot.high - dot.median for dot in some],
            "arrayminus": [dot.median - dot.low for dot in some],
            "thickness": 1.5,
            "width": 4,
        }
        color = theme.PALETTE[place % len(theme.PALETTE)]
        data.append(_seeds_of(some, color))
        data.append(
            go.Scatter(
                x=[_shown(dot.value) for dot in some],
                y=[dot.median for dot in some],
                error_y=ranges,
                mode="markers",
                name=group,
                marker={
                    "color": color,
                    "symbol": marks,
                    "size": [16 if dot is best else 8 for dot in some],
                },
                text=[dot.words for dot in some],
                hovertemplate="%{text}<extra></extra>",
                showlegend=len(groups) > 1,
            )
        )
    values = [dot.value for dot in dots]
    margin = {"l": 56, "r": 12, "t": 32, "b": 48}
    made = theme.figure(f"{score} against {x}", x, score, data, margin=margin)
    return made.update_xaxes(type=_kind(values), showgrid=True)


def _seeds_of(dots: Sequence[Dot], color: str) -> go.Scatter:
    """Each run of these settings, small and faint: what the range over seeds is made of."""
    runs = [(dot, score) for dot in dots if len(dot.each) > 1 for score in dot.each]
    return go.Scatter(
        x=[_shown(dot.value) for dot, _ in runs],
        y=[score for _, score in runs],
        mode="markers",
        marker={"color": color, "size": 5, "opacity": 0.45},
        hoverinfo="skip",
        showlegend=False,
    )


def by_seed(dots: Sequence[Dot], seeds: Sequence[Sequence[int]], score: str) -> go.Figure:
    """Each run by its seed, in the color of its setting; for up to MOST_BANDS settings the range and median over seeds.

    `seeds`: of the runs of each dot, in the order of `each`.
    """
    made = theme.figure(f"{score} against seed", "seed", score, [], margin={"l": 56, "r": 12, "t": 32, "b": 48})
    for place, (dot, some) in enumerate(zip(dots, seeds, strict=True)):
        color = theme.PALETTE[place % len(theme.PALETTE)]
        words = [f"seed {seed}: {value:.3f}<br>{dot.words}" for seed, value in zip(some, dot.each, strict=True)]
        made.add_scatter(
            x=list(some),
            y=list(dot.each),
            mode="markers",
            marker={"color": color, "size": 8},
            text=words,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
        if len(dots) <= MOST_BANDS and len(some) > 1:
            made.add_hrect(dot.low, dot.high, fillcolor=color, opacity=0.1, line_width=0)
            made.add_hline(dot.median, line={"color": color, "width": 1, "dash": "dot"})
    whole = max((seed for some in seeds for seed in some), default=0) - min(
        (s for some in seeds for s in some), default=0
    )
    return made.update_xaxes(type="linear", showgrid=True, dtick=1 if whole <= _FEW_SEEDS else None)


def parallel(axes: Sequence[Axis], scores: Sequence[float], score: str) -> go.Figure:
    """One line for each setting across the axes, in the color of its score, which is the last axis."""
    dimensions = [_dimension(axis) for axis in axes]
    dimensions.append({"label": score, "values": list(scores)})
    line = {"color": list(scores), "colorscale": "Cividis", "showscale": False}
    trace = go.Parcoords(dimensions=dimensions, line=line, labelangle=0)
    return go.Figure(
        trace, go.Layout(template="none", margin={"l": 60, "r": 40, "t": 60, "b": 24}, paper_bgcolor="rgba(0,0,0,0)")
    )


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, bool | str) or value is None else value


def _numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _kind(values: Sequence[Any]) -> str:
    """The type of an axis that holds these values."""
    if not _numeric(values):
        return "category"
    low, high = min(values, default=1), max(values, default=1)
    return "log" if low > 0 and high / low > _WIDE else "linear"


def _dimension(axis: Axis) -> dict[str, Any]:
    """An axis of parallel coordinates; words stand at whole numbers."""
    if _numeric(axis.values):
        return {"label": axis.title, "values": list(axis.values)}
    words = sorted({str(value) for value in axis.values})
    places = [words.index(str(value)) for value in axis.values]
    return {"label": axis.title, "values": places, "tickvals": list(range(len(words))), "ticktext": words}
