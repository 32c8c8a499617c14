"""The neighborhood graph of DGG: nearest neighbors, their weights, and the bound over pairs of points.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
Letters of the paper: x_j with j in Omega_i are the neighbors of x_i, w_ij their weights (rows sum to 1), gamma
assignments, pi_i the prior of point i. d_ij is always a SQUARED distance. A row of neighbors is sorted, nearest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix, diags_array
from torch import Tensor

from epochscope.formulas.mixture import assignment_divergence, code_entropy, code_given_cluster

SCALE_NEIGHBOR = 10
"""Rank of the neighbor whose distance is the local scale."""

_PRODUCTS = 1_000_000_000  # multiplications in one block of the search: about a tenth of a second on one core
_SMALLEST = 1e-30  # least squared distance used as a divisor: duplicates are at distance 0


class Neighbors(NamedTuple):
    """The nearest neighbors of each point, nearest first."""

    j: Int[Tensor, "n j"]
    d: Float[Tensor, "n j"]  # squared distances


def nearest_in_pieces(x: Float[Tensor, "n f"], j: int, rows: Int[Tensor, " m"] | None = None) -> Iterator[Neighbors]:
    """The exact j nearest neighbors of each point (or of these rows), in blocks; a point is never its own neighbor.

    The blocks, concatenated, are the rows in order. The full (n, n) matrix is never held in memory.
    """
    x = x - x.mean(dim=0)  # ||x||^2 - 2 x.y + ||y||^2 loses least precision about the mean
    square = x.square().sum(dim=1)
    rows = torch.arange(len(x), device=x.device) if rows is None else rows
    for piece in rows.split(max(16, _PRODUCTS // x.numel())):
        d = square[piece, None] - 2 * x[piece] @ x.T + square
        d[torch.arange(len(piece), device=x.device), piece] = torch.inf
        closest = d.topk(j, dim=1, largest=False)
        yield Neighbors(closest.indices, closest.values.clamp(min=0))


def nearest(x: Float[Tensor, "n f"], j: int) -> Neighbors:
    """The exact j nearest neighbors of each point; a point is never its own neighbor."""
    pieces = list(nearest_in_pieces(x, j))
    return Neighbors(torch.cat([piece.j for piece in pieces]), torch.cat([piece.d for piece in pieces]))


def random_of(pool: Neighbors, j: int, rng: torch.Generator) -> Neighbors:
    """j neighbors of each point drawn from its row of `pool`, all subsets equally likely; still nearest first."""
    lot = torch.rand(pool.d.shape, generator=rng, device=rng.device)
    pick = lot.topk(j, dim=1).indices.sort(dim=1).values
    return Neighbors(pool.j.gather(1, pick), pool.d.gather(1, pick))


def on_sphere(x: Float[Tensor, "n f"]) -> Float[Tensor, "n f"]:
    """Each point divided by its length: squared distances become 2 (1 - cosine). A zero vector stays zero."""
    return torch.nn.functional.normalize(x, dim=1)


def local_scale(d: Float[Tensor, "n j"]) -> Float[Tensor, " n"]:
    """s_i^2 = d_ij / 2 for the 10th nearest neighbor j (the last one, where there are fewer)."""
    return d[:, min(SCALE_NEIGHBOR, d.shape[1]) - 1] / 2


def uniform_weights(d: Float[Tensor, "n j"]) -> Float[Tensor, "n j"]:
    """w_ij = 1 / J."""
    return torch.full_like(d, 1 / d.shape[1])


def gaussian_weights(d: Float[Tensor, "n j"], s2: Float[Tensor, " n"]) -> Float[Tensor, "n j"]:
    """w_ij = exp(-d_ij / (2 s_i^2)) / sum_l exp(-d_il / (2 s_i^2))."""
    beyond = d - d.min(dim=1, keepdim=True).values  # the same quotient without 0/0 where all terms underflow
    return (-beyond / (2 * s2[:, None].clamp(min=_SMALLEST))).softmax(dim=1)


def student_t_weights(d: Float[Tensor, "n j"], s2: Float[Tensor, " n"]) -> Float[Tensor, "n j"]:
    """w_ij = (1 + d_ij / (2 s_i^2))^-1 / sum_l (1 + d_il / (2 s_i^2))^-1."""
    kernel = 1 / (2 * s2[:, None].clamp(min=_SMALLEST) + d)  # the factor 2 s_i^2 cancels
    return kernel / kernel.sum(dim=1, keepdim=True)


def published_weights(d: Float[Tensor, "n j"]) -> Float[Tensor, "n j"]:
    """Gaussian weights as in an unused branch of the authors' code: one scale per COLUMN, taken from the 12th row.

    w_ij ~ exp(-d_ij / d_12,j). There it is the 12th point of the batch, and rows are left unnormalized; here it is the
    12th of the data, and rows sum to 1. (In the code the point itself is column 0, where this divides 0 by 0; the NaN
    is overwritten.)
    """
    exponent = (-d / d[11].clamp(min=_SMALLEST)).clamp(min=torch.finfo(d.dtype).min)
    return exponent.softmax(dim=1)


def gaussian_affinity(d: Float[Tensor, "n n"], sigma: float) -> Float[Tensor, "n n"]:
    """A_ij = exp(-d_ij / (2 sigma^2)) for i != j, A_ii = 0, from squared distances d.    (Ng, Jordan, Weiss 2001)"""
    return (-d / (2 * sigma**2)).exp().fill_diagonal_(0)


def normalized_adjacency(index: Int[np.ndarray, "n j"], w: Float[np.ndarray, "n j"]) -> csr_matrix:
    """S = D^-1/2 A D^-1/2 with A = (W + W^T) / 2 and D the diagonal matrix of its row sums; eigenvalues in -1..1."""
    n, j = index.shape
    W = csr_matrix((w.astype(np.float64).ravel(), index.ravel(), np.arange(0, n * j + 1, j)), shape=(n, n))
    A = (W + W.T) / 2
    scale = diags_array(np.asarray(A.sum(axis=1)).ravel() ** -0.5)
    return csr_matrix(scale @ A @ scale)


def contrastive(d: Float[Tensor, " b"], positive: Bool[Tensor, " b"], c: float = 3.0) -> Float[Tensor, " b"]:
    """Loss of pairs of codes at squared distance d: d for positive pairs, max(c - sqrt d, 0)^2 for negative ones."""
    distance = d.clamp(min=_SMALLEST).sqrt()  # the slope of sqrt is infinite at 0
    return torch.where(positive, d, (c - distance).clamp(min=0).square())


def published_contrastive(d: Float[Tensor, " b"], positive: Bool[Tensor, " b"], c: float = 3.0) -> Float[Tensor, " b"]:
    """The same in three of the authors' four scripts: max(c + d, 0) for positive pairs, else max(c - d, 0)."""
    return torch.where(positive, c + d, c - d).clamp(min=0)


