"""Centers as running means, by which mini-batch k-means and DCN move them: each point moves its own center by 1/c."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.hard_assignment import membership


class RunningMeans(NamedTuple):
    """Centers and the number of points each of them is the mean of."""

    mu: Float[Tensor, "k d"]
    c: Float[Tensor, " k"]


def with_points(before: RunningMeans, z: Float[Tensor, "b d"], labels: Int[Tensor, " b"]) -> RunningMeans:
    """The centers after one point after the other has moved its center: c_k += 1, mu_k -= (mu_k - z_i) / c_k.

    In whatever order the points of a cluster come, that is the mean of all points so far: with b_k of these points,
    mu_k = (c_k mu_k + sum of their z) / (c_k + b_k)                                    (Yang 2017, eq. 8)
    """
    member = membership(labels, len(before.mu)).to(z.dtype)
    c = before.c + member.sum(dim=0)
    return RunningMeans((before.c[:, None] * before.mu + member.T @ z) / c.clamp(min=1)[:, None], c)


def label_means(
    z: Float[Tensor, "n d"], labels: Int[Tensor, " n"], otherwise: Float[Tensor, "k d"]
) -> Float[Tensor, "k d"]:
    """The mean of the points of each label; that of a label without points is its row of `otherwise`."""
    member = membership(labels, len(otherwise)).to(z.dtype)
    sizes = member.sum(dim=0)[:, None]
    return torch.where(sizes > 0, member.T @ z / sizes.clamp(min=1), otherwise)
