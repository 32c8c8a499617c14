"""GAN: a generator learns to make points that a discriminator cannot tell from the data. The first row of the family.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio. Generative Adversarial Nets. NIPS 2014.
It has no encoder and so no clusters of its own. Here k-means groups the points by what the last hidden layer of the
discriminator says of them; and each generated point belongs to the nearest of these clusters, so that one sees which
groups of the data the generator covers.
Departs from the paper: fully connected networks with LeakyReLU instead of maxout units with dropout, a generator with
linear outputs, Adam with the rate and betas of Radford 2016 (DCGAN) instead of SGD with momentum, and clusters at all,
which are ours. The generator may minimize ln(1 - D) as in eq. 1 or, by default, -ln D as the paper advises for the
beginning (sec. 3). Networks and rates of the paper for data in the plane do not exist; those here are chosen for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import leaky_relu

from epochscope.formulas.adversarial import discriminator_loss, encoder_loss
from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.plane import Plane, plane_of
from epochscope.methods.base import RECOMMENDED, Assigned, Method, MethodParams, Preset, Size, Steps
from epochscope.methods.shared import adversarial
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.methods.shared.new_points import nearest_center
from epochscope.methods.shared.pictures import INVENTED
from epochscope.methods.shared.presets import batch_of, restarts_of
from epochscope.nets.autoencoder import Unit, dense, mlp, unit_of
from epochscope.nets.critic import SLOPE, Critic, sizes, widths_param
from epochscope.nets.frozen import Weights, frozen
from epochscope.nets.training import (
    Means,
    StepParams,
    apply_in_batches,
    array,
    batches,
    descend,
    lr_param,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

BETAS = (0.5, 0.999)
SHOWN = 1000
"""Generated points of each snapshot, from the same noise."""

_COVERED = 0.2  # share of a fair share of the generated points from which on a cluster counts as covered


@dataclass(frozen=True)
class GanStepParams(StepParams):
    """Training of both networks."""

    lr: float = lr_param(1e-3, "Size of a gradient step of both networks.")
    batch: int = param(64, 16, 4096, log=True, symbol="m", label="batch size", help="Points and draws per step.")
    epochs: int = param(60, 1, MOST_EPOCHS, label="epochs", help="Passes over the data.")


@dataclass(frozen=True)
class GanParams(MethodParams):
    d: int = param(8, 1, 100, label="size of the noise", help="Numbers from which the generator makes a point.")
    generator: str = widths_param()
    discriminator: str = widths_param()
    steps: int = param(
        1,
        1,
        10,
        label="steps of D per step of G",
        help="Discriminator steps per step of the generator. The paper takes 1, the least expensive.",
    )
    saturating: bool = param(
        False,
        label="saturating loss of G",
        help="G minimizes ln(1 - D), as in the value of the game; otherwise -ln D, whose gradient does not vanish "
        "where the discriminator is certain.",
    )
    smoothing: float = param(
        1.0,
        0.5,
        1.0,
        step=0.05,
        symbol="s",
        label="target for data",
        help="Target output of the discriminator for a point of the data. Below 1 it never becomes certain.",
    )
    restarts: int = restarts_param()
    cluster: GanStepParams = group(GanStepParams, "Training")


class Players(NamedTuple):
    """Generator and discriminator, and where they were trained."""

    G: torch.nn.Module
    D: Critic
    unit: Unit

    def features(self, x: Float[Tensor, "n f"]) -> Float[Tensor, "n w"]:
        """What the last hidden layer of D says of points, without gradient."""
        return apply_in_batches(self.D.layers[:-1], x)

    def generated(self, e: Float[Tensor, "n d"]) -> Float[Tensor, "n f"]:
        """Points made of noise, without gradient."""
        return apply_in_batches(self.G, e)


class Covered(NamedTuple):
    """How generated points spread over the clusters, and those nearest to each center."""

    clusters: float
    samples: Float[Tensor, "k s f"]


def covered(players: Players, made: Float[Tensor, "m f"], centers: Float[Tensor, "k w"]) -> Covered:
    """Clusters that get a fifth or more of a fair share of the generated points."""
    k, d = len(centers), squared_distances(players.features(made), centers)
    counts = torch.bincount(d.argmin(dim=1), minlength=k)
    nearest = d.topk(min(INVENTED, len(made)), dim=0, largest=False).indices.T
    return Covered(float((counts >= _COVERED * len(made) / k).sum()), players.unit.back(made[nearest]))


def step(
    players: Players,
    x: Float[Tensor, "b f"],
    hp: GanParams,
    steps: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Algorithm 1: some steps of D, which ascends V, then one of G. Returns their losses."""
    G, D, _ = players

    def draws() -> Float[Tensor, "b d"]:
        return torch.randn(len(x), hp.d, generator=rng, device=rng.device)

    L_D = x.new_zeros(())
    for _ in range(hp.steps):
        L_D = discriminator_loss(real=D(x), fake=D(G(draws()).detach()), smoothing=hp.smoothing)
        descend(steps[0], L_D)
    L_G = encoder_loss(D(G(draws())), saturating=hp.saturating)
    descend(steps[1], L_G)
    return L_D, L_G


