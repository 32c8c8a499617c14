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

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.information import conditional_entropy, marginal_entropy
from epochscope.methods.base import DIGITS, MNIST, Assigned, Method, Preset, Size, Steps
from epochscope.methods.shared.lloyd import require_distinct_points
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.pictures import RESTORED
from epochscope.methods.shared.presets import WATCH_SOURCE, WATCHED
from epochscope.methods.shared.self_augmented import (
    TERMS,
    VAT,
    ClassifierNetParams,
    SelfAugmentedParams,
    new_classifier,
    perturbed,
    radii,
    terms,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
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

_ENLARGED = 4  # times: the perturbation alone, as a picture


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
class ImsatParams(SelfAugmentedParams):
    cluster: ImsatStepParams = group(ImsatStepParams, "Training")
    net: ClassifierNetParams = group(ClassifierNetParams, "Network")
    watch: WatchParams = watch_group()


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


def run(x: Float[Tensor, "n f"], k: int, hp: ImsatParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    if len(x) < 2:
        raise EpochscopeError("IMSAT needs at least two points: it compares each with its neighbors.")
    unit = unit_of(x, center=True)
    x = unit.of(x)
    net = new_classifier(x.shape[1], k, hp, rng)
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
            means.add(len(rows), **dict(zip(TERMS, found, strict=True)))
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
    run=on_one_core(watched(run)),
    space="outputs before the softmax",
    presets=(
        Preset(
            "quick demo",
            {"net.widths": "256-256", "cluster.epochs": 40},
            "Chosen here: a smaller network, seconds on the digits.",
            chosen_on=DIGITS,
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
            chosen_on=MNIST,
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
