"""Any user's file as columns or images. The format is detected by content, never by name."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

from epochscope.data.labels import sanitize
from epochscope.data.own.arrays import read_array, read_arrays
from epochscope.data.own.hdf5 import read_hdf5
from epochscope.data.own.pictures import read_pictures
from epochscope.data.own.raw import MOST_BYTES, Raw, checked
from epochscope.data.own.tables import read_parquet, read_text
from epochscope.data.unzip import in_pieces, zip_file
from epochscope.types import EpochscopeError

_BEGINNINGS = {b"\x93NUMPY": read_array, b"PAR1": read_parquet, b"\x89HDF\r\n\x1a\n": read_hdf5}


def read_file(path: str | Path) -> tuple[bytes, str]:
    """Content and name of a local file. Raises EpochscopeError if it cannot be read."""
    try:
        path = Path(path).expanduser()
        with open(path, "rb", opener=_no_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise EpochscopeError(f"{path} is no file.")
            content = bytes(in_pieces(file, MOST_BYTES + 1))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: the home of an unknown user
        words = getattr(error, "strerror", None) or "not a valid path"
        raise EpochscopeError(f"{path} cannot be read ({words}).") from None
    return content, sanitize(path.name)


def state_of(path: str | Path) -> str:
    """A text that changes when the file does. Raises EpochscopeError if there is no such file."""
    try:
        about = Path(path).expanduser().stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise EpochscopeError(
            f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not a valid path'})."
        ) from None
    return f"{path} {about.st_mtime_ns} {about.st_size}"


def _no_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # opening a pipe would block


def read(content: bytes, where: str) -> Raw:
    """The table or the images in these bytes; `where` names them in messages. Raises only EpochscopeError."""
    if len(content) > MOST_BYTES:
        raise EpochscopeError(f"{where} is larger than {MOST_BYTES >> 20} MiB; use a part of it.")
    if content[:2] == b"\x1f\x8b":
        content = _gunzipped(content, where)
    for beginning, reader in _BEGINNINGS.items():
        if content.startswith(beginning):
            return checked(reader(content, where), where)
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return checked(_zip(content, where), where)
    return checked(read_text(content, where), where)


def _zip(content: bytes, where: str) -> Raw:
    with zip_file(content, where) as file:
        _check_size(file, where)
        names = file.namelist()
    if any(name.startswith("xl/") for name in names):
        raise EpochscopeError(f"{where} is an Excel file; save it as CSV (UTF-8) in Excel.")
    if names and all(name.endswith(".npy") for name in names):
        return read_arrays(content, where)
    return read_pictures(content, where)


def _check_size(file: zipfile.ZipFile, where: str) -> None:
    """Raises EpochscopeError if the members of the zip are too large, according to its directory."""
    if sum(info.file_size for info in file.infolist()) > MOST_BYTES:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")


def _gunzipped(content: bytes, where: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unzipped = bytes(in_pieces(file, MOST_BYTES + 1))
    except (OSError, EOFError, zlib.error):
        raise EpochscopeError(f"{where} is truncated or damaged: it cannot be unzipped.") from None
    if len(unzipped) > MOST_BYTES:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
    return unzipped
