"""A Raw as bytes between the process that reads a file and the one that asked: a line of JSON, then plain arrays.

No pickle: what comes back was made from somebody's file, so every type and size is checked before memory is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple, get_type_hints

import msgspec
import numpy as np
from scipy.sparse import csr_matrix

from epochscope.data.own.raw import Raw

MOST_HEAD = 64 << 20
"""Bytes of the line of JSON: 200,000 names of features fit."""

_ARRAYS = ("columns", "pixels", "pictures", "matrix")  # the other fields are plain values
_TYPES = frozenset({"<f8", "<f4", "|u1", "<i4", "<i8"})
_WORDS = "words"  # a column of words travels as the different words, as JSON, and a number for each row (-1: none)


class _Part(NamedTuple):
    """One array: its place in the Raw, its type and its shape."""

    field: str
    name: str
    dtype: str
    shape: tuple[int, ...]


class _Head(msgspec.Struct):
    """The line of JSON: what went wrong, or the plain fields and the list of the arrays that follow it."""

    error: str = ""
    memory: bool = False  # whether it ran out of memory
    plain: dict[str, Any] = {}
    parts: list[_Part] = []
    matrix: tuple[int, int] | None = None  # shape of the sparse matrix


class NoAnswerError(Exception):
    """What came is no answer: the process ended before, or it is damaged."""


class Answer(NamedTuple):
    """What a reading came to: one of the three."""

    raw: Raw | None
    error: str = ""
    memory: bool = False


def send_error(into: IO[bytes], sentence: str, *, memory: bool = False) -> None:
    """Says why there are no data."""
    into.write(msgspec.json.encode(_Head(error=sentence, memory=memory)) + b"\n")


def send(into: IO[bytes], raw: Raw) -> None:
    """Writes all of a Raw. Raises ValueError where it holds something that cannot travel."""
    arrays = list(_arrays_of(raw))
    for part, _ in arrays:
        if part.dtype not in _TYPES:
            raise ValueError(f"{part.field} {part.name[:40]!r} is {part.dtype}")
    head = _Head(
        plain={name: msgspec.to_builtins(value) for name, value in raw._asdict().items() if name not in _ARRAYS},
        parts=[part for part, _ in arrays],
        matrix=None if raw.matrix is None else tuple(raw.matrix.shape),
    )
    into.write(msgspec.json.encode(head) + b"\n")
    for _, array in arrays:
        into.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _arrays_of(raw: Raw) -> Iterator[tuple[_Part, np.ndarray]]:
    for name, values in raw.columns.items():
        if values.dtype.kind == "O":
            different: dict[str, int] = {}
            codes = [-1 if word is None else different.setdefault(word, len(different)) for word in values.tolist()]
            text = np.frombuffer(msgspec.json.encode(list(different)), np.uint8)
            yield _part("columns", name, np.array(codes, "<i4")), np.array(codes, "<i4")
            yield _part(_WORDS, name, text), text
        else:
            yield _part("columns", name, values), values
    for field in ("pixels", "pictures"):
        if (values := getattr(raw, field)) is not None:
            yield _part(field, "", values), values
    if raw.matrix is not None:
        for name in ("data", "indices", "indptr"):
            values = getattr(raw.matrix, name)
            yield _part("matrix", name, values), values


def _part(field: str, name: str, values: np.ndarray) -> _Part:
    return _Part(field, name, values.dtype.newbyteorder("<").str, values.shape)


def receive(stream: IO[bytes], most: int) -> Answer:
    """Reads what `send` or `send_error` wrote, at most `most` bytes of arrays. Raises NoAnswerError."""
    line = stream.readline(MOST_HEAD)
    try:
        head = msgspec.json.decode(line, type=_Head)
        if head.error or head.memory:
            return Answer(None, head.error, head.memory)
        sizes = [math.prod(part.shape) * np.dtype(part.dtype).itemsize for part in head.parts if _sound(part)]
        if len(sizes) < len(head.parts) or sum(sizes) > most:
            raise ValueError
        found: dict[str, dict[str, np.ndarray]] = {}
        for part in head.parts:
            found.setdefault(part.field, {})[part.name] = _array(stream, part)
        return Answer(_raw(head, found))
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise NoAnswerError from None


def _sound(part: _Part) -> bool:
    return part.dtype in _TYPES and len(part.shape) <= 4 and min(part.shape, default=0) >= 0


def _array(stream: IO[bytes], part: _Part) -> np.ndarray:
    values = np.empty(part.shape, part.dtype)
    room = values.reshape(-1).view(np.uint8).data
    at = 0
    while at < len(room):
        got = stream.readinto(room[at:])  # type: ignore[attr-defined]  # a buffered reader has it
        if not got:
            raise NoAnswerError
        at += got
    return values


def _raw(head: _Head, found: Mapping[str, Mapping[str, np.ndarray]]) -> Raw:
    words = found.get(_WORDS, {})
    columns = {
        name: _of_words(values, words[name]) if name in words else values
        for name, values in found.get("columns", {}).items()
    }
    matrix = None
    if head.matrix is not None:
        parts = found["matrix"]
        matrix = csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=head.matrix)
        matrix.check_format(full_check=True)
    hints = get_type_hints(Raw)
    plain = {name: msgspec.convert(value, hints[name]) for name, value in head.plain.items() if name not in _ARRAYS}
    return Raw(columns, found.get("pixels", {}).get(""), found.get("pictures", {}).get(""), matrix=matrix, **plain)


def _of_words(codes: np.ndarray, text: np.ndarray) -> np.ndarray:
    table = np.array([*msgspec.json.decode(text.tobytes(), type=list[str]), None], object)
    return table[codes]
