"""Points that a program hands over, as float32: arrays, tables, sparse matrices, tensors; and their scaling."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.data import Dataset
from epochscope.data.labels import Labels
from epochscope.data.own.recognize import recognize
from epochscope.data.own.user_datasets import RECOMMENDED
from epochscope.data.scaling import AS_STORED, Scaling, fitted, likelihood
from epochscope.data.sprites import color_pictures_of
from epochscope.runs.format.external import KEY
from epochscope.runs.training.logged import classes_of
from epochscope.runs.training.validation import array
from epochscope.types import EpochscopeError


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
    handed: Points
    why: str  # the scaling suits them, if it was chosen for them; one sentence


def given(x: Any, truth: Any, name: str, scaling: str) -> Given:
    """The data set of points that a program hands over. Raises EpochscopeError for a wrong argument."""
    handed = points(x)
    rows, classes = handed.rows, None if truth is None else labels_of(truth, len(handed.x))
    pictures, why = handed.x.ndim > 2, ""
    if scaling == RECOMMENDED:
        seen = recognize(rows, handed.names, pictures=pictures)
        scaling, why = seen.scaling, f"{seen.why} Scaling: {seen.scaling}."
    scale = fitted(rows, scaling)
    unit = pictures and rows.min() >= 0 and rows.max() <= 1  # from black to white
    names, kept = handed.names, scale.features
    made = Dataset(
        key=KEY,
        title=name,
        x=scale.of(rows),
        truth=classes.truth if classes else None,
        class_names=classes.names if classes else (),
        feature_names=names if kept is None or not names else tuple(names[i] for i in kept),
        scaling=scaling,
        likelihood="unit interval" if unit and scaling == AS_STORED else likelihood(scaling),
        pictures=color_pictures_of(handed.x),
    )
    return Given(made, scale, handed, why)


def labels_of(truth: Any, n: int) -> Labels:
    """Classes of n points, -1 where one is not known, as `Recorder` takes them. Raises EpochscopeError."""
    classes = classes_of(truth)
    if len(classes.truth) != n:
        shape = (len(classes.truth),)
        raise EpochscopeError(f"truth must be one label for each of the {n} points, but its shape is {shape}.")
    return classes
