"""The list of stored runs: their entries, search, the disk space they take and what a quota would delete.

A folder that cannot be read (newer format, damaged) is an entry too, with a sentence that says what is wrong and where.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from epochscope import rights
from epochscope.files import reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.disk import bytes_of
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import LIVE, runs_folder, thing_of_run
from epochscope.runs.training.resume import reason_not_resumable
from epochscope.types import EpochscopeError

_SETTINGS = ".settings.json"
DAMAGED = "damaged"
_FACTS = ("run.json", "info.json", "epochs.jsonl", "marks.jsonl", "frames.bin", "points.safetensors")
_ENDED = ("done", "stopped", "failed")
_MOST_KEPT = 4096
_ended: dict[str, tuple[object, Entry]] = {}  # folder -> its files' times and sizes, its line


class _Facts(NamedTuple):
    """What an entry needs of the files of an ended run; read once."""

    title: str
    dataset: str
    method: str
    created: float
    epochs: int
    acc: float | None
    nmi: float | None
    seconds: float
    problem: str
    whole: int  # number of epochs whose data are complete


class Entry(NamedTuple):
    """One run of the list."""

    id: str
    title: str  # from its settings
    metadata: Metadata
    state: str
    message: str  # why it failed, stopped or cannot be read
    created: float  # seconds since 1970
    epochs: int
    acc: float | None
    nmi: float | None
    seconds: float
    reason_not_resumable: str  # why it cannot be continued; empty if it can
    text: str  # what is searched, in lower case

    @property
    def live(self) -> bool:
        return self.state in LIVE


def entries() -> list[Entry]:
    """Every run of the folder, newest first."""
    root = runs_folder()
    names = [path.name for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    readable = (entry(name) for name in names if not name.startswith(".") and (root / name / "run.json").exists())
    return sorted((one for one in readable if one), key=_age, reverse=True)


def _age(one: Entry) -> tuple[float, str]:
    return one.created, one.id


def entry(run_id: str) -> Entry | None:
    """The entry of a run; None for a folder that is no run or has just been deleted."""
    folder = runs_folder() / run_id
    stamp = tuple(_stamp(folder / name) for name in (*_FACTS, "status.json", "about.json"))
    known = _ended.get(str(folder))
    if known and known[0] == stamp:
        return known[1]
    made = _entry(run_id, folder, stamp[: len(_FACTS)])
    if made and made.state in _ENDED:  # as status.json says: a run that was killed still says that it runs
        if len(_ended) > _MOST_KEPT:
            _ended.clear()
        _ended[str(folder)] = (stamp, made)
    return made


def _entry(run_id: str, folder: Path, stamp: object) -> Entry | None:
    facts = _facts(str(folder), run_id, stamp)
    said = metadata.read(folder)
    state, message, reason = DAMAGED, facts.problem, facts.problem
    try:
        run = Run(run_id)
        status = run.status
        reason = reason_not_resumable(run, facts.whole < status.get("epochs", 0))
        if not facts.problem or status["state"] in LIVE:
            state, message = status["state"], status["message"]
    except EpochscopeError as error:
        if not folder.is_dir():
            return None
        message = reason = message or str(error)
    text = " ".join([facts.title, facts.dataset, facts.method, said.name, *(f"#{tag}" for tag in said.tags)])
    text = f"{text} {said.notes} {said.group_title} {state}".casefold()
    return Entry(run_id, facts.title, said, state, message, *facts[3:8], reason, text)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=4096)
def _facts(folder: str, run_id: str, stamp: object) -> _Facts:
    """`stamp` differs as soon as the files do."""
    try:
        run = Run(run_id)
    except EpochscopeError as error:
        return _Facts(run_id, "", "", 0.0, 0, None, None, 0.0, str(error), 0)
    spec, problem, (whole, _) = run.spec, "", run.journal.whole()
    try:
        table = run.check().epochs()
    except EpochscopeError as error:
        table, problem = whole, str(error)
    last = next((line["scores"] for line in reversed(table) if "scores" in line), {})
    seconds = round(sum(line["seconds"] for line in table), 1)
    return _Facts(
        run.title,
        spec.dataset,
        spec.method,
        run.created,
        len(table),
        last.get("acc"),
        last.get("nmi"),
        seconds,
        problem,
        len(whole),
    )


def search(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Entries that contain every word, in any order and case; `#word` finds a tag. A run is found by its id, too."""
    wanted = text.casefold().split()
    return [one for one in entries if text.strip() == one.id or all(word in one.text for word in wanted)]


class Room(NamedTuple):
    """The disk space of the runs, and what would have to be deleted to stay within a quota."""

    used: int  # bytes
    most: int | None  # bytes; None: no quota
    to_delete: tuple[Entry, ...]  # oldest first
    freed: int  # bytes


def room(entries: Sequence[Entry], most: int | None, visitor: Visitor) -> Room:
    """The oldest ended runs go first. Never proposed: those with a name, tags or notes, those that train, and those
    that the visitor may not delete.
    """
    sizes = {one.id: bytes_of(runs_folder() / one.id) for one in entries}
    used, chosen, freed = sum(sizes.values()), [], 0
    for one in sorted(entries, key=_age):
        if most is None or used - freed <= most:
            break
        mine = rights.may(visitor, Action.DELETE, thing_of_run(one.id))
        if mine and not one.live and not one.metadata.kept:
            chosen.append(one)
            freed += sizes[one.id]
    return Room(used, most, tuple(chosen), freed)


def quota() -> float | None:
    """The quota of stored runs in gigabytes; None: no limit."""
    try:
        value = json.loads((runs_folder() / _SETTINGS).read_bytes())["quota_gb"]
        return float(value) if 0 < float(value) < 1e6 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def set_quota(gigabytes: float | None, visitor: Visitor) -> None:
    """Stores the quota for all who use this folder. Nothing is deleted: the Runs page only proposes what to delete.

    Raises EpochscopeError where it cannot be written, or the visitor does not run this server.
    """
    rights.require(visitor, Action.QUOTA, rights.QUOTA)
    try:
        runs_folder().mkdir(parents=True, exist_ok=True)
        write_whole(runs_folder() / _SETTINGS, json.dumps({"quota_gb": gigabytes}))
    except OSError as error:
        raise EpochscopeError(f"{runs_folder()} cannot be written ({reason(error)}).") from None
