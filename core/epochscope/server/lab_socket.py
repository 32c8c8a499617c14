"""Labs over a WebSocket: the browser tells what a person did, and gets the pictures that follow from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope.labs import DESKS, Desk
from epochscope.nets.device import threads
from epochscope.types import EpochscopeError

_setting_up: Mapping[str, asyncio.Lock] = {name: asyncio.Lock() for name in DESKS}


async def lab(socket: WebSocket) -> None:
    """A desk of its own for each connection; it is gone with it. The address line of the page sets it up."""
    kind = DESKS.get(socket.path_params["lab"])
    if kind is None:
        await socket.close(code=1008, reason="There is no such lab.")
        return
    try:
        await socket.send_text(json.dumps({"waiting": kind.waiting}))
        async with _setting_up[socket.path_params["lab"]]:  # what the first has to train is kept for the next
            desk, answer = await asyncio.to_thread(_set_up, kind, dict(socket.query_params))
        while True:
            await socket.send_text(answer)
            told = await socket.receive_json()
            answer = await asyncio.to_thread(_told, desk, told)
    except EpochscopeError as error:
        await socket.close(code=1011, reason=str(error)[:120])
    except (WebSocketDisconnect, ValueError, KeyError, TypeError, RecursionError):
        return  # the viewer left, or does not speak our language


def _set_up(kind: type[Desk], said: dict[str, str]) -> tuple[Desk, str]:
    with threads(1):  # tensors are small here: several threads would only wait for each other
        desk = kind(said)
        return desk, desk.answer()


def _told(desk: Desk, told: object) -> str:
    with threads(1):
        desk.hear(told)
        return desk.answer()
