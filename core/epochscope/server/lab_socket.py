"""Labs over a WebSocket: the browser sends what a person did and receives the resulting figures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope.language import speaking, tr
from epochscope.nets.device import threads
from epochscope.server import visitors
from epochscope.server.lanes import LABS
from epochscope.server.messages import LabEvent, received, refuse
from epochscope.types import EpochscopeError

_LANGUAGE = "lang"  # in the address of the socket: the language of the page


class LabSession(Protocol):
    """The interface of a lab's session. The caller that makes the routes passes the labs."""

    waiting: ClassVar[str]

    def __init__(self, address: Mapping[str, str]) -> None:
        """Restores a session from names and values of the address line."""

    def handle_event(self, event: LabEvent) -> None:
        """Applies what a person did."""

    def answer(self) -> str:
        """Everything shown now, as JSON."""
        ...


def lab_endpoint(sessions: Mapping[str, type[LabSession]]) -> Callable[[WebSocket], Awaitable[None]]:
    """The handler of an accepted socket: each socket has a session, which ends with it.

    `sessions`: the labs by the name under which the browser asks for them. The address line sets a session up.
    """
    setting_up = {name: asyncio.Lock() for name in sessions}

    async def lab(socket: WebSocket) -> None:
        with speaking(socket.query_params.get(_LANGUAGE)):
            await talk(socket)

    async def talk(socket: WebSocket) -> None:
        name = socket.path_params["lab"]
        kind = sessions.get(name)
        if kind is None:
            await socket.close(code=1008, reason="There is no such lab.")
            return
        _, whose = visitors.counted(socket.scope)
        try:
            await socket.send_text(json.dumps({"waiting": tr(kind.waiting)}))
            async with setting_up[name]:  # the first session may have to train something, which is cached for the next
                session, answer = await LABS.run(whose, _set_up, kind, dict(socket.query_params))
            while True:
                await socket.send_text(answer)
                event = await received(socket, LabEvent)
                answer = await LABS.run(whose, _answer, session, event)
        except EpochscopeError as error:
            await refuse(socket, error)
        except WebSocketDisconnect:
            return  # the viewer left

    return lab


def _set_up(kind: type[LabSession], address: dict[str, str]) -> tuple[LabSession, str]:
    with threads(1):  # tensors are small here: several threads would only wait for each other
        session = kind(address)
        return session, session.answer()


def _answer(session: LabSession, event: LabEvent) -> str:
    with threads(1):
        session.handle_event(event)
        return session.answer()