def margins_contrastive(
    d: Float[Tensor, " b"], positive: Bool[Tensor, " b"], c: float = 1.0, within: float = 0.05
) -> Float[Tensor, " b"]:
    """max(sqrt d - within, 0)^2 for positive pairs, max(c - sqrt d, 0)^2 for negative ones.      (Shaham 2018, code)"""
    distance = d.clamp(min=_SMALLEST).sqrt()
    return torch.where(positive, distance - within, c - distance).clamp(min=0).square()


def neighbor_prior(
    gamma: Float[Tensor, "n k"], gamma_j: Float[Tensor, "n j k"], w: Float[Tensor, "n j"]
) -> Float[Tensor, "n k"]:
    """pi_ik = 1/2 (gamma_ik + sum_j w_ij gamma_jk), which maximizes sum_j w_ij sum_k (gamma_ik + gamma_jk) ln pi_ik."""
    return (gamma + torch.einsum("nj,njk->nk", w, gamma_j)) / 2


def printed_prior(
    gamma: Float[Tensor, "n k"], gamma_j: Float[Tensor, "n j k"], w: Float[Tensor, "n j"]
) -> Float[Tensor, "n k"]:
    """The formula as printed: sum_j w_ij gamma_ik / sum_j w_ij (gamma_ik + gamma_jk).        (Yang 2019, eq. 31)

    Its rows do not sum to 1, so it is no maximum over the simplex.
    """
    both = gamma + torch.einsum("nj,njk->nk", w, gamma_j)
    return gamma / both.clamp(min=torch.finfo(gamma.dtype).tiny)


