"""Entropies of cluster assignments, and how much they tell of the points; all in nats.

Letters: x a point, y its cluster, p(y|x) its row of assignments, p(y) the mean of these rows. Rows are given as
logarithms, since log p of a probability that underflows to 0 would be infinite.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def conditional_entropy(log_p: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """H(Y|X) = -1/n sum_i sum_y p(y|x_i) log p(y|x_i): 0 if every point is certain, at most ln k."""
    return -(log_p.exp() * log_p).sum(dim=1).mean()


def marginal_entropy(log_p: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """H(Y) = -sum_y p(y) log p(y) with p(y) = 1/n sum_i p(y|x_i): ln k if all clusters are equally large."""
    log_mean = log_p.logsumexp(dim=0) - math.log(len(log_p))
    return -(log_mean.exp() * log_mean).sum()


def divergence(log_p: Float[Tensor, "n k"], log_q: Float[Tensor, "n k"]) -> Float[Tensor, " n"]:
    """KL(p_i || q_i) = sum_y p_iy (log p_iy - log q_iy) of each row."""
    return (log_p.exp() * (log_p - log_q)).sum(dim=1)


def unit_rows(t: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
    """Each row divided by its length, however short it is; a row of zeros stays."""
    largest = t.abs().amax(dim=1, keepdim=True)
    t = t / torch.where(largest > 0, largest, 1)  # so that no square underflows
    length = t.norm(dim=1, keepdim=True)
    return t / torch.where(length > 0, length, 1)
