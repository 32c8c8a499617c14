"""Curves over the epochs: scores, losses, measures, graph quality, changed labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.figures.base import Figure, Numbers, Scene


class View(NamedTuple):
    """Curves by name; None where an epoch has no value."""

    epochs: list[int]
    curves: dict[str, list[float | None]]


def view(table: Sequence[Mapping[str, Any]], column: str, names: Sequence[str] | None = None) -> View:
    """The entries of `column` ("scores" or "losses") of a run's table, one curve per name (by default, all names)."""
    if names is None:
        names = list(dict.fromkeys(name for line in table for name in line.get(column, {})))
    curves = {name: [line.get(column, {}).get(name) for line in table] for name in names}
    return View([line["epoch"] for line in table], curves)


def figure(v: View, title: str, y: str, **layout: Any) -> go.Figure:
    """One line per curve."""
    traces = [
        go.Scatter(x=v.epochs, y=values, name=name, mode="lines", line={"width": 2, "color": theme.color(i)})
        for i, (name, values) in enumerate(v.curves.items())
    ]
    layout = {"legend": theme.LEGEND_ABOVE, **layout}
    return theme.figure(title, "epoch", y, traces, **layout)


def _figure(key: str, labels: tuple[str, str], needs: set[str], panel: Mapping[str, Any], rank: int) -> Figure:
    title, y = labels
    layout: dict[str, Any] = {"yaxis_range": panel["range"]} if "range" in panel else {}
    if str(panel.get("format", "")).endswith("%"):
        layout["yaxis_rangemode"] = "tozero"  # shares, also where all of them are 0

    def empty(_: Scene) -> go.Figure:
        return figure(View([], {}), title, y, **layout)

    return Figure(key, title, frozenset(needs), empty, {"kind": "lines", **panel}, rank, "low")


def of_numbers(key: str, title: str, y: str, *, needs: set[str], numbers: Numbers, rank: int = 47) -> Figure:
    """A figure of curves whose numbers it computes itself from the arrays of each epoch. y: the axis, with its unit."""
    made = _figure(key, (title, y), needs, {"table": numbers_table(key), "names": None}, rank)
    return made._replace(numbers=numbers)


def numbers_table(key: str) -> str:
    """Where a viewer finds the numbers of a figure within an epoch."""
    return f"numbers of {key}"


SCORES = _figure(
    "scores",
    ("Scores against true classes", "score (1 = perfect)"),
    {"labels", "truth"},
    {
        "table": "scores",
        "names": ["acc", "nmi", "ari"],
        "range": [0, 1],
        "levels": [{"at": "one_cluster", "label": "all in one cluster"}],
    },
    0,
)
LOSSES = _figure("losses", ("Loss terms", "loss"), set(), {"table": "losses", "names": None}, 1)
SPECTRAL = _figure(
    "spectral_loss",
    ("Spectral loss and its least value", "1/n trace(yᵀ L y)"),
    {"spectrum"},
    {"table": "measures", "names": ["loss over all points", "loss of the exact eigenvectors"]},
    2,
)
GRAPH = _figure(
    "graph",
    ("Graph: purity and cut", "share of edges"),
    {"neighbors"},
    {"table": "scores", "names": ["purity", "cut"], "range": [0, 1]},
    10,
)
# Measures have different units, so one curve is shown at a time, chosen in the panel. For methods with a discriminator
# (a field), its measures come first.
MEASURES = _figure(
    "measures", ("Measures", ""), {"measures"}, {"table": "measures", "names": None, "single": True}, 46
)._replace(leads_with=frozenset({"field"}))
CHANGED = _figure(
    "changed",
    ("Changed labels", "share of points"),
    {"labels"},
    {"derived": "changed", "format": ".2%", "levels": [{"at": "tol", "label": "stops below {percent}"}]},
    42,
)
