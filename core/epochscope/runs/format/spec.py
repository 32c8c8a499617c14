"""What a run is: the request that defines it, the states it passes through, where it lies on disk."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import platformdirs

from epochscope import rights
from epochscope.data import SOURCES, Source
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.params import Params, shown
from epochscope.runs.format import external as recorded
from epochscope.runs.format.bundled import shipped_folder
from epochscope.types import EpochscopeError

SCHEMA = 1
"""Version of the run folder's format. A reader refuses newer ones and upgrades older ones."""

State = Literal["queued", "loading", "running", "paused", "done", "stopped", "failed", "interrupted"]
LIVE: frozenset[State] = frozenset({"queued", "loading", "running", "paused"})

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}")
_LONGEST = 300  # letters of a name
_KINDS: tuple[tuple[str, Any, str], ...] = (
    ("dataset", str, "the key of a data set"),
    ("method", str, "the key of a method"),
    ("k", int, "a whole number from 1 to 250"),
    ("seed", int, "a whole number from 0 to 2147483647"),
    ("data", Mapping, "values by name"),
    ("params", Mapping, "values by name"),
    ("preset", str, "the title of a preset"),
    ("recorded", str, "a name"),
    ("schema", int, "a whole number"),
)


@dataclass(frozen=True)
class RunSpec:
    """Everything that determines a run's numbers (on one machine, with one version)."""

    dataset: str
    method: str
    k: int
    seed: int
    data: Mapping[str, Any] = field(default_factory=dict)  # parameters of the data set, dotted names
    params: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters of the method, dotted names
    preset: str = ""  # only a label: `params` holds all values
    recorded: str = ""  # the name that a loop of somebody's own gave its run; then nothing here can train it again
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        for name, kind, words in _KINDS:
            value = getattr(self, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise EpochscopeError(f"{name} must be {words}, but got {shown(value)}.")
        for name in ("preset", "recorded"):
            if len(getattr(self, name)) > _LONGEST:
                raise EpochscopeError(f"{name} must have at most {_LONGEST} letters.")
        if self.schema > SCHEMA:
            raise EpochscopeError(
                f"This run was written by a newer epochscope (format {shown(self.schema)}, this one reads up to "
                f"{SCHEMA}); update epochscope."
            )
        if not 1 <= self.k <= 250:
            raise EpochscopeError(f"k must be a whole number from 1 to 250, but got {shown(self.k)}.")
        if not 0 <= self.seed < 2**31:
            raise EpochscopeError(f"seed must be a whole number from 0 to 2147483647, but got {shown(self.seed)}.")
        # Complete the values, so that a run folder says everything even if a later version changes a default.
        object.__setattr__(self, "data", self.source_params.flat())
        object.__setattr__(self, "params", self.method_params.flat())

    @property
    def source(self) -> Source:
        return recorded.SOURCE if self.recorded else known(SOURCES, self.dataset, "data set")

    @property
    def algorithm(self) -> Method:
        if self.recorded:
            return recorded.METHOD._replace(title=self.recorded)
        return known(METHODS, self.method, "method")

    @property
    def source_params(self) -> Params:
        return self.source.params().but(self.data)

    @property
    def method_params(self) -> Any:
        """The method's own class of params."""
        return self.algorithm.params().but(self.params)

    @property
    def title(self) -> str:
        if self.recorded:
            return f"{self.recorded}, k = {self.k}"
        return f"{self.algorithm.title} on {self.source.title}, k = {self.k}, seed {self.seed}"

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "recorded" or value}


def known(registry: Mapping[str, Any], key: str, what: str) -> Any:
    """registry[key], or one sentence that names what there is."""
    if key not in registry:
        raise EpochscopeError(f"There is no {what} {shown(key)}; choose one of: {', '.join(registry)}.")
    return registry[key]


def runs_folder() -> Path:
    """Where run folders lie: EPOCHSCOPE_RUNS, else the platform's folder for user data."""
    return Path(os.environ.get("EPOCHSCOPE_RUNS") or platformdirs.user_data_path("epochscope") / "runs")


def new_id(spec: RunSpec) -> str:
    """Sorts by time, says what it is, cannot be guessed."""
    words = re.sub("[^a-z0-9]+", "-", spec.recorded.lower()).strip("-")[:40]
    what = f"{recorded.KEY}-{words}".rstrip("-") if spec.recorded else f"{spec.dataset}-{spec.method}"
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{what}-{secrets.token_hex(5)}"


def owner_file(run_id: str) -> Path:
    """Names who started a run (epochscope.rights). It stays on this machine: no zip of runs has it."""
    return folder_of(run_id) / rights.OWNER


def thing_of_run(run_id: str) -> rights.Thing:
    """A run, as the rule of rights sees it."""
    return rights.thing_of(owner_file(run_id))


def folder_of(run_id: str) -> Path:
    """The folder of a run id, be it one that comes with epochscope. Refuses anything that is not a plain name."""
    if not _ID.fullmatch(run_id):
        raise EpochscopeError(f"{run_id[:60]!r} is not a run id.")
    return shipped_folder(run_id) or runs_folder() / run_id
