"""What a sweep trains: methods x values of parameters x seeds, as settings of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.runs.format.spec import RunSpec, known
from epochscope.runs.training.sweep import grid, parse_values, ranges
from epochscope.types import EpochscopeError

MOST_RUNS = 1000
"""Most runs of one sweep: all of them are listed on one page and have a folder each before the first one begins."""
_MOST_SEED = 2**31 - 1


class Plan(NamedTuple):
    """The runs of a sweep."""

    specs: tuple[RunSpec, ...]
    varied: tuple[str, ...]  # the parameters of the grid with more than one value
    title: str
    notes: tuple[str, ...]  # what else somebody should know, one sentence each


def planned(
    data: str,
    data_values: Mapping[str, Any],
    size: Size,
    *,
    methods: Sequence[str],
    seeds: Sequence[int],
    values: Mapping[str, str],
    preset: str | None,
    demo: bool,
    known_points: int = 0,
    classes: int | None = None,
) -> Plan:
    """One run for each method, each combination of the values that it has, and each seed.

    `data`, `data_values`: key and parameters of the data set; `size`: of the data, with the number of clusters,
    which is chosen for each method instead, as `epochscope run` does, where the number of `classes` is given.
    `values`: parameter -> its values as text, comma-separated; "k" may be among them. `preset`: what the other
    parameters are; by default what `epochscope run` takes. `demo`: whether the data come with the program;
    `known_points`: how many there are, where the data are not somebody's own.
    A method is not varied by a parameter that it does not have. Raises EpochscopeError for what does not exist, lies
    outside its range or is too much.
    """
    specs: list[RunSpec] = []
    lacking: dict[str, list[str]] = {name: [] for name in values}
    for key in dict.fromkeys(methods):
        method = known(METHODS, key, "method")
        title = preset or method.default_preset(demo=demo, known_points=known_points)
        size = size if classes is None else size._replace(k=method.clusters(title, classes))
        spec = RunSpec(data, key, size.k, 0, data_values, method.start(title, size).flat(), title)
        about = {name: one for name, one in ranges(spec).items() if name != "seed"}
        for name in values.keys() - about.keys():
            lacking[name].append(method.title)
        own = {name: parse_values(about[name], name, text) for name, text in values.items() if name in about}
        count = len(specs) + math.prod(len(set(some)) for some in own.values()) * len(seeds)
        if count > MOST_RUNS:
            raise EpochscopeError(f"A sweep has at most {MOST_RUNS:,} runs, but these would be {count:,} or more.")
        specs += grid(spec, {**own, "seed": seeds}, most=MOST_RUNS)
    for name, titles in lacking.items():
        if len(titles) == len(dict.fromkeys(methods)):
            raise EpochscopeError(f"No method of this sweep has a parameter {name!r} to vary.")
    notes = [f"{', '.join(titles)}: no {name}, so not varied by it." for name, titles in lacking.items() if titles]
    words = [" ".join(dict.fromkeys(METHODS[spec.method].title for spec in specs)), f"seeds {_brief(seeds)}"]
    words += [f"{name} = {text}" for name, text in values.items()]
    varied = tuple(name for name, text in values.items() if "," in text)
    return Plan(tuple(specs), varied, f"Sweep: {', '.join(words)} on {data}", tuple(notes))


def whole_numbers(text: str) -> list[int]:
    """Seeds from text such as "0-9" or "0,1,5-7". Raises EpochscopeError for anything else."""
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        low, dash, high = part.partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise EpochscopeError(f"Seeds are whole numbers and ranges such as 0-9 or 0,1,5-7, but got {text[:60]!r}.")
        first, last = int(low), int(high or low)
        if not first <= last <= _MOST_SEED or last - first >= MOST_RUNS:
            raise EpochscopeError(
                f"{part[:60]!r} is no range of seeds: from the lower to the higher one, {_MOST_SEED:,} at most, and "
                f"{MOST_RUNS:,} seeds at most."
            )
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """{name: values as text} from texts like "gamma=0.05,0.1". Raises EpochscopeError for anything else."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name.strip() or not values.strip() or name.strip() in found:
            raise EpochscopeError(
                f"A grid is one NAME=VALUE,VALUE,... for each parameter, such as gamma=0.05,0.1, but got {text[:60]!r}."
            )
        found[name.strip()] = values
    return found


def _brief(seeds: Sequence[int]) -> str:
    first, last = min(seeds), max(seeds)
    return f"{first} to {last}" if len(seeds) == last - first + 1 > 1 else ", ".join(map(str, seeds))[:40]
