"""Arrays in formats of a short header: safetensors, and IDX (MNIST's)."""

from __future__ import annotations

import math
import struct
from typing import Any

import msgspec
import numpy as np

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import Raw
from epochscope.types import EpochscopeError

_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_LONGEST_HEADER = 20_000_000
_IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def is_safetensors(content: bytes) -> bool:
    """Whether this begins with the length of a header, and the header as JSON."""
    length = int.from_bytes(content[:8], "little")
    return 2 <= length <= min(len(content) - 8, _LONGEST_HEADER) and content[8:10] in (b'{"', b"{}", b"{ ")


def read_safetensors(content: bytes, where: str, answers: Answers) -> Raw:
    """All tensors by name; the points are chosen among them as among the arrays of an .npz file."""
    start = 8 + int.from_bytes(content[:8], "little")
    try:
        header: dict[str, Any] = msgspec.json.decode(content[8:start])
        arrays = {
            name: _tensor(about, content[start:])
            for name, about in header.items()
            if name != "__metadata__" and about["dtype"] in _TYPES
        }
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise EpochscopeError(f"{where} is damaged or no safetensors file; save it again.") from None
    return from_arrays(arrays, where, answers)


def _tensor(about: dict[str, Any], values: bytes) -> np.ndarray:
    begin, end = about["data_offsets"]
    shape, kind = tuple(about["shape"]), np.dtype(_TYPES[about["dtype"]])
    if not 0 <= begin <= end <= len(values) or math.prod(shape) * kind.itemsize != end - begin:
        raise ValueError
    array = np.frombuffer(values[begin:end], kind).reshape(shape)
    if about["dtype"] == "BF16":  # the upper half of a number of 32 bits
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def is_idx(content: bytes) -> bool:
    """Whether this is an IDX file: two zero bytes, a type, axes, and as many bytes as these need."""
    if content[:2] != b"\0\0" or len(content) < 8 or content[2] not in _IDX_TYPES or not 1 <= content[3] <= 4:
        return False
    start = 4 + 4 * content[3]
    shape = struct.unpack(f">{content[3]}I", content[4:start]) if len(content) >= start else ()
    return bool(shape) and math.prod(shape) * np.dtype(_IDX_TYPES[content[2]]).itemsize == len(content) - start


def idx_array(content: bytes) -> np.ndarray:
    """The array of an IDX file."""
    start = 4 + 4 * content[3]
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    return np.frombuffer(content[start:], _IDX_TYPES[content[2]]).reshape(shape)


def read_idx_array(content: bytes, where: str, answers: Answers) -> Raw:
    """A single array, as MNIST's pictures."""
    return from_arrays({"X": idx_array(content)}, where, answers)
