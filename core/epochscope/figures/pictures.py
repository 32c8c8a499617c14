"""Decoded pictures: centers, samples, reconstructions. Only for data whose features are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import UInt8

from epochscope.figures import theme
from epochscope.figures.base import Figure, Scene


class View(NamedTuple):
    """Rows of related pictures."""

    rows: UInt8[np.ndarray, "g c h w"]


def view(pictures: UInt8[np.ndarray, "parts r h w"]) -> View:
    """The view of pictures by part (points, reconstructions), with the parts of a point side by side."""
    return View(pictures.swapaxes(0, 1))


def figure(v: View, title: str) -> go.Figure:
    """All rows as one gray heat map."""
    g, c, h, w = v.rows.shape
    sheet = v.rows.swapaxes(1, 2).reshape(g * h, c * w)
    gray = [[0, "#000000"], [1, "#ffffff"]]
    trace = go.Heatmap(z=sheet, zmin=0, zmax=255, colorscale=gray, showscale=False, hoverinfo="skip")
    made = theme.figure(title, "related pictures", "rows of pictures", [trace])
    made.update_xaxes(visible=False)
    return made.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")


def _figure(key: str, title: str, rank: int, *, parts: Sequence[str] = (), of: str = "") -> Figure:
    """`parts`: the names of related pictures; `of`: what the pictures of each cluster are."""

    def empty(_: Scene) -> go.Figure:
        return figure(View(np.zeros((1, 1, 1, 1), np.uint8)), title).update_traces(z=[[None]])

    panel = {"kind": "pictures", "value": key, "parts": list(parts), "of": of}
    return Figure(key, title, frozenset({key, "pictures"}), empty, panel, rank)


CENTERS = _figure("decoded_centers", "Decoded centers", 50, of="decoded center of each cluster")
SAMPLES = _figure("samples", "Samples", 20, of="samples of each cluster")
RECONSTRUCTIONS = _figure("reconstructions", "Reconstructions", 52, parts=["point x", "decoded: g(z)"])
PERTURBED = _figure("perturbed", "Perturbations", 10, parts=["point x", "moved: x + r", "r alone, 4 times"])
CROSS = _figure(
    "cross_reconstructions",
    "Neighbors decoded",
    14,
    parts=["point xᵢ", "neighbor xⱼ", "decoded: g(zⱼ)"],
)
