"""The prior pi_i of a point: the formula as printed, the one that the optimum asks for, and the published rule.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
pi_i is to maximize F(pi) = sum_j w_ij sum_k (gamma_ik + gamma_jk) ln pi_k over the simplex. Three clusters here, so
that a distribution over them is a point in a triangle.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.graph import neighbor_prior, printed_prior
from epochscope.labs.shared.model import Claim, deviation
from epochscope.language import tr

K = 3
_CORNERS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3) / 2]], dtype=torch.float64)
_SMALLEST = 0.01  # of any gamma: ln pi stays finite
_TRIES = 512
_EXACT = 1e-12

Row = Float[Tensor, " k"]


class Given(NamedTuple):
    """Assignments of a point and its neighbors, and what each neighbor counts."""

    gamma: Row  # gamma_i
    gamma_j: Float[Tensor, "j k"]
    w: Float[Tensor, " j"]


class Priors(NamedTuple):
    """pi_i by each formula."""

    derived: Row
    printed: Row  # its sum is not 1
    normalized: Row  # the printed one divided by its sum


def given(rows: list[list[float]], shares: list[float]) -> Given:
    """The first row is the point's own; every row is brought onto the simplex, away from its edges; so are shares."""
    gamma = onto_simplex(torch.tensor(rows, dtype=torch.float64))
    w = torch.tensor(shares, dtype=torch.float64)
    return Given(gamma[0], gamma[1:], w / w.sum())


def onto_simplex(rows: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Nothing below 1 %, sums of 1; a row that is so already stays as it is."""
    rows = rows.clamp(min=0)
    over = (rows / rows.sum(dim=1, keepdim=True).clamp(min=1e-12) - _SMALLEST).clamp(min=0)
    return _SMALLEST + (1 - K * _SMALLEST) * over / over.sum(dim=1, keepdim=True)


def to_plane(gamma: Float[Tensor, "*n k"]) -> Float[Tensor, "*n 2"]:
    """Where in the triangle a distribution lies: its corners are certainty."""
    return gamma @ _CORNERS


def from_plane(xy: Float[Tensor, "n 2"]) -> Float[Tensor, "n k"]:
    """The distribution at a place; outside of the triangle, one on its edge."""
    height = xy[:, 1] / _CORNERS[2, 1]
    second = xy[:, 0] - height / 2
    return onto_simplex(torch.stack([1 - second - height, second, height], dim=1))


def objective(pi: Float[Tensor, "*n k"], of: Given) -> Float[Tensor, "*n"]:
    """F(pi), nats; a function on the simplex only."""
    return pi.log() @ _counts(of)


def _counts(of: Given) -> Row:
    """sum_j w_ij (gamma_ik + gamma_jk): how much each ln pi_k counts."""
    return of.w @ (of.gamma + of.gamma_j)


def priors(of: Given) -> Priors:
    """By the functions that train."""
    rows = of.gamma[None], of.gamma_j[None], of.w[None]
    derived, printed = neighbor_prior(*rows)[0], printed_prior(*rows)[0]
    return Priors(derived, printed, printed / printed.sum())


def published_rule(of: Given) -> Row:
    """The authors' code: the point and its neighbors stacked in one array, weights 1/2 and w_ij / 2, one sum."""
    stacked = torch.cat([of.gamma[None], of.gamma_j])
    return torch.cat([torch.ones(1, dtype=of.w.dtype), of.w]) / 2 @ stacked


def landscape(of: Given, lines: int = 121) -> tuple[Float[Tensor, " a"], Float[Tensor, " b"], Float[Tensor, "b a"]]:
    """F over the triangle, less its maximum: places along both axes and the values, NaN outside."""
    x, y = torch.linspace(0, 1, lines, dtype=torch.float64), torch.linspace(0, float(_CORNERS[2, 1]), lines).double()
    yy, xx = torch.meshgrid(y, x, indexing="ij")
    height = yy / _CORNERS[2, 1]
    pi = torch.stack([1 - xx - height / 2, xx - height / 2, height], dim=-1)
    inside = (pi > 0).all(dim=-1)
    below = objective(pi.clamp(min=1e-9), of) - objective(priors(of).derived, of)
    return x, y, torch.where(inside, below, torch.nan)


def claims(of: Given, known: Priors) -> list[Claim]:
    """What each formula is and is not."""
    best = objective(known.derived, of)
    rng = torch.Generator().manual_seed(0)
    wide = torch.distributions.Exponential(1.0).icdf(torch.rand(_TRIES, K, generator=rng, dtype=torch.float64))
    tries = torch.cat([onto_simplex(wide), onto_simplex(known.derived + 0.02 * (wide - 1))])
    slope = _counts(of) / known.derived
    return [
        Claim(tr("Derived: Σₖ πᵢₖ = 1"), abs(float(known.derived.sum()) - 1), _EXACT),
        Claim(tr("Printed: Σₖ πᵢₖ = 1"), abs(float(known.printed.sum()) - 1), _EXACT),
        Claim(tr("Lagrange: Σⱼ wᵢⱼ(γᵢₖ+γⱼₖ)/πᵢₖ = 2"), float((slope - 2).abs().max()), _EXACT),
        Claim(
            tr("None of {n} other π is better", n=2 * _TRIES),
            max(0.0, float((objective(tries, of) - best).max())),
            _EXACT,
        ),
        Claim(tr("The published code's rule = derived"), deviation(published_rule(of), known.derived), _EXACT),
        Claim(tr("Printed, divided by its sum, is as good"), float(best - objective(known.normalized, of)), _EXACT),
    ]


PRESETS = {
    "neighbors disagree": [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.05, 0.9, 0.05], [0.6, 0.1, 0.3]],
    "all agree": [[0.9, 0.05, 0.05]] * 4,
    "the point is undecided": [[0.34, 0.33, 0.33], [0.8, 0.1, 0.1], [0.9, 0.05, 0.05], [0.7, 0.2, 0.1]],
    "one neighbor each": [[0.4, 0.3, 0.3], [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]],
}
"""gamma_i and the gamma_j of three neighbors."""

SHARES = {"⅓, ⅓, ⅓": [1.0, 1.0, 1.0], "0.6, 0.3, 0.1": [0.6, 0.3, 0.1], "1, 0, 0": [1.0, 0.0, 0.0]}
"""w_ij."""
