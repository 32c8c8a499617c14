"""Hard assignment and its statistics over all points, in a memory that does not grow with n k.

Up to MOST_CELLS numbers n k all of it is one operation. Beyond, it is done in blocks of rows: as exact, but the last
bits of a sum may be others than those of one operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from epochscope.formulas.assignment import squared_distances

MOST_CELLS = 20_000_000
"""Of an n x k array: 70,000 points and 285 clusters, or 1,000,000 and 20."""


class Nearest(NamedTuple):
    """The nearest center of each point."""

    d: Float[Tensor, " n"]  # squared distance to it
    labels: Int[Tensor, " n"]


class Sums(NamedTuple):
    """Statistics of the points of each cluster."""

    sizes: Float[Tensor, " k"]
    z: Float[Tensor, "k d"]  # sums of the points


def nearest_centers(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Nearest:
    """labels_i = argmin_j |z_i - mu_j|^2, with that distance."""
    found = [squared_distances(piece, mu).min(dim=1) for piece in z.split(_rows(len(z), len(mu)))]
    if len(found) == 1:
        return Nearest(found[0].values, found[0].indices)
    return Nearest(torch.cat([one.values for one in found]), torch.cat([one.indices for one in found]))


def membership(labels: Int[Tensor, " n"], k: int) -> Bool[Tensor, "n k"]:
    """Whether a point is in a cluster. (torch's one_hot reads the largest label, for which a device is waited for.)"""
    return labels[:, None] == torch.arange(k, device=labels.device)


def sums_of_clusters(z: Float[Tensor, "n d"], labels: Int[Tensor, " n"], k: int) -> Sums:
    """Number of points of each cluster, and their sum."""
    total: Sums | None = None
    for piece, own in _pieces(z, labels, k):
        member = membership(own, k).to(z.dtype)
        part = Sums(member.sum(dim=0), member.T @ piece)
        total = part if total is None else Sums(total.sizes + part.sizes, total.z + part.z)
    assert total is not None  # there is a point
    return total


def _pieces(z: Tensor, labels: Tensor, k: int) -> Iterator[tuple[Tensor, Tensor]]:
    rows = _rows(len(z), k)
    return zip(z.split(rows), labels.split(rows), strict=True)


def _rows(n: int, k: int) -> int:
    """How many rows are worked on at once: all of them, unless there are too many."""
    return n if n * k <= MOST_CELLS else max(1, MOST_CELLS // (4 * k))
