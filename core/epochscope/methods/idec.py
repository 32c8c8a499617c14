"""Improved DEC (IDEC): DEC that keeps training its decoder, so that the codes keep describing the points.

Guo, Gao, Liu, Yin. Improved Deep Embedded Clustering with Local Structure Preservation. IJCAI 2017.
Departs from the paper: by default end-to-end pretraining at a constant learning rate instead of layerwise at a falling
one, data centered by their overall mean, and P once per epoch. Losses are scaled as in the authors' code: L_r is the
mean over batch and features, L_c the sum over clusters and the mean over the batch. The switches for P and for the
gradient of mu are those of DEC; their defaults are right.
Not in the paper: first clusters by spectral clustering of the data, learned or not, and, used by the recommended preset
alone, the best of three first clusters and watched clustering.
Resets (BRB, off by default) are of a later paper; methods/shared/resets.py has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import mse_loss

from epochscope.formulas.assignment import Number, kl, student_t
from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.first_labels import BEST_OF_THREE, first_clusters, start_of_centers_param
from epochscope.methods.shared.new_points import student_t_of_code
from epochscope.methods.shared.presets import (
    MINUTES_PRETRAINING,
    MINUTES_SOURCE,
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    recommended,
)
from epochscope.methods.shared.resets import ResetParams, reset_group, reset_trained
from epochscope.methods.shared.self_training import (
    SelfTrainingParams,
    Targets,
    batch_target,
    mu_error_term,
    nu_param,
    self_training_snapshot,
    self_training_step,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.steps import Loss, Trained
from epochscope.nets.training import Means, batches, optimizer, require_finite, set_lr
from epochscope.params import group, param
from epochscope.types import Progress


@dataclass(frozen=True)
class IdecParams(MethodParams):
    gamma: float = param(
        0.1,
        0.0,
        10.0,
        step=0.05,
        live=True,
        symbol="γ",
        label="weight of clustering",
        help="Weight of the clustering loss relative to reconstruction. 0 is a plain autoencoder; large values distort "
        "the codes as DEC does.",
    )
    nu: float = nu_param()
    start: str = start_of_centers_param(learns=True)
    cluster: SelfTrainingParams = group(SelfTrainingParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
    resets: ResetParams = reset_group()


def run(x: Float[Tensor, "n f"], k: int, hp: IdecParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)  # sec. 3.1
    first = yield from first_clusters(hp.start, net.encode(x), k, hp.cluster.restarts, rng, x=x)
    mu = torch.nn.Parameter(first.centers)
    steps = optimizer(hp.cluster, [*net.parameters(), mu])  # the decoder, too
    trained, targets, means = Trained(net=net, mu=mu), Targets(hp.cluster.T), Means()
    encoding = {"unit": unit, "encoder": net.encoder}

    for epoch in count():
        z = net.encode(x)  # all points
        require_finite("cluster", epoch, codes=z, centers=mu)
        q = student_t(z, mu.detach(), hp.nu)  # eq. 3
        targets.given = first.target(epoch)  # not in the paper: None but where first clusters are learned
        if targets.due(epoch_begins=True):
            targets.update(q)  # eq. 4
        decoded = unit.back(net.decode(mu))
        shown = {"targets": targets, "losses": means.take(), "decoded": decoded, "encoding": encoding}
        hp = (yield self_training_snapshot(z, q, mu, hp, **shown)) or hp
        if targets.converged(hp.cluster.tol) or epoch >= hp.cluster.epochs:
            return
        if hp.resets.due(epoch):  # not in the paper: BRB
            yield from reset_trained(net, x, mu, steps, hp=hp, rng=rng)
            targets.update(student_t(net.encode(x), mu.detach(), hp.nu))
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            if targets.due():
                targets.update(student_t(net.encode(x), mu.detach(), hp.nu))
                if targets.converged(hp.cluster.tol):
                    break  # the next snapshot is the last
            batch = (x[rows], *targets.of(rows))
            numbers = {"gamma": hp.gamma, "nu": hp.nu, "n": len(x), "hp": hp.cluster}
            self_training_step(
                steps, loss, trained, batch, means, encoder=net.encoder, mu=mu, x=x, rows=rows, **numbers
            )
            targets.step += 1
            yield Progress(done, len(order))


def loss(
    trained: Any,
    x: Float[Tensor, "b f"],
    p: Float[Tensor, "b k"],
    f: Float[Tensor, " k"],
    *,
    gamma: Number,
    nu: Number,
    n: int,
    hp: SelfTrainingParams,
) -> Loss:
    """The loss of a batch x; p and f: its rows of the target of all n points, and the soft sizes of the clusters."""
    z, mu = trained.net.encoder(x), trained.mu  # never masked here
    L_r = mse_loss(trained.net.decoder(z), x)  # eq. 6
    q = student_t(z, mu, nu)  # eq. 3
    p = batch_target(q, p, f, n, hp)  # eq. 4
    L_c = kl(p, q) + mu_error_term(z, mu, p, nu, hp)  # eq. 2, + 0 unless a wrong gradient is chosen
    return Loss(L_r + gamma * L_c, {"reconstruction": L_r, "kl": L_c, "gamma_kl": gamma * L_c})  # eq. 1


METHOD = Method(
    key="idec",
    title="IDEC",
    cite="X. Guo, L. Gao, X. Liu, J. Yin. Improved Deep Embedded Clustering with Local Structure Preservation. "
    "IJCAI, 2017",
    about="As DEC, but the decoder stays in training: each step lowers the reconstruction error as well as the "
    "divergence of Q from P. So clusters form without losing what distinguishes the points.",
    params=IdecParams,
    provides=frozenset({"z", "q", "p", "labels", "centers", "decoded_centers", "forces"}),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="pull",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.epochs": 30},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({"start": BEST_OF_THREE, "cluster.lr": 3e-4, "cluster.epochs": 40}),
        Preset("minutes", MINUTES_PRETRAINING | {"gamma": 0.3, "cluster.epochs": 30}, MINUTES_SOURCE, chosen_on=MNIST),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "gamma": 0.1,
                "nu": 1.0,
                "cluster.optimizer": "adam",
                "cluster.lr": 1e-3,
                "cluster.batch": 256,
                "cluster.T": 140,
                "cluster.tol": 0.001,
                "cluster.epochs": 500,
                "cluster.restarts": 20,
            },
            STACKED_SOURCE + "Clustering: Guo et al. 2017 for MNIST; on USPS T = 30, on Reuters T = 3, both with "
            "SGD of lr 0.1 and momentum 0.99. The authors' code ends after 20,000 steps.",
        ),
    ),
    together=True,
    assign=student_t_of_code,
    divides_steps=True,
)
