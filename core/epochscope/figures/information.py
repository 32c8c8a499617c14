"""How much clusters tell of points, from Q: I(X; Y) = H(Y) - H(Y|X), over the epochs and as a way in a plane."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.figures.base import Figure
from epochscope.figures.curves import numbers_table, of_numbers

OF_CLUSTERS, OF_POINTS, SHARED, MOST = "H(Y): sizes", "H(Y|X): doubt", "I(X;Y)", "ln k"


def numbers(arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Entropy of the mean row of Q, mean entropy of its rows, their difference, and ln k; in nats."""
    q = arrays["q"].astype(np.float64)
    among, inside = float(_entropy(q.mean(axis=0))), float(_entropy(q).mean())
    return {OF_CLUSTERS: among, OF_POINTS: inside, SHARED: among - inside, MOST: float(np.log(q.shape[1]))}


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)


INFORMATION = of_numbers("information", "Information of clusters", "nats", needs={"q"}, numbers=numbers, rank=44)
INFORMATION = INFORMATION._replace(leads_with=frozenset({"perturbed"}))


def plane(k: int) -> go.Figure:
    """Doubt of points against evenness of sizes, in nats; I is the height above the diagonal."""
    most = math.log(max(k, 2))
    diagonal = go.Scatter(
        x=[0, most], y=[0, most], mode="lines", line={"dash": "dot", "width": 1, "color": theme.GUIDE_COLOR}
    )
    made = theme.figure(
        "Doubt and sizes of clusters",
        "H(Y|X): doubt about a point, nats",
        "H(Y): evenness of sizes, nats",
        [diagonal.update(hoverinfo="skip", showlegend=False)],
        annotations=[
            _note(0.03, most, "all sure, all equal", "left"),
            _note(most, 0.06 * most, "I = 0 on the line", "right"),
        ],
    )
    made.update_xaxes(range=[0, 1.03 * most], tickvals=[0, most], ticktext=["0", f"{most:.2f} = ln k"])
    return made.update_yaxes(range=[0, 1.06 * most], tickvals=[0, most], ticktext=["0", f"{most:.2f}"])


def _note(x: float, y: float, text: str, anchor: str) -> dict[str, object]:
    return {"x": x, "y": y, "text": text, "xanchor": anchor, "yanchor": "top", "showarrow": False, "font": {"size": 11}}


PLANE = Figure(
    "information_plane",
    "Doubt and sizes of clusters",
    frozenset({"q"}),
    lambda scene: plane(scene.k),
    {"kind": "trail", "table": numbers_table(INFORMATION.key), "x": OF_POINTS, "y": OF_CLUSTERS},
    48,
    "low",
    leads_with=frozenset({"perturbed"}),
)
