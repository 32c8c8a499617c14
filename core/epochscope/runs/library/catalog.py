"""The list of stored runs: their entries, and search in them.

A folder that cannot be read (newer format, damaged) is an entry too, with a sentence that says what is wrong and where.
What is known of ended runs is kept (epochscope.runs.library.summaries): thousands are listed without being read again.
Those that nobody has read yet are read in the background (epochscope.runs.library.reading); no page waits for them.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from epochscope.runs.format import metadata
from epochscope.runs.format.disk import folder_bytes
from epochscope.runs.format.lineage import about_branch
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import LIVE, RunSpec, runs_folder
from epochscope.runs.library import summaries
from epochscope.runs.library.reading import BackgroundReader
from epochscope.runs.library.summaries import Stamp
from epochscope.runs.training.resume import reason_not_resumable
from epochscope.types import EpochscopeError

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
_AT_LEAST = 30  # runs that are read for a list, however long it takes


class Entry(NamedTuple):
    """One run of the list."""

    id: str
    title: str  # from its settings
    metadata: Metadata
    state: str
    message: str  # why it failed, stopped or cannot be read
    created: float  # seconds since 1970
    epochs: int  # whose data are complete
    scores: dict[str, float]  # of the last epoch that has clusters
    seconds: float
    text: str  # what is searched, in lower case
    bytes: int  # of its folder
    settings: str  # a hash of all settings but the seed; equal for runs that differ in it alone
    readable: bool  # whether its settings can be read
    values: dict[str, Any]  # its settings, by dotted name; data set, method, k and seed among them
    parent: str = ""  # id of the run that it branched off
    left_at: int | None = None  # the epoch at which it did
    changed: str = ""  # what it changed there, in words

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def name(self) -> str:
        """What pages call it: the name that a person gave it, else its title."""
        return self.metadata.name or self.title

    @property
    def acc(self) -> float | None:
        return self.scores.get("acc")

    @property
    def reason_not_resumable(self) -> str:
        """Why it cannot be continued; empty if it can. Worked out when asked: it depends on what is installed, too."""
        try:
            run = Run(self.id)
            return reason_not_resumable(run, self.epochs < run.status.get("epochs", 0))
        except EpochscopeError as error:
            return self.message or str(error)


_known: dict[str, dict[str, tuple[Stamp, Entry]]] = {}  # folder of runs -> id -> when it was read, its entry
_readers: dict[str, BackgroundReader] = {}  # folder of runs -> reader of its runs
_listing = threading.Lock()
_latest: dict[str, tuple[float, list[Entry]]] = {}  # folder of runs -> when it was listed, its list


class Listing(NamedTuple):
    """The runs of a folder, newest first."""

    entries: list[Entry]
    unread: int  # runs that are not among them: they are being read in the background


def entries() -> list[Entry]:
    """Every run of the folder, newest first; waits until all of them have been read."""
    return listing(math.inf).entries


def listing(seconds: float = 0.1) -> Listing:
    """As `entries`, but spends at most so many seconds on runs that nobody has read yet, or what the newest 30 take;
    none below 0. The others are read in the background from now on, the newest first, and are in a later list.
    """
    root, end = runs_folder(), time.monotonic() + seconds
    found, unread, left = [], [], _AT_LEAST if seconds >= 0 else 0
    with _listing:  # who asks meanwhile finds what has just been read
        known = _kept(root)
        names = sorted(_names(root), reverse=True)
        for name in names:
            new = name not in known
            if new and left <= 0 and time.monotonic() > end:
                if os.path.exists(os.path.join(root, name, "run.json")):
                    unread.append(name)
            elif one := _entry(root, name, known):
                found.append(one)
                left -= new
        for gone in known.keys() - set(names):
            known.pop(gone, None)
        _reader(root, known).give(unread)
        if not unread:
            _keep(root, known)
    listed = sorted(found, key=age, reverse=True)
    if not unread:
        _latest.clear()
        _latest[str(root)] = time.monotonic(), listed
    return Listing(listed, len(unread))


def unread() -> int:
    """How many runs the last list had to leave to the background and are still not read."""
    reader = _readers.get(str(runs_folder()))
    return reader.left if reader else 0


def recent_entries(seconds: float) -> list[Entry]:
    """The runs that are known, in a list at most so old: for what many pages ask again and again."""
    at, listed = _latest.get(str(runs_folder()), (-1e9, []))
    return listed if time.monotonic() - at < seconds else listing().entries


def _reader(root: Path, known: dict[str, tuple[Stamp, Entry]]) -> BackgroundReader:
    """The reader that fills `known` with runs of this folder."""
    if str(root) not in _readers:
        _readers.clear()
        _readers[str(root)] = BackgroundReader(lambda name: _entry(root, name, known), lambda: _keep(root, known))
    return _readers[str(root)]


def _keep(root: Path, known: Mapping[str, tuple[Stamp, Entry]]) -> None:
    """Keeps what is known of ended runs for the next program."""
    of_now = dict(known)  # the reader goes on meanwhile
    summaries.keep(root, {name: one for name, one in of_now.items() if _settled(one[1])})


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
        _readers.clear()
        _known[str(root)] = summaries.kept(root, Entry)
    return _known[str(root)]


def age(one: Entry) -> tuple[float, str]:
    """By which lists are sorted: when it was started, and its id."""
    return one.created, one.id


def _entry(root: Path, run_id: str, known: dict[str, tuple[Stamp, Entry]]) -> Entry | None:
    folder = os.path.join(root, run_id)
    stamp = tuple(_stamp(f"{folder}/{name}") for name in _PARTS)
    if not any(stamp[0]):  # no run.json
        known.pop(run_id, None)
        return None
    before = known.get(run_id)
    if before and before[0] == stamp:
        made = before[1] if _settled(before[1]) else _as_it_is_now(before[1])
    else:
        made = read_entry(Path(folder), run_id)
    if made:
        known[run_id] = (stamp, made)
    else:
        known.pop(run_id, None)
    return made


def _settled(one: Entry) -> bool:
    """Whether its files alone say what state it is in: one that was killed still says that it runs."""
    return one.state in (*_ENDED, DAMAGED)


def _as_it_is_now(one: Entry) -> Entry | None:
    """An entry whose files are as they were, but whose writer may have died or begun; None if the run is gone."""
    try:
        status = Run(one.id).status
    except EpochscopeError:
        return read_entry(runs_folder() / one.id, one.id)
    if (status["state"], status["message"]) == (one.state, one.message):
        return one
    text = one.text.removesuffix(one.state.casefold()) + status["state"]
    return one._replace(state=status["state"], message=status["message"], text=text)


def _stamp(path: str) -> tuple[int, int]:
    try:
        stat = os.stat(path)
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


def read_entry(folder: Path, run_id: str) -> Entry | None:
    """The entry of a run, from its files; None if it has just been deleted."""
    said, size = metadata.read(folder), folder_bytes(folder)
    try:
        run = Run(run_id)
    except EpochscopeError as error:
        if not folder.is_dir():
            return None
        about = {"dataset": "", "method": "", "settings": "", "created": 0.0, "readable": False}
        about |= {"values": {}, "branch": {}}
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
        "settings": spec.settings_key,
        "created": run.created,
        "readable": True,
        "values": values_of(spec),
        "branch": about_branch(run.spec, run.display),
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
        scores=dict(last),
        seconds=round(sum(line["seconds"] for line in table), 1),
        text=f"{text} {said.notes} {said.group_title} {state}".casefold(),
        bytes=size,
        settings=about["settings"],
        readable=about["readable"],
        values=about["values"],
        **about["branch"],
    )


def values_of(spec: RunSpec) -> dict[str, Any]:
    """All settings of a run, by dotted name, as `epochscope run` takes them."""
    parts = {"dataset": spec.dataset, "method": spec.method, "k": spec.k, "seed": spec.seed}
    return {**parts, **{f"data.{name}": value for name, value in spec.data.items()}, **spec.params}


def search(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Entries that contain every word, in any order and case; `#word` finds a tag. A run is found by its id, too."""
    wanted = text.casefold().split()
    return [one for one in entries if text.strip() == one.id or all(word in one.text for word in wanted)]
