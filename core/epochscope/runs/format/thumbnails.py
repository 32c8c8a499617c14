"""The files that hold the pictures of a run's points: sheets of tiles, in drawing order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from epochscope.files import opened

TILES = 5000
"""Thumbnails on a sheet: browsers do not draw larger PNGs reliably."""


def pictured_points(info: Mapping[str, Any]) -> int:
    """How many drawn points have thumbnails: the first ones, as a run's info says."""
    return info.get("pictured", info["m"]) if info["tile"] else 0


def sprites_name(sheet: int) -> str:
    """The file of a sheet of thumbnails: sheet 0 has those of the first TILES drawn points."""
    return f"sprites-{sheet}.png" if sheet else "sprites.png"


def opened_sheet(folder: Path, sheet: int) -> BinaryIO | None:
    """A sheet of thumbnails of a run, to be read; None where there is none, or something else has its name."""
    try:
        return opened(folder / sprites_name(sheet))
    except OSError:
        return None


def sheet_bytes(folder: Path, sheet: int) -> bytes | None:
    """The content of such a sheet."""
    if (file := opened_sheet(folder, sheet)) is None:
        return None
    with file:
        return file.read()
