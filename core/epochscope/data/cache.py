"""Files of data sets that are not built in: found in the cache folder, placed there by hand, or downloaded and checked.

The cache folder is EPOCHSCOPE_DATA, else the platform's cache folder. Below it, each set lies as its authors publish it
(<cache>/mnist/MNIST/raw/...gz, as torchvision has it too). A download goes to a temporary file, which is moved to its
place only after its checksum was found right. A file that somebody placed by hand is never replaced. Where no checksum
is known nothing is downloaded: a person is told what to place where.
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

from epochscope.data.download import HttpDownload, MirrorFailure
from epochscope.types import EpochscopeError

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) of everything that one load has to download."""


class UnknownFileError(EpochscopeError):
    """A file in the cache has other bytes than the published one; EPOCHSCOPE_ACCEPT_UNKNOWN=1 loads it all the same."""


class RemoteFile(NamedTuple):
    """One published file. Hashes as pooch writes them ("sha256:...", "md5:..."), "" where none is known.

    Without a hash a file is never downloaded, only placed by hand, and its reader judges the content.
    """

    name: str  # or a pattern, such as *.npz: then the first such file in the folder
    size: int = 0  # bytes
    hash: str = ""
    twins: tuple[tuple[str, str], ...] = ()  # (name, hash) of what serves as well: unzipped, packed anew, a folder
    urls: tuple[str, ...] = ()  # where it lies; empty: <mirror><name> of each mirror
    exact: bool = True  # False: the size was never seen, only guessed

    @property
    def most(self) -> int:
        """No download takes more bytes than this, whatever a server sends."""
        return self.size if self.exact else 4 * self.size


class Archive(NamedTuple):
    """The published files of one set: `<cache>/<folder>/<name>`, served by each mirror as `<mirror><name>`."""

    folder: str
    page: str  # for people: where the files can be had by hand
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    place: str = ""  # for people: what to place there; else the names of the missing files
    note: str = ""  # for people: what else they must know, ahead of "published at"

    def path(self, cache: Path) -> Path:
        """The folder of this set's files."""
        return cache / self.folder

    def urls(self, file: RemoteFile) -> tuple[str, ...]:
        """Where this file can be downloaded and checked; empty: nowhere."""
        return (file.urls or tuple(mirror + file.name for mirror in self.mirrors)) if file.hash else ()


class ByHand(NamedTuple):
    """What a person must do where nothing can be downloaded."""

    what: str
    folder: Path
    source: str  # "published at ..."

    def __str__(self) -> str:
        return f"place {self.what} in the folder {self.folder} ({self.source})"


class Download(NamedTuple):
    """What a load would have to download: bytes still missing, and whether nothing is missing at all."""

    bytes: int
    cached: bool
    by_hand: ByHand | None = None  # where something is missing that cannot be downloaded


def cache_folder() -> Path:
    """Where data sets lie: EPOCHSCOPE_DATA, else the cache folder that the platform gives to this program."""
    return Path(os.environ.get("EPOCHSCOPE_DATA") or pooch.os_cache("epochscope")).expanduser()


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


def to_download(archive: Archive, cache: Path | None = None) -> Download:
    """What is not there yet, judged by names alone (quick enough for every page draw)."""
    cache = cache or cache_folder()
    missing = [file for file in archive.files if not any(_candidates(file, archive.path(cache)))]
    size = sum(file.size for file in missing if archive.urls(file))
    return Download(bytes=size, cached=not missing, by_hand=_by_hand(archive, missing, cache))


def _by_hand(archive: Archive, missing: list[RemoteFile], cache: Path) -> ByHand | None:
    names = [file.name for file in missing if not archive.urls(file)]
    what = archive.place or " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    note = f"{archive.note}, " if archive.note else ""
    return ByHand(what, archive.path(cache), f"{note}published at {archive.page}") if names else None


