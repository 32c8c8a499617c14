"""Whether a folder from elsewhere is a run: every file of it is read, none is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from epochscope.runs.format.journal import Journal
from epochscope.runs.format.spec import LIVE, RunSpec
from epochscope.runs.training.snapshot_arrays import AXES
from epochscope.types import EpochscopeError

_MOST_JSON = 5_000_000  # bytes of one file that is no journal
_ENDED = ("done", "stopped", "failed", "interrupted")
_MOST_PIXELS = 100_000_000


def check_folder(folder: Path, name: str) -> None:
    """Raises EpochscopeError, in one sentence that begins with `name`, where the folder is not a whole, right run."""
    about = _json(folder / "run.json", name)
    try:
        spec = RunSpec(**about["spec"])
        float(about["created"])
    except EpochscopeError as error:
        raise EpochscopeError(f"{name}: {error}") from None
    except (TypeError, KeyError, ValueError, AttributeError):
        _wrong(name, "run.json")
    status = _json(folder / "status.json", name)
    good = status.get("state") in (*_ENDED, *LIVE) and isinstance(status.get("message"), str)
    if not good or not all(isinstance(status.get(key, ""), str) for key in ("phase", "doing")):
        _wrong(name, "status.json")
    if not (folder / "info.json").exists():
        if (folder / "epochs.jsonl").exists():
            _wrong(name, "info.json")
        return
    info = _json(folder / "info.json", name)
    _info(info, spec, name)
    _points(folder / "points.safetensors", info, name)
    _sprites(folder / "sprites.png", info, name)
    _epochs(folder, info, spec, name)
    for path in sorted((folder / "projections").glob("*")):
        _frames(path, name)


def _wrong(name: str, file: str) -> NoReturn:
    raise EpochscopeError(f"{name}: {file} is damaged or not what a run has: nothing was taken.")


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_JSON:
            _wrong(name, path.name)
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        _wrong(name, path.name)
    if not isinstance(found, dict):
        _wrong(name, path.name)
    return found


def _info(info: dict[str, Any], spec: RunSpec, name: str) -> None:
    sizes = [info.get(key) for key in ("n", "f", "m", "r", "k")]
    good = all(type(size) is int and 0 < size < 2**31 for size in sizes) and info["k"] == spec.k
    good = good and info["m"] <= info["n"] and info["r"] <= info["m"] and isinstance(info.get("title"), str)
    texts = [*_list(info.get("classes")), *_list(info.get("provides"))]
    tile = info.get("tile")
    good = good and all(isinstance(text, str) for text in texts) and isinstance(info.get("plan"), dict)
    good = good and (tile is None or (len(_list(tile)) == 3 and all(type(x) is int and 0 < x < 5000 for x in tile)))
    if not good or not isinstance(info.get("made_with", {}), dict):
        _wrong(name, "info.json")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _points(path: Path, info: dict[str, Any], name: str) -> None:
    try:
        found = load_file(path)
        index, truth = found["index"], found["truth"]
    except (OSError, SafetensorError, KeyError, ValueError):
        _wrong(name, path.name)
    good = index.shape == (info["m"],) and truth.shape == (info["n"],) and index.dtype == np.int32
    if not good or index.min(initial=0) < 0 or index.max(initial=0) >= info["n"] or truth.dtype != np.int16:
        _wrong(name, path.name)


def _sprites(path: Path, info: dict[str, Any], name: str) -> None:
    if not path.exists():
        return
    try:
        with Image.open(path, formats=["PNG"]) as file:
            if file.width * file.height > _MOST_PIXELS:
                _wrong(name, path.name)
            file.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        _wrong(name, path.name)


def _epochs(folder: Path, info: dict[str, Any], spec: RunSpec, name: str) -> None:
    journal = Journal(folder, "epochs")
    lines = _whole(journal, name)
    shapes: dict[int, dict[str, list[int]]] = {}
    for epoch, line in enumerate(lines):
        try:
            good = line["epoch"] == epoch and isinstance(line["phase"], str) and float(line["seconds"]) >= 0
            for column in ("losses", "measures", "scores"):
                values = line.get(column, {}).values()
                good = good and all(value is None or type(value) in (int, float) for value in values)
            sizes = line.get("sizes", [])
            good = good and all(type(size) is int for size in sizes) and len(sizes) in (0, spec.k)
            known = [*line["held"].values(), *line["has"].values()]
            good = good and all(type(since) is int and 0 <= since <= epoch for since in known)
            for array, since in line["has"].items():
                if since not in shapes:
                    shapes[since] = _shapes(folder / "arrays" / f"{since:06d}.safetensors", name)
                shape = shapes[since][array]
                rows = info["n"] if array == "labels" else info["m"]
                good = good and len(shape) == len(AXES[array]) and (AXES[array][0] != "n" or shape[0] == rows)
        except (KeyError, TypeError, ValueError, AttributeError):
            good = False
        if not good:
            raise EpochscopeError(f"{name}: line {epoch + 1} of epochs.jsonl is not what a run has: nothing was taken.")
    for mark in _whole(Journal(folder, "marks", "marks.bin"), name):
        if type(mark.get("epoch")) is not int or not isinstance(mark.get("name"), str):
            _wrong(name, "marks.jsonl")


def _shapes(path: Path, name: str) -> dict[str, list[int]]:
    try:
        with safe_open(path, "np") as file:  # compares the header with the size of the file
            return {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError):
        _wrong(name, f"arrays/{path.name}")


def _frames(folder: Path, name: str) -> None:
    for line in _whole(Journal(folder, "frames"), f"{name}: projections/{folder.name}"):
        try:
            good = type(line["epoch"]) is int and line["at"]["xy"][1] % 4 == 0 and float(line["scale"]) > 0
            good = good and len([float(value) for value in line["center"]]) == 2 and float(line["seconds"]) >= 0
        except (KeyError, TypeError, ValueError, IndexError):
            good = False
        if not good:
            _wrong(name, f"projections/{folder.name}/frames.jsonl")


def _whole(journal: Journal, name: str) -> list[dict[str, Any]]:
    """All entries; half a line at the end, as a killed writer leaves it, is cut off."""
    try:
        kept, _ = journal.whole()
        lines = journal.lines()
    except (EpochscopeError, OSError, RecursionError):
        _wrong(name, journal.lines_path.name)
    if len(kept) != len(lines) or not all(isinstance(line, dict) for line in lines):
        _wrong(name, f"{journal.lines_path.name} or {journal.bytes_path.name}")
    if any(type(x) is not int or x < 0 for line in lines for at in line["at"].values() for x in at):
        _wrong(name, journal.lines_path.name)
    return lines
