"""Pictures as points, brought to one size, gray or color, values as they are stored; of a zip, folders are classes."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageOps

from epochscope.data.own.picture_classes import classes_of
from epochscope.data.own.picture_tables import beside
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.data.own.raw import Raw, unique, within_limits
from epochscope.data.own.refused import ONE_PICTURE
from epochscope.data.sprites import color_pictures_of
from epochscope.data.unzip import member, zip_file
from epochscope.types import EpochscopeError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm")
MOST_SIDE = 64
"""Pixels: images that all have one size up to this keep it; otherwise all are resized to SIDE x SIDE."""

SIDE = 32
COLOR, GRAY = "color (three values a pixel)", "gray"
_MOST_PIXELS = 25_000_000  # of one picture, as its header says, before anything is decoded
_MOST_BYTES = 50_000_000
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
_LOOKED_AT = 200  # pictures whose size and colors decide for all
_ORIENTATION, _ON_ITS_SIDE = 274, (5, 6, 7, 8)  # of EXIF
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")  # modes of more than 8 bits


def picture_names(names: list[str]) -> list[str]:
    """Members that are images, sorted by name; hidden files and those added by macOS are ignored."""
    shown = [
        name for name in names if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    return sorted(name for name in shown if name.lower().endswith(ENDINGS))


def read_pictures(content: bytes, where: str, answers: Answers) -> Raw:
    """All pictures of the zip; the column "folder" holds the name of the folder that each lies in, if any does.

    Further columns are those of a table in the zip that names the pictures.
    """
    with zip_file(content, where) as file:
        names = picture_names(file.namelist())
        if not names:
            raise EpochscopeError(f"{where} contains neither numpy arrays nor images ({', '.join(ENDINGS)}).")
        within_limits(len(names), 1, where)
        folders = classes_of(names, answers)
        names = [names[row] for row in folders.rows]
        album = _Album(len(names), *_of_zip(file, names, where))
        if len(names) == 1 and (pages := _pages(album)) is not None:
            return _points(pages, where, answers)
        raw = _points(album, where, answers)
        table = beside(file, names, where)
    columns = {"folder": folders.classes} if any(folders.classes) else {}
    columns |= {unique([*columns, name])[-1]: values for name, values in table.columns.items()}
    said = (f"what {table.table} says of each picture: {', '.join(table.columns)}",) if table.columns else ()
    return raw._replace(
        columns=columns,
        label="folder" if len(set(folders.classes) - {None}) > 1 else table.label,
        questions=(*folders.questions, *raw.questions),
        assumed=(*raw.assumed, *folders.assumed, *said),
    )


def decoded(contents: Sequence[bytes | None], where: str, answers: Answers) -> Raw:
    """Pictures as the bytes of their files; a place without one is a row of missing values."""
    there = [content for content in contents if content is not None]
    within_limits(len(contents), 1, where)
    album = _Album(len(there), lambda row: there[row], lambda row: f"Picture {row + 1} in {where}")
    raw = _points(album, where, answers)
    if len(there) == len(contents) or raw.pixels is None or raw.pictures is None:
        return raw
    rows = np.array([content is not None for content in contents])
    pixels = np.full((len(contents), raw.pixels.shape[1]), np.nan, np.float32)
    pictures = np.zeros((len(contents), *raw.pictures.shape[1:]), np.uint8)
    pixels[rows], pictures[rows] = raw.pixels, raw.pictures
    return raw._replace(pixels=pixels, pictures=pictures)


def read_pages(content: bytes, where: str, answers: Answers) -> Raw:
    """A TIFF of several pages: each of them is a point."""
    pages = _pages(_Album(1, lambda row: content, lambda row: where))
    if pages is None:
        raise EpochscopeError(f"{where} cannot be read, since {ONE_PICTURE}.")
    return _points(pages, where, answers)


class _Album(NamedTuple):
    size: int
    content: Callable[[int], bytes]
    called: Callable[[int], str]
    pages: Image.Image | None = None  # the file whose pages are the pictures


def _pages(album: _Album) -> _Album | None:
    """The pages of the only picture of an album; None where it has one page."""
    picture, called = _opened(album, 0), album.called(0)
    try:
        count = getattr(picture, "n_frames", 1)
    except MemoryError:
        raise
    except Exception:  # decoders raise what they like on damaged content
        raise EpochscopeError(f"{called} is damaged or no image; remove it.") from None
    return _Album(count, album.content, lambda row: f"Page {row + 1} of {called}", picture) if count > 1 else None


def _of_zip(file: zipfile.ZipFile, names: list[str], where: str) -> tuple[Callable[[int], bytes], Callable[[int], str]]:
    return (lambda row: member(file, names[row], _MOST_BYTES)), (lambda row: f"{names[row][:80]!r} in {where}")


def _points(album: _Album, where: str, answers: Answers) -> Raw:
    """The pictures as pixels of one size: as they are where all are small and alike, else SIDE x SIDE."""
    looked = [_look(album, row) for row in range(min(album.size, _LOOKED_AT))]
    sizes = {look.size for look in looked}
    width, height = sizes.pop() if len(sizes) == 1 else (SIDE, SIDE)
    if max(width, height) > MOST_SIDE:
        width, height = SIDE, SIDE
    questions: tuple[Question, ...] = ()
    colored = any(look.colored for look in looked)
    if colored:
        questions = (ask(answers, "color", "Pictures", (COLOR, GRAY), COLOR, "Some of the pictures are in color."),)
        colored = questions[0].chosen == COLOR
    channels = 3 if colored else 1
    within_limits(album.size, width * height * channels, where)
    values = np.zeros((album.size, height, width, channels), np.float32)
    for row in range(album.size):
        values[row] = _values(album, row, (width, height), channels)
    deep = sum(look.deep for look in looked)
    same = len({look.deep for look in looked}) == 1
    if deep and not same:
        raise EpochscopeError(
            f"{where} mixes pictures of 8 bits with {deep} of 16 bits or more; bring them to one kind."
        )
    values = values if colored else values[..., 0]
    pictures = color_pictures_of(values) if deep else np.rint(values).astype(np.uint8)
    kind = "color" if colored else "gray"
    note = f"{album.size:,} pictures, {kind}, {height} x {width} pixels{', values as they are stored' if deep else ''}."
    if any(look.more for look in looked):
        note += " Of pictures with several pages or frames, the first is taken."
    return Raw({}, values.reshape(album.size, -1), pictures, note, questions=questions)


class _Look(NamedTuple):
    size: tuple[int, int]
    deep: bool
    colored: bool
    more: bool  # pages or frames


def _look(album: _Album, row: int) -> _Look:
    """Size and kind of a picture; decoded only if its mode does not show whether it has colors."""
    picture = _opened(album, row)
    deep = picture.mode in _DEEP
    colored = not deep and picture.mode not in ("1", "L", "LA", "La")
    if colored:
        pixels = np.asarray(_flat(picture, album.called(row)).convert("RGB"))
        colored = bool((pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any())
    width, height = picture.size
    size = (height, width) if _turn(picture) in _ON_ITS_SIDE else (width, height)
    return _Look(size, deep, colored, album.pages is None and bool(getattr(picture, "is_animated", False)))


def _turn(picture: Image.Image) -> int:
    """How the picture lies, as the camera noted it; Pillow turns a TIFF by itself."""
    try:
        return 1 if picture.format == "TIFF" else int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged notes can fail in any way, and are none
        return 1


def _opened(album: _Album, row: int) -> Image.Image:
    """The picture, not decoded yet: its header alone says its size."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow's warning of a decompression bomb
            if album.pages is not None:
                album.pages.seek(row)
                picture = album.pages
            else:
                picture = Image.open(io.BytesIO(album.content(row)), formats=_FORMATS)
        if picture.width * picture.height > _MOST_PIXELS:
            raise EpochscopeError(f"{album.called(row)} has {picture.width:,} x {picture.height:,} pixels: too many.")
        return picture
    except (EpochscopeError, MemoryError):
        raise
    except Exception:  # decoders raise what they like on damaged content, and warnings are errors here
        raise EpochscopeError(f"{album.called(row)} is damaged or no image; remove it.") from None


def _flat(picture: Image.Image, called: str) -> Image.Image:
    """Decoded, in a mode of plain values: L, RGB, or F for more than 8 bits; what is transparent lies on white."""
    try:
        if _turn(picture) != 1:
            picture = ImageOps.exif_transpose(picture)
        if picture.mode in _DEEP:
            return Image.fromarray(np.asarray(picture).astype(np.float32))
        if picture.mode in ("1", "L"):
            return picture.convert("L")
        if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
            over = picture.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
        return picture.convert("RGB")
    except MemoryError:
        raise
    except Exception as error:  # decoders raise what they like on damaged content
        raise EpochscopeError(f"{called} is damaged ({type(error).__name__}); remove it.") from None


def _values(album: _Album, row: int, size: tuple[int, int], channels: int) -> Float[np.ndarray, "h w c"]:
    flat = _flat(_opened(album, row), album.called(row))
    if flat.mode != "F":
        flat = flat.convert("RGB" if channels == 3 else "L")
    fitted = flat if flat.size == size else flat.resize(size, Image.Resampling.BILINEAR)
    values = np.asarray(fitted, np.float32)
    return values if values.ndim == 3 else np.repeat(values[..., None], channels, axis=2)
