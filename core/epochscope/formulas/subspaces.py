"""Self-expression: each code as a linear combination of the others, and the affinity that follows from it.

Letters of Ji et al. 2017: Z codes (rows), C the coefficients with Z = C Z, A the affinity made of |C|.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class ExpressionTerms(NamedTuple):
    """The two terms of the loss that depend on C, without their weights; SUMS over all points."""

    size: Float[Tensor, ""]
    expression: Float[Tensor, ""]


def expression_terms(c: Float[Tensor, "n n"], z: Float[Tensor, "n d"]) -> ExpressionTerms:
    """||C||_F^2 and 1/2 ||C Z - Z||_F^2                                                (Ji 2017, eq. 4)"""
    return ExpressionTerms(c.square().sum(), 0.5 * (c @ z - z).square().sum())


def strongest(c: Float[Tensor, "n n"], share: float) -> Float[Tensor, "n n"]:
    """|C| reduced to the largest entries of each column: as many as needed to reach this share of the column's sum."""
    magnitude = c.abs()
    sorted_, order = magnitude.sort(dim=0, descending=True)
    before = sorted_.cumsum(dim=0) - sorted_  # sum of all larger ones
    kept = torch.where(before <= share * sorted_.sum(dim=0), sorted_, torch.zeros_like(sorted_))
    return torch.zeros_like(magnitude).scatter(0, order, kept)


def affinity(magnitude: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """A = (|C| + |C|^T) / 2."""
    return (magnitude + magnitude.T) / 2


def normalized_affinity(a: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """D^(-1/2) A D^(-1/2) with D the row sums; a point without any affinity keeps its zero row.  (Ng 2001)"""
    root = a.sum(dim=1).clamp(min=torch.finfo(a.dtype).tiny).rsqrt()
    return root[:, None] * a * root


def block_means(a: Float[Tensor, "n n"], order: Int[Tensor, " n"], b: int) -> Float[Tensor, "b b"]:
    """The matrix with reordered rows and columns, averaged over b x b blocks of nearly equal size."""
    n = len(a)
    block = torch.arange(n, device=a.device) * b // n
    member = torch.nn.functional.one_hot(block, b).to(a.dtype)
    member = member / member.sum(dim=0)
    return member.T @ a[order][:, order] @ member


def share_inside(c: Float[Tensor, "n n"], labels: Int[Tensor, " n"]) -> float:
    """Share of the sum of |C| between points of the same cluster; about 1 / k at random."""
    magnitude = c.abs()
    same = labels[:, None] == labels
    return float((magnitude * same).sum() / magnitude.sum().clamp(min=torch.finfo(c.dtype).tiny))


def members(labels: Int[Tensor, " n"], k: int, like: Tensor) -> Float[Tensor, "g n"]:
    """A row for each of the k clusters that has points: 1 for its points, else 0; numbers as in `like`."""
    member = (torch.arange(k, device=labels.device)[:, None] == labels).to(like.dtype)
    return member[member.sum(dim=1) > 0]


def random_mixtures(
    z: Float[Tensor, "n d"], member: Float[Tensor, "g n"], m: int, rng: torch.Generator
) -> Float[Tensor, "gm d"]:
    """m mixtures of the codes of each group (`members`): sum_i a_i z_i, a_i >= 0 drawn uniformly, scaled to sum 1."""
    member = member.repeat_interleave(m, dim=0)
    weight = member * torch.empty_like(member).uniform_(generator=rng)
    return weight / weight.sum(dim=1, keepdim=True).clamp(min=torch.finfo(z.dtype).tiny) @ z
