"""KINGDRA: several networks cluster the same points; where all agree, their clusters become labels for training on.

Gupta, Ramjee, Kwatra, Sivathanu. Unsupervised Clustering using Pseudo-semi-supervised Learning. ICLR 2020.
Departs from the paper: five networks trained as in IMSAT instead of ten ladder networks with an information loss, and
so perturbations instead of noise and denoising; strong edges need all networks where the authors ask for more than 9
of 10, weak ones one network where they ask for more than 1; the networks must be sure of each point of a class, not
only of its first one, as in the authors' code for the first class; each network's own cluster numbers are matched to
the pseudo-classes, as is done there at first. As there, a round in which a class stays empty keeps the pseudo-labels
of the best round before. No true label takes part. The text of the paper was not at hand; this follows the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import nll_loss

from epochscope.formulas.alignment import match_clusters
from epochscope.formulas.pseudo_labels import pseudo_labels, smallest_class
from epochscope.formulas.subspaces import block_means
from epochscope.methods.base import DIGITS, RECOMMENDED, Assigned, Method, Preset, Size, Steps
from epochscope.methods.shared.lloyd import require_distinct_points
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.self_augmented import (
    TERMS,
    VAT,
    ClassifierNetParams,
    SelfAugmentedParams,
    new_classifier,
    radii,
    terms,
)
from epochscope.nets.autoencoder import Unit, unit_of
from epochscope.nets.device import on_one_core
from epochscope.nets.frozen import Weights, frozen
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
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

BLOCKS, COMPARED = 60, 600
"""Blocks of the agreement matrix, and the points from which it is made."""


@dataclass(frozen=True)
class RoundParams(StepParams):
    """Training of all networks, in rounds between which pseudo-labels are made anew."""

    lr: float = lr_param(2e-3, "Size of a gradient step.")
    batch: int = param(250, 16, 4096, log=True, label="batch size", help="Points per step, and pseudo-labels per step.")
    epochs: int = param(40, 1, MOST_EPOCHS, label="epochs", help="Passes over the data, by every network.")
    round: int = param(
        5, 1, 500, label="epochs per round", help="Passes between two times that pseudo-labels are made."
    )


@dataclass(frozen=True)
class KingdraParams(SelfAugmentedParams):
    nets: int = param(5, 2, 20, label="networks", help="Number of networks in the ensemble; the paper has ten.")
    sure: float = param(
        0.9,
        0.0,
        0.99,
        step=0.05,
        live=True,
        label="certainty",
        help="A point takes part in pseudo-labels if every network gives its cluster more than this probability.",
    )
    weak: int = param(
        1,
        1,
        20,
        live=True,
        label="networks for a weak edge",
        help="Points that this many networks put into one cluster with a point of a class cannot be in another class.",
    )
    supervised: float = param(
        1.0, 0.0, 10.0, step=0.1, live=True, label="weight of pseudo-labels", help="0: the networks never use them."
    )
    cluster: RoundParams = group(RoundParams, "Rounds")
    net: ClassifierNetParams = group(ClassifierNetParams, "Network")


class Ensemble(NamedTuple):
    """Outputs of all networks for all points, with cluster numbers matched to those of the first network."""

    z: Float[Tensor, "n k"]  # mean of their logits
    q: Float[Tensor, "n k"]  # mean of their assignments
    own: Int[np.ndarray, "n e"]  # the label of each network by its own numbers
    sure: Float[Tensor, " n"]  # the largest probability of the least certain network
    orders: Int[Tensor, "e k"]  # columns of each network in the order of the first one's clusters


def outputs(nets: list[NormedClassifier], x: Float[Tensor, "n f"], k: int) -> Ensemble:
    """All networks on all points."""
    logits = [apply_in_batches(net.stored, x) for net in nets]
    own = np.stack([array(z.argmax(dim=1)) for z in logits], axis=1)
    orders = [np.argsort(match_clusters(previous=own[:, 0], labels=labels, k=k)) for labels in own.T]
    order = torch.tensor(np.stack(orders), device=x.device)
    largest = torch.stack([z.softmax(dim=1).amax(dim=1) for z in logits]).amin(dim=0)
    return Ensemble(*mean_outputs(logits, order), own, largest, order)


def mean_outputs(logits: list[Tensor], orders: Int[Tensor, "e k"]) -> tuple[Tensor, Tensor]:
    """Mean logits and mean assignments, with the columns of each network in its order."""
    ordered = [z[:, order] for z, order in zip(logits, orders, strict=True)]
    q = torch.stack([z.softmax(dim=1) for z in ordered]).mean(dim=0)
    return torch.stack(ordered).mean(dim=0), q


class PseudoLabels:
    """The pseudo-labels in use: of the last round in which no class was empty, or the fullest before."""

    def __init__(self, n: int, k: int) -> None:
        self.k, self.found, self.smallest = k, np.full(n, -1), 0

    def renew(self, now: Ensemble, hp: KingdraParams) -> None:
        """Makes them anew from what the networks say now."""
        sure = array(now.sure) > hp.sure
        found = pseudo_labels(now.own, sure, self.k, strong=len(now.orders), weak=min(hp.weak, len(now.orders)))
        smallest = smallest_class(found, self.k)
        if smallest > 0 or self.smallest == 0:
            self.found, self.smallest = found, smallest

    def of_net(self, own: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The same by the cluster numbers of a network, as it numbers these points now."""
        known = self.found >= 0
        new = match_clusters(previous=self.found[known], labels=own[known], k=self.k)
        return np.where(known, np.argsort(new)[self.found], -1)


