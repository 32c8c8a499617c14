"""Which arrays of a run with many bytes a viewer gets with the line of their epoch, and which it has to ask for.

All lines travel, so that curves and counts are whole. Of the arrays, a browser keeps those of the epochs around its
cursor and asks for others as the cursor moves (stage/runtime/window.js).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WHOLE_BYTES = 128_000_000
"""Runs with at most so many bytes for viewers are sent as a whole."""
_LARGE = 16_384
"""Bytes of an array that stays apart."""

Places = dict[str, tuple[int, int]]
"""Where arrays lie in the file of a run, by channel: (offset, bytes)."""


def end_of(lines: Sequence[Mapping[str, Any]]) -> int:
    """About how many bytes lines point to: where those of the last one end."""
    return max((start + size for start, size in lines[-1]["at"].values()), default=0) if lines else 0


def far(table: Sequence[Mapping[str, Any]], line: Mapping[str, Any]) -> Places:
    """The channels of an epoch that stay apart, those of an earlier epoch among them."""
    held = {name: table[since]["at"][name] for name, since in line.get("held", {}).items()}
    return {name: place for name, place in {**held, **line["at"]}.items() if place[1] > _LARGE}


def near(table: Sequence[Mapping[str, Any]], line: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an epoch's line that tell of its arrays: `at` and `held` of the small ones, bytes of the others."""
    large = far(table, line)
    return {
        "at": {name: place for name, place in line["at"].items() if name not in large},
        "held": {name: since for name, since in line.get("held", {}).items() if name not in large},
        "apart": {name: size for name, (_, size) in large.items()},
    }
