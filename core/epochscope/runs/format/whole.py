"""Checks an imported folder: every file is read in full before it is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from epochscope.files import cut_off, reason
from epochscope.runs.format import projector_file, schema
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import DamagedError
from epochscope.runs.format.thumbnails import TILES, pictured_points, sprites_name
from epochscope.types import EpochscopeError

_MOST_PIXELS = 50_000_000
_MODES = ("L", "RGB")
_TEXTS = ("error.txt", "traceback.txt")


def check_whole(folder: Path) -> None:
    """Reads all of a run folder and cuts off bytes that no line points to, so that they take no space.

    Raises EpochscopeError, in one sentence, at the first violation of the format.
    """
    run = Run(folder.name, folder)
    schema.decoded(_content(folder / "status.json"), schema.Status, str(folder / "status.json"))
    if run.info is None and any((folder / name).exists() for name in ("epochs.jsonl", "marks.jsonl", "projections")):
        raise DamagedError(f"{folder / 'info.json'} is missing.")
    run.check()
    _check_arrays(run)
    _check_sprites(folder, run.info)
    _no_more(folder / "frames.bin", run.journal.whole()[1][1])
    for path in sorted((folder / "projections").glob("*")):
        _check_projection(run, path)
    for name in _TEXTS:
        for path in sorted(folder.rglob(name)):
            _content(path)


def _content(path: Path) -> bytes:
    try:
        return schema.read_bytes(path)
    except FileNotFoundError:
        raise DamagedError(f"{path} is missing.") from None


def _check_arrays(run: Run) -> None:
    """Every array that an epoch names, once; files that none names are deleted."""
    known: set[tuple[str, int]] = set()
    for epoch, line in enumerate(run.epochs()):
        for name in line["has"]:
            if (name, line["has"][name]) not in known:
                run.array(epoch, name)
                known.add((name, line["has"][name]))
    named = {run.array_file(since) for _, since in known}
    for path in (run.folder / "arrays").glob("*"):
        if path not in named:
            path.unlink()


def _check_sprites(folder: Path, info: dict[str, Any] | None) -> None:
    """The pictures, which are as many and as large as the run says; a file that no run speaks of is deleted."""
    pictured = pictured_points(info) if info else 0
    sheets = [sprites_name(number) for number in range(-(-pictured // TILES))]
    for path in folder.glob("sprites*.png"):
        if path.name not in sheets:
            path.unlink()
    for number, name in enumerate(sheets):
        width, height, columns = info["tile"] if info else (1, 1, 1)
        rows = -(-min(TILES, pictured - number * TILES) // columns)
        _check_sheet(folder / name, (width * columns, height * rows))


def _check_sheet(path: Path, size: tuple[int, int]) -> None:
    if not path.exists():
        raise DamagedError(f"{path} is missing.")
    try:
        with Image.open(path, formats=["PNG"]) as file:
            if size[0] * size[1] > _MOST_PIXELS:
                raise ValueError("it is too large")
            if file.mode not in _MODES or file.size != size:
                raise ValueError(f"it is {file.mode} {file.size} instead of {' or '.join(_MODES)} {size}")
            file.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DamagedError(f"{path} is damaged ({' '.join(str(error).split())[:100]}).") from None


def _check_projection(run: Run, folder: Path) -> None:
    params = folder / "params.json"
    if params.exists():
        schema.decoded(_content(params), schema.ProjectionParams, str(params))
    projector_file.read(folder)
    journal = run.frames(folder.name)
    count = len(run.epochs())
    if any(line["epoch"] >= count for line in journal.lines()):
        raise DamagedError(f"{journal.lines_path} is damaged (it has frames of epochs that are not there).")
    _no_more(journal.bytes_path, journal.whole()[1][1])


def _no_more(path: Path, end: int) -> None:
    """Cuts off bytes that no line points to, as a killed writer leaves them."""
    try:
        cut_off(path, end)
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be written ({reason(error)}).") from None
