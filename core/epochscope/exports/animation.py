"""The embedding of a run as an animated GIF, one image per epoch."""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import Float, Integer
from PIL import Image, ImageDraw, ImageFont

from epochscope.exports.embedding import PCA, groups, positions, sample_words, title_of
from epochscope.figures import theme
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec

MOST_PICTURES = 120
_SIZE = 480  # side of the square with the points, in pixels
_HEAD = 44
_FINE = 2  # supersampling factor, for smooth edges
_NO_GROUP = "#94a4a2"


def gif(
    run: Run, visitor: Visitor, projection: ProjectionSpec = PCA, *, color: str = "class", last_ms: int = 2000
) -> bytes:
    """A GIF of all epochs (of MOST_PICTURES evenly chosen ones, if there are more). Raises as `positions`."""
    frames = positions(run, visitor, projection)
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
        pictures.append(picture(xy, colored.group[: len(xy)], box, head))
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


def picture(
    xy: Float[np.ndarray, "m 2"], group: Integer[np.ndarray, " m"], box: Float[np.ndarray, " 3"], head: tuple[str, str]
) -> Image.Image:
    """One image: the points in their colors below two lines of text."""
    size, top = _SIZE * _FINE, _HEAD * _FINE
    image = Image.new("RGB", (size, size + top), "white")
    draw = ImageDraw.Draw(image)
    places = (np.nan_to_num(xy) - box[:2]) / box[2] * [1, -1] * size / 2 + size / 2
    radius = _FINE * (2.6 if len(xy) > 1500 else 3.4)
    inside = ((places > radius) & (places < size - radius)).all(axis=1)
    for (x, y), j in zip(places[inside], group[inside], strict=True):
        fill = theme.color(int(j)) if j >= 0 else _NO_GROUP
        draw.ellipse((x - radius, top + y - radius, x + radius, top + y + radius), fill=fill)
    small = image.resize((_SIZE, _SIZE + _HEAD), Image.Resampling.BOX)
    draw = ImageDraw.Draw(small)
    for i, (text, fill) in enumerate(zip(head, ("#222222", "#666666"), strict=True)):
        draw.text((10, 6 + 18 * i), text, fill=fill, font=ImageFont.load_default(13))
    return small
