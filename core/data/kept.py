"""What took long to read, kept beside for the next time: arrays in an .npz file that can be deleted at any time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from core.data.npz import read_npz
from core.types import EpochscopeError

Arrays = Mapping[str, np.ndarray]


def kept(folder: Path, key: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays kept under this key, else those of `make`, which are then kept; a folder nobody can write is no error.

    The key names everything that the arrays depend on.
    """
    path = folder / f"{key}.npz"
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
