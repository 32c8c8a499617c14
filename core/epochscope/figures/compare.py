"""One quantity of several runs over epochs or seconds: a curve per run, a band for groups of seeds."""

from __future__ import annotations

import plotly.graph_objects as go

from epochscope.figures import curves
from epochscope.figures.base import Figure, Scene


def _empty(_: Scene) -> go.Figure:
    return curves.figure(curves.View([], {}), "Runs compared", "value")


COMPARE = Figure("compare", "Runs compared", frozenset({"several runs"}), _empty, {"kind": "compare"}, shape="low")
"""For the Compare page: no single run provides "several runs"."""
