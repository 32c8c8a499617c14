"""The part of a card that says what data of one's own were recognized as, and shows what the scaling does to them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from epochscope.data import Dataset, Source
from epochscope.data.own import sources
from epochscope.data.own.recognize import Recognized, recognize
from epochscope.data.own.user_datasets import read_points
from epochscope.figures import values
from epochscope.ui.shared.stage import still_chart
from epochscope.ui.shared.text import plain

_VALUES = 1_000_000  # of the histograms: rows at equal distances are taken of larger data


class _Look(NamedTuple):
    recognized: Recognized
    figures: tuple[tuple[str, go.Figure], ...]  # by key


def recognized_as(data: Dataset, source: Source) -> None:
    """What was recognized, and the values before and after the scaling; nothing for built-in data sets."""
    if not source.key.startswith(sources.PREFIX):
        return
    found, figures = _look(data)
    in_use = data.scaling.rpartition("; ")[2]  # before it stands what was done to the file
    st.markdown(f"{plain(found.why)} {_advice(found, in_use)}")
    for column, (key, figure) in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            still_chart(f"values-{key}", figure, about=figure.layout.title.text, tools=False)


def _advice(found: Recognized, scaling: str) -> str:
    if found.scaling == scaling:
        return f"Scaling: **{plain(scaling)}**, as recommended."
    return f"Scaling: **{plain(scaling)}**; recommended is **{plain(found.scaling)}** (under *Data settings*)."


@lru_cache(maxsize=2)
def _look(data: Dataset) -> _Look:
    """Everything that is shown; the page is drawn anew with every click, its data set stays the same object."""
    kept, arrays = read_points(data.key.removeprefix(sources.PREFIX))
    x = arrays["x"]
    found = recognize(x, kept.feature_names, pictures="pictures" in arrays)
    before, after = _some(x), _some(data.x)
    sums = x.sum(axis=1, dtype=np.float64)
    return _Look(
        found,
        (
            ("before", _histogram(before, "Values as stored", "value in the file", "values", values.BEFORE, log=True)),
            ("after", _histogram(after, "Values as scaled", "value a method sees", "values", values.AFTER, log=True)),
            ("sums", _histogram(sums, "Row sums as stored", "sum of a point's values", "points", values.BEFORE)),
        ),
    )


def _histogram(numbers: np.ndarray, title: str, x: str, y: str, color: str, *, log: bool = False) -> go.Figure:
    return values.figure(values.view(numbers), title, x, y, color, log=log)


def _some(x: np.ndarray) -> np.ndarray:
    return x[:: max(1, -(-x.size // _VALUES))]
