"""A zip of pictures: every folder is a class, every picture a point; made gray and brought to one size."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from epochscope.data.own.raw import Raw, within_limits
from epochscope.data.unzip import member, zip_file
from epochscope.types import EpochscopeError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MOST_SIDE = 64
"""Pixels: pictures that are all of one size up to this stay as they are; others become SIDE x SIDE."""

SIDE = 32
_MOST_PIXELS = 25_000_000  # of one picture, as its header says, before anything is decoded
_MOST_BYTES = 20_000_000  # of one file in the zip
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")


def picture_names(names: list[str]) -> list[str]:
    """Members that are pictures, in the order of their names; what a Mac adds of its own is left aside."""
    shown = [
        name for name in names if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    return sorted(name for name in shown if name.lower().endswith(ENDINGS))


def read_pictures(content: bytes, where: str) -> Raw:
    """All pictures of the zip; the column "folder" holds the name of the folder that each lies in, if any does."""
    with zip_file(content, where) as file:
        names = picture_names(file.namelist())
        if not names:
            raise EpochscopeError(f"{where} holds neither arrays of numpy nor pictures ({', '.join(ENDINGS)}).")
        within_limits(len(names), 1, where)
        sizes = {_opened(file, name, where).size for name in names[:200]}
        width, height = sizes.pop() if len(sizes) == 1 else (SIDE, SIDE)
        if max(width, height) > MOST_SIDE:
            width, height = SIDE, SIDE
        within_limits(len(names), width * height, where)
        pictures = np.zeros((len(names), height, width), np.uint8)
        for row, name in enumerate(names):
            pictures[row] = _gray(file, name, where, (width, height))
    folders = np.array([PurePosixPath(name).parent.name or None for name in names], object)
    columns = {"folder": folders} if any(folders) else {}
    note = f"{len(names):,} pictures, gray, {height} x {width} pixels."
    return Raw(columns, pictures.reshape(len(names), -1).astype(np.float32), pictures, note)


def _opened(file: zipfile.ZipFile, name: str, where: str) -> Image.Image:
    """The picture, not decoded yet: its header alone says its size."""
    content = member(file, name, _MOST_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow's warning of a decompression bomb
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > _MOST_PIXELS:
            raise EpochscopeError(
                f"{name[:80]!r} in {where} has {picture.width:,} x {picture.height:,} pixels: too many."
            )
        return picture
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise EpochscopeError(f"{name[:80]!r} in {where} is damaged or no picture; take it out.") from None


def _gray(file: zipfile.ZipFile, name: str, where: str, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    picture = _opened(file, name, where)
    try:
        gray = picture.convert("L")
    except Exception as error:  # decoders raise what they like on damaged content
        raise EpochscopeError(f"{name[:80]!r} in {where} is damaged ({type(error).__name__}); take it out.") from None
    return np.asarray(gray if gray.size == size else gray.resize(size, Image.Resampling.BILINEAR))
