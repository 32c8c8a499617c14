"""The interface of a data source, and the data card that describes a loaded set."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Integer

from epochscope import settings
from epochscope.data.cache import Archive, Download, Fetcher, to_download
from epochscope.formulas.metrics import one_cluster_accuracy
from epochscope.params import Params
from epochscope.types import Dataset, Likelihood

TYPICAL = 8
"""Number of features named per class on a card."""

PLANE = 2
"""Points of two features are drawn directly, so that no features are named."""

_FLAT = 1e-6  # share of the largest mean: features that vary less are constant up to rounding

SAMPLES = 10
"""Largest number of pictures shown per class on a card."""


class Source(NamedTuple):
    """One entry of SOURCES. `load(hp, fetcher)` takes all randomness from `hp.seed`: equal params give equal sets."""

    key: str
    title: str
    about: str  # one or two sentences in words a student knows
    params: type[Params]
    load: Callable[[Any, Fetcher], Dataset]
    archive: Archive | None = None  # the files it needs; None if it needs none

    def needs_download(self, cache: Path | None = None) -> Download:
        """What `load` would have to download, judged by file names alone; to ask before a large download."""
        if self.archive is None:
            return Download(bytes=0, cached=True)
        return to_download(self.archive, cache, offline=settings.OFFLINE())

    @property
    def demo(self) -> bool:
        """Whether it comes with the program: it needs no files and is nobody's own."""
        return self.archive is None and not self.own

    @property
    def own(self) -> bool:
        """Whether it is somebody's own."""
        return self.key.startswith("own-") or self.key == "file"


def source_fault(thing: object) -> str:
    """Why `thing` cannot stand among the data sets, as the end of a sentence; "" where it can. It loads nothing."""
    if not isinstance(thing, Source):
        return f"it is of type {type(thing).__name__}, not a Source of epochscope.data.base"
    rules = {
        f"its key {thing.key!r} must be small letters, digits, _ and - (not own...)": isinstance(thing.key, str)
        and re.fullmatch(r"(?!own\b)[a-z0-9][a-z0-9_-]{0,39}", thing.key),
        "its title and about must be texts": all(isinstance(t, str) and t.strip() for t in (thing.title, thing.about)),
        "its params must be a subclass of Params": isinstance(thing.params, type) and issubclass(thing.params, Params),
        "its load must be a function": callable(thing.load),
    }
    if broken := next((rule for rule, kept in rules.items() if not kept), ""):
        return broken
    try:
        thing.params()
        list(thing.params.ranges())
    except Exception as error:  # whatever code of somebody else raises
        return f"its params do not work ({type(error).__name__}: {error})"
    return ""


class DataCard(NamedTuple):
    """Facts about a data set to know before clustering it. Without labels, those about classes are empty or None."""

    n: int
    d: int
    classes: int
    class_names: tuple[str, ...]
    counts: tuple[int, ...]  # points of each class
    balance: float | None  # smallest class / largest class: 1 is even, 0 an empty class
    scaling: str
    likelihood: Likelihood
    energy: float  # mean ||x||^2 / d; methods with a network bring it to 1 themselves
    one_cluster: float | None  # ACC with all points in a single cluster: a baseline for any ACC
    samples: tuple[tuple[int, ...], ...]  # per class, row indices of some pictures; empty without pictures
    typical: tuple[tuple[str, ...], ...]  # per class, names of the features most correlated with it; or empty


def card(dataset: Dataset) -> DataCard:
    """The data card of a set: sizes, balance, scaling, and the baseline of ACC."""
    truth, pictures = dataset.truth, dataset.pictures
    counts = np.bincount(truth, minlength=len(dataset.class_names)) if truth is not None else np.zeros(0, dtype=int)
    return DataCard(
        n=len(dataset),
        d=dataset.x.shape[1],
        classes=len(counts),
        class_names=dataset.class_names,
        counts=tuple(counts.tolist()),
        balance=float(counts.min() / counts.max()) if len(counts) else None,
        scaling=dataset.scaling,
        likelihood=dataset.likelihood,
        energy=float(np.einsum("nf,nf->n", dataset.x, dataset.x).mean(dtype=np.float64)) / dataset.x.shape[1],
        one_cluster=one_cluster_accuracy(truth) if truth is not None else None,
        samples=() if truth is None or pictures is None else _samples(truth, len(counts)),
        typical=_typical(dataset, counts) if truth is not None and dataset.x.shape[1] > PLANE else (),
    )


def _samples(truth: Integer[np.ndarray, " n"], classes: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(np.flatnonzero(truth == c)[:SAMPLES].tolist()) for c in range(classes))


def _typical(dataset: Dataset, counts: Integer[np.ndarray, " c"]) -> tuple[tuple[str, ...], ...]:
    """For each class, the features with the highest correlation with membership in it, highest first."""
    names, n = dataset.feature_names, len(dataset)
    if not names:
        return ()
    x, truth = dataset.x, dataset.truth
    mean = x.mean(axis=0, dtype=np.float64)
    std = np.sqrt(np.maximum(np.einsum("nf,nf->f", x, x, dtype=np.float64) / n - mean**2, 0))
    listed = []
    for c, count in enumerate(counts):
        # For one class the correlation is (mean in the class - mean) / std, times a factor common to all features.
        offset = x[truth == c].sum(axis=0, dtype=np.float64) / max(count, 1) - mean
        score = np.divide(offset, std, out=np.zeros_like(mean), where=std > _FLAT * np.abs(mean).max())
        order = np.argsort(-score, kind="stable")[: TYPICAL * bool(count)]
        listed.append(tuple(names[i] for i in order if score[i] > 0))
    return tuple(listed)
