"""What browsers may say over our own sockets and addresses: a typed schema each, read before anything is done with it.

The size of a message is bounded before (epochscope.server.connections): at the default of 64 kB reading one takes less
than a millisecond, so that it is done where it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Required, TypedDict, TypeVar

import msgspec
from msgspec import Meta
from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope.text import sanitize
from epochscope.types import EpochscopeError

T = TypeVar("T")
_MOST = 2**31 - 1
Count = Annotated[int, Meta(ge=0, le=_MOST)]
Name = Annotated[str, Meta(max_length=60)]
Text = Annotated[str, Meta(max_length=4000)]
Pair = Annotated[list[float | None], Meta(min_length=2, max_length=2)]  # null: what JSON makes of a NaN


class ViewerRequest(msgspec.Struct, frozen=True):
    """What a viewer has: numbers of epochs and frames, and the projection that it shows.

    `at`: the epoch that it shows first, where it shows none yet; beyond the last one, that.
    """

    epochs: Count = 0
    frames: Count = 0
    projection: Annotated[str, Meta(pattern=r"^([a-z_]{1,20}-[0-9a-f]{10})?$", max_length=40)] | None = ""
    at: Count | None = None
    apart: bool = False  # whether large arrays of a long run may stay behind, to be asked for by WindowRequest


class WindowRequest(msgspec.Struct, frozen=True):
    """Asks for the large arrays of some epochs, and their frames."""

    epochs: Annotated[str, Meta(pattern=r"^[0-9]{1,9}(,[0-9]{1,9}){0,99}$", max_length=1000)]
    projection: Annotated[str, Meta(pattern=r"^([a-z_]{1,20}-[0-9a-f]{10})?$", max_length=40)] = ""


class RunRequest(msgspec.Struct, frozen=True):
    """Asks for something of a whole run."""


class EpochRequest(msgspec.Struct, frozen=True):
    """Asks for something of one epoch."""

    epoch: Count


class PointRequest(msgspec.Struct, frozen=True):
    """Asks for something of one drawn point at one epoch."""

    epoch: Count
    point: Count


class BandsRequest(msgspec.Struct, frozen=True):
    """Asks for rows of a matrix of an epoch, from the row `first` on and before `last`, in `height` bands at most."""

    epoch: Count
    value: Annotated[str, Meta(max_length=40)]
    first: Count
    last: Count
    height: Count


class GraphRequest(msgspec.Struct, frozen=True):
    """Asks for the edges of an epoch in a part of the plane of a projection, as a picture of width x height if many."""

    epoch: Count
    projection: Annotated[str, Meta(pattern=r"^[a-z_]{1,20}-[0-9a-f]{10}$", max_length=40)]
    left: float
    right: float
    bottom: float
    top: float
    width: Count
    height: Count


class FrameRequest(msgspec.Struct, frozen=True):
    """Asks for something of one frame of a projection."""

    epoch: Count
    projection: Annotated[str, Meta(pattern=r"^[a-z_]{1,20}-[0-9a-f]{10}$", max_length=40)]


class ColumnRequest(msgspec.Struct, frozen=True):
    """Asks for a column of the data."""

    column: Count


class LeadRequest(msgspec.Struct, frozen=True):
    """Whoever presents tells at which epoch, and shows that the presentation is theirs."""

    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$", max_length=22)]
    epoch: Count


class FollowRequest(msgspec.Struct, frozen=True):
    """Whoever follows a presentation tells what they have heard last."""

    heard: Count = 0


class StudentRequest(msgspec.Struct, frozen=True):
    """What a student's phone says: a name to join with, or an answer to a question."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    question: Annotated[str, Meta(max_length=20)] | None = None
    answer: Annotated[float, Meta(ge=0, le=1000)] | None = None


class LabEvent(TypedDict, total=False):
    """What a person did in a lab; the keys are those of stage/lab/lab_session.js."""

    serial: Required[Annotated[int, Meta(ge=0, le=2**53)]]
    set: Annotated[dict[Name, Text], Meta(max_length=100)]
    press: Name
    xy: Annotated[list[Pair], Meta(max_length=1000)]
    add: Pair
    remove: Count
    step: bool


_WORDS: Mapping[Any, str] = {
    ViewerRequest: "A viewer asks with epochs and frames (whole numbers from 0), projection (a name) and at (an epoch)",
    WindowRequest: "A viewer asks with epochs (up to 100 numbers and commas) and projection (a name)",
    EpochRequest: "A viewer asks with epoch (a whole number from 0)",
    PointRequest: "A viewer asks with epoch and point (whole numbers from 0)",
    BandsRequest: "A viewer asks with epoch, first, last and height (whole numbers from 0) and value (a matrix)",
    FrameRequest: "A viewer asks with epoch (a whole number from 0) and projection (a name)",
    GraphRequest: "A viewer asks with epoch, width, height (whole numbers from 0), projection (a name) and four sides",
    ColumnRequest: "A viewer asks with column (a whole number from 0)",
    LeadRequest: "A presentation is told a key and an epoch (a whole number from 0)",
    FollowRequest: "A follower asks with heard (a whole number from 0)",
    StudentRequest: "A student says a name (a text), or a question and an answer (a number)",
    LabEvent: "A lab is told a serial number and what a person did",
}


def parsed(content: str | bytes, kind: type[T]) -> T:
    """A message. Raises EpochscopeError, one sentence, if it is not of this kind."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise _refused(kind, error) from None


def asked(query: Mapping[str, str], kind: type[T]) -> T:
    """The same from the query of an address, in which every value is a text. Raises EpochscopeError."""
    try:
        return msgspec.convert(dict(query), kind, strict=False)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _refused(kind, error) from None


def _refused(kind: Any, error: Exception) -> EpochscopeError:
    return EpochscopeError(f"{_WORDS[kind]}: {sanitize(error, 80)}.")


async def received(socket: WebSocket, kind: type[T]) -> T:
    """The next message. Raises WebSocketDisconnect at the end, EpochscopeError for anything else than this kind."""
    message = await socket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code") or 1000)
    return parsed(message.get("text") or message.get("bytes") or b"", kind)


async def refuse(socket: WebSocket, error: EpochscopeError, code: int = 1008) -> None:
    """Closes a socket with a sentence: as much of it as a browser takes."""
    await socket.close(code=code, reason=reason(str(error)))


def reason(sentence: str) -> str:
    """The beginning of a sentence that fits the 123 bytes of a closing socket."""
    return sentence.encode()[:120].decode(errors="ignore")
