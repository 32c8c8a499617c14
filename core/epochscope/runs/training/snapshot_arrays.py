"""Arrays of a snapshot, prepared for storing: clusters relabeled, all but the labels for the drawn points only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Int, Integer

from epochscope.runs.format.arrays import AXES
from epochscope.types import Snapshot

_ROW_NUMBERS = ("neighbors",)
_PART = 4_000_000  # values that are converted at a time


def snapshot_arrays(s: Snapshot) -> dict[str, np.ndarray]:
    """All arrays of a snapshot by name."""
    fields = {name: getattr(s, name) for name in ("z", "q", "p", "labels", "centers")}
    extra = {name: np.asarray(value) for name, value in s.extra.items()}
    return {name: array for name, array in {**fields, **extra}.items() if array is not None}


def same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    """Whether two arrays are the same object (a read-only view of an array counts as that array)."""
    if a is b or a is None or b is None:
        return a is b
    return a.base is not None and a.base is b.base and a.__array_interface__ == b.__array_interface__


class ClusterRelabeler:
    """Gives the clusters of each epoch their stored ids. The same input array gives the same output object."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[np.ndarray, bytes, np.ndarray]] = {}

    def __call__(self, arrays: Mapping[str, np.ndarray], new_id: Int[np.ndarray, " k"]) -> dict[str, np.ndarray]:
        """Every axis k in the new order; labels get the new ids."""
        if (new_id == np.arange(len(new_id))).all():
            return dict(arrays)
        old_id = np.argsort(new_id)
        return {
            name: np.where(array < 0, -1, new_id[array])
            if name == "labels"
            else self._moved(name, array, old_id)
            if "k" in AXES[name]
            else array
            for name, array in arrays.items()
        }

    def _moved(self, name: str, array: np.ndarray, old_id: np.ndarray) -> np.ndarray:
        order = old_id.tobytes()
        before, their_order, result = self._known.get(name, (None, b"", array))
        if not (same(before, array) and order == their_order):
            result = np.take(array, old_id, axis=AXES[name].index("k"))
            self._known[name] = (array, order, result)
        return result


class PointSampler:
    """Takes the drawn points of arrays over all points, in drawing order. The same array gives the same object."""

    def __init__(self, index: Integer[np.ndarray, " m"], n: int) -> None:
        self.index = index
        self._place = np.full(n, -1, np.int32)  # row in the data set -> place among the drawn points
        self._place[index] = np.arange(len(index))
        self._known: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def __call__(self, name: str, array: np.ndarray) -> np.ndarray:
        """The rows of the drawn points; row numbers become places among them, -1 for a point that is not drawn."""
        if AXES[name][0] != "n":
            return array
        before, result = self._known.get(name, (None, array))
        if not same(before, array):
            result = array[self.index]
            if name in _ROW_NUMBERS:
                result = np.where(result < 0, -1, self._place[result])
            self._known[name] = (array, result)
        return result

    def of(self, arrays: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """All of these arrays for the drawn points; each is made when it is asked for."""
        return _Sampled(self, arrays)

    def stored(self, name: str, array: np.ndarray) -> np.ndarray:
        """The array as it is stored: as `small` makes it of the drawn points, without a copy of them in full width."""
        if name == "labels" or AXES[name][0] != "n":
            return small(name, array)
        if name in _ROW_NUMBERS:
            return small(name, self(name, array))
        made = np.empty((len(self.index), *array.shape[1:]), np.float16)
        step = max(1, _PART // max(1, array[:1].size))
        for start in range(0, len(made), step):
            part = small(name, array[self.index[start : start + step]])
            if part.dtype != made.dtype:  # too large a number for half precision
                return np.ascontiguousarray(array[self.index].astype(np.float32))
            made[start : start + step] = part
        return made


class _Sampled(Mapping[str, np.ndarray]):
    def __init__(self, sampler: PointSampler, arrays: Mapping[str, np.ndarray]) -> None:
        self._sampler, self._arrays = sampler, arrays

    def __getitem__(self, name: str) -> np.ndarray:
        return self._sampler(name, self._arrays[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def point_bytes(name: str, array: np.ndarray, points: int) -> int:
    """Bytes that the rows of so many points take in a file; 0 for labels, and for arrays that are not of points."""
    if name == "labels" or AXES[name][0] != "n":
        return 0
    return points * array[:1].size * (4 if name in _ROW_NUMBERS else 2)


def wide(labels: Integer[np.ndarray, " n"]) -> bool:
    """Whether these labels need two bytes each; the largest value of a byte says: in no cluster."""
    return bool(labels.max(initial=0) >= 255)


def small(name: str, array: np.ndarray) -> np.ndarray:
    """The array as stored: labels and row numbers as the smallest integers, the rest float16 unless it overflows."""
    if name == "labels":
        return np.ascontiguousarray(array.astype(np.uint16 if wide(array) else np.uint8))  # -1: the largest value
    if name in _ROW_NUMBERS:
        return np.ascontiguousarray(array.astype(np.int32))
    exact: Any = name in ("centers", "field_box") or (np.abs(array) > 6e4).any()
    return np.ascontiguousarray(array.astype(np.float32 if exact else np.float16))
