"""What looks like true classes in a table: a one-hot block of columns, and a column of whole numbers at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from epochscope.data.own.naming import says_labels, tokens

_FEWEST_ROWS = 10  # fewer rows than this do not show whether a column repeats itself as classes do
_MOST_CLASSES = 50  # of a column that only its place marks as labels
_UNEVEN = (5, 1_000)  # how much classes may differ in size: even ones show even among columns of whole numbers
_OTHERS = 0.2  # of the other columns at most this share may look like classes too
_FEWEST_ONE_HOT = 4  # rows


class Block(NamedTuple):
    """Columns of which exactly one is 1 in each row."""

    columns: tuple[str, ...]
    prefix: str  # what their names have in common at the beginning, "" if nothing
    certain: bool  # whether the names say that they are classes


def one_hot(values: np.ndarray) -> bool:
    """Whether this n x c array holds zeros but for a single 1 in each row, and a 1 in each column."""
    if values.ndim != 2 or values.shape[1] < 2 or values.dtype.kind not in "fiub":
        return False
    ones = values == 1
    return bool((ones | (values == 0)).all() and (ones.sum(axis=1) == 1).all() and ones.any(axis=0).all())


def block_of(columns: Mapping[str, np.ndarray]) -> Block | None:
    """The one-hot block that stands for a label: one whose names say so, else the one at the end of the table."""
    names = list(columns)
    binary = [_zero_one(columns[name]) for name in names]
    runs, start = [], 0
    for stop in range(len(names) + 1):
        if stop == len(names) or not binary[stop]:
            if stop - start >= 2:
                runs.append((start, stop))
            start = stop + 1
    found = [block for start, stop in runs if (block := _in_run(columns, names[start:stop]))]
    certain = [block for block in found if block.certain]
    if certain:
        return certain[-1]
    at_end = [block for block in found if block.columns[-1] == names[-1]]
    whole = len(at_end) == 1 and len(at_end[0].columns) == len(names)
    return at_end[0] if at_end and not whole and len(columns[names[0]]) >= _FEWEST_ONE_HOT else None


def _zero_one(values: np.ndarray) -> bool:
    return values.dtype.kind == "f" and bool(((values == 0) | (values == 1)).all())


def _in_run(columns: Mapping[str, np.ndarray], names: Sequence[str]) -> Block | None:
    """The largest one-hot block among columns of zeros and ones: of one prefix that says "class", or the last ones."""
    by_prefix: dict[str, list[str]] = {}
    for name in names:
        by_prefix.setdefault((tokens(name) or [""])[0], []).append(name)
    for prefix, some in by_prefix.items():
        if says_labels(prefix) and one_hot(np.stack([columns[name] for name in some], axis=1)):
            return Block(tuple(some), _prefix(some), True)
    table = np.stack([columns[name] for name in names], axis=1)
    sums = np.cumsum(table[:, ::-1], axis=1)
    for count in range(len(names), 1, -1):
        if (sums[:, count - 1] == 1).all() and one_hot(table[:, -count:]):
            some = names[-count:]
            return Block(tuple(some), _prefix(some), False)
    return None


def _prefix(names: Sequence[str]) -> str:
    """What names have in common up to a sign that is neither letter nor digit; "" for "dog" and "door"."""
    low, high = min(names), max(names)
    length = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    while length and low[length - 1].isalnum():
        length -= 1
    return low[:length]


def joined(columns: Mapping[str, np.ndarray], block: Block) -> tuple[str, np.ndarray]:
    """A block as one column: its name, and for each row the name of the column that holds the 1."""
    prefix = block.prefix if len(block.prefix) > 1 else ""
    cut = len(prefix) if all(len(name) > len(prefix) for name in block.columns) else 0
    words = np.array([name[cut:].strip() or name for name in block.columns], object)
    name = prefix.strip(" _-=.:/[(") or "class"
    table = np.stack([columns[one] for one in block.columns], axis=1)
    return name, words[table.argmax(axis=1)]


def class_like(values: np.ndarray, uneven: float = _UNEVEN[0]) -> bool:
    """Whether a column may number classes: few whole numbers without a gap, none of them `uneven` times rarer."""
    there = values[~np.isnan(values)] if values.dtype.kind == "f" else values[:0]
    if len(there) < _FEWEST_ROWS or (there[:_FEWEST_ROWS] % 1 != 0).any() or (there % 1 != 0).any():
        return False
    low, high = there.min(), there.max()
    if not (1 <= high - low < _MOST_CLASSES and low in (-1, 0, 1)):
        return False
    counts = np.bincount((there - low).astype(np.int64))
    if len(counts) == 3 and low == -1 and not counts[1]:
        counts = counts[[0, 2]]  # the classes -1 and 1
    return bool(counts.min() >= 2 and counts.max() <= uneven * counts.min())


def by_place(columns: Mapping[str, np.ndarray]) -> str:
    """The last column of numbers (without a header also the first) if it looks like classes and few others do."""
    names = [name for name, values in columns.items() if values.dtype.kind == "f"]
    if len(names) < 3 or names[-1] != list(columns)[-1]:
        return ""
    unnamed = all(name == f"feature {place + 1}" for place, name in enumerate(columns))
    for name in (names[-1], names[0]) if unnamed else (names[-1],):
        others = [other for other in names if other != name]
        for uneven in _UNEVEN:
            alike = class_like(columns[name], uneven)
            if alike and sum(class_like(columns[other], uneven) for other in others) <= _OTHERS * len(others):
                return name
    return ""
