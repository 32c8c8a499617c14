"""Results of whole runs: one line per run in bundled/results.jsonl, written by `python -m benchmarks.accuracy`.

Unlike run folders this file is small and ships with the program. A line has everything that is needed to repeat the
run. Of two lines with the same settings, the later one counts. `python -m benchmarks.peer` adds lines of another
library, whose `system` is not OURS.
"""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int, Integer

from epochscope.files import write_whole
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.resources import resource
from epochscope.runs.format.spec import RunSpec

RESULTS = resource("bundled/results.jsonl")
OURS = "epochscope"
"""The system of our own results."""

KEPT_LABELS = 1000
"""Points whose final clusters a line keeps, so that runs can be compared: the first rows of `sample_rows`."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run from its request to its scores. A failed one has a message and no scores."""

    dataset: str
    data: Mapping[str, Any]  # parameters of the data set
    method: str
    preset: str  # only a label: `params` holds all values
    params: Mapping[str, Any]
    k: int
    seed: int
    state: str  # "done" or "failed"
    n: int = 0  # points, and
    f: int = 0  # features of the data; 0 in lines of earlier versions
    message: str = ""
    acc: float | None = None
    nmi: float | None = None
    ari: float | None = None
    start: Mapping[str, float] = field(default_factory=dict)  # scores of the first clusters of the run
    epochs: int = 0
    seconds: float | None = None  # of training, all epochs together; None if pretraining came from the cache
    device: str = ""
    threads: int = 0
    version: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)  # versions of what else computes
    system: str = OURS  # the library that trained
    silhouette: float | None = None  # of the final clusters among the final codes
    neighbors: float | None = None  # agreement of the final clusters with the neighbors in the data
    labels: str = ""  # the final clusters of KEPT_LABELS points, packed

    @property
    def group(self) -> str:
        """All settings but the seed, as text: equal for runs that differ in the seed only."""
        settings = [self.system, self.dataset, self.data, self.method, self.preset, self.params, self.k]
        return json.dumps(settings, sort_keys=True)

    @property
    def settings(self) -> str:
        """All settings with the seed, as text: two results with the same settings are the same run."""
        return f"{self.group} {self.seed}"

    @property
    def on_these_labels(self) -> bool:
        """Whether the labels of its data had a part in the choice of its preset."""
        presets = METHODS[self.method].presets if self.method in METHODS and self.system == OURS else ()
        return any(preset.title == self.preset and self.dataset in preset.chosen_on for preset in presets)

    @property
    def data_key(self) -> str:
        """The data and k, as text: equal for runs that can be compared."""
        return json.dumps([self.dataset, self.data, self.k], sort_keys=True)


def packed(labels: Integer[np.ndarray, " n"]) -> str:
    """Clusters from -1 (in none) to 65,534 as text."""
    return base64.b64encode(zlib.compress((labels + 1).astype("<u2").tobytes(), 9)).decode()


def unpacked(text: str) -> Int[np.ndarray, " n"]:
    """The clusters of a text that `packed` made; none for a text that is no such one."""
    try:
        return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2").astype(np.int64) - 1
    except (ValueError, zlib.error):
        return np.zeros(0, dtype=np.int64)


def asked(spec: RunSpec, **outcome: Any) -> Result:
    """A result of a run with these settings."""
    request = {name: getattr(spec, name) for name in ("dataset", "data", "method", "preset", "params", "k", "seed")}
    return Result(**request, **outcome)


def read(path: Path = RESULTS) -> list[Result]:
    """All results, the last of each settings; a line that was cut off is left out. Empty where there is no file."""
    try:
        about = path.stat()
    except OSError:
        return []
    return list(_parsed(path, about.st_mtime_ns, about.st_size))


@functools.lru_cache(maxsize=4)  # a page reads the file at each change of a widget
def _parsed(path: Path, changed: int, size: int) -> tuple[Result, ...]:
    known = {item.name for item in fields(Result)}
    latest: dict[str, Result] = {}
    for line in path.read_text().splitlines():
        try:
            result = Result(**{name: value for name, value in json.loads(line).items() if name in known})
        except (ValueError, TypeError, AttributeError):
            continue
        latest.pop(result.settings, None)
        latest[result.settings] = result
    return tuple(latest.values())


def append(result: Result, path: Path = RESULTS) -> None:
    """Adds a line; one write, so that several programs may append at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(json.dumps(asdict(result), allow_nan=False).encode() + b"\n")


def rewrite(results: Iterable[Result], path: Path = RESULTS) -> None:
    """Replaces the file."""
    write_whole(path, "".join(json.dumps(asdict(result), allow_nan=False) + "\n" for result in results))


class Summary(NamedTuple):
    """Runs that differ in the seed alone."""

    done: tuple[Result, ...]
    failed: tuple[Result, ...]

    @property
    def one(self) -> Result:
        """One of the results, for the settings that all share."""
        return (self.done or self.failed)[0]

    def of(self, name: str) -> list[float]:
        """The values of one number, from every finished run that has it."""
        return [float(value) for value in (getattr(result, name) for result in self.done) if value is not None]

    @property
    def changed(self) -> list[str]:
        """Parameters that differ from today's preset; all of them if the method or preset no longer exists.

        One that came later counts with its default, which leaves the training as it was without it. None of another
        system, which has no presets here.
        """
        result = self.one
        if result.system != OURS:
            return []
        method = METHODS.get(result.method)
        if not method or result.preset not in [preset.title for preset in method.presets]:
            return list(result.params)
        size = Size(result.n, result.f, result.k) if result.n else None
        now = method.start(result.preset, size).flat()
        then = {**method.params().flat(), **result.params}
        return [name for name in {**now, **then} if now.get(name) != then.get(name)]


def summaries(results: Iterable[Result]) -> list[Summary]:
    """One summary for each data set, method and preset: with today's values of the preset, else with the latest."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result)
    best: dict[str, Summary] = {}
    for members in groups.values():
        summary = Summary(
            tuple(result for result in members if result.state == "done"),
            tuple(result for result in members if result.state != "done"),
        )
        one = summary.one
        place = json.dumps([one.system, one.dataset, one.data, one.method, one.preset], sort_keys=True)
        if place not in best or best[place].changed or not summary.changed:
            best[place] = summary
    return list(best.values())