def balanced(goal: Int[Tensor, " n"], count: int, rng: torch.Generator) -> Int[Tensor, " b"]:
    """Rows with pseudo-labels (0 and above), each class equally often."""
    sizes = torch.bincount(goal.clamp(min=0) + (goal >= 0), minlength=2)  # place 0: points without one
    weight = torch.where(goal >= 0, 1 / sizes[(goal + 1).clamp(min=0)].clamp(min=1).double(), 0.0)
    return torch.multinomial(weight, count, replacement=True, generator=rng)


def agreement(now: Ensemble, some: Int[Tensor, " m"]) -> Float[Tensor, "b b"]:
    """Share of the networks that put two points into one cluster, points in the order of their clusters, in blocks."""
    own = torch.tensor(now.own, device=some.device)[some]
    together = (own[:, None, :] == own[None]).float().mean(dim=2)
    return block_means(together, now.q[some].argmax(dim=1).argsort(stable=True), min(BLOCKS, len(some)))


def run(x: Float[Tensor, "n f"], k: int, hp: KingdraParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    if len(x) < 2:
        raise EpochscopeError("KINGDRA needs at least two points: it compares each with its neighbors.")
    unit = unit_of(x, center=True)
    x = unit.of(x)
    nets = [new_classifier(x.shape[1], k, hp, rng) for _ in range(hp.nets)]
    hp = (yield Snapshot(phase="start", z=array(outputs(nets, x, k).z))) or hp
    require_distinct_points(x, k)
    d_t = yield from radii(x, hp.neighbor)
    some = torch.randperm(len(x), generator=rng, device=rng.device)[:COMPARED]
    steps, means = [optimizer(hp.cluster, net.parameters()) for net in nets], Means()
    pseudo = PseudoLabels(len(x), k)

    for epoch in range(hp.cluster.epochs + 1):
        now = outputs(nets, x, k)
        require_finite("cluster", epoch, logits=now.z)
        if epoch and epoch % hp.cluster.round == 0:
            pseudo.renew(now, hp)
        parts = {f"classifier{i}": net for i, net in enumerate(nets)}
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(now.z),
                q=array(now.q),
                losses=means.take(),
                measures=told(now, pseudo) | assignment_measures(now.z, now.q),
                extra={"affinity": array(agreement(now, some))},
                model=frozen(unit=unit, orders=now.orders, **parts),
            )
        ) or hp
        if epoch == hp.cluster.epochs:
            return
        orders = [list(whole_batches(len(x), hp.cluster.batch, rng)) for _ in nets]
        done, total = 0, sum(map(len, orders))
        for i, (net, own_steps, order) in enumerate(zip(nets, steps, orders, strict=True)):
            set_lr(own_steps, hp.cluster.lr)
            goal = torch.tensor(pseudo.of_net(now.own[:, i]), device=x.device) if pseudo.smallest else None
            for rows in order:
                found = step(net, own_steps, x, hp, epsilon=hp.alpha * d_t, rows=rows, goal=goal, rng=rng)
                means.add(len(rows), **found)
                done += 1
                yield Progress(done, total)


