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
from PIL import Image

from epochscope.data.own.naming import ORDER, PARTS
from epochscope.data.own.picture_tables import beside
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.data.own.raw import Raw, unique, within_limits
from epochscope.data.sprites import color_pictures_of
from epochscope.data.unzip import member, zip_file
from epochscope.types import EpochscopeError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
MOST_SIDE = 64
"""Pixels: images that all have one size up to this keep it; otherwise all are resized to SIDE x SIDE."""

SIDE = 32
COLOR, GRAY = "color (three values a pixel)", "gray"
_MOST_PIXELS = 25_000_000  # of one picture, as its header says, before anything is decoded
_MOST_BYTES = 50_000_000
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
_LOOKED_AT = 200  # pictures whose size and colors decide for all
_PLAIN_FOLDERS = ("images", "image", "imgs", "img", "pictures", "photos", "data", "png", "jpg", "jpeg", "tif", "raw")
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
        folders = _folders(names, answers)
        names = [names[row] for row in folders.rows]
        raw = _points(_Album(len(names), *_of_zip(file, names, where)), where, answers)
        table = beside(file, names, where)
    columns = {"folder": folders.classes} if any(folders.classes) else {}
    columns |= {unique([*columns, name])[-1]: values for name, values in table.columns.items()}
    said = (f"what {table.table} says of each picture: {', '.join(table.columns)}",) if table.columns else ()
    return raw._replace(
        columns=columns,
        label="folder" if len(set(folders.classes) - {None}) > 1 else "",
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


class _Album(NamedTuple):
    size: int
    content: Callable[[int], bytes]
    called: Callable[[int], str]


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
    return Raw({}, values.reshape(album.size, -1), pictures, note, questions=questions)


class _Look(NamedTuple):
    size: tuple[int, int]
    deep: bool
    colored: bool


def _look(album: _Album, row: int) -> _Look:
    """Size and kind of a picture; decoded only if its mode does not show whether it has colors."""
    picture = _opened(album, row)
    deep = picture.mode in _DEEP
    colored = not deep and picture.mode not in ("1", "L", "LA", "La")
    if colored:
        pixels = np.asarray(_flat(picture, album.called(row)).convert("RGB"))
        colored = bool((pixels[..., 0] != pixels[..., 1]).any() or (pixels[..., 0] != pixels[..., 2]).any())
    return _Look(picture.size, deep, colored)


def _opened(album: _Album, row: int) -> Image.Image:
    """The picture, not decoded yet: its header alone says its size."""
    content = album.content(row)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow's warning of a decompression bomb
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > _MOST_PIXELS:
            raise EpochscopeError(f"{album.called(row)} has {picture.width:,} x {picture.height:,} pixels: too many.")
        return picture
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise EpochscopeError(f"{album.called(row)} is damaged or no image; remove it.") from None


def _flat(picture: Image.Image, called: str) -> Image.Image:
    """Decoded, in a mode of plain values: L, RGB, or F for more than 8 bits; what is transparent lies on white."""
    try:
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


class _Folders(NamedTuple):
    rows: list[int]  # the pictures that are taken
    classes: np.ndarray  # words, None where there is no folder
    questions: tuple[Question, ...]
    assumed: tuple[str, ...]


def _folders(names: list[str], answers: Answers) -> _Folders:
    """The class of each picture: the folder that varies, looked for from the picture upwards; train and test joined."""
    paths = [list(PurePosixPath(name).parts[:-1]) for name in names]
    found = {PARTS[word] for path in paths for folder in path if (word := folder.lower()) in PARTS}
    parts = [part for part in ORDER if part in found]
    of = [next((PARTS[folder.lower()] for folder in path if folder.lower() in PARTS), "") for path in paths]
    questions: list[Question] = []
    rows, assumed = list(range(len(names))), []
    if len(parts) > 1:
        joined = " and ".join(parts)
        options = (joined, *parts)
        questions.append(ask(answers, "parts", "Parts", options, joined, f"The zip holds folders {joined}."))
        rows = [row for row in rows if questions[0].chosen == joined or of[row] == questions[0].chosen]
        assumed.append(f"parts: {questions[0].chosen}")
    if parts and _varies([[folder for folder in path if folder.lower() not in PARTS] for path in paths]):
        paths = [[folder for folder in path if folder.lower() not in PARTS] for path in paths]
    bare = [[folder for folder in path if folder.lower() not in _PLAIN_FOLDERS] for path in paths]
    paths = [(bare if _varies(bare) else paths)[row] for row in rows]
    levels = _levels(paths)
    if not levels:
        return _Folders(
            rows, np.array([path[-1] if path else None for path in paths], object), tuple(questions), tuple(assumed)
        )
    shown = tuple(levels)
    level = shown[0]
    if len(shown) > 1:
        questions.append(ask(answers, "class", "Class", shown, shown[0], "Several levels of folders vary."))
        level = questions[-1].chosen
    return _Folders(rows, levels[level], tuple(questions), (*assumed, "class: the folder that varies"))


def _varies(paths: list[list[str]]) -> bool:
    return bool(_levels(paths))


def _levels(paths: list[list[str]]) -> dict[str, np.ndarray]:
    """The levels of folders that hold more than one name, counted from the picture upwards, by some of their names."""
    found: dict[str, np.ndarray] = {}
    for up in range(1, max(map(len, paths), default=0) + 1):
        names = np.array([path[-up] if len(path) >= up else None for path in paths], object)
        some = sorted(set(names.tolist()) - {None})
        if len(some) > 1:
            more = " ..." if len(some) > 3 else ""
            found[f"folder {', '.join(some[:3])}{more} ({len(some)})"] = names
    return found