def _set(variable: str) -> bool:
    """Whether the environment says yes."""
    return os.environ.get(variable, "").lower() in {"1", "true", "yes"}


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """How files are had: from which folder, whether from the network, and who hears of it."""

    cache: Path = field(default_factory=cache_folder)
    kept: Path = field(default_factory=lambda: Path(pooch.os_cache("epochscope")) / "parsed")  # what took long to read
    offline: bool = field(default_factory=lambda: _set("EPOCHSCOPE_OFFLINE"))  # no socket is ever opened
    accept_unknown: bool = field(default_factory=lambda: _set("EPOCHSCOPE_ACCEPT_UNKNOWN"))
    """Load files placed by hand although their bytes are not the published ones."""
    progress: Progress = lambda done, total: None
    cancel: Event = field(default_factory=Event)  # set it to stop: looked at for every piece that arrives
    timeout: tuple[float, float] = (10.0, 20.0)  # seconds to connect, seconds of silence; a cancel may wait as long

    def fetch(self, archive: Archive) -> dict[str, Path]:
        """Path of each file of the set, by its published name; downloads what is missing.

        Raises Cancelled, UnknownFileError, or EpochscopeError (offline, mirrors dead, folder not writable, disk full).
        """
        local = {file.name: self._local(file, archive) for file in archive.files}
        found = {name: path for name, path in local.items() if path is not None}
        missing = [file for file in archive.files if file.name not in found]
        if by_hand := _by_hand(archive, missing, self.cache):
            raise EpochscopeError(f"{missing[0].name} is not there and cannot be downloaded: {by_hand}.")
        total, done = sum(file.size for file in missing), 0
        for file in missing:
            found[file.name] = self._download(
                file, archive, lambda part, done=done: self.progress(min(done + part, total), total)
            )
            done += file.size
            self.progress(done, total)
        return found

    def _local(self, file: RemoteFile, archive: Archive) -> Path | None:
        """The file in the cache, under any of its names; None where there is none."""
        present = list(_candidates(file, archive.path(self.cache)))
        for path, known in present:
            try:
                if not known or pooch.file_hash(str(path), known.partition(":")[0]) == known.partition(":")[2]:
                    return path
            except OSError as error:
                raise EpochscopeError(f"{path} cannot be read ({error.strerror}).") from None
        if present and not self.accept_unknown:
            way_out = "to have it downloaded" if archive.urls(file) else f"and get it again ({archive.page})"
            raise UnknownFileError(
                f"{present[0][0]} has other bytes than the published file: move it away {way_out}, "
                "or start epochscope with EPOCHSCOPE_ACCEPT_UNKNOWN=1 to load it as it is."
            )
        return present[0][0] if present else None

    def _download(self, file: RemoteFile, archive: Archive, progress: Callable[[int], None]) -> Path:
        folder = archive.path(self.cache)
        by_hand = f"place it by hand as {folder / file.name} (published at {archive.page})"
        if self.offline:
            raise EpochscopeError(f"{file.name} is not there and downloads are switched off: {by_hand}.")
        download = HttpDownload(size=file.most, progress=progress, cancel=self.cancel, timeout=self.timeout)
        failures = []
        for url in archive.urls(file):
            try:
                return Path(pooch.retrieve(url, file.hash, file.name, folder, downloader=download))
            except MirrorFailure as error:
                failures.append(f"{url} ({error})")
            except ValueError:  # pooch's word for a wrong checksum
                failures.append(f"{url} (sent other bytes: the checksum differs)")
            except OSError as error:  # the network's errors were caught above, this is the disk
                reason = error.strerror or "not writable"  # pooch rewords a missing permission at length
                raise EpochscopeError(
                    f"{file.name} cannot be stored in {folder} ({reason}): free some space, make the folder writable "
                    "or name another one in EPOCHSCOPE_DATA."
                ) from None
        raise EpochscopeError(
            f"{file.name} cannot be downloaded: {', '.join(failures)}; {by_hand}, or try again later."
        )


def _candidates(file: RemoteFile, folder: Path) -> Iterator[tuple[Path, str]]:
    """Paths that exist under any name of the file, with the hash each should have."""
    for name, known in ((file.name, file.hash), *file.twins):
        # normpath: a name may begin with ../, and the folder itself need not be there
        for path in sorted(folder.glob(name)) if "*" in name else (Path(os.path.normpath(folder / name)),):
            if path.is_file() and not path.name.startswith("."):
                yield path, known
