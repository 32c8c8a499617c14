"""Deep k-Means (DKM): network and centers are trained together on a k-means loss with soft assignments.

Moradi Fard, Thonet, Gaussier. Deep k-Means: Jointly Clustering with k-Means and Learning Representations. 2018
(Pattern Recognition Letters, 2020).
Departs from the paper: data are scaled to a mean square of 1 (the same alpha is sharper than for pixels / 255, whose
mean square is 0.1) and, by default, centered; the code has its own size (the paper: k numbers); pretraining is
denoising by default; an epoch is one pass over the data, and labels come from a pass of their own (the authors' code
draws each batch independently, and takes labels from distances kept since a point was last drawn). Losses are scaled as
in the authors' code: the SUM over features, the mean over the batch.

Letters as in our other methods: z = f(x), d and W are the paper's h(x), f and G, the centers mu its r.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.annealing import annealed_alphas
from epochscope.formulas.assignment import Number, squared_distances
from epochscope.formulas.soft_kmeans import distance, row_entropy, weights
from epochscope.methods.base import DIGITS, MNIST, Assigned, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.first_labels import BEST_OF_THREE, first_clusters, start_of_centers_param
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.pictures import restored
from epochscope.methods.shared.presets import MINUTES_PRETRAINING, QUICK_PRETRAINING, recommended
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import Weights, encoded, frozen
from epochscope.nets.pretrain import CONSTANT, END_TO_END, PretrainParams, pretrain
from epochscope.nets.steps import Loss, Trained, take_step
from epochscope.nets.training import Means, StepParams, array, batches, optimizer, require_finite, set_lr
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

ANNEALED, PRETRAINED = "annealed (DKM-a)", "pretrained (DKM-p)"
UNIFORM, AS_WIDE = "uniform in -1 .. 1", "as wide as the codes"


@dataclass(frozen=True)
class JointParams(StepParams):
    """The phase in which network and centers are trained together."""

    epochs: int = param(30, 1, MOST_EPOCHS, label="epochs (DKM-p)", help="Passes over the data after pretraining.")
    alpha: float = param(
        1000.0,
        0.01,
        10_000.0,
        log=True,
        live=True,
        symbol="α",
        label="sharpness (DKM-p)",
        help="Sharpness of the assignment to the nearest center: 0 is uniform, 1000 practically hard (k-means).",
    )
    restarts: int = restarts_param()
    alphas: int = param(
        40, 2, 100, label="values of α (DKM-a)", help="Number of values of α; the factor between two falls toward 1."
    )
    alpha_1: float = param(
        0.1,
        0.001,
        10.0,
        log=True,
        symbol="α₁",
        label="first α (DKM-a)",
        help="First value of α. With 40 values, the last is 281 times the first.",
    )
    alpha_epochs: int = param(5, 1, 50, label="epochs per α (DKM-a)", help="Passes over the data with each α.")
    start: str = param(
        UNIFORM,
        options=(UNIFORM, AS_WIDE),
        label="centers start (DKM-a)",
        help="The paper draws each coordinate of a center from -1 to 1, wherever the codes are. As wide as the codes: "
        "with the mean and standard deviation of the untrained network's codes in each dimension.",
    )


@dataclass(frozen=True)
class DkmParams(MethodParams):
    schedule: str = param(
        PRETRAINED,
        options=(PRETRAINED, ANNEALED),
        label="schedule",
        help="Pretrained: an autoencoder first, then k-means on its codes, then both are trained together with "
        "practically hard assignments. Annealed: no pretraining; assignments are nearly uniform first, then α grows.",
    )
    lam: float = param(
        1.0,
        0.0,
        1000.0,
        live=True,
        symbol="λ",
        label="weight of clustering",
        help="Weight of the distance from codes to centers relative to reconstruction, which is a sum over features. "
        "0 is a plain autoencoder; large values shrink the codes.",
    )
    start: str = start_of_centers_param()
    cluster: JointParams = group(JointParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining (DKM-p)")
    watch: WatchParams = watch_group()

    def alpha_of(self, epoch: int) -> float:
        """Alpha of an epoch, counted from 1; epoch 0 (the start) has that of the first."""
        if self.schedule == PRETRAINED:
            return self.cluster.alpha
        return annealed_alphas(self.cluster.alphas, self.cluster.alpha_1)[
            (max(epoch, 1) - 1) // self.cluster.alpha_epochs
        ]

    def plan(self) -> dict[str, int]:
        """Epochs of each phase."""
        if self.schedule == PRETRAINED:
            return self.pretrain.plan(len(self.net.hidden) + 1) | {"cluster": self.cluster.epochs}
        return {"start": 0, "cluster": self.cluster.alphas * self.cluster.alpha_epochs}


def begin(
    net: Autoencoder, x: Float[Tensor, "n f"], k: int, hp: DkmParams, rng: torch.Generator
) -> Generator[Snapshot | Progress, Any, tuple[DkmParams, Float[Tensor, "k d"]]]:
    """Returns hp with its live changes, and the centers: from k-means on pretrained codes, or drawn at random."""
    if hp.schedule == PRETRAINED:
        hp = yield from pretrain(net, x, hp, rng)
        return hp, (yield from first_clusters(hp.start, net.encode(x), k, hp.cluster.restarts, rng, x=x)).centers
    z = net.encode(x)
    require_finite("start", 0, codes=z)
    hp = (yield Snapshot(phase="start", z=array(z))) or hp
    mu = torch.empty(k, z.shape[1], dtype=z.dtype, device=z.device).uniform_(-1, 1, generator=rng)
    if hp.cluster.start == AS_WIDE:
        mu = z.mean(dim=0) + 3**0.5 * z.std(dim=0, correction=0) * mu  # U(-1, 1) has the variance 1/3
    return hp, mu


def run(x: Float[Tensor, "n f"], k: int, hp: DkmParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp, mu = yield from begin(net, x, k, hp, rng)
    mu = torch.nn.Parameter(mu)
    steps = optimizer(hp.cluster, [*net.parameters(), mu])
    trained, means, epochs = Trained(net=net, mu=mu), Means(), hp.plan()["cluster"]

    for epoch in range(epochs + 1):
        z = net.encode(x)  # all points, once
        require_finite("cluster", epoch, codes=z, centers=mu)
        alpha = hp.alpha_of(epoch)
        d = squared_distances(z, mu.detach())
        W = weights(d, alpha)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                q=array(W),
                labels=array(d.argmin(dim=1)),  # where alpha is small, the entries of a row of W can be equal
                centers=array(mu),
                losses=means.take(),
                measures={"alpha": alpha, "entropy of W": float(row_entropy(W).mean())} | assignment_measures(z, W),
                extra={
                    "decoded_centers": array(unit.back(net.decode(mu))),
                    "reconstructions": restored(net, x, unit),
                },
                model=frozen(unit=unit, encoder=net.encoder, centers=mu, alpha=alpha),
            )
        ) or hp
        if epoch == epochs:
            return
        set_lr(steps, hp.cluster.lr)
        alpha = hp.alpha_of(epoch + 1)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            take_step(steps, loss, trained, (x[rows],), means, alpha=alpha, lam=hp.lam)
            yield Progress(done, len(order))


def loss(trained: Any, x: Float[Tensor, "b f"], *, alpha: Number, lam: Number) -> Loss:
    """The loss of a batch x."""
    z = trained.net.encoder(x)  # never masked here
    d = squared_distances(z, trained.mu)
    L_r = (trained.net.decoder(z) - x).square().sum(dim=1).mean()  # |x - g(z)|^2
    L_c = distance(d, weights(d, alpha))  # sum_k d_k w_k, W differentiated too
    terms = {"summed_reconstruction": L_r, "weighted_distance": L_c, "lambda_weighted_distance": lam * L_c}
    return Loss(L_r + lam * L_c, terms)


def assign(x: Float[Tensor, "n f"], parts: Weights) -> Assigned:
    """New points: W with the `alpha` of the epoch, and the nearest center."""
    z = encoded(x, parts)
    d = squared_distances(z, parts["centers"])
    return Assigned(z, weights(d, float(parts["alpha"])), d.argmin(dim=1))


METHOD = Method(
    key="dkm",
    title="DKM",
    cite="M. Moradi Fard, T. Thonet, E. Gaussier. Deep k-Means: Jointly Clustering with k-Means and Learning "
    "Representations. Pattern Recognition Letters, 2020",
    about="Encoder, decoder and cluster centers are trained together: points must be reconstructed from their codes, "
    "and codes must lie close to centers. Assignments are soft, with a sharpness that may grow during training.",
    params=DkmParams,
    provides=frozenset({"z", "q", "labels", "centers", "decoded_centers", "reconstructions"}),
    plan=watched_plan(DkmParams.plan),
    run=watched(run),
    overlay="paths",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.alpha": 1.0, "cluster.epochs": 30},
            "Chosen here: a small network, seconds on the digits; with α = 1, points between centers stay undecided.",
            chosen_on=DIGITS,
        ),
        recommended({"start": BEST_OF_THREE, "cluster.lr": 3e-4, "cluster.alpha": 1.0, "cluster.epochs": 40}),
        Preset(
            "annealed",
            {
                "schedule": ANNEALED,
                "lam": 0.5,
                "net.widths": "256-256",
                "net.d": 6,
                "cluster.batch": 64,
                "cluster.start": AS_WIDE,
                "cluster.alpha_epochs": 2,
            },
            "DKM-a, seconds on the digits. Chosen here: a small network and code, λ, fewer epochs per α, and centers "
            "that start as wide as the codes: drawn from -1 to 1, some get no points, and the ACC stays far lower.",
        ),
        Preset(
            "minutes",
            MINUTES_PRETRAINING | {"lam": 1.0, "cluster.alpha": 1000.0, "cluster.epochs": 10},
            "DKM-p with λ and α of the authors' code on the pretraining that suits 10,000 MNIST digits best here. It "
            "tightens the clusters that k-means found, and does not raise the ACC: 0.68 before, 0.66 after (one run).",
            chosen_on=MNIST,
        ),
        Preset(
            "as in the paper",
            {
                "schedule": PRETRAINED,
                "lam": 1.0,
                "net.widths": "500-500-2000",
                "net.d": 10,
                "net.center": False,
                "pretrain.schedule": END_TO_END,
                "pretrain.optimizer": "adam",
                "pretrain.lr": 1e-3,
                "pretrain.batch": 256,
                "pretrain.noise": 0.0,
                "pretrain.decay": CONSTANT,
                "pretrain.epochs": 50,
                "cluster.optimizer": "adam",
                "cluster.lr": 1e-3,
                "cluster.batch": 256,
                "cluster.alpha": 1000.0,
                "cluster.epochs": 100,
                "cluster.restarts": 10,
                "cluster.alphas": 40,
                "cluster.alpha_1": 0.1,
                "cluster.alpha_epochs": 5,
                "cluster.start": UNIFORM,
            },
            "DKM-p with the defaults of the authors' code (its λ = 1; the paper tunes λ for each data set). Their code "
            "size is k, so d = 10 fits k = 10. For DKM-a change the schedule: its other values are set here, too.",
        ),
    ),
    together=True,
    assign=assign,
)
