"""What this server does for all: who trains, waits and is connected, and what of the machine that takes."""

from __future__ import annotations

from typing import NamedTuple

from epochscope import limits, rights
from epochscope.rights import Action, Visitor
from epochscope.runs.format import disk
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.training.manager import Queued, manager
from epochscope.server import connections

_SHORT = 6  # letters of a mark that tell visitors apart; the secret of a browser cannot be found from all 64


class Person(NamedTuple):
    """One visitor, as who runs the server sees them."""

    name: str
    sockets: int
    training: int
    waiting: int
    disk: int  # bytes of their runs


class Load(NamedTuple):
    """Everything at one moment. Sizes are in bytes; None: not known on this system."""

    queue: tuple[Queued, ...]
    people: tuple[Person, ...]
    sockets: int
    memory: int | None
    memory_free: int | None
    disk: int
    disk_free: int | None
    uploads: int


def server_load(visitor: Visitor) -> Load:
    """The load now. Raises EpochscopeError for whoever does not run this server."""
    rights.require(visitor, Action.OPERATE, rights.SERVER)
    queue, sockets, sizes = manager().queue(visitor), connections.of_each(), disk.bytes_by_owner()
    return Load(
        tuple(queue),
        tuple(_person(one, queue, sockets, sizes) for one in _marks(queue, sockets, sizes)),
        sum(sockets.values()),
        limits.own_memory(),
        limits.free_memory(),
        sum(sizes.values()),
        limits.free_disk(runs_folder()),
        connections.uploaded_bytes(),
    )


def _marks(queue: list[Queued], sockets: dict[str, int], sizes: dict[str, int]) -> list[str]:
    """Everybody who has anything here, whoever has most of the queue first."""
    count = {mark: sum(one.who == mark for one in queue) for mark in {*sockets, *sizes, *(one.who for one in queue)}}
    return sorted(count, key=lambda mark: (-count[mark], -sockets.get(mark, 0), -sizes.get(mark, 0), mark))


def _person(mark: str, queue: list[Queued], sockets: dict[str, int], sizes: dict[str, int]) -> Person:
    trains = [one.trains for one in queue if one.who == mark]
    return Person(name_of(mark), sockets.get(mark, 0), sum(trains), len(trains) - sum(trains), sizes.get(mark, 0))


def name_of(mark: str) -> str:
    """A visitor in a word that says nothing of them."""
    words = {"": "programs", rights.NOBODY: "comes with epochscope", "?": "owner cannot be read"}
    return words.get(mark) or (mark if mark.startswith("at ") else f"visitor {mark[:_SHORT]}")
