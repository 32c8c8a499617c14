"""IMSAT: a network assigns points to clusters so that clusters say much about points, and small changes alter nothing.

Hu, Miyato, Tokui, Matsumoto, Sugiyama. Learning Discrete Representations via Information Maximizing Self-Augmented
Training. ICML 2017.
Departs from the paper: the length xi of the trial step of VAT is given in lengths of the perturbation, so that it
suits data of any scale; the authors' code has 10 on digits from -1 to 1, where a perturbation is about 3 long. The
10th neighbor is the 10th: their code takes the 11th, since it leaves the point itself out and counts from 0. Data are
centered and divided by their root mean square. A last batch smaller than half joins the one before, since its
statistics would mean little. Not confirmed, since no copy was at hand: the numbers of the equations, whether RPT has
the same alpha as VAT (in the authors' code there is VAT alone), and settings for other data than digits.
Not in the paper, and used by the recommended preset alone: the rule for its sizes, watched clustering.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.information import conditional_entropy, divergence, marginal_entropy, unit_rows
from epochscope.methods.base import Assigned, Method, MethodParams, Preset, Size, Steps
from epochscope.methods.shared.lloyd import require_distinct_points
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.pictures import RESTORED
from epochscope.methods.shared.presets import WATCH_SOURCE, WATCHED
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Unit, unit_of
from epochscope.nets.frozen import Weights, frozen
from epochscope.nets.neighbors import search
from epochscope.nets.normed import NormedClassifier, normed_classifier, whole_batches
from epochscope.nets.training import (
    Means,
    StepParams,
    apply_in_batches,
    array,
    descend,
    lr_param,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.params import MOST_EPOCHS, Params, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

VAT, RPT = "VAT: worst direction", "RPT: random direction"
FIRST, LAST = 0.1, 1e-4
"""Scales of the first weights of the hidden layers and of the last one: at first, all clusters are equally likely."""

_ENLARGED = 4  # times: the perturbation alone, as a picture
_NAMES = ("perturbation R", "conditional entropy H(Y|X)", "marginal entropy H(Y)")


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
class ImsatStepParams(StepParams):
    epochs: int = param(50, 1, MOST_EPOCHS, label="epochs", help="Passes over the data.")
    lr: float = lr_param(2e-3, "Size of a gradient step. Too large: classes are torn early and stay so.")
    batch: int = param(
        250,
        16,
        4096,
        log=True,
        label="batch size",
        help="Points per gradient step. H(Y) is that of a batch: with few points for each cluster it is too low, and "
        "clusters are made equally large within each batch.",
    )


@dataclass(frozen=True)
class ImsatParams(MethodParams):
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
        help="The distance to this nearest neighbor is a point's unit of length. With fewer points, the farthest.",
    )
    cluster: ImsatStepParams = group(ImsatStepParams, "Training")
    net: ClassifierNetParams = group(ClassifierNetParams, "Network")
    watch: WatchParams = watch_group()


def perturbed(
    net: NormedClassifier | Any,
    x: Float[Tensor, "b f"],
    log_p: Float[Tensor, "b k"],
    epsilon: Float[Tensor, " b"],
    *,
    hp: ImsatParams,
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

    def loss(self, hp: ImsatParams) -> Float[Tensor, ""]:
        """R + lambda [H(Y|X) - mu H(Y)]."""
        return self.R + hp.lam * (self.conditional - hp.mu * self.marginal)


def terms(
    net: NormedClassifier,
    x: Float[Tensor, "b f"],
    epsilon: Float[Tensor, " b"],
    hp: ImsatParams,
    rng: torch.Generator,
) -> Terms:
    """R = KL(p(y|x), held constant || p(y|x + r)) and both entropies. Only the first pass moves stored statistics."""
    log_p = net(x, remember=True).log_softmax(dim=1)
    constant, u = log_p.detach(), torch.empty_like(x).normal_(generator=rng)
    r = perturbed(net, x, constant, epsilon, hp=hp, u=u)
    R = divergence(constant, net(x + r).log_softmax(dim=1)).mean()
    return Terms(R, conditional_entropy(log_p), marginal_entropy(log_p))


class Examples(NamedTuple):
    """Some points whose perturbation is shown in each epoch, and the direction in which its search begins."""

    x: Float[Tensor, "r f"]
    epsilon: Float[Tensor, " r"]
    u: Float[Tensor, "r f"]
    unit: Unit

    def shown(self, net: NormedClassifier, hp: ImsatParams) -> np.ndarray:
        """x, x + r, and r alone, enlarged, about the middle of the values; in the unit of the data."""
        with torch.no_grad():
            log_p = net.stored(self.x).log_softmax(dim=1)
        with torch.enable_grad():
            r = perturbed(net.stored, self.x, log_p, self.epsilon, hp=hp, u=self.u)
        middle = (self.x.max() + self.x.min()) / 2
        return array(self.unit.back(torch.stack([self.x, self.x + r, middle + _ENLARGED * r])))


def radii(x: Float[Tensor, "n f"], neighbor: int) -> Generator[Progress, None, Float[Tensor, " n"]]:
    """Distance of each point to its nearest neighbor of this rank."""
    nearest = yield from search(x, min(neighbor, len(x) - 1))
    return nearest.d[:, -1].sqrt()


def run(x: Float[Tensor, "n f"], k: int, hp: ImsatParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    if len(x) < 2:
        raise EpochscopeError("IMSAT needs at least two points: it compares each with its neighbors.")
    unit = unit_of(x, center=True)
    x = unit.of(x)
    scales = [FIRST] * len(hp.net.hidden) + [LAST]
    net = NormedClassifier([x.shape[1], *hp.net.hidden, k], scales, rng)
    hp = (yield Snapshot(phase="start", z=array(apply_in_batches(net.stored, x)))) or hp
    require_distinct_points(x, k)
    d_t = yield from radii(x, hp.neighbor)
    directions = torch.empty_like(x[:RESTORED]).normal_(generator=rng)
    steps, means = optimizer(hp.cluster, net.parameters()), Means()

    for epoch in range(hp.cluster.epochs + 1):
        z = apply_in_batches(net.stored, x)
        require_finite("cluster", epoch, logits=z)
        log_q = z.log_softmax(dim=1)
        q, inside, among = log_q.exp(), float(conditional_entropy(log_q)), float(marginal_entropy(log_q))
        information = {"H(Y|X)": inside, "H(Y)": among, "I(X;Y) = H(Y) - H(Y|X)": among - inside}
        examples = Examples(x[:RESTORED], hp.alpha * d_t[:RESTORED], directions, unit)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                q=array(q),
                losses=means.take(),
                measures=information | assignment_measures(z, q),
                extra={"perturbed": examples.shown(net, hp)},
                model=frozen(unit=unit, classifier=net),
            )
        ) or hp
        if epoch == hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(whole_batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            found = terms(net, x[rows], hp.alpha * d_t[rows], hp, rng)
            descend(steps, found.loss(hp))
            means.add(len(rows), **dict(zip(_NAMES, found, strict=True)))
            yield Progress(done, len(order))


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: the classifier by its stored statistics."""
    unit = Unit(float(weights["unit.origin"]), float(weights["unit.length"]))
    z = apply_in_batches(normed_classifier(weights, "classifier"), unit.of(x))
    return Assigned(z, z.log_softmax(dim=1).exp())


