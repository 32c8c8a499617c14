"""The same run many times: with other seeds, or over a small grid of one or two parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from epochscope.params import Range
from epochscope.runs.format.schema import MOST_CLUSTERS
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve
from epochscope.types import EpochscopeError

MOST_RUNS = 100
"""Most runs of one group that a page starts; more is work for `epochscope sweep`."""


def with_seeds(spec: RunSpec, count: int) -> list[RunSpec]:
    """The same settings with the next `count` seeds; of a branch, from the first epoch on, with the same changes."""
    _check(count)
    spec = spec.without_parent()
    return [replace(spec, seed=(spec.seed + step) % 2**31) for step in range(1, count + 1)]


def grid(spec: RunSpec, values: Mapping[str, Sequence[Any]], *, most: int = MOST_RUNS) -> list[RunSpec]:
    """One run for each combination of values of some parameters (dotted names; "k" and "seed" too), at most `most`.

    Raises EpochscopeError where a value is outside its range, before anything is started.
    """
    names = list(values)
    different = [list(dict.fromkeys(values[name])) for name in names]
    _check(math.prod(map(len, different)), most)
    params = resolve(spec).method_params
    return [_changed(spec, params, dict(zip(names, one, strict=True))) for one in product(*different)]


def _changed(spec: RunSpec, params: Any, values: Mapping[str, Any]) -> RunSpec:
    own = {name: int(float(values[name])) for name in ("k", "seed") if name in values}
    rest = {name: value for name, value in values.items() if name not in own}
    whole = {**spec.params, **params.but(rest).flat()}
    return replace(spec.without_parent(), params=whole, **own)


def _check(count: int, most: int = MOST_RUNS) -> None:
    if not 1 <= count <= most:
        raise EpochscopeError(f"A group has 1 to {most:,} runs, but these would be {count:,}; give fewer values.")


def ranges(spec: RunSpec) -> dict[str, Range]:
    """Ranges of what a grid may vary: k, the seed, and every parameter of the method, by dotted name."""
    whole = {
        "k": Range(int, spec.k, 1, MOST_CLUSTERS, symbol="k", label="clusters"),
        "seed": Range(int, spec.seed, 0, 2**31 - 1, label="seed"),
    }
    return {**whole, **dict(resolve(spec).algorithm.params.ranges())}


def parse_values(about: Range, name: str, text: str) -> list[Any]:
    """Values from comma-separated text. Raises EpochscopeError that names the wrong one."""
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    if not parts:
        raise EpochscopeError(f"Type the values of {name}, comma-separated: {about.words}.")
    return list(dict.fromkeys(about.parse(name, part) for part in parts))
