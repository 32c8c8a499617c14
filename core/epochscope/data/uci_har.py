"""UCI HAR, which the papers of VaDE and DGG call HHAR: six activities, 561 motion features of a smartphone.

Read from the unpacked folder, from its zip, or from the zip that UCI provides today, which contains that zip.
Its labels 1 to 6 and its 7,352 + 2,947 rows are those of the set called HHAR; the real HHAR includes watches and bikes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import IO

import numpy as np
from jaxtyping import Float, Int

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, origin_note, points
from epochscope.data.features import ACTIVITIES, motion_scaling
from epochscope.data.npz import finite
from epochscope.data.scaling import likelihood, scaled
from epochscope.data.unzip import lines, member, unzipped, zip_file
from epochscope.params import Params
from epochscope.types import Dataset, EpochscopeError

PUBLISHED = 10_299
FEATURES = 561
MOST_BYTES = 150_000_000
"""Limit: more than twice the largest file, X_train.txt of 66 MB, and the inner zip of 61 MB."""

_FIRST = "train/X_train.txt"
_NEEDED = ("features.txt", _FIRST, "train/y_train.txt", "test/X_test.txt", "test/y_test.txt")
_INNER = "UCI HAR Dataset.zip"

Open = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Opens a file of the set by its name within its folder, e.g. train/X_train.txt."""


@dataclass(frozen=True)
class UciHarParams(Params):
    n: int = points(PUBLISHED)
    seed: int = draw_seed()
    scaling: str = motion_scaling()


def load(hp: UciHarParams, fetcher: Fetcher) -> Dataset:
    """Drawn rows of the joined training and test part. Files with fewer rows than published are loaded with a note."""
    (path,) = fetcher.fetch(ARCHIVE).values()
    if path.suffix == ".zip":
        with zip_file(path, str(path)) as file:
            x, truth, names = _from_zip(file, str(path))
    else:
        root = path.parents[1]
        x, truth, names = _joined(lambda name: unzipped(root / name, MOST_BYTES), str(root))
    rows = drawn(len(x), hp.n, hp.seed)
    return Dataset(
        key=SOURCE.key,
        title=SOURCE.title,
        x=scaled(x, hp.scaling)[rows],
        truth=truth[rows],
        class_names=ACTIVITIES,
        feature_names=names,
        scaling=hp.scaling,
        likelihood=likelihood(hp.scaling),
        origin=origin_note("D. Anguita et al., UCI 240; training and test part joined", len(x), PUBLISHED),
        license="CC BY 4.0 at UCI; its own README forbids commercial use",
    )


Parts = tuple[Float[np.ndarray, "n f"], Int[np.ndarray, " n"], tuple[str, ...]]


def _from_zip(file: zipfile.ZipFile, where: str, *, nested: bool = False) -> Parts:
    names = file.namelist()
    if _INNER in names and not nested:  # as UCI packs it today
        where = f"{_INNER} in {where}"
        with zip_file(member(file, _INNER, MOST_BYTES), where) as inner:
            return _from_zip(inner, where, nested=True)
    folder = next((name.removesuffix(_FIRST) for name in names if name.endswith(_FIRST)), "")
    missing = [folder + name for name in _NEEDED if folder + name not in names]
    if missing:
        raise EpochscopeError(f"{where} is not UCI HAR: it has no {missing[0]}.")
    return _joined(lambda name: nullcontext(io.BytesIO(member(file, folder + name, MOST_BYTES))), where)


def _joined(open_: Open, where: str) -> Parts:
    with open_("features.txt") as file:
        names = [
            line.decode("utf-8", "replace").split()[-1:] for _, line in lines(file, f"features.txt in {where}", 200)
        ]
    if len(names) != FEATURES or [] in names:
        raise EpochscopeError(f"features.txt in {where} names {len(names)} features, {FEATURES} are needed.")
    parts = []
    for part in ("train", "test"):
        x, y = (_table(open_, f"{part}/{what}_{part}.txt", width, where) for what, width in (("X", FEATURES), ("y", 1)))
        if len(x) != len(y):
            raise EpochscopeError(f"The {part} files in {where} have {len(x)} rows of X, but {len(y)} labels.")
        wrong = ~np.isin(y[:, 0], range(1, len(ACTIVITIES) + 1))
        if wrong.any():
            row = int(wrong.argmax())
            raise EpochscopeError(
                f"{part}/y_{part}.txt in {where}, line {row + 1}, has the label {y[row, 0]:g}, but labels are 1 to 6."
            )
        parts.append((x, y[:, 0].astype(np.int64) - 1))
    x, truth = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return x, truth, tuple(name for (name,) in names)


def _table(open_: Open, name: str, columns: int, where: str) -> Float[np.ndarray, "rows columns"]:
    """Space-separated numbers, `columns` per line. Raises EpochscopeError naming the first invalid line."""
    where, number = f"{name} in {where}", 1

    def read(file: IO[bytes]) -> Iterator[bytes]:
        nonlocal number
        for at, line in lines(file, where, 50 * columns):
            number = at  # an invalid line is the last one read
            yield line

    with open_(name) as file:
        rows = read(file)
        first = next(rows, b"")
        try:
            x = np.loadtxt(chain([first or b"?"], rows), dtype=np.float32, comments=None, ndmin=2, encoding="latin-1")
        except ValueError:
            x = np.zeros((0, 0), np.float32)
    if x.shape[1] != columns or not x.size:
        line = number if not x.size else 1
        raise EpochscopeError(f"{where}, line {line}, does not have {columns} numbers; download it again.")
    return finite(x, where)


ARCHIVE = archives()["uci_har"]

SOURCE = Source(
    key="uci_har",
    title="UCI HAR (called HHAR in the VaDE and DGG papers)",
    about="Six activities of thirty people with a smartphone at the waist, as 561 features per 2.56 seconds. "
    "Sitting and standing are hard to distinguish. VaDE and DGG report this set under the name HHAR.",
    params=UciHarParams,
    load=load,
    archive=ARCHIVE,
)
