"""Compressed files, read no further than they are believed: a damaged or hostile file costs no memory.

Nothing is ever unpacked to the disk, and a name inside an archive is never used as a path.
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

_DEFLATE_RATIO = 1032  # deflate cannot shrink data further than this
_CHUNK = 1 << 20
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, struct.error)


class Unzipped(io.BufferedReader):
    """The content of a file, as bytes or line by line. `room` is the most bytes that can be in there."""

    room: int


class _Bounded(io.RawIOBase):
    """Passes on what `file` holds, at most `most` bytes of it."""

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
    """Raises: there is more in this file than any set offered here has."""
    raise EpochscopeError(f"{name} is no such data set: it holds more than {most / 1e6:,.6g} MB; get it again.")


@contextmanager
def unzipped(path: Path, most: int) -> Iterator[Unzipped]:
    """The file at `path` opened for reading, unzipped if it is gzip or bzip2.

    That is seen by its content: browsers unzip files and keep the name. Raises EpochscopeError, also out of the block,
    where the file cannot be read, is damaged, or goes on beyond `most` bytes.
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
    """Turns what goes wrong inside a compressed file into one sentence."""
    try:
        yield
    except _DAMAGE:
        raise EpochscopeError(f"{name} is cut off or damaged: it cannot be unzipped; get it again.") from None
    except OSError as error:
        if error.strerror is None:  # bz2 has no error class of its own
            raise EpochscopeError(f"{name} is cut off or damaged: it cannot be unzipped; get it again.") from None
        raise EpochscopeError(f"{name} cannot be read ({error.strerror}).") from None


def in_pieces(file: IO[bytes] | gzip.GzipFile, size: int) -> bytearray:
    """The next `size` bytes, fewer at the end of the file; memory only for what is there."""
    values = bytearray()
    # read(size) would reserve all of `size` before the first byte is there
    while len(values) < size and (piece := file.read(min(_CHUNK, size - len(values)))):
        values += piece
    return values


def lines(file: IO[bytes], where: str, longest: int) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line; EpochscopeError at the first one of more than `longest` bytes."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise EpochscopeError(f"{where}, line {number}, is longer than any line of this set; get it again.")
        yield number, line


@contextmanager
def zip_file(source: Path | bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip file opened for reading, from the disk or from memory; raises EpochscopeError also out of the block."""
    try:
        with _damage_named(name), zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            yield file
    except (ValueError, OverflowError):  # its word for places before the beginning of a file
        raise EpochscopeError(f"{name} is cut off or damaged: it cannot be unzipped; get it again.") from None
    except RuntimeError:  # zipfile's word for a password and for rare compressions
        raise EpochscopeError(f"{name} has a password or is compressed in a rare way, it cannot be read.") from None


def member(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content of one member, its checksum checked; EpochscopeError where it is larger than `most` bytes."""
    if file.getinfo(name).file_size > most:
        too_large(name, most)
    with file.open(name) as content:  # reads no more than the size that was just looked at
        return content.read()
