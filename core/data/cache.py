"""Files of data sets that are not built in: found in the cache folder, placed there by hand, or downloaded and checked.

The cache folder is EPOCHSCOPE_DATA, else the platform's cache folder. Below it, each set lies as its authors publish it
(<cache>/mnist/MNIST/raw/...gz, as torchvision has it too). A download goes to a temporary file, which is moved to its
place only after its checksum was found right. A file that somebody placed by hand is never replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pooch

from core.data.download import HttpDownload, MirrorFailure
from core.types import EpochscopeError

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) of everything that one load has to download."""


class UnknownFileError(EpochscopeError):
    """A file lies in the cache whose bytes are not the published ones: `accept_unknown` would load it all the same."""


class RemoteFile(NamedTuple):
    """One published file; sizes in bytes, hashes are SHA-256. The unzipped twin is what a browser may make of it."""

    name: str
    size: int
    sha256: str
    unzipped: str
    unzipped_sha256: str


class Archive(NamedTuple):
    """The published files of one set: `<cache>/<key>/<folder>/<name>`, served by each mirror as `<mirror><name>`."""

    key: str
    page: str  # for people: where the files can be had by hand
    folder: str
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]

    def path(self, cache: Path) -> Path:
        """The folder of this set's files."""
        return cache / self.key / self.folder


class Download(NamedTuple):
    """What a load would have to download: bytes still missing, and whether none is."""

    bytes: int
    cached: bool


def cache_folder() -> Path:
    """Where data sets lie: EPOCHSCOPE_DATA, else the cache folder that the platform gives to this program."""
    return Path(os.environ.get("EPOCHSCOPE_DATA") or pooch.os_cache("epochscope")).expanduser()


def archives() -> dict[str, Archive]:
    """The registry of published files, by key of the set."""
    registry = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf-8"))
    return {
        key: Archive(
            key, about["page"], about["folder"], tuple(about["mirrors"]), tuple(RemoteFile(**f) for f in about["files"])
        )
        for key, about in registry.items()
    }


def to_download(archive: Archive, cache: Path | None = None) -> Download:
    """What is not there yet, judged by names alone (quick enough for every page draw)."""
    folder = archive.path(cache or cache_folder())
    missing = sum(file.size for file in archive.files if not any(_candidates(file, folder)))
    return Download(bytes=missing, cached=missing == 0)


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """How files are had: from which folder, whether from the network, and who hears of it."""

    cache: Path = field(default_factory=cache_folder)
    offline: bool = False  # True, or EPOCHSCOPE_OFFLINE=1: no socket is ever opened
    accept_unknown: bool = False  # load hand-placed files although their bytes are not the published ones
    progress: Progress = lambda done, total: None
    cancel: Event = field(default_factory=Event)  # set it to stop: looked at for every piece that arrives
    timeout: tuple[float, float] = (10.0, 20.0)  # seconds to connect, seconds of silence; a cancel may wait as long

    def fetch(self, archive: Archive) -> dict[str, Path]:
        """Path of each file of the set, by its published name; downloads what is missing.

        Raises Cancelled, UnknownFileError, or EpochscopeError (offline, mirrors dead, folder not writable, disk full).
        """
        folder = archive.path(self.cache)
        local = {file.name: self._local(file, folder) for file in archive.files}
        found = {name: path for name, path in local.items() if path is not None}
        missing = [file for file in archive.files if file.name not in found]
        total, done = sum(file.size for file in missing), 0
        for file in missing:
            found[file.name] = self._download(file, archive, lambda part, done=done: self.progress(done + part, total))
            done += file.size
        return found

    def _local(self, file: RemoteFile, folder: Path) -> Path | None:
        """The file in the cache, zipped or unzipped; None where there is neither."""
        present = list(_candidates(file, folder))
        for path, sha256 in present:
            try:
                if pooch.file_hash(str(path)) == sha256:
                    return path
            except OSError as error:
                raise EpochscopeError(f"{path} cannot be read ({error.strerror}).") from None
        if present and not self.accept_unknown:
            raise UnknownFileError(
                f"{present[0][0]} has other bytes than the published file: move it away to have it downloaded, "
                "or choose to accept unknown files (accept_unknown) to load it as it is."
            )
        return present[0][0] if present else None

    def _download(self, file: RemoteFile, archive: Archive, progress: Callable[[int], None]) -> Path:
        folder = archive.path(self.cache)
        by_hand = f"place it by hand as {folder / file.name} (published at {archive.page})"
        if self.offline or os.environ.get("EPOCHSCOPE_OFFLINE", "").lower() in {"1", "true", "yes"}:
            raise EpochscopeError(f"{file.name} is not there and downloads are switched off: {by_hand}.")
        download = HttpDownload(size=file.size, progress=progress, cancel=self.cancel, timeout=self.timeout)
        failures = []
        for mirror in archive.mirrors:
            url = mirror + file.name
            try:
                return Path(pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=download))
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
    """Paths that exist under either name of the file, with the hash each should have."""
    for name, sha256 in ((file.name, file.sha256), (file.unzipped, file.unzipped_sha256)):
        if (folder / name).is_file():
            yield folder / name, sha256
