"""Figures over the epochs of a run, for the overview of the Inspect page; each returns False if it has nothing to show.

A figure is made anew only when there are more epochs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from epochscope.figures import over_epochs
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history
from epochscope.runs.training.request import display_of
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.stage import as_sent, chart
from epochscope.ui.shared.text import plain

_MOST_COLUMNS = 500  # epochs of a heat map
_ORDER = {
    "x": "of x",
    "before": "of the log before",
    "chance": "in a random order",
    "class": "of the same class",
    "class_chance": "of the same class, in a random order",
}


@lru_cache(maxsize=16)
def _shares_made(run: Run, epochs: int, hues: tuple[int, ...]) -> dict[str, Any] | None:
    lines = [line for line in run.epochs()[:epochs] if line.get("sizes")]
    if len(lines) < 2:
        return None
    k = max(len(line["sizes"]) for line in lines)  # a recorded loop may get more
    sizes = np.array([line["sizes"] + [0] * (k - len(line["sizes"])) for line in lines])
    shares = sizes / max((run.info or {}).get("n", 1), 1)
    numbers = [line["epoch"] for line in lines]
    title, y = "Cluster sizes over the epochs", "share of the points"
    return as_sent(over_epochs.areas(title, numbers, shares, y=y, hues=hues if len(hues) == k else None))


def shares(view: EpochView, height: str) -> bool:
    """Sizes of the clusters."""
    made = _shares_made(view.run, len(view.run.epochs()), view.hues)
    if made is None:
        return False
    chart("shares", made, run=view.run.id, height=height, epochs=True)
    return True


@lru_cache(maxsize=16)
def _spread_made(run: Run, epochs: int) -> dict[str, Any] | None:
    spreads = [value if value is None or np.isfinite(value) else None for value in history(run).spreads()[:epochs]]
    if sum(value is not None for value in spreads) < 2:
        return None
    known = [value for value in spreads if value]
    log = bool(known) and max(known) > 30 * min(known)
    title, y = f"Spread of the {display_of(run)['space']}", "RMS distance from their mean"
    return as_sent(over_epochs.curves(title, range(len(spreads)), {"spread": spreads}, y=y, log=log))


def spread(view: EpochView, height: str) -> bool:
    """Spread of the codes."""
    made = _spread_made(view.run, len(view.run.epochs()))
    if made is None:
        return False
    chart("spread", made, run=view.run.id, height=height, epochs=True)
    return True


@lru_cache(maxsize=16)
def _directions_made(run: Run, epochs: int) -> dict[str, Any] | None:
    shapes = history(run).codes()[:epochs]
    most = max((len(shape.shares) for shape in shapes if shape), default=0)
    if not most or len(shapes) < 2:
        return None
    lines = {
        f"{i + 1}": [shape.shares[i] if shape and i < len(shape.shares) else None for shape in shapes]
        for i in range(most)
    }
    title = "Variance of the codes by principal direction"
    return as_sent(over_epochs.curves(title, range(len(shapes)), lines, y="share of the variance", share=True))


def directions(view: EpochView, height: str) -> bool:
    """Shares of the variance of the codes in their first principal directions."""
    made = _directions_made(view.run, len(view.run.epochs()))
    if made is not None:
        chart("directions", made, run=view.run.id, height=height, epochs=True)
    return made is not None


def has_order(view: EpochView) -> bool:
    """Whether the order of the rows of this run is known."""
    return any(line.get("order") for line in view.run.epochs())


@lru_cache(maxsize=16)
def _order_made(run: Run, epochs: int) -> dict[str, Any] | None:
    lines = run.epochs()[:epochs]
    found = {
        words: [line.get("order", {}).get(name) for line in lines]
        for name, words in _ORDER.items()
        if any(name in line.get("order", {}) for line in lines)
    }
    title = "Order of the rows: neighbors in z that are neighbors"
    return as_sent(over_epochs.curves(title, range(len(lines)), found, y="share of 10", share=True)) if found else None


def order(view: EpochView, height: str) -> bool:
    """How many neighbors in z are neighbors elsewhere: near chance, the rows are in another order."""
    made = _order_made(view.run, len(view.run.epochs()))
    if made is not None:
        chart("order", made, run=view.run.id, height=height, epochs=True)
    return made is not None


def _vector_names(run: Run) -> list[str]:
    return list(dict.fromkeys(name for line in run.epochs() for name in line.get("vectors", {})))


def has_vectors(view: EpochView) -> bool:
    """Whether lists of numbers were logged with this run."""
    return bool(_vector_names(view.run))


@lru_cache(maxsize=16)
def _vector_made(run: Run, epochs: int, name: str) -> dict[str, Any]:
    lines = [line for line in run.epochs()[:epochs] if name in line.get("vectors", {})]
    lines = [lines[i] for i in np.unique(np.linspace(0, len(lines) - 1, _MOST_COLUMNS).round().astype(int))]
    length = max(len(line["vectors"][name]) for line in lines)
    values = np.full((length, len(lines)), np.nan)
    for column, line in enumerate(lines):
        numbers = line["vectors"][name]
        values[: len(numbers), column] = [np.nan if number is None else number for number in numbers]
    title = f"{plain(name)} over the epochs"
    return as_sent(over_epochs.heat_map(title, [line["epoch"] for line in lines], values, y="place"))


def vectors(view: EpochView, height: str) -> bool:
    """A list of numbers that a recorded loop logged, as a heat map; a menu where there are several."""
    names = _vector_names(view.run)
    if not names:
        return False
    name = st.selectbox("List of numbers", names, key="vector", format_func=plain) if len(names) > 1 else names[0]
    chart(
        "vectors",
        _vector_made(view.run, len(view.run.epochs()), str(name)),
        run=view.run.id,
        height=height,
        epochs=True,
    )
    return True