def told(now: Ensemble, pseudo: PseudoLabels) -> dict[str, float]:
    """How far the networks agree, and how many points have pseudo-labels."""
    columns = np.argsort(array(now.orders), axis=1)
    matched = np.stack([columns[i][now.own[:, i]] for i in range(now.own.shape[1])], axis=1)
    return {
        "agreement with the first network": float((matched[:, 1:] == matched[:, :1]).mean()),
        "points with a pseudo-label": float((pseudo.found >= 0).mean()),
        "smallest pseudo-class": float(pseudo.smallest),
    }


def step(
    net: NormedClassifier,
    own_steps: torch.optim.Optimizer,
    x: Float[Tensor, "n f"],
    hp: KingdraParams,
    *,
    epsilon: Float[Tensor, " n"],
    rows: Int[Tensor, " b"],
    goal: Int[Tensor, " n"] | None,
    rng: torch.Generator,
) -> dict[str, Tensor]:
    """A gradient step of one network on R + lambda [H(Y|X) - mu H(Y)] + cross-entropy on pseudo-labels, `goal`."""
    found = terms(net, x[rows], epsilon[rows], hp, rng)
    loss, named = found.loss(hp), {str(name): value for name, value in zip(TERMS, found, strict=True)}
    if goal is not None and hp.supervised:
        drawn = balanced(goal, len(rows), rng)
        named["pseudo-labels"] = nll_loss(net(x[drawn]).log_softmax(dim=1), goal[drawn])
        loss = loss + hp.supervised * named["pseudo-labels"]
    descend(own_steps, loss)
    return named


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: the mean over the networks, with their clusters in the order of the last epoch."""
    unit, orders = Unit(float(weights["unit.origin"]), float(weights["unit.length"])), weights["orders"]
    made = [normed_classifier(weights, f"classifier{i}") for i in range(len(orders))]
    return Assigned(*mean_outputs([apply_in_batches(net, unit.of(x)) for net in made], orders))


def sizes(size: Size) -> dict[str, int | str]:
    """Sizes for n points, f features and k clusters: 25 points of each cluster a batch, some 1,000 steps a network."""
    n, f, k = size
    batch = min(1024, max(64, 25 * k))
    wide = 64 if f < 16 else 256 if f < 256 else 500
    epochs = min(100, max(20, -(-1000 // max(1, n // batch))))
    return {
        "net.widths": f"{wide}-{wide}",
        "cluster.batch": batch,
        "cluster.epochs": epochs,
        "cluster.round": epochs // 8,
    }


METHOD = Method(
    key="kingdra",
    title="KINGDRA",
    cite="D. Gupta, R. Ramjee, N. Kwatra, M. Sivathanu. Unsupervised Clustering using Pseudo-semi-supervised Learning. "
    "ICLR, 2020",
    about="Several networks cluster the points, each for itself. Points on which all of them agree get pseudo-labels, "
    "all networks are trained on these, more points follow, and so on, round after round.",
    params=KingdraParams,
    provides=frozenset({"z", "q", "labels", "affinity"}),
    plan=lambda hp: {"start": 0, "cluster": hp.cluster.epochs},
    run=on_one_core(run),
    space="mean outputs before the softmax",
    presets=(
        Preset(
            "quick demo",
            {"net.widths": "128-128", "cluster.epochs": 36, "cluster.round": 4, "cluster.lr": 5e-3},
            "Chosen here: five small networks, nine rounds; seconds on the digits.",
            chosen_on=DIGITS,
        ),
        Preset(
            RECOMMENDED,
            {},
            "For data of any kind; chosen here: two hidden layers of 64 (f < 16), 256 (f < 256) or 500, 25 points of "
            "each cluster a batch (64 to 1,024), 1,000 steps a network within 20 to 100 epochs, eight rounds.",
            sizes,
        ),
        Preset(
            "as in the paper",
            {
                "nets": 10,
                "perturbation": VAT,
                "lam": 0.1,
                "mu": 4.0,
                "sure": 0.9,
                "weak": 2,
                "net.widths": "1200-1200",
                "cluster.lr": 2e-3,
                "cluster.batch": 64,
                "cluster.epochs": 250,
                "cluster.round": 5,
            },
            "The authors' configuration for MNIST: ten networks, 50 rounds of 5 epochs, batches of 64. Their networks "
            "are ladder networks; these are IMSAT's.",
        ),
    ),
    assign=assign,
)
