"""Comparison of runs: their settings, short names, and several seeds of one setting as a band."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.language import tr
from epochscope.runs.format import metadata
from epochscope.runs.format.lineage import changed_words
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.schema import MOST_EPOCHS, Display, Parameter
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import display_of
from epochscope.runs.training.scores import SCORES
from epochscope.text import shortened, value_words
from epochscope.types import EpochscopeError

MOST_COMPARED = 4  # runs side by side
_MOST_LETTERS = 40  # of a run's name over its picture


class Setting(NamedTuple):
    """One line of the table of settings: a value for each run, None where a run has no such setting."""

    name: str  # symbol and label
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        return any(value != self.values[0] for value in self.values)


class Asked(NamedTuple):
    """The settings of a run, with their names on pages."""

    spec: RunSpec
    display: Display
    name: str = ""  # that a person gave the run


def asked(run: Run) -> Asked:
    """The settings of a stored run."""
    return Asked(run.spec, display_of(run), metadata.read(run.folder).name)


def as_it_is_now(run: Run) -> Asked:
    """The settings of a stored run with the last value of each that was changed on the way."""
    begun = asked(run)
    params = dict(begun.spec.params)  # a new seed of a branch is noted beside them
    changed = {change["name"]: change["new"] for change in run.param_changes() if change["name"] in params}
    return begun._replace(spec=replace(begun.spec, params=params | changed, branch=None))


def settings(runs: Sequence[Asked]) -> list[Setting]:
    """Data set, method, k, seed, preset and every parameter of any of these runs."""
    specs = [run.spec for run in runs]
    rows = [
        Setting("data set", tuple(run.display["dataset"] for run in runs)),
        Setting("method", tuple(run.display["method"] for run in runs)),
        Setting("k · clusters", tuple(spec.k for spec in specs)),
        Setting("seed", tuple(_seeds(spec) for spec in specs)),
        Setting("preset", tuple(spec.preset or "–" for spec in specs)),
    ]
    tables = [
        {**_named(run.spec.data, run.display["data"]), **_named(_over_time(run.spec), run.display["params"])}
        for run in runs
    ]
    for name in dict.fromkeys(name for table in tables for name in table):
        rows.append(Setting(name, tuple(table.get(name) for table in tables)))
    return rows


def _seeds(spec: RunSpec) -> int | str:
    """The seed; with those of a branch where it has another one from there on."""
    later = [f"{step['seed']} from epoch {step['epoch']}" for step in spec.course if "seed" in step]
    return ", ".join([str(spec.seed), *later]) if later else spec.seed


def _over_time(spec: RunSpec) -> dict[str, Any]:
    """The parameters of a run; of a branch, those that changed with all their values: "0.1, 0.5 from epoch 28"."""
    values = dict(spec.params)
    for step in spec.course:
        for name, value in step["changes"].items():
            values[name] = f"{value_words(values.get(name))}, {value_words(value)} from epoch {step['epoch']}"
    return values


def _named(values: Mapping[str, Any], words: Mapping[str, Parameter]) -> dict[str, Any]:
    """Values by symbol and label, after the name of the group if there is one; by key if there is no label."""
    titled = {}
    for flag, value in values.items():
        titled[setting_title(flag, words.get(flag))] = value
    return titled


def setting_title(flag: str, about: Parameter | None) -> str:
    """What pages call a parameter: symbol and label, after the name of its group if it has one, so that the learning
    rates of two groups are told apart. `about`: its words; without them it is the flag.
    """
    about = about or {"symbol": "", "label": "", "group": ""}
    title = " · ".join(part for part in (about["symbol"], about["label"]) if part) or flag
    return f"{about['group']}: {title}" if about["group"] else title


def setting_words(name: str) -> str:
    """The name of a setting (`setting_title`) in the language of who is drawn for."""
    return ": ".join(" · ".join(map(tr, half.split(" · "))) for half in name.split(": "))


def titles(runs: Sequence[Asked]) -> list[str]:
    """A short name for each run: its number, and the name that a person gave it alone; else its method and, if that is
    ambiguous, the settings that differ; of a branch, what it changed.
    """
    named = Counter(run.name for run in runs)
    rows = {row.name: row for row in settings(runs) if row.differs and None not in row.values}
    rows.pop("method", None)
    keys = [run.spec.method for run in runs]
    alike = len(set(keys)) < len(keys)  # some runs have the same method
    apart = [row for row in rows.values() if alike or row.name == "data set"][:2]
    names = []
    for i, run in enumerate(runs):
        if run.name and named[run.name] == 1:
            names.append(f"{i + 1}: {shortened(run.name, _MOST_LETTERS)}")
            continue
        if run.spec.course:
            changed = changed_words(run.spec, run.display["params"])
            at = run.spec.course[-1]["epoch"]
            names.append(f"{i + 1}: {run.display['method']} from epoch {at}: {changed}")
            continue
        parts = [f"{row.name.split(': ')[-1].split(' · ')[0]} {_short(row.values[i])}" for row in apart]
        names.append(f"{i + 1}: {', '.join([run.display['method'], *parts])}")
    return names


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def numbers(tables: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, tuple[str, str]]:
    """The numbers that at least one of these tables of epochs has: label -> (column of the table, name)."""
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


def starts(runs: Sequence[Run]) -> list[int]:
    """The epoch from which each run is one of its own: up to there it is drawn with another one of these runs.

    Of runs with a common past, the one from which the others branched off is drawn from its first epoch on.
    """
    ways = [_way(run) for run in runs]
    found, drawn = [0] * len(runs), []
    for i in sorted(range(len(runs)), key=lambda i: len(ways[i])):
        common = [min(ways[i][one], ways[j][one]) for j in drawn for one in ways[i].keys() & ways[j].keys()]
        found[i] = max(common, default=0)
        drawn.append(i)
    return found


def _way(run: Run) -> dict[str, int]:
    """The run and those that it descends from, each with the last epoch that they have in common."""
    way, until = {run.id: MOST_EPOCHS}, MOST_EPOCHS
    while run.spec.parent and run.spec.parent not in way:
        until = min(until, run.spec.course[-1]["epoch"])
        way[run.spec.parent] = until
        try:
            run = open_run(run.spec.parent)
        except EpochscopeError:
            break  # deleted
    return way


class Band(NamedTuple):
    """One number over several seeds, up to the last epoch that all of them reached."""

    x: Float[np.ndarray, " e"]  # epoch, or the median over the seeds of the seconds trained so far
    low: Float[np.ndarray, " e"]
    median: Float[np.ndarray, " e"]
    high: Float[np.ndarray, " e"]
    seeds: int


def band(tables: Sequence[Sequence[Mapping[str, Any]]], column: str, name: str, *, seconds: bool) -> Band | None:
    """Median and range over runs, given their tables of epochs; None if no epoch has the number in all of them."""
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
    """Runs with the same settings except the seed, this one first; the first of each seed."""

    def but_the_seed(one: Run) -> dict[str, Any]:
        return {**vars(one.spec.without_parent()), "seed": 0, "preset": ""}

    run_by_seed, wanted = {run.spec.seed: run}, but_the_seed(run)
    for other in among:
        if but_the_seed(other) == wanted:
            run_by_seed.setdefault(other.spec.seed, other)
    return list(run_by_seed.values())
