"""Export of run folders as a zip, and import, which checks every file before it accepts anything.

A zip may be hostile: paths that lead elsewhere, links, more bytes than fit on the disk, invalid lines. Only files that
belong to a run folder are extracted, into a temporary folder; they join the runs once all have passed the checks.
"""

from __future__ import annotations

import errno
import io
import json
import re
import secrets
import shutil
import stat
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, NamedTuple

from epochscope import limits, rights
from epochscope.data.unzip import zip_file
from epochscope.files import reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import disk, metadata, schema
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import folder_of, runs_folder
from epochscope.runs.format.whole import check_whole
from epochscope.runs.library.catalog import entry
from epochscope.runs.library.trash import erase, trash_folder
from epochscope.types import EpochscopeError

MOST_BYTES = 4_000_000_000  # of all files together, unpacked
ASKED_BYTES = 200_000_000  # of more than so many, somebody has to say that they want them
MOST_FILES = 50_000
MOST_RUNS = 500
_MOST_RATIO = 100  # most unpacked bytes per packed byte, for zips that unpack to more than the next number
_SMALL_BYTES = 300_000_000
_CHUNK = 1 << 20
_TRIES = 20  # for an id that nobody has
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,120})/(.+)")
_FILE = re.compile(
    r"(run|info|status|about)\.json|(epochs|marks)\.jsonl|points\.safetensors|sprites(-[1-9]\d?)?\.png|frames\.bin|traceback\.txt"
    r"|arrays/\d{6}\.safetensors|projections/[a-z_]{1,20}-[0-9a-f]{10}/(frames\.bin|frames\.jsonl|params\.json|projector\.safetensors|error\.txt)"
)


def pack(runs: Sequence[Run], into: IO[bytes]) -> None:
    """Writes the folders of these runs into a zip. Raises EpochscopeError while one of them trains."""
    for run in runs:
        if run.live:
            raise EpochscopeError(f"{run.title} is still training; stop it first, or wait for its end.")
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for run in runs:
            for path in sorted(run.folder.rglob("*")):
                name = path.relative_to(run.folder).as_posix()
                if path.is_file() and not path.is_symlink() and _FILE.fullmatch(name):
                    archive.write(path, f"{run.id}/{name}")


def packed(runs: Sequence[Run]) -> bytes:
    """The zip in memory, for the browser."""
    file = io.BytesIO()
    pack(runs, file)
    return file.getvalue()


class Announced(NamedTuple):
    """What a zip of runs says it holds."""

    runs: int
    bytes: int  # of all files together, unpacked

    @property
    def large(self) -> bool:
        """Whether somebody has to say that they want so much."""
        return self.bytes > ASKED_BYTES

    @property
    def words(self) -> str:
        """Number and size."""
        return f"{self.runs:,} run{'s' * (self.runs != 1)}, {self.bytes / 1e6:,.1f} MB unpacked"


def announced(source: Path | bytes, name: str) -> Announced:
    """What a zip would take, by its directory alone. Raises EpochscopeError where it is no zip of runs."""
    with zip_file(source, name) as archive:
        members = _members(archive, name)
        return Announced(len(members), sum(info.file_size for files in members.values() for info in files.values()))


def unpack(source: Path | bytes, name: str, visitor: Visitor, *, large: bool = False) -> list[str]:
    """Imports the runs of a zip; the visitor owns them. Returns their ids.

    A run whose id exists here, even in the trash, gets a new one. Runs of a group get a new common group: the zip may
    name a group of somebody else.

    `name`: the file, for messages; `large`: whether more than ASKED_BYTES are wanted. Raises EpochscopeError with one
    sentence; then nothing was imported.
    """
    rights.require(visitor, Action.IMPORT, rights.NEW)
    root = runs_folder()
    aside = root / f".import-{secrets.token_hex(6)}"
    try:
        size = announced(source, name)
        if size.large and not large:
            raise EpochscopeError(f"{name} holds {size.words}: it was not said that so much is wanted.")
        limits.require_room(visitor, root, disk.run_bytes, "runs", size.bytes)
        with zip_file(source, name) as archive:
            members = _members(archive, name)
            aside.mkdir(parents=True)
            for run_id, files in members.items():
                _extract(archive, files, aside / run_id)
        for run_id in members:
            _check(aside / run_id, f"{name}: {run_id}")
        placed = _place_all([aside / run_id for run_id in members], visitor)
    except OSError as error:
        raise EpochscopeError(f"{name} cannot be taken into {root} ({reason(error)}).") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for run_id in placed:
        entry(run_id)  # read once more here, so that no list waits for it
    return placed


