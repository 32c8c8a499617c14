"""Runs side by side: what they differ in, what to call them, and several seeds of one setting as a band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.store import Run
from epochscope.runs.training.scores import SCORES

MOST_COMPARED = 4  # runs side by side


class Setting(NamedTuple):
    """One line of the table of settings: a value for each run, None where a run has no such setting."""

    name: str  # symbol and words
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        return any(value != self.values[0] for value in self.values)


def settings(specs: Sequence[RunSpec]) -> list[Setting]:
    """Data set, method, k, seed, preset and every parameter of any of these runs."""
    rows = [
        Setting("data set", tuple(spec.source.title for spec in specs)),
        Setting("method", tuple(spec.algorithm.title for spec in specs)),
        Setting("k · clusters", tuple(spec.k for spec in specs)),
        Setting("seed", tuple(spec.seed for spec in specs)),
        Setting("preset", tuple(spec.preset or "–" for spec in specs)),
    ]
    tables = [{**_named(spec, "data"), **_named(spec, "params")} for spec in specs]
    for name in dict.fromkeys(name for table in tables for name in table):
        rows.append(Setting(name, tuple(table.get(name) for table in tables)))
    return rows


def _named(spec: RunSpec, which: str) -> dict[str, Any]:
    """Values of a run's data or method by symbol and words, the group in front where there is one."""
    params = spec.source_params if which == "data" else spec.method_params
    groups, values = params.group_labels(), getattr(spec, which)
    found = {}
    for flag, about in params.ranges():
        group = groups.get(flag.partition(".")[0], "")
        found[f"{group}: {about.title(flag)}" if group else about.title(flag)] = values[flag]
    return found


def titles(specs: Sequence[RunSpec]) -> list[str]:
    """A short name for each run: its number, its method, and where that does not do, what sets it apart."""
    rows = {row.name: row for row in settings(specs) if row.differs and None not in row.values}
    rows.pop("method", None)
    keys = [spec.method for spec in specs]
    alike = len(set(keys)) < len(keys)  # some of them differ in their settings alone
    apart = [row for row in rows.values() if alike or row.name == "data set"][:2]
    names = []
    for i, spec in enumerate(specs):
        parts = [f"{row.name.split(': ')[-1].split(' · ')[0]} {_short(row.values[i])}" for row in apart]
        names.append(f"{i + 1}: {', '.join([spec.algorithm.title, *parts])}")
    return names


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def numbers(tables: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, tuple[str, str]]:
    """What can be drawn of at least one of these tables of epochs: words -> (column of the table, name)."""
    seen = dict.fromkeys(
        (column, name)
        for table in tables
        for line in table
        for column in ("scores", "losses", "measures")
        for name in line.get(column, {})
    )
    first = [("scores", name) for name in SCORES if ("scores", name) in seen]
    words = {"losses": "loss: ", "measures": "", "scores": ""}
    return {words[column] + SCORES.get(name, name): (column, name) for column, name in dict.fromkeys([*first, *seen])}


class Band(NamedTuple):
    """One number of several seeds. Epochs that not all of them reached are left out."""

    x: Float[np.ndarray, " e"]  # epoch, or the median over the seeds of the seconds trained so far
    low: Float[np.ndarray, " e"]
    median: Float[np.ndarray, " e"]
    high: Float[np.ndarray, " e"]
    seeds: int


def band(tables: Sequence[Sequence[Mapping[str, Any]]], column: str, name: str, *, seconds: bool) -> Band | None:
    """Median and range over the runs whose tables of epochs these are; None where no epoch has the number in all."""
    length = min((len(table) for table in tables), default=0)
    values = np.array([[_number(line, column, name) for line in table[:length]] for table in tables], float)
    if not values.size:
        return None
    whole = ~np.isnan(values).any(axis=0)
    if not whole.any():
        return None
    clock = [list(accumulate(line["seconds"] for line in table[:length])) for table in tables]
    x = np.median(clock, axis=0) if seconds else np.arange(length, dtype=float)
    values = values[:, whole]
    return Band(x[whole], values.min(axis=0), np.median(values, axis=0), values.max(axis=0), len(tables))


def _number(line: Mapping[str, Any], column: str, name: str) -> float:
    value = line.get(column, {}).get(name)
    return np.nan if value is None else float(value)


def other_seeds(run: Run, among: Iterable[Run]) -> list[Run]:
    """Runs that asked for the same but the seed, this one first; of each seed the first that is given."""

    def asked(one: Run) -> dict[str, Any]:
        return {**vars(one.spec), "seed": 0, "preset": ""}

    found, wanted = {run.spec.seed: run}, asked(run)
    for other in among:
        if asked(other) == wanted:
            found.setdefault(other.spec.seed, other)
    return list(found.values())
