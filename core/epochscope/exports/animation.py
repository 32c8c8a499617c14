"""The embedding of a run as an animated GIF, one image per epoch."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Integer
from PIL import Image, ImageDraw, ImageFont

from epochscope.exports.embedding import PCA, centers, groups, positions, sample_words, title_of
from epochscope.figures import theme
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec

MOST_PICTURES = 120
_SIZE = 480  # side of the square with the points, in pixels
_HEAD = 44
_FINE = 2  # supersampling factor, for smooth edges
_NO_GROUP = "#94a4a2"
_ROW, _MOST_ROWS = 18, 3  # of the key: their height in pixels, and how many there are at most
_DARK, _FAINT = "#222222", "#666666"


def gif(
    run: Run, visitor: Visitor, projection: ProjectionSpec = PCA, *, color: str = "class", last_ms: int = 2000
) -> bytes:
    """A GIF of all epochs (of MOST_PICTURES evenly chosen ones, if there are more). Raises as `positions`."""
    frames, middles = positions(run, visitor, projection), centers(run, projection)
    table = run.epochs()
    epochs = [epoch for epoch in frames if epoch < len(table)]
    epochs = [epochs[i] for i in np.unique(np.linspace(0, len(epochs) - 1, MOST_PICTURES).astype(int))]
    boxes = _boxes([frames[epoch] for epoch in epochs])
    pictures = []
    for epoch, box in zip(epochs, boxes, strict=True):
        xy, colored = frames[epoch], groups(run, epoch, color)
        score = table[epoch].get("scores", {}).get("acc")
        words = f"epoch {epoch} · {table[epoch]['phase']}" + (f" · ACC {score:.3f}" if score is not None else "")
        sample = f" · {some}" if (some := sample_words(run, len(xy))) else ""
        head = (f"{run.title}{sample}", f"{words} · {title_of(projection)}, colors: {colored.about}")
        key = key_rows(colored.names, "numbers: centers of clusters" if middles else "", colored.hues)
        tones = np.array([*colored.hues, -1])[colored.group[: len(xy)]]
        pictures.append(picture(xy, tones, box, head, middles=middles.get(epoch), key=key))
    palette = pictures[-1].quantize(128)
    small = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures]
    file = io.BytesIO()
    durations = [max(40, min(160, 8000 // len(small)))] * (len(small) - 1) + [last_ms]
    small[0].save(file, "GIF", save_all=True, append_images=small[1:], duration=durations, loop=0, optimize=False)
    return file.getvalue()


def _boxes(frames: list[Float[np.ndarray, "m 2"]]) -> Float[np.ndarray, "e 3"]:
    """Center x, center y and half width of the view in each epoch, smoothed over epochs to avoid jumps."""
    boxes = []
    for xy in frames:
        low, high = np.nanquantile(xy, [0.002, 0.998], axis=0)
        boxes.append([*(low + high) / 2, np.log(max((high - low).max() / 2, 1e-9) * 1.12)])
    padded = np.pad(np.asarray(boxes), ((2, 2), (0, 0)), mode="edge")
    smooth = np.stack([padded[i : i + len(boxes)] for i in range(5)]).mean(axis=0)
    return np.column_stack([smooth[:, :2], np.exp(smooth[:, 2])])


class Mark(NamedTuple):
    """An entry of the key: where it begins, its text, and its color, if it has one."""

    x: float
    text: str
    color: str | None


def key_rows(names: Sequence[str], more: str, hues: Sequence[int]) -> list[list[Mark]]:
    """The key of the colors in rows that fit; `more` is said after it. Of many groups the first are named. `hues`: the
    number in the palette of each group.
    """
    font, x = ImageFont.load_default(12), 10.0
    rows: list[list[Mark]] = [[]]
    entries: list[tuple[str, str | None]] = [(name[:30], theme.color(j)) for j, name in zip(hues, names, strict=True)]
    if more:
        entries.append((more, None))
    for place, (text, color) in enumerate(entries):
        wide = font.getlength(text) + (14 if color else 0)
        if x + wide > _SIZE - 10 and rows[-1]:
            if len(rows) == _MOST_ROWS:
                rows[-1][-1] = Mark(rows[-1][-1].x, f"and {len(names) - place + 1} more", None)
                return rows
            rows, x = [*rows, []], 10.0
        rows[-1].append(Mark(x, text, color))
        x += wide + 14
    return rows


def picture(
    xy: Float[np.ndarray, "m 2"],
    group: Integer[np.ndarray, " m"],
    box: Float[np.ndarray, " 3"],
    head: tuple[str, str],
    *,
    middles: Float[np.ndarray, "k 2"] | None = None,
    key: Sequence[Sequence[Mark]] = (),
) -> Image.Image:
    """One image: two lines of text, the points in their colors with numbered centers (`middles`), the key below."""
    size, top = _SIZE * _FINE, _HEAD * _FINE
    image = Image.new("RGB", (size, size + top), "white")
    draw = ImageDraw.Draw(image)
    places = _on_screen(xy, box, size)
    radius = _FINE * (2.6 if len(xy) > 1500 else 3.4)
    inside = ((places > radius) & (places < size - radius)).all(axis=1)
    for (x, y), j in zip(places[inside], group[inside], strict=True):
        fill = theme.color(int(j)) if j >= 0 else _NO_GROUP
        draw.ellipse((x - radius, top + y - radius, x + radius, top + y + radius), fill=fill)
    small = Image.new("RGB", (_SIZE, _SIZE + _HEAD + _ROW * len(key) + (6 if key else 0)), "white")
    small.paste(image.resize((_SIZE, _SIZE + _HEAD), Image.Resampling.BOX))
    draw = ImageDraw.Draw(small)
    for i, (text, fill) in enumerate(zip(head, (_DARK, _FAINT), strict=True)):
        draw.text((10, 6 + 18 * i), text, fill=fill, font=ImageFont.load_default(13))
    if middles is not None:
        _draw_centers(draw, _on_screen(middles, box, _SIZE), np.asarray(np.isfinite(middles).all(axis=1)))
    for i, row in enumerate(key):
        _draw_row(draw, row, _HEAD + _SIZE + _ROW * i)
    return small


def _on_screen(xy: Float[np.ndarray, "m 2"], box: Float[np.ndarray, " 3"], size: int) -> Float[np.ndarray, "m 2"]:
    """Where points of the plane lie in a square of `size` pixels."""
    return (np.nan_to_num(xy) - box[:2]) / box[2] * [1, -1] * size / 2 + size / 2


def _draw_centers(draw: ImageDraw.ImageDraw, places: Float[np.ndarray, "k 2"], there: Bool[np.ndarray, " k"]) -> None:
    """Discs with the numbers of the clusters."""
    inside = there & ((places > 9) & (places < _SIZE - 9)).all(axis=1)
    for j in np.flatnonzero(inside):
        x, y = places[j] + [0, _HEAD]
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill="white", outline=_DARK)
        draw.text((x, y), str(j), fill=_DARK, font=ImageFont.load_default(11), anchor="mm")


def _draw_row(draw: ImageDraw.ImageDraw, row: Sequence[Mark], y: float) -> None:
    for mark in row:
        if mark.color:
            draw.ellipse((mark.x, y + 4, mark.x + 9, y + 13), fill=mark.color)
        draw.text((mark.x + (14 if mark.color else 0), y), mark.text, fill=_FAINT, font=ImageFont.load_default(12))
