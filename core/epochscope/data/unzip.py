"""Compressed files, read up to a size limit, so that damaged or malicious files cannot exhaust memory.

Nothing is unpacked to disk, and names in archives are never used as paths.
"""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from epochscope.types import EpochscopeError

_DEFLATE_RATIO = 1032  # the largest compression ratio of deflate
_CHUNK = 1 << 20
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, struct.error)


class Unzipped(io.BufferedReader):
    """The content of a file, as bytes or line by line. `room` is an upper bound of its size in bytes."""

    room: int


class _Bounded(io.RawIOBase):
    """Reads from `file`; raises EpochscopeError after `most` bytes."""

    def __init__(self, file: io.BufferedIOBase, name: str, most: int) -> None:
        self._file, self._name, self._most, self._done = file, name, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        self._done += len(piece)
        if self._done > self._most:
            too_large(self._name, self._most)
        buffer[: len(piece)] = piece
        return len(piece)


def too_large(name: str, most: int) -> NoReturn:
    """Raises EpochscopeError for a file above the limit of its data set."""
    raise EpochscopeError(f"{name} is not this data set: it has more than {most / 1e6:,.6g} MB; download it again.")


@contextmanager
def unzipped(path: Path, most: int) -> Iterator[Unzipped]:
    """Context with the file opened for reading, decompressed if it is gzip or bzip2.

    The format is detected by content, since browsers decompress files and keep the name. Raises EpochscopeError (also
    for reads in the block) if the file cannot be read, is damaged, or is longer than `most` bytes.
    """
    with _damage_named(str(path)), path.open("rb") as raw:
        magic = raw.read(3)
        raw.seek(0)
        room = path.stat().st_size
        if magic[:2] == b"\x1f\x8b":
            file, room = gzip.GzipFile(fileobj=raw), room * _DEFLATE_RATIO
        elif magic == b"BZh":
            file, room = bz2.BZ2File(raw), most
        else:
            file = raw
        with Unzipped(_Bounded(file, str(path), most)) as content:
            content.room = min(room, most)
            yield content


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Converts errors of damaged or unreadable compressed files to EpochscopeError."""
    try:
        yield
    except _DAMAGE:
        raise EpochscopeError(f"{name} is truncated or damaged; download it again.") from None
    except OSError as error:
        if error.strerror is None:  # bz2 raises OSError for damaged data
            raise EpochscopeError(
                f"{name} is truncated or damaged: it cannot be unzipped; download it again."
            ) from None
        raise EpochscopeError(f"{name} cannot be read ({error.strerror}).") from None


def in_pieces(file: IO[bytes] | gzip.GzipFile, size: int) -> bytearray:
    """The next `size` bytes, fewer at the end of the file. Memory is allocated only for bytes that exist."""
    values = bytearray()
    # read(size) would allocate `size` bytes in advance
    while len(values) < size and (piece := file.read(min(_CHUNK, size - len(values)))):
        values += piece
    return values


def lines(file: IO[bytes], where: str, longest: int) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line. Raises EpochscopeError at the first line of more than `longest` bytes."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise EpochscopeError(f"{where}, line {number}, is longer than any line of this set; download it again.")
        yield number, line


@contextmanager
def zip_file(source: Path | bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """Context with a zip file opened from disk or memory. Raises EpochscopeError, also for reads in the block."""
    try:
        with _damage_named(name), zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            yield file
    except (ValueError, OverflowError):  # raised by zipfile for negative offsets
        raise EpochscopeError(f"{name} is truncated or damaged: it cannot be unzipped; download it again.") from None
    except RuntimeError:  # raised by zipfile for passwords and rare compression methods
        raise EpochscopeError(f"{name} has a password or an unsupported compression; it cannot be read.") from None


def member(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of one member, with its checksum verified. Raises EpochscopeError above `most` bytes."""
    if file.getinfo(name).file_size > most:
        too_large(name, most)
    with file.open(name) as content:  # reads at most the size just checked
        return content.read()
