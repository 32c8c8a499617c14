"""Runs (and futures) that ship with epochscope, for its tours: opened by id, not listed, read-only.

They lie in one zip, made by `python -m assets.tours`. At first use it is unpacked into the platform's cache folder,
under the hash of the zip, for all viewers and for good; projections are added there.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import shutil
import tempfile
import zipfile
from pathlib import Path

import platformdirs

from epochscope import rights
from epochscope.files import write_whole
from epochscope.resources import resource
from epochscope.types import EpochscopeError

ZIP = resource("bundled/runs.zip")


def bundled_folder(run_id: str) -> Path | None:
    """The folder of a run that comes with epochscope; None for any other id."""
    return _unpacked() / run_id if run_id in bundled_ids() else None


@functools.cache
def bundled_ids() -> frozenset[str]:
    """The ids of all that is bundled; empty if the zip is missing."""
    return frozenset(name.split("/")[0] for name in _names())


def is_shipped(file: Path) -> bool:
    """Whether this file of a bundled run came with it: others are added to its folder here, such as projections."""
    names = _names()
    return bool(names) and file.is_relative_to(_unpacked()) and file.relative_to(_unpacked()).as_posix() in names


@functools.cache
def _names() -> frozenset[str]:
    """Of all files in the zip."""
    if not ZIP.is_file():
        return frozenset()
    with zipfile.ZipFile(ZIP) as archive:
        return frozenset(archive.namelist())


@functools.cache
def _unpacked() -> Path:
    """The folder where they are unpacked; a temporary one if the cache folder cannot be written."""
    name = hashlib.sha256(ZIP.read_bytes()).hexdigest()[:12]
    for root in (
        platformdirs.user_cache_path("epochscope") / "tours",
        Path(tempfile.gettempdir()) / "epochscope-tours",
    ):
        try:
            return _unpack(root / name)
        except OSError:
            continue
    raise EpochscopeError("The runs of the tours cannot be unpacked: neither the cache folder nor /tmp can be written.")


def _unpack(folder: Path) -> Path:
    if folder.is_dir():
        return folder
    aside = folder.with_name(f".new-{secrets.token_hex(6)}")
    try:
        with zipfile.ZipFile(ZIP) as archive:
            archive.extractall(aside)  # a file of the program itself, like its source
        for run in aside.iterdir():
            write_whole(run / rights.OWNER, rights.NOBODY)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder
