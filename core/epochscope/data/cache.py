"""Files of data sets that are not built in: found in the cache folder, placed there by hand, or downloaded and checked.

The cache folder is EPOCHSCOPE_DATA, else the platform's cache folder. In it, each set is stored as its authors publish
it (<cache>/mnist/MNIST/raw/...gz, as in torchvision). A download goes to a temporary file, which is moved into place
only after its checksum was verified. A file placed by hand is never replaced. Files without a known checksum are not
downloaded: a message says which file to place where.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pooch

from epochscope import settings
from epochscope.data.download import HttpDownload, MirrorFailure
from epochscope.types import EpochscopeError

DownloadProgress = Callable[[int, int], None]
"""Called with (bytes done, bytes in total) over all files that a load has to download."""


class UnknownFileError(EpochscopeError):
    """A file in the cache differs from the published one; EPOCHSCOPE_ACCEPT_UNKNOWN=1 loads it nevertheless."""


class RemoteFile(NamedTuple):
    """One published file. Hashes have pooch's form ("sha256:...", "md5:..."); "" if none is known.

    A file without a hash is never downloaded, only placed by hand, and its reader checks the content.
    """

    name: str  # or a pattern, such as *.npz: then the first such file in the folder
    size: int = 0  # bytes
    hash: str = ""
    twins: tuple[tuple[str, str], ...] = ()  # (name, hash) of equivalents: unpacked, repacked, a folder
    urls: tuple[str, ...] = ()  # where to download it; empty: <mirror><name> of each mirror
    exact: bool = True  # False: the size is an estimate

    @property
    def most(self) -> int:
        """Largest number of bytes accepted from a server."""
        return self.size if self.exact else 4 * self.size


class Archive(NamedTuple):
    """The published files of one set: `<cache>/<folder>/<name>`, served by each mirror as `<mirror><name>`."""

    folder: str
    page: str  # in messages: where the files can be downloaded by hand
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    place: str = ""  # in messages: what to place there; by default the names of the missing files
    note: str = ""  # in messages: a remark before "published at"

    def path(self, cache: Path) -> Path:
        """The folder of this set's files."""
        return cache / self.folder

    def urls(self, file: RemoteFile) -> tuple[str, ...]:
        """URLs of this file; empty if it cannot be downloaded or has no checksum."""
        return (file.urls or tuple(mirror + file.name for mirror in self.mirrors)) if file.hash else ()


class ByHand(NamedTuple):
    """What to do by hand where nothing can be downloaded."""

    what: str
    folder: Path
    source: str  # "published at ..."
    offline: bool = False  # only because downloads are switched off

    def __str__(self) -> str:
        return f"place {self.what} in the folder {self.folder} ({self.source})"


class Download(NamedTuple):
    """What a load would have to download: missing bytes, and whether the set is complete."""

    bytes: int
    cached: bool
    by_hand: ByHand | None = None  # if a missing file cannot be downloaded


def cache_folder() -> Path:
    """The folder of data sets: EPOCHSCOPE_DATA, else this program's cache folder of the platform."""
    return Path(settings.DATA() or pooch.os_cache("epochscope")).expanduser()


def archives() -> dict[str, Archive]:
    """The registry of published files, by key of the set."""
    registry = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf-8"))
    return {key: _archive(about) for key, about in registry.items()}


def _archive(about: dict[str, Any]) -> Archive:
    files = []
    for file in about["files"]:
        twins = tuple((name, hash_) for name, hash_ in file.get("twins", {}).items())
        files.append(RemoteFile(**file | {"twins": twins, "urls": tuple(file.get("urls", ()))}))
    return Archive(**about | {"mirrors": tuple(about.get("mirrors", ())), "files": tuple(files)})


def to_download(archive: Archive, cache: Path | None = None, *, offline: bool = False) -> Download:
    """The missing files, judged by names alone (fast enough for each redraw of a page). `offline`: nothing can be."""
    cache = cache or cache_folder()
    missing = [file for file in archive.files if not any(_candidates(file, archive.path(cache)))]
    size = sum(file.size for file in missing if archive.urls(file))
    return Download(bytes=size, cached=not missing, by_hand=_by_hand(archive, missing, cache, offline=offline))


