"""Two clusterings of the same codes at once: a code has two parts (facets), each drawn from Gaussians of its own.

Letters: y and v the discrete variables of the facets, joined by an edge with the table P(y, v); z = [z_1, z_2], z_1 is
drawn from N(mu_y, diag sigma_y^2), z_2 from those of v. This is the latent tree of Li 2019 with two given facets.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.mixture import log_normal


class Facet(NamedTuple):
    """The Gaussians of one facet."""

    mu: Float[Tensor, "k d"]
    log_var: Float[Tensor, "k d"]


class Tree(NamedTuple):
    """The prior of the codes."""

    log_table: Float[Tensor, "k v"]  # log P(y, v)
    first: Facet
    second: Facet


class Beliefs(NamedTuple):
    """log p(z) of each code, and what it says of y and v together."""

    log_p: Float[Tensor, " n"]
    both: Float[Tensor, "n k v"]

    @property
    def first(self) -> Float[Tensor, "n k"]:
        """p(y|z)."""
        return self.both.sum(dim=2)

    @property
    def second(self) -> Float[Tensor, "n v"]:
        """p(v|z)."""
        return self.both.sum(dim=1)


def beliefs(z: Float[Tensor, "n e"], tree: Tree) -> Beliefs:
    """log p(z) = log sum_y sum_v P(y, v) N(z_1; mu_y, sigma_y^2) N(z_2; mu_v, sigma_v^2), and p(y, v|z)."""
    d = tree.first.mu.shape[1]
    one, two = log_normal(z[:, :d], *tree.first), log_normal(z[:, d:], *tree.second)
    joint = tree.log_table + one[:, :, None] + two[:, None, :]
    log_p = joint.flatten(1).logsumexp(dim=1)
    return Beliefs(log_p, (joint - log_p[:, None, None]).exp())


class Statistics(NamedTuple):
    """What EM needs of the codes, as means over points: of the table, and of each facet 1, z and z^2."""

    table: Float[Tensor, "k v"]
    z1: Float[Tensor, "k d"]
    square1: Float[Tensor, "k d"]
    z2: Float[Tensor, "v c"]
    square2: Float[Tensor, "v c"]

    def toward(self, other: Statistics, rate: float) -> Statistics:
        """A step of this rate to those of a batch: S <- (1 - rate) S + rate S_batch  (stepwise EM)."""
        return Statistics(*((1 - rate) * own + rate * new for own, new in zip(self, other, strict=True)))

    def tree(self, floor: float) -> Tree:
        """The prior that these statistics make most likely, with variances of at least `floor`."""
        tiny = torch.finfo(self.table.dtype).tiny
        one = _facet(self.table.sum(dim=1), self.z1, self.square1, floor)
        two = _facet(self.table.sum(dim=0), self.z2, self.square2, floor)
        return Tree(self.table.clamp(min=tiny).log(), one, two)


def _facet(share: Float[Tensor, " k"], z: Float[Tensor, "k d"], square: Float[Tensor, "k d"], floor: float) -> Facet:
    share = share.clamp(min=torch.finfo(share.dtype).tiny)[:, None]
    mu = z / share
    return Facet(mu, (square / share - mu.square()).clamp(min=floor).log())


def statistics(z: Float[Tensor, "n e"], both: Float[Tensor, "n k v"], d: int) -> Statistics:
    """The means over these points; the first d numbers of a code are the first facet."""
    one, two, z1, z2 = both.sum(dim=2).T / len(z), both.sum(dim=1).T / len(z), z[:, :d], z[:, d:]
    return Statistics(both.mean(dim=0), one @ z1, one @ z1.square(), two @ z2, two @ z2.square())


def hard(first: Int[Tensor, " n"], second: Int[Tensor, " n"], k: int, v: int) -> Float[Tensor, "n k v"]:
    """Beliefs that are certain, from labels of both facets."""
    made = torch.zeros(len(first), k * v, device=first.device)
    return made.scatter(1, (first * v + second)[:, None], 1.0).unflatten(1, (k, v))


def shared_information(log_table: Float[Tensor, "k v"]) -> float:
    """I(Y; V) of the table in nats: 0 if the facets say nothing of each other."""
    p = log_table.exp()
    return float((p * (log_table - p.sum(1).log()[:, None] - p.sum(0).log())).sum().clamp(min=0))