def js(p: Float[Tensor, "*n k"], q: Float[Tensor, "*n k"]) -> Float[Tensor, "*n"]:
    """Jensen-Shannon divergence of two categorical distributions in nats: from 0 (equal) to ln 2 (disjoint)."""
    xlogx = torch.special.xlogy
    m = (p + q) / 2
    return ((xlogx(p, p) + xlogx(q, q)) / 2 - xlogx(m, m)).sum(dim=-1).clamp(min=0)


class PairTerms(NamedTuple):
    """Terms of the bound over pairs (i, j), means over points i. A point itself has weight 1/2, a neighbor 1/2 w_ij."""

    reconstruction: Float[Tensor, ""]  # -log p(x_i | z_i)
    neighbor_reconstruction: Float[Tensor, ""]  # sum_j w_ij (-log p(x_i | z_j)): x_i from its neighbors' codes
    code_given_cluster: Float[Tensor, ""]  # -E log p(z|c)
    cluster_given_prior: Float[Tensor, ""]  # KL(gamma || pi_i)
    entropy_of_code: Float[Tensor, ""]  # of q(z|x); the one term that is subtracted

    def loss(self, *, reconstruction: float = 1.0, code_given_cluster: float = 1.0) -> Float[Tensor, ""]:
        """-1/n sum_i [ 1/2 L(x_i) + 1/2 sum_j w_ij L(x_i, x_j) ], with factors on two terms (1 in the derivation)."""
        restored = (self.reconstruction + self.neighbor_reconstruction) / 2
        return (
            reconstruction * restored
            + code_given_cluster * self.code_given_cluster
            + self.cluster_given_prior
            - self.entropy_of_code
        )


def pair_terms(
    error: Float[Tensor, "b c"],
    log_gamma: Float[Tensor, "b c k"],
    m: Float[Tensor, "b c d"],
    log_s2: Float[Tensor, "b c d"],
    log_pi: Float[Tensor, "b k"],
    *,
    mu: Float[Tensor, "k d"],
    log_var: Float[Tensor, "k d"],
    w: Float[Tensor, "b j"],
) -> PairTerms:
    """Terms of L(x_i, x_j) for b points i; column 0 is i itself, the others (c = 1 + j) its neighbors.    (eqs. 21, 26)

    error_ij = -log p(x_i | z_j); log gamma_ij, m_ij and s_ij^2 are those of the neighbor j, log_pi_i that of i.
    """
    weight = torch.cat([torch.ones_like(w[:, :1]), w], dim=1) / 2

    def mean(term: Float[Tensor, " bc"]) -> Float[Tensor, ""]:
        return (weight.flatten() * term).sum() / len(w)

    rows = [t.flatten(0, 1) for t in (log_gamma, m, log_s2, log_pi[:, None].expand_as(log_gamma))]
    flat_log_gamma, flat_m, flat_log_s2, flat_log_pi = rows
    return PairTerms(
        reconstruction=error[:, 0].mean(),
        neighbor_reconstruction=(w * error[:, 1:]).sum() / len(w),
        code_given_cluster=mean(code_given_cluster(flat_log_gamma.exp(), flat_m, flat_log_s2, mu, log_var)),
        cluster_given_prior=mean(assignment_divergence(flat_log_gamma, flat_log_pi)),
        entropy_of_code=mean(code_entropy(flat_log_s2)),
    )