def _check(folder: Path, name: str) -> None:
    try:
        check_whole(folder)
    except EpochscopeError as error:
        what = str(error).replace(f"{folder}/", "").partition("; ")[0].rstrip(".")
        raise EpochscopeError(f"{name}: {what}: nothing was taken.") from None


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Run id -> file name -> member. Raises EpochscopeError at anything that does not belong to a run folder."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_FILES:
        raise EpochscopeError(f"{name} holds {len(infos):,} files, more than any set of runs has.")
    unpacked, compressed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if unpacked > MOST_BYTES or (unpacked > _SMALL_BYTES and unpacked > _MOST_RATIO * compressed):
        raise EpochscopeError(
            f"{name} would unpack to {unpacked / 1e6:,.0f} MB, which no set of runs does: left alone."
        )
    members_by_run: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for info in infos:
        match = _NAME.fullmatch(info.filename)
        mode = info.external_attr >> 16
        regular = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
        if not match or not _FILE.fullmatch(match[2]) or not regular or match[2] in members_by_run.get(match[1], {}):
            raise EpochscopeError(f"{name} holds {info.filename[:80]!r}, which is no file of a run: nothing was taken.")
        if info.file_size > schema.MOST_BYTES.get(info.filename.rpartition("/")[2], MOST_BYTES):
            raise EpochscopeError(
                f"{name}: {info.filename[:80]} is longer than such a file ever is: nothing was taken."
            )
        members_by_run.setdefault(match[1], {})[match[2]] = info
    for run_id, files in members_by_run.items():
        if "run.json" not in files:
            raise EpochscopeError(f"{name}: {run_id} has no run.json, so it is no run: nothing was taken.")
    if len(members_by_run) > MOST_RUNS:
        raise EpochscopeError(f"{name} holds {len(members_by_run):,} runs; take at most {MOST_RUNS} at once.")
    if not members_by_run:
        raise EpochscopeError(f"{name} holds no run.")
    return members_by_run


def _extract(archive: zipfile.ZipFile, files: dict[str, zipfile.ZipInfo], folder: Path) -> None:
    for name, info in files.items():
        path = folder / name  # fits _FILE: no part of it leads elsewhere
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as content, path.open("xb") as file:
            while piece := content.read(_CHUNK):
                file.write(piece)
    (folder / "arrays").mkdir(exist_ok=True)


def _place_all(folders: Sequence[Path], visitor: Visitor) -> list[str]:
    """Moves folders among the runs; all of them or, where one cannot be moved (OSError), none."""
    groups: dict[str, str] = defaultdict(lambda: secrets.token_hex(6))  # in the zip -> here
    placed: list[str] = []
    try:
        for folder in folders:
            placed.append(_place(folder, groups, visitor))
    except BaseException:
        for run_id in placed:
            erase(folder_of(run_id))
        raise
    return placed


def _place(folder: Path, groups: Mapping[str, str], visitor: Visitor) -> str:
    """Moves a folder among the runs. Its owner is written first: the run is never visible without it."""
    rights.write_owner(visitor, folder / rights.OWNER)
    said = metadata.read(folder)
    if said.group:
        metadata.write(folder, replace(said, group=groups[said.group]), visitor)
    _end(folder)
    run_id = folder.name
    for _ in range(_TRIES):
        while folder_of(run_id).exists() or (trash_folder() / run_id).exists():
            run_id = f"{folder.name[:100]}-{secrets.token_hex(4)}"
        try:
            folder.rename(folder_of(run_id))
            return run_id
        except OSError as error:  # somebody else has just taken this id
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
    raise OSError(errno.EEXIST, "every id is taken")


def _end(folder: Path) -> None:
    """A run whose writer had died is written down as interrupted, so that no list looks for a writer again."""
    status = Run(folder.name, folder).status
    if status["state"] == "interrupted":
        write_whole(folder / "status.json", json.dumps(status))
