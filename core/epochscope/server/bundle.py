"""The bytes a browser gets: some epochs of a run and some frames of one projection, in one message.

The same bundle travels over HTTP (catching up) and over the WebSocket (live). All numbers are little-endian.

    bytes 0..3     b"EPB1"
    bytes 4..7     uint32 H, length of the header (padded with blanks so that the body starts at a multiple of 8)
    bytes 8..8+H   header, JSON
    then           body: the arrays the header points into; every array starts at a multiple of 8 within the body

Header:

    {"status": {"state": "running", "phase": "cluster", "message": "", "epochs": 14, ...},   # as in status.json
     "live": true,                  # more epochs or frames may follow: keep the socket
     "recorded": 14,                # epochs that the run has, sent or not
     "ahead": true,                 # only of a message whose epochs and frames come ahead of their turn: they do not
                                    # count as had, and come again
     "epochs": [{"epoch": 12, "phase": "cluster", "seconds": 0.8, "losses": {"kl": 0.3}, "scores": {"acc": 0.8, ...},
                 "measures": {"temperature": 0.5},         # numbers that are no losses
                 "sizes": [180, ...], ...,                 # the lists of numbers that are declared, each under its name
                 "numbers": {"numbers of <key>": {"P": 0.4}},   # what a figure <key> computes itself of this epoch
                 "at": {"labels": [offset, bytes], ...},   # channels of this epoch, offsets into the body
                 "held": {"edges": 9},                     # channels that are those of an earlier epoch, sent with that
                 "apart": {"labels": bytes}}],             # channels that a viewer asks for (below)
     "frames": [{"epoch": 12, "at": [offset, bytes],       # or "apart": bytes
                 "center": [cx, cy], "scale": s, "seconds": 0.4,
                 "at_centers": [offset, bytes], "at_ellipses": [...], "at_forces": [...], "force_scale": t,
                 "trust": 0.7}],        # mean share of neighbors among the codes that are neighbors in it
     "marks":  [{"epoch": 9, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 0.5}],         # ALL changes so far
     "grown": {"provides": ["z", "q", ...], "numbers": ["loss", ...], "k": 12},   # only of a recorded loop: what of
                                    # its info may be more than when it began
     "projection_error": "..."}                                       # why this projection has no frames, if so

Any channel and any list of numbers may be absent; the tables below say what each is.

A frame: int16[2*m'] x0 y0 x1 y1 ... for the first m' <= m drawn points; a coordinate is center + scale * value / 32767.
Only where the projection is linear: `at_centers`, the cluster centers in the same way, int16[2*k]; `at_ellipses`,
float32[3*k], the covariance xx, xy, yy of each cluster in the plane; `at_forces`, int16[2*a], the force on each of the
first a drawn points, force_scale * value / 32767.

A client asks with the counts it already has: epochs and frames are append-only lists, so asking again continues.
Of a run with many bytes the large arrays stay apart, where the viewer says that it can ask for them: a bundle of some
epochs, whose lines have nothing but `epoch` and `at`, and of their frames (epochscope.server.window).
It may name the epoch that it shows first: of a run that one message cannot hold, that one comes ahead of the others.
Frames may come late and out of order (newest first while a run is live, gaps later); the last one for an epoch wins.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from epochscope.runs.format.channels import described

__doc__ = f"{__doc__ or ''}\n{described()}"  # so that it never differs from what is declared

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
