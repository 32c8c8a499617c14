"""Presentations: the epoch that somebody shows to an audience, told to the phones that follow.

A presentation is known by an id that cannot be guessed, which is what its link and its QR code hold. To move its cursor
takes more: the key, which only the session that presents is given, and the rule of rights (Action.LEAD). Whoever
follows has the id alone and sends nothing but how much they have heard, so that they change nothing. All of it is in
memory: it ends with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope import rights
from epochscope.rights import Action, Thing, Visitor
from epochscope.server import visitors
from epochscope.server.lanes import TELLING
from epochscope.server.messages import FollowRequest, LeadRequest, received, refuse
from epochscope.types import EpochscopeError

_MOST = 500  # kept; of more, those that nobody presents are forgotten, of whoever has most of them the oldest first
_PATIENCE_SECONDS = 10.0  # an answer without news after this long keeps the connection known to be alive
_GONE = "This presentation is over, or its link is incomplete; scan the code again."


@dataclass(eq=False)
class Presentation:
    """Who presents what, and how far they are. Used by the server's own thread once it has begun."""

    id: str
    run: str
    thing: Thing
    key: str = field(repr=False)
    epoch: int | None = None
    version: int = 1  # grows with whatever followers are told
    leaders: int = 0  # sockets of the page that presents
    followers: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def tell(self) -> None:
        """Wakes all who wait for news."""
        self.version += 1
        news, self.news = self.news, asyncio.Event()
        news.set()

    def lead_to(self, visitor: Visitor, key: str, epoch: int) -> None:
        """Moves the cursor. Raises EpochscopeError for anybody but whoever presents."""
        rights.require(visitor, Action.LEAD, self.thing)
        if not secrets.compare_digest(key, self.key):
            raise EpochscopeError("Only the page that began this presentation moves its cursor.")
        if epoch != self.epoch:
            self.epoch = epoch
            self.tell()


_all: OrderedDict[str, Presentation] = OrderedDict()
_beginning = threading.Lock()


def begin(visitor: Visitor, run_id: str) -> Presentation:
    """A new presentation of a run, which this visitor may lead. Raises EpochscopeError if it is not known who asks."""
    thing = Thing(visitor.mark, "This presentation was begun")
    rights.require(visitor, Action.LEAD, thing)
    made = Presentation(secrets.token_urlsafe(16), run_id, thing, secrets.token_urlsafe(16))
    with _beginning:
        _all[made.id] = made
        while len(_all) > _MOST and (idle := [one for one in _all.values() if not one.leaders and one is not made]):
            count = Counter(one.thing.owner for one in idle)
            del _all[max(idle, key=lambda one: count[one.thing.owner]).id]
    return made


def find(presentation_id: str) -> Presentation | None:
    """The presentation with this id; None if there is none, or none any more."""
    return _all.get(presentation_id)


def _asked_for(socket: WebSocket) -> Presentation:
    found = find(socket.path_params["presentation"])
    if found is None:
        raise EpochscopeError(_GONE)
    return found


async def lead(socket: WebSocket) -> None:
    """The page that presents tells where its cursor is, and is told how many follow."""
    await socket.accept()
    visitor, _ = visitors.counted(socket.scope)
    try:
        presentation = _asked_for(socket)
        with _leading(presentation) as leading:
            while True:
                said = await received(socket, LeadRequest)
                presentation.lead_to(visitor, said.key, said.epoch)
                leading()
                await socket.send_json({"followers": presentation.followers})
    except EpochscopeError as error:
        await refuse(socket, error)
    except WebSocketDisconnect:
        return


async def follow(socket: WebSocket) -> None:
    """A page that follows asks once it has painted, and is told as soon as there is news."""
    await socket.accept()
    try:
        presentation = _asked_for(socket)
        with _following(presentation):
            while True:
                heard = (await received(socket, FollowRequest)).heard
                if heard == presentation.version:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(presentation.news.wait(), _PATIENCE_SECONDS)
                await TELLING.turn()
                told = {"version": presentation.version, "epoch": presentation.epoch, "on": presentation.leaders > 0}
                await socket.send_json(told)
    except EpochscopeError as error:
        await refuse(socket, error)
    except WebSocketDisconnect:
        return


@contextlib.contextmanager
def _leading(presentation: Presentation) -> Iterator:
    """The socket of whoever presents, counted from the first message on that shows that they may."""
    counted = False

    def leading() -> None:
        nonlocal counted
        if not counted:
            counted = True
            presentation.leaders += 1
            presentation.tell()

    try:
        yield leading
    finally:
        if counted:
            presentation.leaders -= 1
            presentation.tell()


@contextlib.contextmanager
def _following(presentation: Presentation) -> Iterator[None]:
    presentation.followers += 1
    try:
        yield
    finally:
        presentation.followers -= 1
