"""Files that were packed as a whole: gzip, bzip2, xz, zstd, and tar, whose members are handed on as those of a zip."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from epochscope.data.own.raw import MOST_BYTES
from epochscope.data.unzip import in_pieces
from epochscope.types import EpochscopeError

_LAYERS = 2  # a packed file in a packed file
_MOST_MEMBERS = 200_000
_OPENERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda file: pa.CompressedInputStream(file, "zstd"),
}


def unpacked(content: bytes, where: str) -> bytes:
    """What was packed; content that was not as it is. Raises EpochscopeError for damage, and above MOST_BYTES."""
    for _ in range(_LAYERS):
        opener = next((opener for start, opener in _OPENERS.items() if content.startswith(start)), None)
        if opener is None:
            break
        content = _expanded(opener, content, where)
    return _zipped(content, where) if content[257:262] == b"ustar" else content


def _expanded(opener: Callable[[Any], Any], content: bytes, where: str) -> bytes:
    try:
        with opener(io.BytesIO(content)) as file:
            found = bytes(in_pieces(file, MOST_BYTES + 1))
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, pa.ArrowException):
        raise EpochscopeError(f"{where} is truncated or damaged: it cannot be unzipped.") from None
    return _bounded(found, where)


def _bounded(content: bytes, where: str) -> bytes:
    if len(content) > MOST_BYTES:
        raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
    return content


def _zipped(content: bytes, where: str) -> bytes:
    """The plain files of a tar as a zip that packs nothing: their names are never used as paths."""
    made = io.BytesIO()
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar, zipfile.ZipFile(made, "w") as archive:
            for count, info in enumerate(tar):
                file = tar.extractfile(info) if info.isreg() and info.size <= len(content) else None
                if count > _MOST_MEMBERS:
                    raise EpochscopeError(f"{where} has more than {_MOST_MEMBERS:,} members; use a part of it.")
                if file is not None and info.name not in archive.NameToInfo:
                    archive.writestr(zipfile.ZipInfo(info.name), file.read())
                    _bounded(b"" if made.tell() <= MOST_BYTES else bytes(MOST_BYTES + 1), where)
    except (tarfile.TarError, OSError, EOFError, ValueError, UnicodeError, OverflowError):
        raise EpochscopeError(f"{where} is truncated or damaged: it is no complete tar; pack it again.") from None
    return made.getvalue()
