"""Selected points: their classes and clusters, their clusters over the epochs, and a table of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.inspect.whole import class_of, cluster_sizes

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Counts(NamedTuple):
    """Points by class (rows) and cluster (columns), for those that occur. Class or cluster -1: none."""

    counts: Int[np.ndarray, "c k"]
    classes: list[int]
    clusters: list[int]


def counts(
    rows: Integer[np.ndarray, " s"], labels: Integer[np.ndarray, " n"], truth: Integer[np.ndarray, " n"] | None
) -> Counts:
    """Counts of the points with these row numbers; labels and truth are those of all points."""
    own = np.full(len(rows), -1) if truth is None else truth[rows]
    classes, c = np.unique(own, return_inverse=True)
    clusters, j = np.unique(labels[rows], return_inverse=True)
    table = np.zeros((len(classes), len(clusters)), np.int64)
    np.add.at(table, (c, j), 1)
    return Counts(table, classes.tolist(), clusters.tolist())


class Shares(NamedTuple):
    """Share of the selected points in each cluster, for each epoch that has clusters."""

    epochs: list[int]
    shares: Float[np.ndarray, "e k"]


def shares(rows: Integer[np.ndarray, " s"], labels: Sequence[Integer[np.ndarray, " n"] | None], k: int) -> Shares:
    """Shares from the labels of each epoch (None where there are none)."""
    known = [(epoch, now) for epoch, now in enumerate(labels) if now is not None]
    total = max(len(rows), 1)
    per_epoch = [cluster_sizes(now[rows], k) / total for _, now in known]
    return Shares([epoch for epoch, _ in known], np.array(per_epoch).reshape(-1, k))


class Fate(NamedTuple):
    """What became of selected points in a run at an epoch."""

    points: int  # that are in a cluster
    clusters: int  # in how many
    together: float  # share in the most frequent one of them
    largest: int  # that one
    accuracy: float | None  # share in clusters of their class; None without classes


def fate(
    rows: Integer[np.ndarray, " s"],
    labels: Integer[np.ndarray, " n"],
    truth: Integer[np.ndarray, " n"] | None,
    of: Int[np.ndarray, " k"] | None,
) -> Fate:
    """The clusters of the points with these row numbers. `of`: the class that each cluster is matched to."""
    own = labels[rows]
    clusters, counts = np.unique(own[own >= 0], return_counts=True)
    right = None
    if truth is not None and of is not None and (known := truth[rows] >= 0).any():
        right = float((class_of(own, of) == truth[rows])[known].mean())
    if not len(clusters):
        return Fate(0, 0, 0.0, -1, right)
    most = int(counts.argmax())
    return Fate(int(counts.sum()), len(clusters), float(counts[most] / max(len(rows), 1)), int(clusters[most]), right)


def as_csv(
    rows: Integer[np.ndarray, " s"],
    *,
    epoch: int,
    labels: Integer[np.ndarray, " n"] | None,
    truth: Integer[np.ndarray, " n"] | None,
    classes: Sequence[str],
    confidence: Float[np.ndarray, " n"] | None,
) -> str:
    """CSV with one line per point: row in the data set, epoch, class, cluster, largest q (empty if not stored)."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["row", "epoch", "class", "cluster", "confidence"])
    for i in rows.tolist():
        c = -1 if truth is None else int(truth[i])
        sure = np.nan if confidence is None else float(confidence[i])
        write.writerow(
            [
                i,
                epoch,
                _cell(classes[c]) if 0 <= c < len(classes) else "",
                "" if labels is None or labels[i] < 0 else int(labels[i]),
                "" if np.isnan(sure) else f"{sure:.4f}",
            ]
        )
    return out.getvalue()


def _cell(text: str) -> str:
    """The text, quoted if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
