"""The folders of lessons, beside those of runs, and the lessons that this process holds open.

    class-CODE/owner               who opened it, as of a run
    class-CODE/lesson.json         the plan
    class-CODE/groups.safetensors  the group of each point
    class-CODE/events.jsonl        what happened, a line each, which begins with an end of line: so one that a killed
                                   writer left half written spoils no other

A lesson is in memory once somebody has asked for it; every event is on the disk before anybody is told of it.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from jaxtyping import Int
from safetensors import SafetensorError
from safetensors.numpy import load, save

from epochscope import limits, rights, settings
from epochscope.classroom.lesson import FORMAT, Answered, Event, Joined, Lesson, Plan, after, require_whole
from epochscope.files import advice, append_to, opened, read_bytes, reason, write_whole
from epochscope.rights import Action, Thing, Visitor
from epochscope.runs.format import disk
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.types import EpochscopeError

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no two that are taken for each other
_CODE = re.compile(f"[{_LETTERS}]{{6}}")
_PREFIX, _PLAN, _GROUPS, _EVENTS = "class-", "lesson.json", "groups.safetensors", "events.jsonl"
_ALL = 1_000_000  # students: of those who joined nobody is left out where the limit was lowered since
_MOST_OPEN = 10  # lessons of one visitor that have not ended
_LARGEST_PLAN, _LARGEST_EVENTS = 4_000_000, 20_000_000  # bytes that are read

Listener = Callable[[str | None], None]
"""Called in any thread with the mark of the student for whom there is news; None: for everybody."""


class Room:
    """One lesson of this process. Every method may be called in any thread."""

    def __init__(self, folder: Path, plan: Plan, events: list[Event]) -> None:
        self.folder, self.plan = folder, plan
        self._lesson = Lesson(plan)
        self._changing = threading.Lock()
        self._listeners: set[Listener] = set()
        self.gone = False  # whether it was deleted
        self.starting = threading.Lock()  # held while a training is started: two presses start one
        for event in events:
            with contextlib.suppress(EpochscopeError):  # one that could not be when it was written, either
                self._lesson = after(self._lesson, event, _ALL)

    @property
    def lesson(self) -> Lesson:
        """What it is now."""
        return self._lesson

    @property
    def thing(self) -> Thing:
        """The lesson as the subject of a right."""
        return rights.thing_of(self.folder / rights.OWNER, "This class was opened")

    def lead(self, visitor: Visitor, event: Event) -> None:
        """What only who opened it does: asks, closes, trains, reveals, ends. Raises EpochscopeError for others."""
        rights.require(visitor, Action.TEACH, self.thing)
        if isinstance(event, Joined | Answered):
            raise EpochscopeError("Only a student joins and answers.")
        self._take(visitor, event, None)

    def join(self, visitor: Visitor, name: str) -> None:
        """A student comes, or comes back. Raises EpochscopeError if they cannot."""
        rights.require(visitor, Action.JOIN, rights.NEW)
        if not visitor.mark:
            raise EpochscopeError("A student joins in a browser.")
        self._take(visitor, Joined(visitor.mark, name), visitor.mark)

    def answer(self, visitor: Visitor, question: str, value: float) -> None:
        """A student predicts. Raises EpochscopeError where that is too late, or no answer."""
        rights.require(visitor, Action.JOIN, rights.NEW)
        self._take(visitor, Answered(visitor.mark, question, value), visitor.mark)

    def _take(self, visitor: Visitor, event: Event, whom: str | None) -> None:
        rights.require(visitor, Action.JOIN, rights.NEW)
        with self._changing:
            changed = after(self._lesson, event, settings.STUDENTS())
            if changed is self._lesson:
                return
            try:
                append_to(self.folder / _EVENTS, b"\n" + msgspec.json.encode(event))
            except OSError as error:
                raise EpochscopeError(f"{self.folder} cannot be written ({reason(error)}); {advice(error)}.") from None
            self._lesson = changed
        self.tell(whom)

    def tell(self, whom: str | None) -> None:
        """Wakes who listens."""
        for listener in list(self._listeners):
            listener(whom)

    @contextlib.contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Has the listener told of news meanwhile."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        """How many phones are connected."""
        return len(self._listeners)

    def groups(self) -> Int[np.ndarray, " n"]:
        """The group of each point. Raises EpochscopeError if the file is damaged."""
        path = self.folder / _GROUPS
        try:
            found = load(read_bytes(path))["groups"]
            if found.ndim != 1 or found.dtype != np.int32:
                raise ValueError("these are no groups")
        except (OSError, SafetensorError, ValueError, KeyError):
            raise EpochscopeError(f"{path} is missing or damaged; open a new class.") from None
        return found


_rooms: dict[Path, Room] = {}
_finding = threading.Lock()


def new_code() -> str:
    """A code that no lesson has yet."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(6))
        if not _folder(code).exists():
            return code


