"""The sockets of all browsers: how many there are, of whom, and how much and how fast they may speak.

The limits are settings. Whoever reaches one is told so in the sentence with which the socket is closed; nobody else
notices.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Send
from streamlit.runtime import exists, get_instance

from epochscope import limits, rights, settings
from epochscope.rights import Visitor
from epochscope.server.messages import reason

TOO_LARGE, TOO_FAST, FULL = 1009, 1008, 1013  # codes of a closing socket
_OURS = "/api/"

_open: Counter[str] = Counter()  # visitor -> sockets
_arriving: Counter[str] = Counter()  # visitor -> bytes of the uploads that are on their way


def of_each() -> dict[str, int]:
    """Number of open sockets by visitor: a mark, or the address of who sends no cookie."""
    return dict(_open)


def socket_refusal(visitor: Visitor, whose: str) -> str:
    """Why this visitor may not open one more socket, in one sentence; empty if they may."""
    if _open.total() >= settings.SOCKETS():
        return f"{settings.SOCKETS():,} connections are open, the most that this server takes; try again later."
    if _open[whose] >= settings.SOCKETS_EACH() and not rights.operates(visitor):
        return f"You have {_open[whose]} connections open, the most for one person here; close some tabs."
    return ""


@contextmanager
def opened(whose: str) -> Iterator[None]:
    """A socket while it is open."""
    with _counted(_open, whose, 1):
        yield


@contextmanager
def _counted(counter: Counter[str], whose: str, amount: int) -> Iterator[None]:
    counter[whose] += amount
    try:
        yield
    finally:
        counter[whose] -= amount
        if counter[whose] <= 0:
            del counter[whose]


class Bounded:
    """The two ends of a socket, with bounds on what comes in: size of a message, and messages a second.

    At the first message beyond a bound the socket is closed with a sentence, and the application sees it as left.
    """

    def __init__(self, path: str, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._largest = 1000 * (settings.MESSAGE if path.startswith(_OURS) else settings.PAGE_MESSAGE)()
        self._rate = settings.MESSAGE_RATE()
        self._left, self._seen = 2.0 * self._rate, time.monotonic()
        self._closed = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        code, why = self._fault(message)
        if not why:
            return message
        await self.send({"type": "websocket.close", "code": code, "reason": reason(why)})
        self._closed = True
        return {"type": "websocket.disconnect", "code": code, "reason": why}

    async def send(self, message: Message) -> None:
        if not self._closed:  # the application does not know yet
            await self._send(message)

    def _fault(self, message: Message) -> tuple[int, str]:
        size = _bytes(message, self._largest)
        if size > self._largest:
            return (
                TOO_LARGE,
                f"A message of {size / 1000:,.0f} kB is too large: {self._largest / 1000:g} kB is the most here.",
            )
        now = time.monotonic()
        self._left = min(2.0 * self._rate, self._left + (now - self._seen) * self._rate) - 1
        self._seen = now
        if self._left < 0:
            return TOO_FAST, f"This page sends more than {self._rate} messages a second, the most here; load it again."
        return 0, ""


def _bytes(message: Message, enough: float) -> int:
    """Size of a message; of a text that is too long even in letters, the number of these."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if len(text) > enough else len(text.encode())


def upload_refusal(more: int) -> str:
    """Why so many bytes may not be uploaded now, in one sentence; empty if they may."""
    held, most = uploaded_bytes() + _arriving.total(), settings.UPLOADS() * limits.GB
    if held + more <= most:
        return ""
    files = f"Files of {limits.size(held)} are held for open pages"
    return f"{files}, so {limits.size(more)} more do not fit; try again later."


@contextmanager
def arriving(whose: str, amount: int) -> Iterator[None]:
    """An upload while it is on its way."""
    with _counted(_arriving, whose, amount):
        yield


def uploaded_bytes() -> int:
    """Bytes of the uploaded files that Streamlit holds in memory for the pages that are open."""
    if not exists():
        return 0
    stored = get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return sum(len(file.data) for files in list(stored.values()) for file in list(files.values()))
