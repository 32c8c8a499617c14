"""A zip of images: each image is a point, each folder a class; images are converted to gray and to one size."""

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
"""Pixels: images that all have one size up to this keep it; otherwise all are resized to SIDE x SIDE."""

SIDE = 32
_MOST_PIXELS = 25_000_000  # of one image, according to its header, checked before decoding
_MOST_BYTES = 20_000_000  # of one file in the zip
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")


def picture_names(names: list[str]) -> list[str]:
    """Members that are images, sorted by name; hidden files and those added by macOS are ignored."""
    shown = [
        name for name in names if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    return sorted(name for name in shown if name.lower().endswith(ENDINGS))


def read_pictures(content: bytes, where: str) -> Raw:
    """All images of the zip; if they are in folders, the column "folder" has the folder's name of each."""
    with zip_file(content, where) as file:
        names = picture_names(file.namelist())
        if not names:
            raise EpochscopeError(f"{where} contains neither numpy arrays nor images ({', '.join(ENDINGS)}).")
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
    note = f"{len(names):,} images, gray, {height} x {width} pixels."
    return Raw(columns, pictures.reshape(len(names), -1).astype(np.float32), pictures, note)


def _opened(file: zipfile.ZipFile, name: str, where: str) -> Image.Image:
    """The image, not decoded yet, with the size given by its header."""
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
        raise EpochscopeError(f"{name[:80]!r} in {where} is damaged or no image; remove it.") from None


def _gray(file: zipfile.ZipFile, name: str, where: str, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    picture = _opened(file, name, where)
    try:
        gray = picture.convert("L")
    except Exception as error:  # decoders raise all kinds of errors on damaged content
        raise EpochscopeError(f"{name[:80]!r} in {where} is damaged ({type(error).__name__}); remove it.") from None
    return np.asarray(gray if gray.size == size else gray.resize(size, Image.Resampling.BILINEAR))