def _folder(code: str) -> Path:
    return runs_folder() / f"{_PREFIX}{code}"


def open_room(plan: Plan, groups: Int[np.ndarray, " n"], visitor: Visitor) -> Room:
    """A new lesson of the visitor. Raises EpochscopeError where they may not, or have too many, or there is no room."""
    rights.require(visitor, Action.START, rights.NEW)
    limits.require_room(visitor, runs_folder(), disk.run_bytes, "runs")
    mine = [one for one in every() if one.thing.owner == visitor.mark and not one.lesson.ended]
    if len(mine) >= _MOST_OPEN:
        raise EpochscopeError(f"{len(mine)} of your classes are open, the most for one person; end one first.")
    folder = _folder(plan.code)
    new = folder.with_name(f".new-{folder.name}")
    try:
        new.mkdir(parents=True)
        rights.write_owner(visitor, new / rights.OWNER)  # first: it is never visible without its owner
        write_whole(new / _PLAN, msgspec.json.encode(plan))
        write_whole(new / _GROUPS, save({"groups": np.ascontiguousarray(groups, np.int32)}))
        new.rename(folder)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise EpochscopeError(
            f"The folder {folder.parent} cannot be written ({reason(error)}); {advice(error)}, or set EPOCHSCOPE_RUNS "
            "to another folder."
        ) from None
    return find(plan.code)


def find(code: str) -> Room:
    """The lesson with this code, in letters of any case. Raises EpochscopeError if there is none."""
    code = code.strip().upper()
    folder = _folder(code)
    with _finding:
        if not _CODE.fullmatch(code) or not (folder / _PLAN).is_file():
            _rooms.pop(folder, None)
            raise EpochscopeError("There is no class with this code; look at it again, or ask who opened it.")
        if folder not in _rooms:
            _rooms[folder] = Room(folder, *_read(folder))
        return _rooms[folder]


def _read(folder: Path) -> tuple[Plan, list[Event]]:
    """Plan and events. A line that is not whole, since its writer was killed, is left out."""
    try:
        plan = msgspec.json.decode(_bytes(folder / _PLAN, _LARGEST_PLAN), type=Plan)
        if plan.code != folder.name.removeprefix(_PREFIX) or plan.format > FORMAT:
            raise ValueError("it is that of another class, or of a newer epochscope")
        require_whole(plan)
        RunSpec(**plan.spec)
        path = folder / _EVENTS
        lines = _bytes(path, _LARGEST_EVENTS).split(b"\n") if path.exists() else []
    except (OSError, msgspec.MsgspecError, EpochscopeError, RecursionError, TypeError, ValueError):
        raise EpochscopeError(f"The class {folder.name} cannot be read: {folder / _PLAN} is damaged.") from None
    events: list[Event] = []
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError, RecursionError, ValueError):
            events.append(msgspec.json.decode(line, type=Event))
    return plan, events


def _bytes(path: Path, most: int) -> bytes:
    with opened(path) as file:
        return file.read(most)


def every() -> list[Room]:
    """All lessons that can be read, the newest first."""
    root, found = runs_folder(), []
    for path in root.glob(f"{_PREFIX}*") if root.is_dir() else []:
        with contextlib.suppress(EpochscopeError):
            found.append(find(path.name.removeprefix(_PREFIX)))
    return sorted(found, key=lambda room: -room.plan.created)


def delete(code: str, visitor: Visitor) -> None:
    """Deletes a lesson for good; its training stays. Raises EpochscopeError where the visitor may not."""
    room = find(code)
    rights.require(visitor, Action.TEACH, room.thing)
    try:
        shutil.rmtree(room.folder)
    except OSError as error:
        raise EpochscopeError(f"{room.folder} cannot be deleted ({reason(error)}); {advice(error)}.") from None
    room.gone = True
    room.tell(None)
