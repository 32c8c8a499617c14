"""The data set behind a stored run, and one column of it for coloring: a number for each drawn point."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from epochscope.data import Dataset
from epochscope.data.dataset_cache import dataset
from epochscope.runs.format.external import KEY
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history
from epochscope.runs.training.external import NOT_HERE
from epochscope.runs.training.request import resolve
from epochscope.types import EpochscopeError

MOST_NAMES = 2000
"""Names of columns that are sent to choose from; the others are chosen by number."""
_EDGE = 0.01  # share of the values beyond each end of the scale


def data_of(run: Run) -> tuple[Dataset | None, str]:
    """The data of a run, or one sentence that says why they cannot be shown. Downloads nothing."""
    try:
        source = resolve(run.spec).source
        if source.key == KEY:
            raise EpochscopeError(NOT_HERE)
        if not source.needs_download().cached:
            return None, f"The files of {source.title} are not on this machine, so no sample can be shown."
        data, info = dataset(run.spec.dataset, run.spec.data), run.info or {}
    except (EpochscopeError, OSError, MemoryError) as error:
        return None, f"The data of this run cannot be loaded any more, so no sample can be shown: {error}"
    if data.x.shape != (info.get("n"), info.get("f")):
        n, f = data.x.shape
        return None, f"The data set has changed since the run ({n} points, {f} features now): no sample is shown."
    return data, ""


class Scaled(NamedTuple):
    """Numbers on a scale of 256 steps from `low` to `high`; values beyond an end get the color of that end."""

    values: UInt8[np.ndarray, " m"]
    low: float
    high: float


def scaled(numbers: Float[np.ndarray, " m"]) -> Scaled:
    """Values on a scale without the outermost percent on each side, so that an outlier does not flatten the rest."""
    numbers = np.nan_to_num(np.asarray(numbers, dtype=np.float64))
    low, high = np.quantile(numbers, [_EDGE, 1 - _EDGE])
    if not low < high:
        low, high = numbers.min(), numbers.max()
    share = (numbers - low) / (high - low) if low < high else np.zeros(len(numbers))
    return Scaled(np.round(255 * share.clip(0, 1)).astype(np.uint8), float(low), float(high))


def column_name(data: Dataset, number: int) -> tuple[str, str]:
    """The name of a column of the data, and its position in the picture ("" if there are no pictures)."""
    if number < len(data.feature_names):
        return data.feature_names[number], ""
    shape = data.pictures.shape[1:] if data.pictures is not None else (0, 0)
    if shape[0] * shape[1] == data.x.shape[1]:
        row, place = divmod(number, shape[1])
        return f"pixel {number}", f"row {row}, column {place}"
    return f"feature {number}", ""


def column(run: Run, number: int) -> dict[str, Any]:
    """One column of the data at the drawn points: its name, low, high, values (0 to 255), all names.

    Raises EpochscopeError if the data are no longer there or have no such column.
    """
    data, missing_reason = data_of(run)
    if data is None:
        raise EpochscopeError(f"No feature to color the points by: {missing_reason}")
    count = data.x.shape[1]
    if not 0 <= number < count:
        raise EpochscopeError(f"These data have no feature {number}: choose one from 0 to {count - 1}.")
    name, where = column_name(data, number)
    scale = scaled(data.x[history(run).points["index"], number])
    return {
        "column": number,
        "name": name,
        "where": where,
        "count": count,
        "names": list(data.feature_names[:MOST_NAMES]),
        "low": scale.low,
        "high": scale.high,
        "values": scale.values.tolist(),
    }
