"""A cache of arrays that took long to parse: .npz files that can be deleted at any time."""

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


def parsed_cache(folder: Path, name: str, files: Iterable[Path], make: Callable[[], Arrays]) -> Arrays:
    """The cached arrays for this name and the content of these files; else the result of `make`, which is then cached.

    The name must include everything else that the arrays depend on. If the folder is not writable, nothing is cached.
    """
    digest = hashlib.sha256("".join(pooch.file_hash(str(file)) for file in files).encode()).hexdigest()
    path = folder / f"{name}-{digest[:16]}.npz"
    if path.is_file():
        with suppress(EpochscopeError):  # damaged: computed again
            return read_npz(path)
    arrays = make()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            try:
                np.savez_compressed(file, allow_pickle=False, **arrays)
                file.close()
                os.replace(file.name, path)  # atomic: another process never sees half a file
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    return arrays
