"""Deep Embedded Clustering (DEC): the network is trained on its own confident assignments.

Xie, Girshick, Farhadi. Unsupervised Deep Embedding for Clustering Analysis. ICML 2016.
Departs from the paper: KL is the mean over a batch, not the sum; by default Adam instead of SGD, end-to-end pretraining
at a constant learning rate instead of greedy layerwise at a falling one, data centered by their overall mean, and P
once per epoch (the paper's own choices are the preset "as in the paper").
Three switches of the clustering phase show common mistakes: P with a gradient, P of a batch, a wrong gradient for mu.
Not in the paper: the best of three first clusters and watched clustering (recommended), first clusters by spectral
clustering of the data, which are the target of the first epochs (fast).
Resets (BRB, off by default) are of a later paper; methods/shared/resets.py has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import Number, kl, student_t
from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.first_labels import (
    BEST_OF_THREE,
    LEARNED_FROM_GRAPH,
    first_clusters,
    start_of_centers_param,
)
from epochscope.methods.shared.new_points import student_t_of_code
from epochscope.methods.shared.presets import (
    MINUTES_PRETRAINING,
    MINUTES_SOURCE,
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    fast,
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
from epochscope.params import group
from epochscope.types import Progress


@dataclass(frozen=True)
class DecParams(MethodParams):
    nu: float = nu_param()
    start: str = start_of_centers_param(learns=True)
    cluster: SelfTrainingParams = group(SelfTrainingParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
    resets: ResetParams = reset_group()


def run(x: Float[Tensor, "n f"], k: int, hp: DecParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)  # sec. 3.2
    first = yield from first_clusters(hp.start, net.encode(x), k, hp.cluster.restarts, rng, x=x)
    mu = torch.nn.Parameter(first.centers)
    steps = optimizer(hp.cluster, [*net.encoder.parameters(), mu])  # the decoder stays as pretraining left it
    trained, targets, means = Trained(encoder=net.encoder, mu=mu), Targets(hp.cluster.T), Means()
    encoding = {"unit": unit, "encoder": net.encoder}

    for epoch in count():
        z = net.encode(x)  # all points
        require_finite("cluster", epoch, codes=z, centers=mu)
        q = student_t(z, mu.detach(), hp.nu)  # eq. 1
        targets.given = first.target(epoch)  # not in the paper: None but where first clusters are learned
        if targets.due(epoch_begins=True):
            targets.update(q)  # eq. 3
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
            numbers = {"nu": hp.nu, "n": len(x), "hp": hp.cluster}
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
    nu: Number,
    n: int,
    hp: SelfTrainingParams,
) -> Loss:
    """The loss of a batch x; p and f: its rows of the target of all n points, and the soft sizes of the clusters."""
    z, mu = trained.encoder(x), trained.mu
    q = student_t(z, mu, nu)  # eq. 1
    p = batch_target(q, p, f, n, hp)  # eq. 3
    L = kl(p, q)  # eq. 2
    return Loss(L + mu_error_term(z, mu, p, nu, hp), {"kl": L})  # adds 0 unless the wrong gradient is chosen


METHOD = Method(
    key="dec",
    title="DEC",
    cite="J. Xie, R. Girshick, A. Farhadi. Unsupervised Deep Embedding for Clustering Analysis. ICML, 2016",
    about="Starts from autoencoder codes and k-means centers. Each point is assigned softly (Q); a sharpened copy of "
    "these assignments (P) becomes the target, and network and centers move until Q agrees with P.",
    params=DecParams,
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
        fast({"start": LEARNED_FROM_GRAPH, "cluster.optimizer": "sgd", "cluster.lr": 0.05, "cluster.epochs": 12}),
        Preset(
            "minutes",
            MINUTES_PRETRAINING | {"cluster.optimizer": "sgd", "cluster.lr": 0.01, "cluster.epochs": 30},
            MINUTES_SOURCE,
            chosen_on=MNIST,
        ),
        Preset(
            "course report",
            {
                "net.widths": "500-500-2000",
                "net.d": 10,
                "net.center": False,
                "pretrain.epochs": 100,
                "cluster.optimizer": "sgd",
                "cluster.lr": 0.01,
                "cluster.batch": 256,
                "cluster.epochs": 200,
                "cluster.tol": 0.0,
                "cluster.restarts": 1,
            },
            "Z. Chen, course report CIS 5525 (2020), on 10,000 MNIST digits: 100 epochs of pretraining, k-means++, 200 "
            "epochs of clustering, everything else as DEC has it. It does not say how it pretrains: here end to end "
            "with Adam.",
            k=10,
        ),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "nu": 1.0,
                "cluster.optimizer": "sgd",
                "cluster.lr": 0.01,
                "cluster.batch": 256,
                "cluster.T": 160,
                "cluster.tol": 0.001,
                "cluster.epochs": 500,
                "cluster.restarts": 20,
            },
            STACKED_SOURCE + "Clustering: the authors' Caffe code (T = 160 on MNIST, 40 on STL-10, 20 on Reuters). "
            "DEC-keras takes T = 140; pt-dec and ClustPy take P from each batch alone, ClustPy with Adam 1e-4.",
        ),
    ),
    together=True,
    assign=student_t_of_code,
    divides_steps=True,
)
