"""Checks arrays, torch or numpy, from an external loop; errors give name and shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from epochscope.runs.format.arrays import AXES
from epochscope.text import sanitize
from epochscope.types import OPTIONAL_ARRAYS, EpochscopeError

Sizes = dict[str, int]
"""Length of each axis by its letter: n points, d latent dimensions, k clusters, f features."""

_COUNTED = {"two": 2, "three": 3, "four": 4}
_INTEGERS = ("labels", "neighbors")
_LOWEST = {"labels": -1}  # in no cluster
_EVEN = 0.02  # tolerated distance of a row sum from 1: rounding in half precision


def array(value: Any, name: str) -> np.ndarray:
    """A tensor on any device, or anything that numpy accepts, as an array of numbers; copied only if necessary."""
    try:
        if hasattr(value, "detach"):  # a torch tensor, without asking torch
            value = value.detach().cpu()
            value = value.to_dense() if value.is_sparse or value.is_sparse_csr else value
            value = (value.float() if value.is_floating_point() else value).numpy()
        made = np.asarray(value.toarray() if hasattr(value, "toarray") else value)  # a sparse matrix of scipy
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        words = " ".join(str(error).split())[:120]
        raise EpochscopeError(f"{name} must be an array or a tensor of numbers, but it is none ({words}).") from None
    if made.dtype.kind not in "fiub":
        raise EpochscopeError(f"{name} must hold numbers, but it is of {made.dtype}.")
    return made


def shaped(made: np.ndarray, name: str, sizes: Sizes, extra: Collection[str] = OPTIONAL_ARRAYS) -> np.ndarray:
    """The array with its axes checked by its name (epochscope.types), as float32 or whole numbers.

    `extra`: the names that may be given besides z, q, p, labels and centers.
    """
    if name not in AXES or (name in OPTIONAL_ARRAYS and name not in extra):
        raise EpochscopeError(f"extra has no {name!r}; what can be shown is: {', '.join(sorted(extra))}.")
    axes = AXES[name]
    wanted = {**sizes, **_COUNTED}
    wanted |= {axis: size for axis, size in zip(axes, made.shape, strict=False) if axis not in wanted}
    if made.ndim != len(axes) or any(wanted[a] != size for a, size in zip(axes, made.shape, strict=True)):
        words = " x ".join(f"{a} = {sizes[a]}" if a in sizes else a for a in axes)
        raise EpochscopeError(f"{name} must have the shape {words}, but its shape is {made.shape}.")
    if name not in _INTEGERS:
        return made.astype(np.float32, copy=False)
    least, most = _LOWEST.get(name, 0), sizes["k"] if name == "labels" else sizes["n"]
    wrong = (made >= most) | (made != np.floor(made)) | ((made < least) if made.dtype.kind in "if" else False)
    if wrong.any():
        at = tuple(int(place) for place in np.argwhere(wrong)[0])
        none = " (-1: in no cluster)" if least < 0 else ""
        raise EpochscopeError(
            f"{name} must be whole numbers from 0 to {most - 1}{none}, but in row {at[0]} there is {made[at]}."
        )
    return made.astype(np.int64, copy=False)


def probabilities(rows: Float[np.ndarray, "n k"], name: str) -> None:
    """Raises if a row is no distribution, such as scores before the softmax. NaN is allowed: it is to be shown."""
    sums = rows.sum(axis=1)
    wrong = (np.abs(sums - 1) > _EVEN) | (rows < -1e-6).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise EpochscopeError(
            f"{name} must hold probabilities, rows that sum to 1, but row {row} sums to {sums[row]:.4g} "
            f"(smallest {rows[row].min():.4g}): apply a softmax first."
        )


def named_numbers(values: Any, what: str, alone: str) -> dict[str, float]:
    """Numbers by name; a single number gets the name `alone`."""
    if values is None:
        return {}
    numbers = {}
    for name, value in (values if isinstance(values, Mapping) else {alone: values}).items():
        number = array(value, f"{what} {name!r}" if isinstance(values, Mapping) else what)
        if number.size != 1:
            raise EpochscopeError(
                f"{what} must be numbers by name, but {sanitize(name)} has the shape {number.shape}: take its mean, "
                f"or log it beside them, as in log(..., sample_{sanitize(name)}=...)."
            )
        numbers[sanitize(name) or alone] = float(number.reshape(()))
    return numbers
