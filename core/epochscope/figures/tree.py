"""Runs that descend from each other: a line for each over its epochs, from where it branched off to where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures.theme import GUIDE_COLOR, PALETTE

ROW_PIXELS, REST_PIXELS = 32, 46
_ABOVE = 0.42  # of a row: how far the words are above the line, so that a short one's result is not in their way
_RIGHT, _NARROW, _LETTER = 90, 260, 6.6  # pixels: the least right margin, a plot on a narrow page, and a letter
_SHOWN, _OTHER = PALETTE[0], GUIDE_COLOR


class Row(NamedTuple):
    """One run, from top to bottom."""

    run: str  # its id
    start: int  # the epoch at which it branched off; 0 for the first one
    end: int  # its last epoch so far
    above: int | None  # the row of the run that it left, if that is shown
    words: str  # what it changed; of the first one, its name
    result: str  # how it ended, such as "ACC 0.842"
    title: str


def height(rows: Sequence[Row]) -> int:
    """Pixels that a tree takes."""
    return ROW_PIXELS * len(rows) + REST_PIXELS


def figure(rows: Sequence[Row], shown: str = "") -> go.Figure:
    """The tree; the run `shown` and the way to it from the first one are colored. A point has its run's id as `ids`."""
    way = _way(rows, shown)
    last = max(*(row.end for row in rows), 1)
    right = max(_RIGHT, *(24 + round(len(row.result) * _LETTER) for row in rows if row.end == last), 0)
    fig = go.Figure(layout=_layout(rows, last, right))
    for i, row in enumerate(rows):
        ours = i in way
        tone, width = (_SHOWN, 3) if ours else (_OTHER, 2)
        if row.above is not None:
            fig.add_scatter(
                x=[row.start, row.start], y=[row.above, i], mode="lines", line={"color": tone, "width": 1.5},
                hoverinfo="skip", showlegend=False,
            )  # fmt: skip
        # where the shown run left it, the rest of its parent's line is not on the way
        turn = next((rows[j].start for j in way if rows[j].above == i), None) if ours else None
        parts = [(row.start, row.end, tone, width)]
        if turn is not None:
            parts = [(row.start, turn, tone, width), (turn, row.end, _OTHER, 2)]
        for start, end, color, thick in parts:
            fig.add_scatter(
                x=[start, end], y=[i, i], mode="lines", line={"color": color, "width": thick}, hoverinfo="skip",
                showlegend=False,
            )  # fmt: skip
        fig.add_scatter(
            x=[row.end], y=[i], mode="markers+text", text=[f"  {row.result}"], textposition="middle right",
            textfont={"size": 12}, cliponaxis=False, customdata=[row.run], showlegend=False,
            marker={"size": 11, "color": _SHOWN if row.run == shown else _OTHER},
            hovertemplate=f"{_safe(row.title)}<br>click to open it<extra></extra>",
        )  # fmt: skip
        room = (1 - row.start / last) * _NARROW + right
        at = {"x": row.start, "xanchor": "left", "xshift": 4}
        if len(row.words) * _LETTER > room and row.start:
            at = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": right - 4}
        fig.add_annotation(
            at, y=i - _ABOVE, text=_safe(row.words), showarrow=False,
            font={"size": 12, "weight": 600 if row.run == shown else 400},
        )  # fmt: skip
    return fig


def _way(rows: Sequence[Row], shown: str) -> set[int]:
    """Rows of the run that is shown and of those it descends from."""
    at = next((i for i, row in enumerate(rows) if row.run == shown), None)
    way: set[int] = set()
    while at is not None and at not in way:
        way.add(at)
        at = rows[at].above
    return way


def _layout(rows: Sequence[Row], last: int, right: int) -> go.Layout:
    return go.Layout(
        height=height(rows),
        margin={"l": 6, "r": right, "t": 8, "b": 34},
        xaxis={
            "range": [-0.01 * last, last], "title": {"text": "epoch", "standoff": 2}, "zeroline": False,
            "showgrid": False, "fixedrange": True,
        },
        yaxis={"visible": False, "range": [len(rows) - 0.6, -0.8], "fixedrange": True},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        hovermode="closest",
        clickmode="event+select",
    )  # fmt: skip


def _safe(text: str) -> str:
    """Plotly reads tags; a title may hold what somebody typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
