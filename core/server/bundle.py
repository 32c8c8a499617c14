"""The bytes a browser gets: some epochs of a run and some frames of one projection, in one message.

The same bundle travels over HTTP (catching up) and over the WebSocket (live). All numbers are little-endian.

    bytes 0..3     b"EPB1"
    bytes 4..7     uint32 H, length of the header (padded with blanks so that the body starts at a multiple of 8)
    bytes 8..8+H   header, JSON
    then           body: the arrays the header points into; every array starts at a multiple of 8 within the body

Header:

    {"status": {"state": "running", "phase": "cluster", "message": "", "epochs": 14, ...},   # as in status.json
     "live": true,                  # more epochs or frames may follow: keep the socket
     "epochs": [{"epoch": 12, "phase": "cluster", "seconds": 0.8, "losses": {"kl": 0.3}, "scores": {"acc": 0.8, ...},
                 "sizes": [180, ...],                      # points per cluster over ALL points; absent without labels
                 "at": {"labels": [offset, bytes], ...}}],            # channels of this epoch, offsets into the body
     "frames": [{"epoch": 12, "at": [offset, bytes], "center": [cx, cy], "scale": s, "seconds": 0.4,
                 "at_centers": [offset, bytes]}],
     "marks":  [{"epoch": 9, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 0.5}],         # ALL changes so far
     "projection_error": "..."}                                       # why this projection has no frames, if so

Channels of an epoch (m = drawn points, r = rows of the heat maps <= m, k = clusters; a channel may be absent):

    labels      uint8[m]    cluster of each drawn point
    confidence  uint8[m]    largest q_ij of the row, times 255
    q, p        uint8[r*k]  probabilities times 255, rows = the first r drawn points

A frame: int16[2*m'] x0 y0 x1 y1 ... for the first m' <= m drawn points; a coordinate is center + scale * value / 32767.
`at_centers`, where present, holds the projected cluster centers in the same way, int16[2*k].

A client asks with the counts it already has: epochs and frames are append-only lists, so asking again continues.
Frames may come late and out of order (newest first while a run is live, gaps later); the last one for an epoch wins.
"""

from __future__ import annotations

import json
import struct
from typing import Any

MAGIC = b"EPB1"


def _pad(size: int) -> int:
    return -size % 8


class Bundle:
    """Collects arrays into a body and remembers where each went."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> tuple[int, int]:
        """Appends `data`; returns (offset, bytes) for the header."""
        at = (self._size, len(data))
        self._parts += [data, bytes(_pad(len(data)))]
        self._size += len(data) + _pad(len(data))
        return at

    @property
    def size(self) -> int:
        return self._size

    def packed(self, header: dict[str, Any]) -> bytes:
        """The message as it travels."""
        text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * _pad(len(text))
        return b"".join([MAGIC, struct.pack("<I", len(text)), text, *self._parts])


def unpacked(message: bytes) -> tuple[dict[str, Any], memoryview]:
    """Header and body of a message: the reader for tests and scripts."""
    if message[:4] != MAGIC:
        raise ValueError("not a bundle: it does not start with EPB1")
    (length,) = struct.unpack("<I", message[4:8])
    return json.loads(message[8 : 8 + length]), memoryview(message)[8 + length :]
