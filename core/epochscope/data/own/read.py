"""Any file of somebody's own as columns or pictures. What it is shows its content, never its name."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

from epochscope.data.labels import tame
from epochscope.data.own.arrays import read_array, read_arrays
from epochscope.data.own.hdf5 import read_hdf5
from epochscope.data.own.pictures import read_pictures
from epochscope.data.own.raw import MOST_BYTES, Raw, checked
from epochscope.data.own.tables import read_parquet, read_text
from epochscope.data.unzip import in_pieces, zip_file
from epochscope.types import EpochscopeError

_BEGINNINGS = {b"\x93NUMPY": read_array, b"PAR1": read_parquet, b"\x89HDF\r\n\x1a\n": read_hdf5}


def read_file(path: str | Path) -> tuple[bytes, str]:
    """Content and name of a file of this machine; raises EpochscopeError where it cannot be read or is too large."""
    try:
        path = Path(path).expanduser()
        with open(path, "rb", opener=_no_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise EpochscopeError(f"{path} is no file.")
            content = bytes(in_pieces(file, MOST_BYTES + 1))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: nobody has this home
        words = getattr(error, "strerror", None) or "this is no path"
        raise EpochscopeError(f"{path} cannot be read ({words}).") from None
    return content, tame(path.name)


def state_of(path: str | Path) -> str:
    """Differs as soon as the file does; raises EpochscopeError where there is none."""
    try:
        about = Path(path).expanduser().stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise EpochscopeError(f"{path} cannot be read ({getattr(error, 'strerror', None) or 'no path'}).") from None
    return f"{path} {about.st_mtime_ns} {about.st_size}"


def _no_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe would keep us waiting for ever


def read(content: bytes, where: str) -> Raw:
    """The table or the pictures in these bytes; `where` names them in what goes wrong. Raises only EpochscopeError."""
    if len(content) > MOST_BYTES:
        raise EpochscopeError(f"{where} is larger than {MOST_BYTES >> 20} MiB; take a part of it.")
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
        _honest(file, where)
        names = file.namelist()
    if any(name.startswith("xl/") for name in names):
        raise EpochscopeError(f"{where} is an Excel file; save it there as CSV (UTF-8).")
    if names and all(name.endswith(".npy") for name in names):
        return read_arrays(content, where)
    return read_pictures(content, where)


def _honest(file: zipfile.ZipFile, where: str) -> None:
    """Raises where what is packed is larger than anything that is taken, by what the zip itself says."""
    if sum(info.file_size for info in file.infolist()) > MOST_BYTES:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; take a part of it.")


def _gunzipped(content: bytes, where: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = bytes(in_pieces(file, MOST_BYTES + 1))
    except (OSError, EOFError, zlib.error):
        raise EpochscopeError(f"{where} is cut off or damaged: it cannot be unzipped.") from None
    if len(found) > MOST_BYTES:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; take a part of it.")
    return found
