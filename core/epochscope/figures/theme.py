"""How all figures look: palette, colour scales, margins. Colours of text and grid come from the page's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

# Petroff's ten: for up to ten clusters no two look alike to colour-blind eyes (smallest CIEDE2000 11.9).
# Beyond ten no palette is safe: clusters also carry their number.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
PROBABILITY_SCALE = "Viridis"
DIFFERENCE_SCALE = (
    "#0b3d75",
    "#2f79bd",
    "#8fbbe0",
    "#ffffff",
    "#f3b37a",
    "#d2701f",
    "#7d3305",
)  # blue: p < q; orange: p > q
ONE_CLUSTER_COLOR = "#94a4a2"
GUIDE_COLOR = "#8b929c"  # of lines that only help to read: visible on a light page and on a dark one

LEGEND_ABOVE = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"}
"""A legend in the line between the title and the plot, which takes a top margin of some 50 pixels."""

_STEPS = (GUIDE_COLOR, *PALETTE)
GROUP_MARKER = {
    "cmin": -0.5,
    "cmax": len(_STEPS) - 0.5,
    "colorscale": [[edge / len(_STEPS), tone] for step, tone in enumerate(_STEPS) for edge in (step, step + 1)],
}
"""For many dots in the colours of their groups, with `color` = group_steps(groups): numbers, not names of colours."""

CONFIG = {"displaylogo": False, "showSendToCloud": False, "responsive": True, "scrollZoom": True}
"""Plotly's own settings; `showSendToCloud` would offer to upload the figure."""


def color(group: int) -> str:
    """The colour of a cluster or class."""
    return PALETTE[group % len(PALETTE)]


def group_steps(groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Where each group stands on GROUP_MARKER's scale; a group below 0 has the colour of nothing in particular."""
    groups = np.asarray(groups, dtype=np.int16)
    return np.where(groups < 0, 0, groups % len(PALETTE) + 1)


def figure(title: str, x: str, y: str, data: Sequence[Any] = (), **more: Any) -> go.Figure:
    """An empty, titled figure with named axes."""
    # in one piece: each update of a figure that stands takes Plotly longer than making it
    return go.Figure(list(data), go.Layout(template="none", **layout(title, x, y, **more)))


def layout(title: str, x: str, y: str, **more: Any) -> dict[str, Any]:
    """Of a figure; `uirevision` keeps zoom and hidden traces while epochs stream in."""
    base = {
        "title": {
            "text": title,
            "font": {"size": 13},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 0.98,
            "yanchor": "top",
        },
        "margin": {"l": 46, "r": 10, "t": 32, "b": 36},
        "xaxis": {"title": {"text": x, "standoff": 6}, "zeroline": False},
        "yaxis": {"title": {"text": y, "standoff": 6}, "zeroline": False},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "keep",
        "legend": {"orientation": "v", "itemsizing": "constant", "font": {"size": 11}},
        "hovermode": "closest",
    }
    return _laid_over(base, more)


def _laid_over(base: Mapping[str, Any], layout: Mapping[str, Any]) -> dict[str, Any]:
    """The base with some entries replaced, dictionary by dictionary."""
    found = dict(base)
    for key, value in layout.items():
        below = found.get(key)
        found[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return found