def run(x: Float[Tensor, "n f"], k: int, hp: GanParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=True)
    x = unit.of(x)
    f = x.shape[1]
    players = Players(mlp([hp.d, *sizes(hp.generator), f], rng), Critic(f, sizes(hp.discriminator), rng), unit)
    hp = (yield Snapshot(phase="start", z=array(players.features(x)))) or hp
    steps = tuple(optimizer(hp.cluster, net.parameters(), betas=BETAS) for net in (players.D, players.G))
    e = torch.randn(SHOWN, hp.d, generator=rng, device=rng.device)
    plane, means, some = plane_of_data(x), Means(), torch.randperm(len(x), generator=rng, device=rng.device)

    for epoch in range(hp.cluster.epochs + 1):
        h, made = players.features(x), players.generated(e)
        require_finite("cluster", epoch, features=h, generated=made)
        centers = (yield from best_of_restarts(h, k, hp.restarts, rng)).centers
        hp = (yield snapshot(players, x, h, centers, made=made, order=some, plane=plane, losses=means.take())) or hp
        if epoch == hp.cluster.epochs:
            return
        for own in steps:
            set_lr(own, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            L_D, L_G = step(players, x[rows], hp, (steps[0], steps[1]), rng)
            means.add(len(rows), discriminator=L_D, generator=L_G)
            yield Progress(done, len(order))


def plane_of_data(x: Float[Tensor, "n f"]) -> Plane:
    """The plane on which D is shown; data of one feature lie on its first axis."""
    if x.shape[1] == 1:
        return Plane(x.new_zeros(1), x.new_tensor([[1.0, 0.0]]))
    return plane_of(x)


def snapshot(
    players: Players,
    x: Float[Tensor, "n f"],
    h: Float[Tensor, "n w"],
    centers: Float[Tensor, "k w"],
    *,
    made: Float[Tensor, "m f"],
    order: Int[Tensor, " n"],
    plane: Plane,
    losses: dict[str, float],
) -> Snapshot:
    """Features, their clusters, what the generator makes, and D on the plane of the data."""
    D, found = players.D, covered(players, made, centers)
    shown = min(len(x), len(made))
    field = adversarial.field(D, codes=made[:shown], draws=x[order[:shown]], plane=plane)
    with torch.no_grad():
        measures = adversarial.discriminator_measures(real=D(x), fake=D(made))
    return Snapshot(
        phase="cluster",
        z=array(h),
        labels=array(squared_distances(h, centers).argmin(dim=1)),
        centers=array(centers),
        losses=losses,
        measures={"clusters that the generator covers": found.clusters, **measures},
        extra=field | {"samples": array(found.samples)},
        model=frozen(unit=players.unit, critic=D.layers, centers=centers),
    )


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: what D's last hidden layer says of them, and the nearest center."""
    unit = Unit(float(weights["unit.origin"]), float(weights["unit.length"]))
    places = sorted({int(name.split(".")[1]) for name in weights if name.startswith("critic.")})[:-1]

    def features(h: Tensor) -> Tensor:
        for i in places:
            h = leaky_relu(dense(h, weights[f"critic.{i}.weight"], weights[f"critic.{i}.bias"]), SLOPE)
        return h

    return nearest_center(apply_in_batches(features, unit.of(x)), weights)


STEPS = 3000
"""Gradient steps at which the recommended preset aims."""


def sized_game(size: Size) -> dict[str, Any]:
    """Sizes of networks, noise and batch, and epochs, for n points and f features."""
    n, f, _ = size
    batch, wide = batch_of(n), "128-128" if f < 256 else "500-500"
    return {
        "d": max(8, min(f, 20)),
        "generator": wide,
        "discriminator": wide,
        "restarts": restarts_of(size),
        "cluster.batch": batch,
        "cluster.epochs": min(200, max(20, -(-STEPS * batch // n))),
    }


METHOD = Method(
    key="gan",
    title="GAN",
    cite="I. Goodfellow and others. Generative Adversarial Nets. NIPS, 2014",
    about="A generator makes points of noise, and a discriminator learns to tell them from the data. It has no codes: "
    "points are grouped by what the discriminator has learned to look at.",
    params=GanParams,
    provides=adversarial.FIELD_ARRAYS | {"z", "labels", "centers", "samples"},
    plan=lambda hp: {"start": 0, "cluster": hp.cluster.epochs},
    run=run,
    space="features of the discriminator",
    presets=(
        Preset(
            "quick demo",
            {"restarts": 3},
            "Chosen here: small networks and large steps, made for sets in the plane; seconds.",
        ),
        Preset(
            RECOMMENDED,
            {"smoothing": 0.9},
            "For data of any kind; chosen here: hidden layers of 128 (f < 256) or 500, noise of 8 to 20 numbers, "
            f"batches of about n / 32, {STEPS:,} steps within 20 to 200 epochs.",
            sized_game,
        ),
        Preset(
            "as in the paper",
            {
                "d": 100,
                "generator": "256-256",
                "discriminator": "256-256",
                "steps": 1,
                "saturating": True,
                "smoothing": 1.0,
                "cluster.optimizer": "adam",
                "cluster.lr": 2e-4,
                "cluster.batch": 100,
                "cluster.epochs": 200,
            },
            "The game, one step of D per step of G and ln(1 - D): Goodfellow et al. 2014, Algorithm 1. Adam 2e-4: "
            "Radford et al. 2016. Networks, batch and epochs are chosen here: the paper leaves them to its code.",
        ),
    ),
    assign=assign,
)
