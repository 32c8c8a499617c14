"""The settings that define a run, as plain stored data; its states; its place on disk.

Nothing here imports a method or a data set: `epochscope.runs.training.request` looks up those that the settings name.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import platformdirs

from epochscope import rights, settings
from epochscope.params import shown
from epochscope.runs.format import schema as stored
from epochscope.runs.format.bundled import bundled_folder
from epochscope.runs.format.external import KEY as EXTERNAL
from epochscope.runs.format.schema import State
from epochscope.runs.format.upgrade import SCHEMA
from epochscope.types import EpochscopeError

LIVE: frozenset[State] = frozenset({"queued", "loading", "running", "paused"})
STATES: tuple[State, ...] = get_args(State)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}")
_FIELDS = get_type_hints(stored.Spec, include_extras=True)
_WORDS: Mapping[str, str] = {
    "dataset": "the key of a data set",
    "method": "the key of a method",
    "k": f"a whole number from 1 to {stored.MOST_CLUSTERS}",
    "seed": "a whole number from 0 to 2147483647",
    "data": "numbers, words or yes and no by name",
    "params": "numbers, words or yes and no by name",
    "preset": "the title of a preset, at most 300 letters",
    "external": "a name, at most 300 letters",
    "branch": "the run that it left, and what was changed at which epochs",
    "schema": "a whole number from 1",
}


@dataclass(frozen=True)
class RunSpec:
    """Everything that determines a run's numbers (on one machine, with one version). Only the form is checked."""

    dataset: str
    method: str
    k: int
    seed: int
    data: Mapping[str, Any] = field(default_factory=dict)  # parameters of the data set, dotted names
    params: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters of the method, dotted names
    preset: str = ""  # only a label: `params` holds all values
    external: str = ""  # the name given by an external loop; such a run cannot be trained again here
    branch: stored.Branch | None = None  # if the run goes on from an epoch of another one
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            value = getattr(self, name)
            try:
                plain = dict(value) if isinstance(value, Mapping) else value
                object.__setattr__(self, name, msgspec.convert(plain, _FIELDS[name]))
            except (msgspec.ValidationError, RecursionError, ValueError):
                raise EpochscopeError(f"{name} must be {words}, but got {shown(value)}.") from None
        if self.schema > SCHEMA:
            raise EpochscopeError(
                f"This run was written by a newer epochscope (format {shown(self.schema)}, this one reads up to "
                f"{SCHEMA}); update epochscope."
            )

    @property
    def parent(self) -> str:
        """The id of the run that it branched off; empty for others."""
        return self.branch["parent"] if self.branch else ""

    @property
    def course(self) -> list[stored.CourseStep]:
        """What was changed on the way to the branch, by epoch; the last one is the branch itself."""
        return self.branch["course"] if self.branch else []

    def without_parent(self) -> RunSpec:
        """The same settings and changes, as a run of its own: its past is no longer that of another run."""
        return replace(self, branch={**self.branch, "parent": "", "digest": ""}) if self.branch else self

    @property
    def settings_key(self) -> str:
        """A hash of all settings but the seed, and the name of the preset, which is only a label."""
        settings = {**self.without_parent().as_dict(), "seed": 0, "preset": ""}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def title(self) -> str:
        """A title from the keys; a stored run has a better one (Run.title)."""
        if self.external:
            return f"{self.external}, k = {self.k}"
        return f"{self.method} on {self.dataset}, k = {self.k}, seed {self.seed}"

    def as_dict(self) -> dict[str, Any]:
        """As stored in run.json."""
        return {name: value for name, value in asdict(self).items() if value or name not in ("external", "branch")}


def known(registry: Mapping[str, Any], key: str, what: str) -> Any:
    """registry[key]. Raises EpochscopeError that lists the known keys."""
    if key not in registry:
        raise EpochscopeError(f"There is no {what} {shown(key)}; choose one of: {', '.join(registry)}.")
    return registry[key]


def runs_folder() -> Path:
    """The folder of all runs: EPOCHSCOPE_RUNS, else the platform's folder for user data."""
    return Path(settings.RUNS() or platformdirs.user_data_path("epochscope") / "runs")


def new_id(spec: RunSpec) -> str:
    """A new id: begins with the time in UTC, names data set and method, cannot be guessed."""
    words = re.sub("[^a-z0-9]+", "-", spec.external.lower()).strip("-")[:40]
    keys = re.sub("[^A-Za-z0-9_-]+", "-", f"{spec.dataset}-{spec.method}")[:80]
    what = f"{EXTERNAL}-{words}".rstrip("-") if spec.external else keys
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{what}-{secrets.token_hex(5)}"


def owner_file(run_id: str) -> Path:
    """The file that names who started a run (epochscope.rights). It stays on this machine: exported zips lack it."""
    return folder_of(run_id) / rights.OWNER


def thing_of_run(run_id: str) -> rights.Thing:
    """A run as the subject of a right."""
    return rights.thing_of(owner_file(run_id))


def folder_of(run_id: str) -> Path:
    """The folder of a run, bundled runs included. Raises EpochscopeError if the id is not a plain name."""
    if not _ID.fullmatch(run_id):
        raise EpochscopeError(f"{run_id[:60]!r} is not a run id.")
    return bundled_folder(run_id) or runs_folder() / run_id
