"""Variational autoencoder (VAE), then k-means on the means of its codes: a generative model that knows no clusters.

Kingma, Welling. Auto-Encoding Variational Bayes. ICLR 2014.
Departs from the paper: it does not cluster; k-means on the means m is the usual use of it as a baseline. By default
ReLU layers as in our other methods instead of one tanh layer, Adam instead of Adagrad, data centered by their overall
mean, variances that start small and log s^2 within +-6.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import DIGITS, RECOMMENDED, Method, MethodParams, Preset, Size, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, lloyd, restarts_param
from epochscope.methods.shared.mixtures import mixture_of_labels
from epochscope.methods.shared.new_points import nearest_center_of_code
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import (
    RECOMMENDED_SOURCE,
    WEIGHT_SOURCE,
    batch_of,
    reconstruction_weight,
    sized,
)
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import frozen
from epochscope.nets.likelihood import likelihood_of, likelihood_param, reconstruction_param
from epochscope.nets.training import Means, StepParams, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.nets.variational import Code, Variational, divergence
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

ACTIVE = 0.01
"""Variance of the means from which on a dimension of the code counts as used (Burda et al. 2016)."""


@dataclass(frozen=True)
class BoundParams(StepParams):
    """The training of the variational autoencoder."""

    epochs: int = param(50, 1, MOST_EPOCHS, label="epochs", help="Passes over the data before k-means.")


@dataclass(frozen=True)
class VaeParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on -log p(x|z), summed over features; 1 is the bound itself. Below 1 the prior weighs more: more "
        "dimensions of the code fall silent (as β above 1 does in a β-VAE).",
        symbol="α",
    )
    epochs: int = param(100, 1, MOST_EPOCHS, label="iterations", help="k-means iterations shown, at most.")
    restarts: int = restarts_param()
    pretrain: BoundParams = group(BoundParams, "Training", batch=128)
    net: AutoencoderParams = group(AutoencoderParams, "Network")


def run(x: Float[Tensor, "n f"], k: int, hp: VaeParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    f = Variational(net, rng)  # q(z|x) = N(m, diag s^2)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    steps, means, code = optimizer(hp.pretrain, f.parameters()), Means(), f.encode(x)

    code = f.encode(x)  # of all points
    for epoch in count():
        require_finite("pretrain", epoch, codes=code.m, variances=code.log_s2)
        hp = (yield Snapshot(phase="pretrain", z=array(code.m), losses=means.take(), measures=used(code))) or hp
        if epoch >= hp.pretrain.epochs:
            break
        set_lr(steps, hp.pretrain.lr)
        order = list(batches(len(x), hp.pretrain.batch, rng))
        for done, rows in enumerate(order, start=1):
            q = f(x[rows])
            error = likelihood.nll(net.decoder(q.drawn(rng)), x[rows]).mean()  # -E_q[log p(x|z)], one draw
            kl = divergence(q).mean()  # KL(q(z|x) || N(0, I)), appendix B
            descend(steps, hp.reconstruction * error + kl)  # minus the bound, eq. 10
            means.add(len(rows), negative_bound=error + kl, reconstruction=error, divergence_from_the_prior=kl)
            yield Progress(done, len(order))
        code = f.encode(x)

    best = yield from best_of_restarts(code.m, k, hp.restarts, rng)
    z = array(code.m)
    for labels, mu, inertia in lloyd(code.m, best.start, hp.epochs):
        mixture = mixture_of_labels(code.m, labels, mu, torch.finfo(x.dtype).tiny)
        yield Snapshot(
            phase="cluster",
            z=z,
            labels=array(labels),
            centers=array(mu),
            losses={"inertia": inertia},
            measures=used(code),
            extra=mixture.shown() | pictures.of(code.m, mu, mixture.log_var),
            model=frozen(unit=unit, encoder=net.encoder, centers=mu),
        )


def used(code: Code) -> dict[str, float]:
    """How many dimensions of the code differ from point to point, and how wide a code is: 1 where it is the prior."""
    return {
        "dimensions in use": float((code.m.var(dim=0, correction=0) > ACTIVE).sum()),
        "deviation of a code": float((code.log_s2 / 2).exp().mean()),
    }


def sizes(size: Size) -> dict[str, Any]:
    """Sizes of network, code and batch by those of the data, as in our other methods."""
    net = {name: value for name, value in sized(size).items() if name.startswith("net.")}
    return net | {"pretrain.batch": batch_of(size.n), "reconstruction": reconstruction_weight(size.f)}


METHOD = Method(
    key="vae",
    title="VAE + k-means",
    cite="D. Kingma, M. Welling. Auto-Encoding Variational Bayes. ICLR, 2014",
    about="An autoencoder whose codes are small clouds instead of points, kept close to one normal distribution, so "
    "that new points can be drawn. k-means then clusters the middle of the clouds; nothing in training asks for "
    "clusters.",
    params=VaeParams,
    provides=frozenset({"z", "labels", "centers", "spread", "mixing", "decoded_centers", "samples", "reconstructions"}),
    plan=lambda hp: {"pretrain": hp.pretrain.epochs, "cluster": hp.epochs},
    run=run,
    presets=(
        Preset(
            "quick demo",
            {"net.widths": "256-256", "pretrain.batch": 64, "pretrain.epochs": 30, "restarts": 10},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        Preset(RECOMMENDED, {}, f"{RECOMMENDED_SOURCE} There is no pretraining. {WEIGHT_SOURCE}", sizes),
        Preset(
            "as in the paper",
            {
                "net.widths": "500",
                "net.d": 10,
                "net.center": False,
                "pretrain.batch": 100,
                "pretrain.epochs": 100,
                "reconstruction": 1.0,
                "restarts": 20,
            },
            "Kingma and Welling 2014 for MNIST: one hidden layer of 500, batches of 100, one draw a point; codes of 3 "
            "to 200 numbers. Their Adagrad and tanh are not offered, and they name no number of epochs.",
        ),
    ),
    assign=nearest_center_of_code,
)
