"""The scale of Gaussian weights: what `sigma = dist_temp[11]` of the published code picks, and what a local scale is.

Distances of a batch of points to themselves and 20 neighbors are an array (batch, 21); sorted along its last axis, the
index [11] takes the 12th ROW, the distances of the 12th point of the batch, where the 12th COLUMN is a neighbor.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.graph import gaussian_weights, local_scale, nearest, published_weights
from epochscope.labs.shared.model import Claim, deviation
from epochscope.language import tr

INDEX = 11
"""The place that the published code picks."""
NEIGHBORS = 20
_EXACT = 1e-9


class Batch(NamedTuple):
    """Sorted squared distances of each point to itself (column 0) and its neighbors, and weights of the neighbors."""

    d: Float[Tensor, "b 21"]
    published: Float[Tensor, "b 20"]
    local: Float[Tensor, "b 20"]

    @property
    def picked(self) -> Float[Tensor, " 21"]:
        """What `dist_temp[11]` is."""
        return torch.sort(self.d).values[INDEX]


def distances(x: Float[Tensor, "n f"], size: int) -> Float[Tensor, "b 20"]:
    """Squared distances of the first `size` points to their nearest 20 among all, nearest first."""
    return nearest(x.double(), NEIGHBORS).d[:size]


def batch(d: Float[Tensor, "b 20"], twelfth: int = INDEX) -> Batch:
    """The points of these distances, with the one at place `twelfth` and the one in the 12th place exchanged."""
    order = torch.arange(len(d))
    order[[INDEX, twelfth]] = order[[twelfth, INDEX]]
    d = d[order]
    return Batch(torch.cat([torch.zeros_like(d[:, :1]), d], dim=1), published_weights(d), _local(d))


def _local(d: Float[Tensor, "b 20"]) -> Float[Tensor, "b 20"]:
    return gaussian_weights(d, local_scale(d))


def claims(of: Batch) -> list[Claim]:
    """What a scale and its weights should be, for both."""
    picked, d = of.picked, of.d[:, 1:]
    other = d.clone()
    other[INDEX] = d[(INDEX + 1) % len(d)]  # another point in the 12th place; compared are all the others
    rest = torch.arange(len(d)) != INDEX
    turned = deviation(published_weights(other)[rest], of.published[rest])
    kept = deviation(_local(other)[rest], of.local[rest])
    return [
        Claim(tr("dist_temp[11] is row 11, a point of the batch"), deviation(picked, of.d[INDEX]), 0.0),
        Claim(tr("It is one number, a scale"), float(picked.max() - picked.min()) / float(picked.mean()), _EXACT),
        Claim(tr("dist / sigma is a number in column 0"), float((of.d[:, 0] / picked[0]).abs().max()), _EXACT),
        Claim(tr("Published: farther never counts more"), _rise(of.published), _EXACT),
        Claim(tr("Published: the batch does not matter"), turned, _EXACT),
        Claim(tr("Local scale: farther never counts more"), _rise(of.local), _EXACT),
        Claim(tr("Local scale: the batch does not matter"), kept, _EXACT),
    ]


def _rise(w: Float[Tensor, "b j"]) -> float:
    """By how much a weight is above that of the next nearer neighbor, at most, as a share of 1/J."""
    return max(0.0, float((w[:, 1:] - w[:, :-1]).max()) * w.shape[1])
