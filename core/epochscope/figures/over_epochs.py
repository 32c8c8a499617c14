"""Quantities over the epochs of a run: shares as stacked areas, others as lines. The stage adds the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.figures import theme

_NAMED_FROM = 0.04  # areas with a smaller share of the height are not labeled


def areas(
    title: str, epochs: Sequence[int], shares: Float[np.ndarray, "e k"], *, y: str, hues: Sequence[int] | None = None
) -> go.Figure:
    """One area per cluster in its color, stacked in order; the shares sum to 1. `hues`: numbers in the palette."""
    hues = hues or range(shares.shape[1])
    traces = [
        go.Scatter(
            x=list(epochs),
            y=shares[:, j],
            name=str(j),
            mode="lines",
            stackgroup="all",
            line={"width": 0.5, "color": theme.color(hues[j])},
            fillcolor=theme.color(hues[j]),
            hovertemplate=f"cluster {j}, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
        )
        for j in range(shares.shape[1])
    ]
    return theme.figure(
        title,
        "epoch",
        y,
        traces,
        showlegend=False,
        margin={"l": 46, "r": 26, "t": 32, "b": 36},
        annotations=_names(shares),
        xaxis={"showgrid": False},
        yaxis={"range": [0, 1], "tickformat": ".0%", "showgrid": False},
    )


def _names(shares: Float[np.ndarray, "e k"]) -> list[dict[str, Any]]:
    """Labels at the right end of each area that is high enough, instead of a legend."""
    last = np.nan_to_num(shares[-1])
    ends = np.cumsum(last)
    return [
        {
            "x": 1.005,
            "xref": "paper",
            "y": float(end - share / 2),
            "xanchor": "left",
            "text": f"<b>{j}</b>",
            "showarrow": False,
            "font": {"size": 10},
        }
        for j, (end, share) in enumerate(zip(ends, last, strict=True))
        if share >= _NAMED_FROM * max(float(ends[-1]), 1e-9)
    ]


def heat_map(
    title: str, epochs: Sequence[int], values: Float[np.ndarray, "bins e"], *, y: str, unit: str = ""
) -> go.Figure:
    """One column an epoch, one row for each place of a list of numbers, 0 at the bottom; NaN where there is none."""
    trace = go.Heatmap(
        x=list(epochs),
        z=values,
        colorscale=theme.PROBABILITY_SCALE,
        colorbar={"thickness": 7, "len": 1.0, "x": 1.01, "xpad": 2, "tickfont": {"size": 10}, "title": {"text": unit}},
        hovertemplate=f"epoch %{{x}}, {y} %{{y}}: %{{z:.4g}}<extra></extra>",
    )
    made = theme.figure(title, "epoch", y, [trace], margin={"r": 44})
    return made.update_xaxes(showgrid=False).update_yaxes(showgrid=False)


def curves(
    title: str,
    epochs: Sequence[int],
    values: Mapping[str, Sequence[float | None]],
    *,
    y: str,
    log: bool = False,
    share: bool = False,
) -> go.Figure:
    """One line per name, with gaps where an epoch has no value."""
    traces = [
        go.Scatter(x=list(epochs), y=list(line), name=name, mode="lines", line={"width": 2, "color": theme.color(i)})
        for i, (name, line) in enumerate(values.items())
    ]
    axis = {"range": [0, 1.02], "tickformat": ".0%"} if share else {"type": "log" if log else "linear"}
    margin = {"t": 52 if len(traces) > 1 else 32}
    return theme.figure(
        title, "epoch", y, traces, legend=theme.LEGEND_ABOVE, showlegend=len(traces) > 1, yaxis=axis, margin=margin
    )
