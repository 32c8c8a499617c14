"""Encoding of a selection of drawn points for links, and decoding with validation."""

from __future__ import annotations

import base64
import binascii
import re

import numpy as np
from jaxtyping import Integer

from epochscope.types import EpochscopeError

MOST_LETTERS = 2000
"""Longest code of a selection in a link: browsers, mail programs and chats truncate longer links."""
_LETTERS = re.compile(rf"[md][A-Za-z0-9_-]{{1,{MOST_LETTERS}}}")


def places_as_letters(places: Integer[np.ndarray, " s"], count: int) -> str:
    """Code of the selected indices out of `count`: a bit mask ("m") or the gaps ("d"), whichever is shorter.

    "" if nothing is selected, or if the code is longer than MOST_LETTERS.
    """
    places = np.unique(places)
    if not len(places):
        return ""
    mask = np.zeros(count, np.uint8)
    mask[places] = 1
    codes = ("m", np.packbits(mask).tobytes().rstrip(b"\0")), ("d", _gaps(places))
    kind, data = min(codes, key=lambda code: len(code[1]))
    letters = kind + base64.urlsafe_b64encode(data).decode().rstrip("=")
    return letters if len(letters) <= MOST_LETTERS else ""


def letters_as_places(letters: str, count: int) -> Integer[np.ndarray, " s"]:
    """The selected indices, sorted. Raises EpochscopeError if this is no code of a selection out of `count`."""
    wrong = EpochscopeError("The selection of this link does not fit this run; select the points again.")
    if not _LETTERS.fullmatch(letters):
        raise wrong
    try:
        data = base64.b64decode(letters[1:] + "=" * (-(len(letters) - 1) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise wrong from None
    if letters[0] == "m":
        places = np.flatnonzero(np.unpackbits(np.frombuffer(data, np.uint8)))
    else:
        places = np.array(_from_gaps(data, count), dtype=int)
    if not len(places) or places[0] < 0 or places[-1] >= count:
        raise wrong
    return places


def places_of_bits(text: str, count: int) -> Integer[np.ndarray, " s"]:
    """The selected indices out of `count`, sorted, from base64 of one bit each, lowest first, as browsers send them.

    Empty if the text is none of these.
    """
    try:
        bits = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError):
        return np.zeros(0, int)
    if len(bits) > -(-count // 8):
        return np.zeros(0, int)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little")[:count])


def _gaps(places: Integer[np.ndarray, " s"]) -> bytes:
    """The gaps between indices, minus 1, as variable-length integers (LEB128)."""
    code = bytearray()
    for gap in (np.diff(places, prepend=-1) - 1).tolist():
        rest = gap
        while rest > 127:
            code.append(rest & 127 | 128)
            rest >>= 7
        code.append(rest)
    return bytes(code)


def _from_gaps(data: bytes, count: int) -> list[int]:
    """The indices from their gaps; empty if the bytes are invalid."""
    places, place, gap, shift = [], -1, 0, 0
    for byte in data:
        gap |= (byte & 127) << shift
        shift += 7
        if byte & 128 and shift <= 28:
            continue
        place += gap + 1
        if byte & 128 or place >= count:
            return []
        places.append(place)
        gap = shift = 0
    return [] if shift else places
