"""Points that somebody chose: of which classes and clusters they are, where they were at each epoch, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Counts(NamedTuple):
    """Points by class (rows) and cluster (columns); only classes and clusters that occur. A row -1: without a class."""

    counts: Int[np.ndarray, "c k"]
    classes: list[int]
    clusters: list[int]


def counts(
    rows: Integer[np.ndarray, " s"], labels: Integer[np.ndarray, " n"], truth: Integer[np.ndarray, " n"] | None
) -> Counts:
    """`rows`: which points; labels and truth cover all points."""
    own = np.full(len(rows), -1) if truth is None else truth[rows]
    classes, c = np.unique(own, return_inverse=True)
    clusters, j = np.unique(labels[rows], return_inverse=True)
    table = np.zeros((len(classes), len(clusters)), np.int64)
    np.add.at(table, (c, j), 1)
    return Counts(table, classes.tolist(), clusters.tolist())


class Shares(NamedTuple):
    """The share of the chosen points in each cluster, at each epoch that has clusters."""

    epochs: list[int]
    shares: Float[np.ndarray, "e k"]


def shares(rows: Integer[np.ndarray, " s"], labels: Sequence[Integer[np.ndarray, " n"] | None], k: int) -> Shares:
    """`labels`: those of every epoch, None where it has none."""
    known = [(epoch, now) for epoch, now in enumerate(labels) if now is not None]
    total = max(len(rows), 1)
    found = [np.bincount(now[rows], minlength=k) / total for _, now in known]
    return Shares([epoch for epoch, _ in known], np.array(found).reshape(-1, k))


def as_csv(
    rows: Integer[np.ndarray, " s"],
    *,
    epoch: int,
    labels: Integer[np.ndarray, " n"] | None,
    truth: Integer[np.ndarray, " n"] | None,
    classes: Sequence[str],
    confidence: Float[np.ndarray, " n"] | None,
) -> str:
    """One line a point: its row in the data set, epoch, class, cluster, largest q (empty where it is not stored)."""
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
                "" if labels is None else int(labels[i]),
                "" if np.isnan(sure) else f"{sure:.4f}",
            ]
        )
    return out.getvalue()


def _cell(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
