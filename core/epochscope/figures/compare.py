"""One number of several runs over epochs or seconds: a curve a run, a band where seeds are taken together."""

from __future__ import annotations

import plotly.graph_objects as go

from epochscope.figures import curves
from epochscope.figures.base import Figure, Scene


def _empty(_: Scene) -> go.Figure:
    return curves.figure(curves.View([], {}), "Runs compared", "value")


COMPARE = Figure("compare", "Runs compared", frozenset({"several runs"}), _empty, {"kind": "compare"}, shape="low")
"""For the page that shows several runs: no single run provides them."""
