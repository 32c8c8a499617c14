"""Reader for IDX files, the format of MNIST: a small header, then bytes.

The header: two zero bytes, a type code (8 = unsigned bytes), number of dimensions, their sizes as big-endian uint32.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from epochscope.data.unzip import Unzipped, in_pieces, unzipped
from epochscope.types import EpochscopeError

MOST_BYTES = 1 << 30
"""Files with more than 1 GiB of values are refused: all built-in sets are far smaller."""

_HEADER = 4 + 3 * 4 + 1  # with one more byte, to check that nothing follows
_UNSIGNED_BYTES = 8


def read_idx(path: Path, *, most_bytes: int = MOST_BYTES) -> UInt8[np.ndarray, "*shape"]:
    """The array in an IDX file of unsigned bytes, gzipped or plain; the array is read-only.

    Sizes in the header are checked against the size of the file before memory is allocated. Raises EpochscopeError if
    the file cannot be opened, is no IDX file, is truncated, or has more bytes than values.
    """
    with unzipped(path, most_bytes + _HEADER) as file:
        shape = _shape(file, path)
        size, room = math.prod(shape), min(most_bytes, file.room)
        if size > room:
            words = " x ".join(map(str, shape))
            raise EpochscopeError(
                f"{path} is truncated or no IDX file: the header announces {words} values, at most {room} fit."
            )
        values = in_pieces(file, size)
        if len(values) < size:
            raise EpochscopeError(f"{path} is truncated: it has {len(values)} of {size} values; download it again.")
        if file.read(1):  # at the end of a gzip stream this also verifies its checksum
            raise EpochscopeError(f"{path} is no valid IDX file: more bytes follow its {size} values.")
    array = np.frombuffer(values, dtype=np.uint8).reshape(shape)
    array.flags.writeable = False
    return array


def _shape(file: Unzipped, path: Path) -> tuple[int, ...]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise EpochscopeError(f"{path} is no IDX file: it does not start with two zero bytes.")
    if magic[2] != _UNSIGNED_BYTES:
        raise EpochscopeError(f"{path} has values of type {magic[2]}, only unsigned bytes (type 8) are supported.")
    if not 1 <= magic[3] <= 3:
        raise EpochscopeError(f"{path} has {magic[3]} dimensions, only 1 to 3 are supported.")
    header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise EpochscopeError(f"{path} is truncated within its header; download it again.")
    shape = struct.unpack(f">{magic[3]}I", header)
    if 0 in shape:
        raise EpochscopeError(f"{path} is empty: its header announces {' x '.join(map(str, shape))} values.")
    return shape
