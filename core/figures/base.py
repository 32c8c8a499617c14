"""What a figure is: what it needs, what it is called, and how the stage draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go


class Scene(NamedTuple):
    """What is known of a run before its first epoch: names and sizes, no data."""

    k: int
    classes: Sequence[str] = ()
    rows: int = 1000  # of the heat maps
    projection: str = "PCA"


class Figure(NamedTuple):
    """One figure of the list FIGURES. It can be drawn for a run if `needs` are among what the run provides."""

    key: str
    title: str
    needs: frozenset[str]
    empty: Callable[[Scene], go.Figure]  # axes, legend, scales: the stage paints the data into it
    panel: Mapping[str, Any]  # what the stage paints: kind of channel and which values
