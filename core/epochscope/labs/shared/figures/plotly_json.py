"""Figures as dictionaries of Plotly's JSON. A lab draws many per second; Plotly's classes need 10 ms to validate one.

The tests validate every figure of every lab with those classes.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from epochscope.figures import theme

Trace = dict[str, Any]
FigureDict = dict[str, Any]

scatter = partial(dict, type="scatter")
bar = partial(dict, type="bar")
heatmap = partial(dict, type="heatmap")
contour = partial(dict, type="contour")


def figure(title: str, x: str, y: str, data: Sequence[Trace], **layout: Any) -> FigureDict:
    """A titled figure with named axes."""
    return {"data": list(data), "layout": theme.layout(title, x, y, **layout)}


def ceiling(value: float) -> float:
    """A round number not below `value`, as the end of an axis that should rarely change during a drag."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(digit * power for digit in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20) if digit * power >= value)


def as_json(made: FigureDict) -> str:
    """JSON for the browser; arrays as their bytes, which allows NaN."""
    return json.dumps(made, default=_array, allow_nan=False)


def _array(values: object) -> object:
    if isinstance(values, np.generic):
        return values.item()
    if not isinstance(values, np.ndarray):
        raise TypeError(f"A figure holds no {type(values).__name__}.")
    if values.dtype.kind not in "fiu" or not values.size:
        return values.tolist()
    if values.dtype.kind != "f":
        values = values.astype(np.int32)
    data = base64.b64encode(values.tobytes()).decode()
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    return {"dtype": kind, "bdata": data, "shape": ", ".join(map(str, values.shape))}