def _by_hand(archive: Archive, missing: list[RemoteFile], cache: Path, *, offline: bool = False) -> ByHand | None:
    never = [file.name for file in missing if not archive.urls(file)]
    names = [file.name for file in missing] if offline else never
    what = archive.place or " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    note = f"{archive.note}, " if archive.note else ""
    published = f"{note}published at {archive.page}"
    return ByHand(what, archive.path(cache), published, not never) if names else None


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """How files are obtained: the cache folders, whether to download, and callbacks."""

    cache: Path = field(default_factory=cache_folder)
    parsed: Path = field(default_factory=lambda: Path(pooch.os_cache("epochscope")) / "parsed")  # see parsed_cache.py
    offline: bool = field(default_factory=settings.OFFLINE)  # never open a connection
    accept_unknown: bool = field(default_factory=settings.ACCEPT_UNKNOWN)
    """Load files placed by hand even if they differ from the published ones."""
    progress: DownloadProgress = lambda done, total: None
    cancel: Event = field(default_factory=Event)  # set it to stop; checked for each chunk that arrives
    timeout: tuple[float, float] = (10.0, 20.0)  # seconds to connect, seconds without data; delays a cancel as long

    def fetch(self, archive: Archive) -> dict[str, Path]:
        """Paths of the files of the set by their published names; downloads missing ones.

        Raises Cancelled, UnknownFileError, or EpochscopeError (offline, no mirror works, folder not writable, disk
        full).
        """
        local = {file.name: self._local(file, archive) for file in archive.files}
        paths = {name: path for name, path in local.items() if path is not None}
        missing = [file for file in archive.files if file.name not in paths]
        if by_hand := _by_hand(archive, missing, self.cache):
            raise EpochscopeError(f"{missing[0].name} is missing and cannot be downloaded: {by_hand}.")
        total, done = sum(file.size for file in missing), 0
        for file in missing:
            paths[file.name] = self._download(
                file, archive, lambda part, done=done: self.progress(min(done + part, total), total)
            )
            done += file.size
            self.progress(done, total)
        return paths

    def _local(self, file: RemoteFile, archive: Archive) -> Path | None:
        """The file in the cache, under any of its names; None if there is none. Raises UnknownFileError."""
        present = list(_candidates(file, archive.path(self.cache)))
        for path, known in present:
            try:
                if not known or pooch.file_hash(str(path), known.partition(":")[0]) == known.partition(":")[2]:
                    return path
            except OSError as error:
                raise EpochscopeError(f"{path} cannot be read ({error.strerror}).") from None
        if present and not self.accept_unknown:
            way_out = "to have it downloaded" if archive.urls(file) else f"and download it again ({archive.page})"
            raise UnknownFileError(
                f"{present[0][0]} differs from the published file: move it away {way_out}, "
                "or start epochscope with EPOCHSCOPE_ACCEPT_UNKNOWN=1 to load it as it is."
            )
        return present[0][0] if present else None

    def _download(self, file: RemoteFile, archive: Archive, progress: Callable[[int], None]) -> Path:
        folder = archive.path(self.cache)
        by_hand = f"place it by hand as {folder / file.name} (published at {archive.page})"
        if self.offline:
            raise EpochscopeError(f"{file.name} is missing and downloads are switched off: {by_hand}.")
        download = HttpDownload(size=file.most, progress=progress, cancel=self.cancel, timeout=self.timeout)
        failures = []
        for url in archive.urls(file):
            try:
                return Path(pooch.retrieve(url, file.hash, file.name, folder, downloader=download))
            except MirrorFailure as error:
                failures.append(f"{url} ({error})")
            except ValueError:  # raised by pooch for a wrong checksum
                failures.append(f"{url} (sent other bytes: the checksum differs)")
            except OSError as error:  # network errors are caught above, this is the disk
                reason = error.strerror or "not writable"  # pooch's own message for this is long
                raise EpochscopeError(
                    f"{file.name} cannot be stored in {folder} ({reason}): free some space, make the folder writable "
                    "or name another one in EPOCHSCOPE_DATA."
                ) from None
        raise EpochscopeError(
            f"{file.name} cannot be downloaded: {', '.join(failures)}; {by_hand}, or try again later."
        )


def _candidates(file: RemoteFile, folder: Path) -> Iterator[tuple[Path, str]]:
    """Existing paths under any name of the file, each with its expected hash."""
    for name, known in ((file.name, file.hash), *file.twins):
        # normpath: a name may start with ../, and the folder itself need not exist
        for path in sorted(folder.glob(name)) if "*" in name else (Path(os.path.normpath(folder / name)),):
            if path.is_file() and not path.name.startswith("."):
                yield path, known
