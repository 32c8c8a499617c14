"""One epoch for the Embedding Projector of TensorBoard: vectors, labels, thumbnails and the file that names them."""

from __future__ import annotations

import io
import json
import math
import zipfile

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from epochscope.data.sprites import sheet
from epochscope.runs.format.run import Run
from epochscope.runs.format.thumbnails import TILES, opened_sheet
from epochscope.types import EpochscopeError


def projector_zip(run: Run, epoch: int | None = None) -> bytes:
    """A zip to unpack into a log folder (`tensorboard --logdir FOLDER`), or to load file by file in the standalone one.

    vectors.tsv: the codes z of the drawn points; metadata.tsv: row in the data set, cluster, class; sprite.png, if the
    data have pictures; projector_config.pbtxt and .json. Raises EpochscopeError where the epoch has no codes.
    """
    epoch = len(run.epochs()) - 1 if epoch is None else epoch
    z = run.array(epoch, "z") if 0 <= epoch < len(run.epochs()) else None
    if z is None:
        raise EpochscopeError(f"{run.title} has no codes at epoch {epoch}.")
    vectors = "".join("\t".join(f"{value:.6g}" for value in row) + "\n" for row in z.astype(np.float32).tolist())
    pictures = thumbnails(run)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.tsv", vectors)
        archive.writestr("metadata.tsv", metadata(run, epoch))
        size = None
        if pictures is not None:
            size = pictures.shape[2], pictures.shape[1]
            archive.writestr("sprite.png", _square(pictures))
        archive.writestr("projector_config.pbtxt", _pbtxt(run, size))
        archive.writestr("projector_config.json", _json(run, z.shape, size))
    return file.getvalue()


def _square(pictures: UInt8[np.ndarray, "m h w *color"]) -> bytes:
    """A sheet with as many rows as columns: the projector counts on that."""
    columns = math.ceil(math.sqrt(len(pictures)))
    missing = max(0, (columns - 1) * columns + 1 - len(pictures))
    return sheet(np.concatenate([pictures, np.zeros((missing, *pictures.shape[1:]), np.uint8)]), columns)


def metadata(run: Run, epoch: int) -> str:
    """Tab-separated, with a line of titles: row in the data set, cluster, class (what the run has of these)."""
    points, info = run.points(), run.info or {}
    index, classes = points["index"], [_cell(str(name)) for name in info.get("classes", ())]
    columns: dict[str, list[str]] = {"row": [str(i) for i in index.tolist()]}
    labels = run.array(epoch, "labels")
    columns["cluster"] = ["" if labels is None or labels[i] < 0 else str(labels[i]) for i in index.tolist()]
    truth = points["truth"][index].tolist()
    columns["class"] = [classes[t] if 0 <= t < len(classes) else "" for t in truth]
    rows = zip(*columns.values(), strict=True)
    return "".join("\t".join(row) + "\n" for row in [tuple(columns), *rows])


def _cell(text: str) -> str:
    return " ".join(text.split())


def thumbnails(run: Run) -> UInt8[np.ndarray, "m h w *color"] | None:
    """The pictures of the drawn points, out of the run's sheet; None where it has none, or more than one sheet: the
    projector takes one picture with all of them.
    """
    info = run.info or {}
    if not info.get("tile") or info["m"] > TILES or (sheet := opened_sheet(run.folder, 0)) is None:
        return None
    width, height, columns = info["tile"]
    with sheet, Image.open(sheet) as file:
        full = np.asarray(file.convert("RGB" if file.mode == "RGB" else "L"))
    rows, color = full.shape[0] // height, full.shape[2:]
    tiles = full[: rows * height, : columns * width].reshape(rows, height, columns, width, *color).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, height, width, *color)[: info["m"]])


def _pbtxt(run: Run, size: tuple[int, int] | None) -> str:
    sprite = ""
    if size:
        sprite = f'  sprite {{ image_path: "sprite.png" single_image_dim: {size[0]} single_image_dim: {size[1]} }}\n'
    name = json.dumps(run.title)
    return (
        f'embeddings {{\n  tensor_name: {name}\n  tensor_path: "vectors.tsv"\n'
        f'  metadata_path: "metadata.tsv"\n{sprite}}}\n'
    )


def _json(run: Run, shape: tuple[int, ...], size: tuple[int, int] | None) -> str:
    one = {
        "tensorName": run.title,
        "tensorShape": list(shape),
        "tensorPath": "vectors.tsv",
        "metadataPath": "metadata.tsv",
    }
    if size:
        one["sprite"] = {"imagePath": "sprite.png", "singleImageDim": list(size)}
    return json.dumps({"embeddings": [one]}, indent=1)
