"""Any file of somebody's own as columns, pixels or a sparse matrix. What it is shows its content, never its name.

`read` does all of it in the process that calls it: bytes or a path in, plain arrays and plain text out, nothing of
Streamlit or torch. Files of people go through epochscope.data.own.process, which calls it within limits.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from epochscope.data.labels import sanitize
from epochscope.data.own import arrow_files, mtx, refused, tensors
from epochscope.data.own.archive import ZIPS, read_zip
from epochscope.data.own.arrays import read_array
from epochscope.data.own.hdf5 import read_hdf5
from epochscope.data.own.matlab import is_matlab, read_matlab
from epochscope.data.own.onehot import with_labels_joined
from epochscope.data.own.packed import unpacked
from epochscope.data.own.parquet import read_parquet
from epochscope.data.own.pictures import read_pages
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import MOST_BYTES, Raw, checked
from epochscope.data.own.text_files import read_text
from epochscope.data.unzip import in_pieces
from epochscope.types import EpochscopeError

_MAPPED = (b"\x93NUMPY", b"PAR1")
_LEAST_MAPPED = 1 << 20  # bytes

_Reader = Callable[[Any, str, Answers], Raw]
_BEGINNINGS: dict[bytes, _Reader] = {
    b"\x93NUMPY": read_array,
    b"PAR1": read_parquet,
    b"\x89HDF\r\n\x1a\n": read_hdf5,
    b"MATLAB 7.3": read_hdf5,
    mtx.BEGINNING: mtx.read_mtx,
    b"II*\0": read_pages,
    b"MM\0*": read_pages,
}
_LOOKS: tuple[tuple[Callable[[bytes], bool], _Reader], ...] = (
    (is_matlab, read_matlab),
    (tensors.is_idx, tensors.read_idx_array),
    (tensors.is_safetensors, tensors.read_safetensors),
    (arrow_files.is_arrow, arrow_files.read_arrow),
    (arrow_files.is_orc, arrow_files.read_orc),
)


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
    if isinstance(content, bytes):
        content = unpacked(content, where)
    return with_labels_joined(checked(_one(content, where, answers), where), answers)


def _one(content: bytes | mmap.mmap, where: str, answers: Answers) -> Raw:
    """A file that is not packed as a whole."""
    for beginning, reader in _BEGINNINGS.items():
        if content[: len(beginning)] == beginning:
            return reader(content, where, answers)
    content = content[:]
    if content[:4] in ZIPS:
        return read_zip(content, where, answers, _member)
    for fits, reader in _LOOKS:
        if fits(content):
            return reader(content, where, answers)
    if said := refused.reason(content):
        raise EpochscopeError(f"{where} cannot be read, since {said}.")
    return read_text(content, where, answers)


def _member(content: bytes, where: str, answers: Answers) -> Raw:
    """A file in a zip, which may be packed once more, but is no zip."""
    content = unpacked(content, where)
    if content[:4] in ZIPS:
        raise EpochscopeError(f"{where} is a zip in a zip: unpack the outer one.")
    return checked(_one(content, where, answers), where)
