"""Certainty of Q and the effect of P: histogram of the largest q, p against q, soft and hard cluster sizes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.inspect.whole import Confidence, Frequencies, Sharpening

WRONG = theme.color(2)
_MARGIN = {"l": 46, "r": 10, "t": 52, "b": 36}


def confidence(v: Confidence) -> go.Figure:
    """Histogram of the largest q of each row; if there are classes, mistakes are stacked on top."""
    bins = len(v.right)
    centers = (np.arange(bins) + 0.5) / bins
    named = "points" if v.wrong is None else "right"
    traces = [go.Bar(x=centers, y=v.right, name=named, marker_color=theme.color(0), width=1 / bins)]
    if v.wrong is not None:
        traces.append(go.Bar(x=centers, y=v.wrong, name="mistakes", marker_color=WRONG, width=1 / bins))
    made = theme.figure(
        f"Confidence: median {v.median:.2f}",
        "largest qᵢⱼ of a point",
        "points",
        traces,
        barmode="stack",
        legend=theme.LEGEND_ABOVE,
        margin=_MARGIN,
        showlegend=v.wrong is not None,
        bargap=0.06,
        xaxis={"range": [0, 1]},
    )
    made.add_vline(
        x=1 / v.k,
        line_width=1,
        line_dash="dot",
        line_color=theme.GUIDE_COLOR,
        annotation_text="1/k",
        annotation_font_size=10,
    )
    return made


def sharpening(v: Sharpening) -> go.Figure:
    """Joint histogram on a logarithmic scale, the diagonal p = q, and the median of p for each q."""
    b = len(v.counts)
    centers = (np.arange(b) + 0.5) / b
    counts = np.where(v.counts > 0, np.log10(np.maximum(v.counts, 1)), np.nan)
    top = float(np.nanmax(counts)) if np.isfinite(counts).any() else 1.0
    ticks = list(range(int(top) + 1))
    heat = go.Heatmap(
        z=counts,
        x=centers,
        y=centers,
        colorscale=theme.PROBABILITY_SCALE,
        zmin=0,
        zmax=max(top, 1),
        customdata=v.counts,
        hovertemplate="q about %{x:.2f}, p about %{y:.2f}<br>%{customdata:,} entries<extra></extra>",
        colorbar={
            "thickness": 8,
            "len": 1.0,
            "tickvals": ticks,
            "ticktext": [f"{10**tick:,}" for tick in ticks],
            "tickfont": {"size": 10},
        },
        showlegend=False,
    )
    same = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="p = q", line={"dash": "dot", "width": 1.5, "color": theme.GUIDE_COLOR}
    )
    middle = go.Scatter(
        x=centers, y=v.median, mode="lines", name="median p", line={"width": 2.5, "color": theme.color(1)}
    )
    title = f"P against Q: P sharpens {v.up:.0%} of the points"
    unit = {"range": [0, 1], "showgrid": False}
    layout = {"legend": theme.LEGEND_ABOVE, "margin": _MARGIN, "xaxis": unit, "yaxis": unit}
    return theme.figure(title, "qᵢⱼ", "pᵢⱼ", [heat, same, middle], **layout)


def frequencies(v: Frequencies) -> go.Figure:
    """Bars for each cluster: share of points, mean of q and mean of p."""
    clusters = list(range(len(v.hard)))
    named = (("points, by largest q" if v.soft else "points", v.hard), ("fⱼ / n: mean qᵢⱼ", v.soft))
    traces: list[go.Bar] = []
    for i, (name, values) in enumerate((*named, ("mean pᵢⱼ", v.wanted))):
        if values is not None:
            hover = "cluster %{x}<br>" + name + ": %{y:.2%}<extra></extra>"
            traces.append(go.Bar(x=clusters, y=values, name=name, marker_color=theme.color(i), hovertemplate=hover))
    made = theme.figure(
        "Soft cluster frequency",
        "cluster j",
        "share of the points",
        traces,
        barmode="group",
        legend=theme.LEGEND_ABOVE,
        margin=_MARGIN,
        showlegend=len(traces) > 1,
        xaxis={"tick0": 0, "dtick": 1 if len(clusters) <= 12 else None},
        yaxis={"tickformat": ".0%", "rangemode": "tozero"},
    )
    return made.add_hline(y=1 / max(len(clusters), 1), line_width=1, line_dash="dot", line_color=theme.GUIDE_COLOR)
