"""The list of stored runs: their entries, search, the disk space they take and what a quota would delete.

A folder that cannot be read (newer format, damaged) is an entry too, with a sentence that says what is wrong and where.
What is known of ended runs is kept (epochscope.runs.library.summaries): thousands are listed without being read again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from epochscope import rights
from epochscope.files import reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.disk import folder_bytes
from epochscope.runs.format.lineage import changed_words
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import LIVE, RunSpec, runs_folder, thing_of_run
from epochscope.runs.library import summaries
from epochscope.runs.library.summaries import Stamp
from epochscope.runs.training.resume import reason_not_resumable
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

_SETTINGS = ".settings.json"
DAMAGED = "damaged"
_PARTS = (
    "run.json",
    "status.json",
    "about.json",
    "info.json",
    "epochs.jsonl",
    "marks.jsonl",
    "frames.bin",
    "points.safetensors",
    "arrays",
    "projections",
)
"""What an entry is made of: another time or size of one of them, and the run is read again."""
_ENDED = ("done", "stopped", "failed")


class Entry(NamedTuple):
    """One run of the list."""

    id: str
    title: str  # from its settings
    metadata: Metadata
    state: str
    message: str  # why it failed, stopped or cannot be read
    created: float  # seconds since 1970
    epochs: int  # whose data are complete
    acc: float | None
    nmi: float | None
    seconds: float
    text: str  # what is searched, in lower case
    bytes: int  # of its folder
    settings: str  # a hash of all settings but the seed; equal for runs that differ in it alone
    readable: bool  # whether its settings can be read
    parent: str = ""  # id of the run that it branched off
    left_at: int | None = None  # the epoch at which it did
    changed: str = ""  # what it changed there, in words

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def reason_not_resumable(self) -> str:
        """Why it cannot be continued; empty if it can. Worked out when asked: it depends on what is installed, too."""
        try:
            run = Run(self.id)
            return reason_not_resumable(run, self.epochs < run.status.get("epochs", 0))
        except EpochscopeError as error:
            return self.message or str(error)


_known: dict[str, dict[str, tuple[Stamp, Entry]]] = {}  # folder of runs -> id -> when it was read, its entry
_listing = threading.Lock()
_latest: dict[str, tuple[float, list[Entry]]] = {}  # folder of runs -> when it was listed, its list


class Listing(NamedTuple):
    """The runs of a folder, newest first."""

    entries: list[Entry]
    unread: int  # runs that are not among them: there was no time yet to read them


def entries() -> list[Entry]:
    """Every run of the folder, newest first."""
    return listing(math.inf).entries


def listing(seconds: float) -> Listing:
    """As `entries`, but after so many seconds only runs are listed that are known already: the next call goes on."""
    root, end = runs_folder(), time.monotonic() + seconds
    found, unread = [], 0
    with _listing:  # who asks meanwhile finds what has just been read
        known = _kept(root)
        names = sorted(_names(root), reverse=True)
        for name in names:
            if time.monotonic() > end and name not in known:
                unread += os.path.exists(os.path.join(root, name, "run.json"))
            elif one := _entry(root, name, known):
                found.append(one)
        for gone in known.keys() - set(names):
            del known[gone]
        summaries.keep(root, known)
    listed = sorted(found, key=_age, reverse=True)
    if not unread:
        _latest.clear()
        _latest[str(root)] = time.monotonic(), listed
    return Listing(listed, unread)


def recent_entries(seconds: float) -> list[Entry]:
    """As `entries`, at most so old: for what many pages ask again and again."""
    at, listed = _latest.get(str(runs_folder()), (-1e9, []))
    return listed if time.monotonic() - at < seconds else entries()


def entry(run_id: str) -> Entry | None:
    """The entry of a run; None for a folder that is no run or has just been deleted."""
    root = runs_folder()
    with _listing:
        return _entry(root, run_id, _kept(root))


def _names(root: Path) -> list[str]:
    try:
        with os.scandir(root) as found:
            return [one.name for one in found if not one.name.startswith(".") and one.is_dir()]
    except OSError:
        return []


def _kept(root: Path) -> dict[str, tuple[Stamp, Entry]]:
    """What is known of the runs of this folder, from this process or from an earlier one."""
    if str(root) not in _known:
        _known.clear()
        _known[str(root)] = summaries.kept(root, Entry)
    return _known[str(root)]


def _age(one: Entry) -> tuple[float, str]:
    return one.created, one.id


def _entry(root: Path, run_id: str, known: dict[str, tuple[Stamp, Entry]]) -> Entry | None:
    folder = os.path.join(root, run_id)
    stamp = tuple(_stamp(f"{folder}/{name}") for name in _PARTS)
    if not any(stamp[0]):  # no run.json
        known.pop(run_id, None)
        return None
    before = known.get(run_id)
    if before and before[0] == stamp:
        return before[1]
    made = _read(Path(folder), run_id)
    if made and made.state in (*_ENDED, DAMAGED):  # as status.json says: a run that was killed still says that it runs
        known[run_id] = (stamp, made)
    else:
        known.pop(run_id, None)
    return made


def _stamp(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


def _read(folder: Path, run_id: str) -> Entry | None:
    """The entry of a run, from its files; None if it has just been deleted."""
    said, size = metadata.read(folder), folder_bytes(folder)
    try:
        run = Run(run_id)
    except EpochscopeError as error:
        if not folder.is_dir():
            return None
        about = {"dataset": "", "method": "", "settings": "", "created": 0.0, "readable": False, "branch": {}}
        return _made(run_id, run_id, said, DAMAGED, str(error), [], size, about)
    problem = ""
    try:
        table = run.check().epochs()
    except EpochscopeError as error:
        table, problem = run.journal.whole()[0], str(error)
    state, message = DAMAGED, problem
    try:
        status = run.status
        if not problem or status["state"] in LIVE:
            state, message = status["state"], status["message"]
    except EpochscopeError as error:
        if not folder.is_dir():
            return None
        message = message or str(error)
    spec = run.spec
    about = {
        "dataset": spec.dataset,
        "method": spec.method,
        "settings": settings_key(spec),
        "created": run.created,
        "readable": True,
        "branch": _branch(run),
    }
    return _made(run_id, run.title, said, state, message, table, size, about)


def _made(  # noqa: PLR0917
    run_id: str,
    title: str,
    said: Metadata,
    state: str,
    message: str,
    table: Sequence[Mapping[str, Any]],
    size: int,
    about: Mapping[str, Any],
) -> Entry:
    last = next((line["scores"] for line in reversed(table) if "scores" in line), {})
    text = " ".join([title, about["dataset"], about["method"], said.name, *(f"#{tag}" for tag in said.tags)])
    return Entry(
        id=run_id,
        title=title,
        metadata=said,
        state=state,
        message=message,
        created=about["created"],
        epochs=len(table),
        acc=last.get("acc"),
        nmi=last.get("nmi"),
        seconds=round(sum(line["seconds"] for line in table), 1),
        text=f"{text} {said.notes} {said.group_title} {state}".casefold(),
        bytes=size,
        settings=about["settings"],
        readable=about["readable"],
        **about["branch"],
    )


def _branch(run: Run) -> dict[str, Any]:
    """Where a run branched off, and what it changed; nothing for others."""
    if not run.spec.course:
        return {}
    names = run.display["params"] if run.display else {}
    at = run.spec.course[-1]["epoch"]
    return {"parent": run.spec.parent, "left_at": at, "changed": sanitize(changed_words(run.spec, names), 200)}


def settings_key(spec: RunSpec) -> str:
    """A hash of all settings of a run but its seed, and the name of its preset, which is only a label."""
    settings = {**spec.without_parent().as_dict(), "seed": 0, "preset": ""}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:32]


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
    sizes = {one.id: one.bytes for one in entries}
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
