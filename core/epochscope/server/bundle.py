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
                 "measures": {"temperature": 0.5},         # numbers that are no losses
                 "sizes": [180, ...],                      # points per cluster over ALL points; absent without labels
                 "mixing": [0.1, ...],                     # weight of each cluster, if the method has such
                 "entropy": [1200, ...],                   # points by entropy of their row of Q: 20 bins, 0 to ln k
                 "numbers": {"numbers of <key>": {"P": 0.4}},   # what a figure <key> computes itself of this epoch
                 "field_box": [left, right, bottom, top],  # of the channel "field"
                 "at": {"labels": [offset, bytes], ...},   # channels of this epoch, offsets into the body
                 "held": {"edges": 9}}],                   # channels that are those of an earlier epoch, sent with that
     "frames": [{"epoch": 12, "at": [offset, bytes], "center": [cx, cy], "scale": s, "seconds": 0.4,
                 "at_centers": [offset, bytes], "at_ellipses": [...], "at_forces": [...], "force_scale": t}],
     "marks":  [{"epoch": 9, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 0.5}],         # ALL changes so far
     "provides": ["z", "q", ...],   # only of a recorded loop: what it shows so far, more than when it began
     "projection_error": "..."}                                       # why this projection has no frames, if so

Channels of an epoch (m = drawn points, r = rows of the heat maps <= m, k = clusters; a channel may be absent):

    labels        uint8[m]    cluster of each drawn point
    confidence    uint8[m]    largest q_ij of the row, times 255
    q, p, pi      uint8[r*k]  probabilities times 255, rows = the first r drawn points
    pull          float32 t, uint8[m]    length of the force on each drawn point: value * t / 255
    edges         uint32 j (neighbors a point), uint32 (edges between drawn points in all),
                  uint16[2*e] i0 j0 i1 j1 ...: a fair sample of those edges, e <= 20,000, ends = drawn points
    edge_weights  float32 t, uint8[e]    weight of each of these edges: value * t / 255, cut off at t
    edge_js       float32 t, uint8[e]    JS divergence along each of these edges in nats: value * t / 255
    field         uint8[g*g]  discriminator on a grid, times 255; row 0 lowest
    field_codes, field_prior   float32 cx, cy, s, int16[2*m'']   points in the plane of the field, as in a frame
    affinity      float32 t, uint8[b*b]  value * t / 255, cut off at t

and, where the features of a point are the pixels of its picture (h x w = the tile of the sprites), as gray values:

    decoded_centers  uint8[k' * h*w]       samples                uint8[k' * s * h*w], k' = min(k, 100)
    reconstructions  uint8[2 * r' * h*w]   cross_reconstructions  uint8[3 * r' * h*w]: all firsts, all seconds, ...

A frame: int16[2*m'] x0 y0 x1 y1 ... for the first m' <= m drawn points; a coordinate is center + scale * value / 32767.
Only where the projection is linear: `at_centers`, the cluster centers in the same way, int16[2*k]; `at_ellipses`,
float32[3*k], the covariance xx, xy, yy of each cluster in the plane; `at_forces`, int16[2*a], the force on each of the
first a drawn points, force_scale * value / 32767.

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
