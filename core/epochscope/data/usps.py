"""USPS: 9,298 handwritten digits from envelopes, gray images of 16 x 16 pixels, in the files of LIBSVM.

Each line: the digit plus one, then 256 values from -1 (white paper, shown black here) to 1 (ink).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, origin_note, points
from epochscope.data.libsvm import read_libsvm
from epochscope.data.parsed_cache import Arrays, parsed_cache
from epochscope.params import Params, param
from epochscope.types import Dataset, EpochscopeError

PUBLISHED = 7_291 + 2_007
SIDE = 16
MOST_BYTES = 100_000_000
"""Limit: the larger part has about 25 MB unzipped."""

_UNIT, _STORED = "to 0..1: (x + 1) / 2", "as stored, -1..1"


@dataclass(frozen=True)
class UspsParams(Params):
    n: int = points(PUBLISHED)
    seed: int = draw_seed()
    scaling: str = param(
        _UNIT,
        options=(_UNIT, _STORED),
        label="Scaling",
        help="From 0 to 1 as VaDE needs it, or from -1 to 1 as in the files.",
    )


def load(hp: UspsParams, fetcher: Fetcher) -> Dataset:
    """Drawn images of the training and test part; x is n x 256."""
    paths = list(fetcher.fetch(ARCHIVE).values())
    # Decompressing and parsing takes some seconds.
    arrays = parsed_cache(fetcher.parsed, "usps", paths, lambda: _read(paths))
    stored, truth = arrays["stored"], arrays["truth"]
    rows = drawn(len(truth), hp.n, hp.seed)
    unit = (stored[rows] + 1) / 2
    return Dataset(
        key=SOURCE.key,
        title=SOURCE.title,
        x=unit if hp.scaling == _UNIT else stored[rows],
        truth=truth[rows],
        class_names=tuple("0123456789"),
        scaling=hp.scaling,
        likelihood="unit interval" if hp.scaling == _UNIT else "real",
        pictures=np.rint(unit * 255).astype(np.uint8).reshape(-1, SIDE, SIDE),
        origin=origin_note("J. J. Hull, 1994; files of LIBSVM, training and test part joined", len(truth), PUBLISHED),
        license="none stated",
    )


def _read(paths: list[Path]) -> Arrays:
    """All images as stored, and their digits."""
    parts = []
    for path in paths:
        part = read_libsvm(path, columns=SIDE * SIDE, most_lines=10 * PUBLISHED, most_bytes=MOST_BYTES)
        wrong = (part.heads < 1) | (part.heads > 10)
        if wrong.any():
            row = int(wrong.argmax())
            raise EpochscopeError(f"{path}, line {row + 1}, has the label {part.heads[row]}, but labels are 1 to 10.")
        if abs(part.values).max() > 1:
            row = int(abs(part.values).max(axis=1).toarray().argmax())
            raise EpochscopeError(f"{path}, line {row + 1}, has a value outside -1 to 1.")
        parts.append((part.values.toarray(), part.heads - 1))
    return {"stored": np.concatenate([x for x, _ in parts]), "truth": np.concatenate([y for _, y in parts])}


ARCHIVE = archives()["usps"]

SOURCE = Source(
    key="usps",
    title="USPS",
    about="9,298 handwritten digits from envelopes, gray images of 16 x 16 pixels: smaller than MNIST, with unbalanced "
    "classes.",
    params=UspsParams,
    load=load,
    archive=ARCHIVE,
)
