"""What took long to read, kept beside for the next time: arrays in an .npz file that can be deleted at any time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import pooch

from epochscope.data.npz import read_npz
from epochscope.types import EpochscopeError

Arrays = Mapping[str, np.ndarray]


def kept(folder: Path, name: str, files: Iterable[Path], make: Callable[[], Arrays]) -> Arrays:
    """What was kept for this name and these files' bytes, else what `make` reads from them, which is then kept.

    The name says everything else that the arrays depend on. A folder that nobody can write is no error.
    """
    digest = hashlib.sha256("".join(pooch.file_hash(str(file)) for file in files).encode()).hexdigest()
    path = folder / f"{name}-{digest[:16]}.npz"
    if path.is_file():
        with suppress(EpochscopeError):  # damaged: made anew
            return read_npz(path)
    arrays = make()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            try:
                np.savez_compressed(file, allow_pickle=False, **arrays)
                file.close()
                os.replace(file.name, path)  # at once: another program never sees half a file
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    return arrays
