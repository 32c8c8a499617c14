"""Length of the force on each point against its certainty: which points a method moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Largest q and length of the force of each point."""

    confidence: Float[np.ndarray, " m"]
    force: Float[np.ndarray, " m"]


def view(q: Float[np.ndarray, "m k"], forces: Float[np.ndarray, "m d"]) -> View:
    """The view from Q and forces, one row per point."""
    return View(q.max(axis=1), np.linalg.norm(forces, axis=1))


def figure(v: View) -> go.Figure:
    """One dot per point."""
    dots = go.Scatter(x=v.confidence, y=v.force, mode="markers", marker={"size": 3}, showlegend=False)
    made = theme.figure("Force against confidence", "largest qᵢⱼ", "|∂L/∂zᵢ|", [dots])
    return made.update_xaxes(range=[0, 1])


def _empty(_: Scene) -> go.Figure:
    return figure(View(np.zeros(0), np.zeros(0))).update_traces(x=[None], y=[None])


FORCE = Figure("force", "Force against confidence", frozenset({"q", "forces"}), _empty, {"kind": "scatter"}, 43, "low")
