"""Appearance of all figures: palette, color scales, margins. Colors of text and grid come from the page's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

# Found by a search near Petroff's ten colors: the two that look most alike are 0.117 apart in OKLab for protanopia,
# deuteranopia and tritanopia, too (his: 0.061), and each has a contrast of 3 on dark pages (tests/figures/
# test_color_vision.py). For more than ten clusters no palette does; they are numbered, and have shapes if asked for.
PALETTE = (
    "#76adf3",
    "#f9a313",
    "#bc3d0d",
    "#aeaa93",
    "#ae56f3",
    "#89556a",
    "#e8630a",
    "#c3daa1",
    "#698bab",
    "#7ce0fc",
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
GUIDE_COLOR = "#8b929c"  # of guide lines: visible on light and dark pages

LEGEND_ABOVE = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"}
"""A legend between title and plot; it needs a top margin of about 50 pixels."""

_STEPS = (GUIDE_COLOR, *PALETTE)
GROUP_MARKER = {
    "cmin": -0.5,
    "cmax": len(_STEPS) - 0.5,
    "colorscale": [[edge / len(_STEPS), tone] for step, tone in enumerate(_STEPS) for edge in (step, step + 1)],
}
"""Marker settings for dots in the colors of their groups, with `color` = group_steps(groups)."""

CONFIG = {"displaylogo": False, "showSendToCloud": False, "responsive": True, "scrollZoom": True}
"""Plotly's settings; `showSendToCloud` would offer to upload the figure."""


READABLE = 4.5
"""The least contrast of small text and its ground (WCAG 2.2, AA)."""
_GROUNDS = {"light": "#ffffff", "dark": "#171614"}


def _light(tone: str) -> float:
    """Relative luminance of "#rrggbb" as WCAG counts it, from 0 to 1."""
    parts = np.array([int(tone[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, "#rrggbb", by WCAG: from 1 to 21."""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def ink(tone: str, page: str) -> str:
    """A color as text on a "light" or a "dark" page: nearer to black or white, until it can be read."""
    ground = _GROUNDS[page]
    end = np.array([255.0] * 3 if page == "dark" else [0.0] * 3)
    own = np.array([int(tone[at : at + 2], 16) for at in (1, 3, 5)], dtype=float)
    made = tone
    for share in np.linspace(0, 1, 41):
        made = "#" + "".join(f"{round(part):02x}" for part in own + (end - own) * share)
        if contrast(made, ground) >= READABLE:
            break
    return made


def color(group: int) -> str:
    """The color of a cluster or class."""
    return PALETTE[group % len(PALETTE)]


def group_steps(groups: Sequence[int] | np.ndarray) -> np.ndarray:
    """Values of groups on GROUP_MARKER's color scale; groups below 0 are gray."""
    groups = np.asarray(groups, dtype=np.int16)
    return np.where(groups < 0, 0, groups % len(PALETTE) + 1)


def plane_axes(x: Mapping[str, Any] | None = None, y: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Axes of a plane that has no units: without numbers, of one scale. `x`, `y`: more of each, such as its range."""
    bare = {"showticklabels": False, "showgrid": False, "ticks": ""}
    return {"xaxis": {**bare, **(x or {})}, "yaxis": {**bare, **(y or {}), "scaleanchor": "x", "constrain": "domain"}}


def figure(title: str, x: str, y: str, data: Sequence[Any] = (), **more: Any) -> go.Figure:
    """A figure with title and axis titles; `more` are Plotly layout entries."""
    # in one call: each update of an existing figure takes Plotly longer than making it
    return go.Figure(list(data), go.Layout(template="none", **layout(title, x, y, **more)))


def layout(title: str, x: str, y: str, **more: Any) -> dict[str, Any]:
    """The layout of a figure; `uirevision` keeps zoom and hidden traces while epochs arrive."""
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
    """The base merged recursively with entries that replace its own."""
    merged = dict(base)
    for key, value in layout.items():
        below = merged.get(key)
        merged[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
