"""A bundle folded so that gzip makes it small, without loss; stage/data/folded.js unfolds it.

A folded bundle is a bundle (epochscope.server.bundle) in which each array is replaced by how it differs from the array
of the same name before it, and in which arrays of one name lie one after the other. Lengths stay as they are, so that
the browser unfolds it in place. The header names what differs how: {"folded": {"q": "bytes", "xy": "places", ...}}.
Besides epochs and frames it may have `lines`, which are like epochs.

    bytes   each byte minus the one before it, modulo 256
    words   uint16: each minus the one before it, modulo 65,536, as a number near 0 (0, -1, 1, -2 ... become 0, 1, 2,
            3 ...); then all low bytes, then all high bytes
    places  int16 x0 y0 x1 y1 ... of a frame: as words, but minus where each coordinate was, in units of this frame

An array whose length differs from that of the one before it stands as if that one were zeros.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from epochscope.server.bundle import Bundle

_LIMIT = 32767

_WORDS = ("xy", "centers", "forces")  # of a frame
_PARTS = (*_WORDS, "ellipses")


class Taken(NamedTuple):
    """A line of a bundle, and the body in which its arrays lie."""

    line: dict[str, Any]
    body: memoryview


class Folder:
    """Folds arrays, each after the one of its name before it; `packed` lays them out by name."""

    def __init__(self) -> None:
        self._arrays: dict[str, list[tuple[bytes, Callable[[tuple[int, int]], None]]]] = defaultdict(list)
        self._kinds: dict[str, str] = {}
        self._before: dict[str, np.ndarray] = {}
        self._plane: Mapping[str, Any] = {}  # center and scale of the coordinates before

    def add(
        self, name: str, data: bytes, kind: str, place: Callable[[tuple[int, int]], None], line: Mapping[str, Any] = {}
    ) -> None:
        """Takes one array; `place` is told (offset, bytes) once the bundle is laid out. `line`: of the places."""
        self._kinds[name] = kind
        new = np.frombuffer(data, np.uint8 if kind == "bytes" else "<u2")
        before, self._before[name] = self._before.get(name), new
        folded = new
        if before is not None and len(before) == len(new):
            folded = new - (moved(before, self._plane, line) if kind == "places" else before)
        if kind == "places":
            self._plane = line
        self._arrays[name].append((folded.tobytes() if kind == "bytes" else _planes(folded), place))

    def packed(self, header: dict[str, Any]) -> bytes:
        """The folded bundle. Its lines stand in `header` by reference: they are told the places of their arrays."""
        body = Bundle()
        for parts in self._arrays.values():
            for data, place in parts:
                place(body.add(data))
        return body.packed({**header, "folded": self._kinds})


def folded(header: Mapping[str, Any], epochs: Iterable[Taken] = (), frames: Iterable[Taken] = ()) -> bytes:
    """The folded bundle of these epochs and frames, with `header` for the rest."""
    folder = Folder()
    told: dict[str, Any] = {**header, "epochs": [], "frames": []}
    for line, body in epochs:
        told["epochs"].append(made := {**line, "at": {}})
        for name, at in line["at"].items():
            folder.add(name, _read(body, at), "bytes", into(made["at"], name))
    for line, body in frames:
        told["frames"].append(made := dict(line))
        for name in _PARTS:
            key = "at" if name == "xy" else f"at_{name}"
            if key in line:
                kind = "places" if name == "xy" else "words" if name in _WORDS else "bytes"
                folder.add(name, _read(body, line[key]), kind, into(made, key), line)
    return folder.packed(told)


def into(places: dict[str, Any], name: str) -> Callable[[tuple[int, int]], None]:
    """What keeps the place of an array."""

    def place(at: tuple[int, int]) -> None:
        places[name] = at

    return place


def _read(body: memoryview, at: tuple[int, int]) -> bytes:
    return bytes(body[at[0] : at[0] + at[1]])


def moved(places: np.ndarray, was: Mapping[str, Any], now: Mapping[str, Any]) -> np.ndarray:
    """Coordinates (uint16, the bits of int16: x0 y0 x1 y1 ...) of the frame `was` in units of the frame `now`, as near
    as int16 comes.

    The browser computes the same numbers: double precision, in this order of operations.
    """
    if not now["scale"] > 0:
        return places
    values = places.view("<i2").reshape(-1, 2).astype(np.float64)
    plane = np.array(was["center"], np.float64) + np.float64(was["scale"]) * values / _LIMIT
    units = (plane - np.array(now["center"], np.float64)) / np.float64(now["scale"]) * _LIMIT
    return np.floor(units + 0.5).clip(-_LIMIT, _LIMIT).astype("<i2").reshape(-1).view("<u2")


def _planes(differences: np.ndarray) -> bytes:
    """Differences modulo 65,536 as small numbers, low bytes first."""
    signed = differences.view("<i2").astype(np.int32)
    small = ((signed << 1) ^ (signed >> 15)).astype(np.uint16)
    return (small & 255).astype(np.uint8).tobytes() + (small >> 8).astype(np.uint8).tobytes()