STEPS = 1200
"""Gradient steps at which the recommended preset aims."""


def sizes(size: Size) -> dict[str, Any]:
    """Sizes for n points, f features and k clusters: 25 points of each cluster a batch, some 1,200 steps."""
    n, f, k = size
    batch = min(1024, max(64, 25 * k))
    epochs = -(-STEPS // max(1, n // batch))
    wide = 64 if f < 16 else 256 if f < 256 else 500
    return {"net.widths": f"{wide}-{wide}", "cluster.batch": batch, "cluster.epochs": min(100, max(20, epochs))}


METHOD = Method(
    key="imsat",
    title="IMSAT",
    cite="W. Hu, T. Miyato, S. Tokui, E. Matsumoto, M. Sugiyama. Learning Discrete Representations via Information "
    "Maximizing Self-Augmented Training. ICML, 2017",
    about="A network without codes or decoder gives each point a probability for each cluster. It learns to be certain "
    "of each point, to use all clusters equally, and not to change its mind when a point is moved a little.",
    params=ImsatParams,
    provides=frozenset({"z", "q", "labels", "perturbed"}),
    plan=watched_plan(lambda hp: {"start": 0, "cluster": hp.cluster.epochs}),
    run=watched(run),
    space="outputs before the softmax",
    presets=(
        Preset(
            "quick demo",
            {"net.widths": "256-256", "cluster.epochs": 40},
            "Chosen here: a smaller network, seconds on the digits.",
        ),
        Preset(
            "recommended",
            {},
            "For data of any kind; chosen here: two hidden layers of 64 (f < 16), 256 (f < 256) or 500, 25 points of "
            f"each cluster a batch (64 to 1,024), {STEPS:,} steps within 20 to 100 epochs. {WATCH_SOURCE}",
            lambda size: sizes(size) | WATCHED,
        ),
        Preset(
            "minutes",
            {"net.widths": "500-500", "cluster.epochs": 40},
            "Chosen here for 10,000 MNIST digits: a smaller network and fewer epochs than the paper's.",
        ),
        Preset(
            "as in the paper",
            {
                "perturbation": VAT,
                "lam": 0.1,
                "mu": 4.0,
                "alpha": 0.25,
                "neighbor": 10,
                "net.widths": "1200-1200",
                "cluster.optimizer": "adam",
                "cluster.lr": 2e-3,
                "cluster.batch": 250,
                "cluster.epochs": 50,
            },
            "The authors' code for the 70,000 digits. Fewer points take as many epochs but fewer steps.",
        ),
    ),
    assign=assign,
)
