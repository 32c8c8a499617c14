"""Any file of somebody's own as columns, pixels or a sparse matrix. What it is shows its content, never its name.

`read` does all of it in the process that calls it: bytes or a path in, plain arrays and plain text out, nothing of
Streamlit or torch. Files of people go through epochscope.data.own.process, which calls it within limits.
"""

from __future__ import annotations

import gzip
import io
import mmap
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from epochscope.data.labels import sanitize
from epochscope.data.own.arrays import read_array, read_arrays
from epochscope.data.own.excel import read_excel
from epochscope.data.own.hdf5 import read_hdf5
from epochscope.data.own.matlab import is_matlab, read_matlab
from epochscope.data.own.onehot import with_labels_joined
from epochscope.data.own.parquet import read_parquet
from epochscope.data.own.pictures import picture_names, read_pictures
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_BYTES, Raw, checked
from epochscope.data.own.text_files import read_text
from epochscope.data.unzip import in_pieces, member, zip_file
from epochscope.types import EpochscopeError

_MAPPED = (b"\x93NUMPY", b"PAR1")
_LEAST_MAPPED = 1 << 20  # bytes

_Reader = Callable[[Any, str, Answers], Raw]
_BEGINNINGS: dict[bytes, _Reader] = {
    b"\x93NUMPY": read_array,
    b"PAR1": read_parquet,
    b"\x89HDF\r\n\x1a\n": read_hdf5,
    b"MATLAB 7.3": read_hdf5,
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")


def read_file(path: str | Path) -> tuple[bytes, str]:
    """Content and name of a local file. Raises EpochscopeError if it cannot be read."""
    with _opened(path) as file:
        return bytes(in_pieces(file, MOST_BYTES + 1)), name_of(path)


def name_of(path: str | Path) -> str:
    """What a local file is called in messages."""
    return sanitize(Path(path).name)


def mapped_file(path: str | Path) -> mmap.mmap | None:
    """The content of a large .npy or Parquet file, mapped into memory: no byte of it is copied before it is needed.

    None for other files, and where the system maps none. Raises EpochscopeError if it cannot be read.
    """
    with _opened(path) as file:
        if not _LEAST_MAPPED <= os.fstat(file.fileno()).st_size <= MOST_BYTES:
            return None
        if not file.read(len(b"\x93NUMPY")).startswith(_MAPPED):
            return None
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None


@contextmanager
def _opened(path: str | Path) -> Iterator[IO[bytes]]:
    """A local file. Raises EpochscopeError if it cannot be read, also for reads in the block."""
    try:
        path = Path(path).expanduser()
        with open(path, "rb", opener=_no_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise EpochscopeError(f"{path} is no file.")
            yield file
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: the home of an unknown user
        words = getattr(error, "strerror", None) or "not a valid path"
        raise EpochscopeError(f"{path} cannot be read ({words}).") from None


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


def read(source: bytes | mmap.mmap | Path, name: str = "", options: Mapping[str, str] | None = None) -> Raw:
    """The table, the matrix or the pictures in these bytes, in a mapped file or in the file at this path.

    name: what the file is called in whatever goes wrong; that of the path, unless given. options: answers to the
    questions of an earlier reading (`Raw.questions`), by their keys. Raises only EpochscopeError, always one sentence.
    """
    content, own = read_file(source) if isinstance(source, Path) else (source, "the file")
    where, answers = name or own, options or {}
    if len(content) > MOST_BYTES:
        raise EpochscopeError(f"{where} is larger than {MOST_BYTES >> 20} MiB; use a part of it.")
    if isinstance(content, bytes) and content[:2] == b"\x1f\x8b":
        content = _gunzipped(content, where)
    return with_labels_joined(checked(_reader(content, where)(content, where, answers), where), answers)


def _reader(content: bytes | mmap.mmap, where: str) -> _Reader:
    """What reads a content that begins like this."""
    for beginning, reader in _BEGINNINGS.items():
        if content[: len(beginning)] == beginning:
            return reader
    content = content[:]
    if content[:4] in _ZIPS:
        return _zip
    if is_matlab(content):
        return read_matlab
    if content.startswith(_OLD_EXCEL):
        raise EpochscopeError(f"{where} is a file of old Office; save it there as .xlsx or CSV (UTF-8).")
    return read_text


def _zip(content: bytes, where: str, answers: Answers) -> Raw:
    with zip_file(content, where) as file:
        _check_size(file, where)
        names = file.namelist()
    if any(name.startswith("xl/") for name in names):
        return read_excel(content, where, answers)
    if names and all(name.endswith(".npy") for name in names):
        return read_arrays(content, where, answers)
    plain = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX")]
    if len(plain) == 1 and not picture_names(plain):
        with zip_file(content, where) as file:
            inside = member(file, plain[0], MOST_BYTES)
        if inside[:4] not in _ZIPS:
            return _reader(inside, where)(inside, where, answers)
    return read_pictures(content, where, answers)


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
