"""Self-augmented training: what IMSAT asks of a network, shared with KINGDRA, which trains several of them.

Hu, Miyato, Tokui, Matsumoto, Sugiyama. Learning Discrete Representations via Information Maximizing Self-Augmented
Training. ICML 2017. Letters: p(y|x) the assignment of a point, r its perturbation, R its cost.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.information import conditional_entropy, divergence, marginal_entropy, unit_rows
from epochscope.methods.base import MethodParams
from epochscope.nets.neighbors import search
from epochscope.nets.normed import NormedClassifier
from epochscope.params import Params, param
from epochscope.types import Progress

VAT, RPT = "VAT: worst direction", "RPT: random direction"
FIRST, LAST = 0.1, 1e-4
"""Scales of the first weights of the hidden layers and of the last one: at first, all clusters are equally likely."""

TERMS = ("perturbation R", "conditional entropy H(Y|X)", "marginal entropy H(Y)")
"""Names of the parts of the loss."""


@dataclass(frozen=True)
class ClassifierNetParams(Params):
    widths: str = param(
        "1200-1200",
        pattern=r"[1-9]\d{0,3}(-[1-9]\d{0,3}){0,3}",
        label="hidden layers",
        help="Neurons in each hidden layer of the classifier. Up to four layers of at most 9999 neurons.",
    )

    @property
    def hidden(self) -> list[int]:
        """Widths of the hidden layers."""
        return [int(width) for width in self.widths.split("-")]


@dataclass(frozen=True)
class SelfAugmentedParams(MethodParams):
    """What must not alter an assignment, and how much information weighs."""

    perturbation: str = param(
        VAT,
        options=(VAT, RPT),
        live=True,
        symbol="r",
        label="perturbation",
        help="What must not alter an assignment: a small step in the direction that alters it most (virtual "
        "adversarial training), or in a random direction, which is cheaper and says less.",
    )
    lam: float = param(
        0.1,
        0.001,
        10.0,
        log=True,
        live=True,
        symbol="λ",
        label="weight of information",
        help="Weight of H(Y|X) - μ H(Y) relative to that of the perturbation.",
    )
    mu: float = param(
        4.0,
        0.0,
        20.0,
        step=0.5,
        live=True,
        symbol="μ",
        label="weight of H(Y)",
        help="How strongly clusters are made equally large. 0: all points may end in one cluster. Classes of unequal "
        "size are torn if it is large.",
    )
    alpha: float = param(
        0.25,
        0.01,
        2.0,
        log=True,
        live=True,
        symbol="α",
        label="length of the perturbation",
        help="In distances of a point to its 10th nearest neighbor, so that points in thin regions move farther.",
    )
    xi: float = param(
        3.0,
        0.1,
        30.0,
        log=True,
        symbol="ξ",
        label="trial step (VAT only)",
        help="Length of the step at which the worst direction is sought, in lengths of the perturbation.",
    )
    neighbor: int = param(
        10,
        1,
        100,
        symbol="t",
        label="neighbor that sets the scale",
        help="The distance to this nearest neighbor is a point's unit of length. With fewer points, the farthest one "
        "is taken.",
    )


def new_classifier(f: int, k: int, hp: Any, rng: torch.Generator) -> NormedClassifier:
    """x -> logits of k clusters, with the layers of `hp.net`."""
    return NormedClassifier([f, *hp.net.hidden, k], [FIRST] * len(hp.net.hidden) + [LAST], rng)


def perturbed(
    net: NormedClassifier | Any,
    x: Float[Tensor, "b f"],
    log_p: Float[Tensor, "b k"],
    epsilon: Float[Tensor, " b"],
    *,
    hp: SelfAugmentedParams,
    u: Float[Tensor, "b f"],
) -> Float[Tensor, "b f"]:
    """r, of length epsilon_i: along u / |u| (RPT), or along the gradient of KL(p(y|x) || p(y|x + xi u)) there (VAT)."""
    d = unit_rows(u)
    if hp.perturbation == VAT:
        d = (hp.xi * epsilon[:, None] * d).requires_grad_()
        moved = divergence(log_p, net(x + d).log_softmax(dim=1)).sum()
        d = unit_rows(torch.autograd.grad(moved, d)[0])
    return epsilon[:, None] * d


class Terms(NamedTuple):
    """The parts of the loss on a batch."""

    R: Float[Tensor, ""]
    conditional: Float[Tensor, ""]  # H(Y|X)
    marginal: Float[Tensor, ""]  # H(Y)

    def loss(self, hp: SelfAugmentedParams) -> Float[Tensor, ""]:
        """R + lambda [H(Y|X) - mu H(Y)]."""
        return self.R + hp.lam * (self.conditional - hp.mu * self.marginal)


def terms(
    net: NormedClassifier,
    x: Float[Tensor, "b f"],
    epsilon: Float[Tensor, " b"],
    hp: SelfAugmentedParams,
    rng: torch.Generator,
) -> Terms:
    """R = KL(p(y|x), held constant || p(y|x + r)) and both entropies. Only the first pass moves stored statistics."""
    log_p = net(x, remember=True).log_softmax(dim=1)
    constant, u = log_p.detach(), torch.empty_like(x).normal_(generator=rng)
    r = perturbed(net, x, constant, epsilon, hp=hp, u=u)
    R = divergence(constant, net(x + r).log_softmax(dim=1)).mean()
    return Terms(R, conditional_entropy(log_p), marginal_entropy(log_p))


def radii(x: Float[Tensor, "n f"], neighbor: int) -> Generator[Progress, None, Float[Tensor, " n"]]:
    """Distance of each point to its nearest neighbor of this rank."""
    nearest = yield from search(x, min(neighbor, len(x) - 1))
    return nearest.d[:, -1].sqrt()
