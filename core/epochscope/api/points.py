"""Points that a program hands over, as float32: arrays, tables, sparse matrices, tensors; and their scaling."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.data import Dataset
from epochscope.data.labels import Labels, numbered
from epochscope.data.scaling import AS_STORED, MIN_MAX, STANDARDIZE, TOGETHER
from epochscope.data.sprites import color_pictures_of
from epochscope.runs.format.external import KEY
from epochscope.runs.training.validation import array
from epochscope.types import EpochscopeError, Likelihood

SCALINGS = (AS_STORED, STANDARDIZE, MIN_MAX, TOGETHER)


class Scaling(NamedTuple):
    """(x - shift) / width by the statistics of the training points, so that new points are scaled in the same way."""

    name: str
    shift: Float[np.ndarray, "*f"]  # one number for each feature, or one for all
    width: Float[np.ndarray, "*f"]

    def of(self, x: Float[np.ndarray, "n f"]) -> Float[np.ndarray, "n f"]:
        """Points in the scale that the method sees; in a range 0 to 1, what lies beyond it is cut off."""
        if self.name == AS_STORED:
            return x
        made = (x - self.shift) / self.width
        return made if self.name == STANDARDIZE else made.clip(0, 1)

    @property
    def likelihood(self) -> Likelihood:
        """The range of the scaled features, as far as the scaling decides it."""
        return "unit interval" if self.name in (MIN_MAX, TOGETHER) else "real"


def scaling_of(x: Float[np.ndarray, "n f"], name: str) -> Scaling:
    """The scaling of that name by the statistics of these points. Raises EpochscopeError for an unknown name."""
    if name not in SCALINGS:
        raise EpochscopeError(f"There is no scaling {name!r}; choose one of: {', '.join(SCALINGS)}.")
    axis = None if name == TOGETHER else 0
    shift, width = np.zeros(1, np.float32), np.ones(1, np.float32)
    if name == STANDARDIZE:
        shift, width = x.mean(axis=0), x.std(axis=0)
    elif name != AS_STORED:
        shift = np.atleast_1d(x.min(axis=axis))
        width = np.atleast_1d(x.max(axis=axis)) - shift
    return Scaling(name, shift, np.where(width > 0, width, np.float32(1)))


class Points(NamedTuple):
    """What was handed over: the shape in which it came, and the names of its columns, if it has any."""

    x: Float[np.ndarray, "*shape"]
    names: tuple[str, ...] = ()

    @property
    def rows(self) -> Float[np.ndarray, "n f"]:
        """One row for each point."""
        return np.ascontiguousarray(self.x.reshape(len(self.x), -1))


def points(x: Any, what: str = "x") -> Points:
    """n x f numbers, or n pictures, as float32. A sparse matrix becomes dense, a tensor is taken from its device.

    Raises EpochscopeError, with row and column, for what is no number or is beyond float32.
    """
    names: tuple[str, ...] = ()
    if hasattr(x, "columns") and hasattr(x, "select_dtypes"):  # a table of pandas, without asking pandas
        if len(others := list(x.columns.difference(x.select_dtypes(["number", "bool"]).columns, sort=False))):
            raise EpochscopeError(
                f"Column {others[0]!r} of {what} holds no numbers: leave it out, or encode it as numbers."
            )
        names, x = tuple(map(str, x.columns)), x.to_numpy(dtype=np.float64, na_value=np.nan)
    elif hasattr(x, "tocsr"):  # a sparse matrix of scipy
        x = x.toarray()
    made = array(x, what)
    if made.ndim < 2 or not made.size:
        raise EpochscopeError(f"{what} must have one row for each point, but its shape is {made.shape}.")
    with np.errstate(over="ignore"):
        small = made.astype(np.float32)
    if not np.isfinite(small).all():
        place = np.argwhere(~np.isfinite(small))[0].tolist()
        raise EpochscopeError(
            f"{what} must hold finite numbers that fit into float32, but {what}{place} is {made[tuple(place)]}: "
            "fill in or drop such points first."
        )
    return Points(small, names)


class Given(NamedTuple):
    """Data for one training, and how they were scaled."""

    dataset: Dataset
    scaling: Scaling


def given(x: Any, truth: Any, name: str, scaling: str) -> Given:
    """The data set of points that a program hands over. Raises EpochscopeError for a wrong argument."""
    handed = points(x)
    rows, classes = handed.rows, None if truth is None else labels_of(truth, len(handed.x))
    scale = scaling_of(rows, scaling)
    unit = handed.x.ndim > 2 and rows.min() >= 0 and rows.max() <= 1  # pictures from black to white
    made = Dataset(
        key=KEY,
        title=name,
        x=scale.of(rows),
        truth=classes.truth if classes else None,
        class_names=classes.names if classes else (),
        feature_names=handed.names,
        scaling=scaling,
        likelihood="unit interval" if unit and scaling == AS_STORED else scale.likelihood,
        pictures=color_pictures_of(handed.x),
    )
    return Given(made, scale)


def labels_of(truth: Any, n: int) -> Labels:
    """Classes of n points, from numbers or words. Raises EpochscopeError where they do not fit."""
    values = truth.to_numpy() if hasattr(truth, "to_numpy") else truth
    values = np.asarray(values) if isinstance(values, list | tuple) else values
    if not (isinstance(values, np.ndarray) and values.dtype.kind in "UO"):
        values = array(values, "truth")
    if values.shape != (n,):
        raise EpochscopeError(f"truth must be one label for each of the {n} points, but its shape is {values.shape}.")
    return numbered(values, "truth")
