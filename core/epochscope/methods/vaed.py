"""VAE-based deep clustering (VAED): a variational autoencoder whose clouds of codes are drawn onto their cluster.

Lim. Deep Clustering using Adversarial Net based Clustering Loss. arXiv 2412.08933: the loss that its lemma 1 begins
with, L_VAED = L_VAE - lambda_3 KL(p(z|theta) || q(z|x)), and the lemma's form with JS in place of KL.
Departs from the paper: it gives this loss and nothing else of the method; how theta is found is ours, as in DCAN: a
diagonal Gaussian mixture of the means of the codes, updated after each epoch by some steps of EM and held still in
between; p(z|theta) of a point is the Gaussian of its most probable cluster. JS has no closed form, since its middle
(p + q) / 2 is a mixture: it is estimated from draws. By default end-to-end pretraining as an autoencoder, variances of
codes that start small, data centered by their overall mean.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.divergences import Normals, normal_js, normal_kl
from epochscope.formulas.mixture import log_responsibilities
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import restarts_param, to_the_end
from epochscope.methods.shared.mixtures import BEST_OF_THREE, Mixture, em, floor_of, mixture_start, start_param
from epochscope.methods.shared.new_points import responsibilities_of_code
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import (
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    minutes,
    recommended,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import frozen
from epochscope.nets.likelihood import likelihood_of, likelihood_param, reconstruction_param
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import Means, StepParams, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.nets.variational import Code, Variational, divergence
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

KL, JS = "KL(p || q)", "JS(p, q)"
_FLOOR = 0.1  # least variance of a cluster in any direction, as a share of the mean variance of the codes


@dataclass(frozen=True)
class BoundParams(StepParams):
    """The joint training of the variational autoencoder and the clusters."""

    epochs: int = param(30, 1, MOST_EPOCHS, label="epochs", help="Passes over the data after pretraining.")
    rounds: int = param(
        3, 0, 50, label="EM steps per epoch", help="EM steps that update the mixture after each epoch; 0: never."
    )
    clip: float = param(
        100.0,
        0.1,
        1e6,
        log=True,
        label="longest gradient",
        help="Longer gradients are clipped to this norm: the KL has q in the denominator and is steep where q is "
        "narrow.",
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class VaedParams(MethodParams):
    lambda_3: float = param(
        1.0,
        0.0,
        100.0,
        step=0.1,
        live=True,
        symbol="λ₃",
        label="weight of clustering",
        help="Weight of the divergence from the cluster of a point to its code, beside the bound of the variational "
        "autoencoder. 0 is a plain variational autoencoder.",
    )
    measure: str = param(
        KL,
        options=(KL, JS),
        live=True,
        symbol="D",
        label="divergence",
        help="KL is the loss that lemma 1 begins with, in closed form; JS is the lemma's: at most ln 2, symmetric, and "
        "estimated from draws.",
    )
    draws: int = param(
        4, 1, 64, symbol="T", label="draws for JS", help="Draws of p and of q for each point. More: less noise, slower."
    )
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on -log p(x|z), summed over features.",
        symbol="α",
    )
    start: str = start_param()
    cluster: BoundParams = group(BoundParams, "Clustering", batch=128)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


def run(x: Float[Tensor, "n f"], k: int, hp: VaedParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng, likelihood.error)
    z = net.encode(x)
    theta = yield from mixture_start(hp.start, z, k, hp.cluster.restarts, rng, floor=floor_of(z, _FLOOR), x=x)
    f = Variational(net, rng)  # q(z|x) = N(m, diag s^2)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    steps, means = optimizer(hp.cluster, f.parameters()), Means()

    for epoch in count():
        code = f.encode(x)
        require_finite("cluster", epoch, codes=code.m, variances=code.log_s2)
        if epoch > 0 and hp.cluster.rounds:
            again = em(code.m, theta, floor_of(code.m, _FLOOR), most=hp.cluster.rounds, tol=0.0)
            theta = (yield from to_the_end(again, hp.cluster.rounds, "EM of the mixture")).mixture
        r = log_responsibilities(code.m, *theta).exp()
        own = r.argmax(dim=1)  # the cluster of each point
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(code.m),
                q=array(r),
                centers=array(theta.mu),
                losses=means.take(),
                measures=gaps(code, theta, own, hp, rng),
                extra=theta.shown() | pictures.of(code.m, theta.mu, theta.log_var),
                model=frozen(unit=unit, encoder=net.encoder, mixture=theta),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            q = f(x[rows])
            error = likelihood.nll(net.decoder(q.drawn(rng)), x[rows]).mean()  # -E_q[log p(x|z)]
            prior = divergence(q).mean()  # KL(q(z|x) || N(0, I)); with the error: -L_VAE
            D = between(theta, own[rows], q, hp.measure, draws=hp.draws, rng=rng).mean()  # D(p(z|theta) || q(z|x))
            descend(steps, hp.reconstruction * error + prior + hp.lambda_3 * D, longest=hp.cluster.clip)  # -L_VAED
            means.add(
                len(rows),
                reconstruction=error,
                divergence_from_the_prior=prior,
                divergence_from_the_cluster=D,
                weighted_divergence=hp.lambda_3 * D,
            )
            yield Progress(done, len(order))


def between(
    theta: Mixture, own: Int[Tensor, " b"], q: Code, measure: str, *, draws: int, rng: torch.Generator
) -> Float[Tensor, " b"]:
    """D between the Gaussian of each point's own cluster and its code: KL(p || q), or JS as estimated from draws."""
    p, code = Normals(theta.mu[own], theta.log_var[own]), Normals(q.m, q.log_s2)
    if measure == KL:
        return normal_kl(p, code)
    eps = torch.empty(2, draws, *q.m.shape, dtype=q.m.dtype, device=q.m.device).normal_(generator=rng)
    return normal_js(p, code, eps)


def gaps(code: Code, theta: Mixture, own: Int[Tensor, " n"], hp: VaedParams, rng: torch.Generator) -> dict[str, float]:
    """Both divergences of all points, whichever is trained: KL has no upper end, JS ends at ln 2."""
    return {
        "KL from the cluster": float(between(theta, own, code, KL, draws=1, rng=rng).mean()),
        "JS from the cluster": float(between(theta, own, code, JS, draws=hp.draws, rng=rng).mean()),
        "deviation of a code": float((code.log_s2 / 2).exp().mean()),
        "clusters in use": float(len(own.unique())),
    }


_CHOSEN = {"cluster.lr": 5e-4}

METHOD = Method(
    key="vaed",
    title="VAED",
    cite="K.-L. Lim. Deep Clustering using Adversarial Net based Clustering Loss. arXiv, 2024 (the loss of lemma 1)",
    about="A variational autoencoder that is also paid for codes that look like their cluster: each code is a small "
    "cloud, and the divergence from the Gaussian of its cluster to this cloud is lowered. DCAN replaces that "
    "divergence by a game.",
    params=VaedParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "decoded_centers", "samples", "reconstructions"}
    ),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="ellipses",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | _CHOSEN | {"cluster.batch": 64, "cluster.epochs": 30},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended(_CHOSEN | {"start": BEST_OF_THREE, "cluster.epochs": 30}, weighted=True),
        minutes(_CHOSEN | {"cluster.batch": 128, "cluster.epochs": 20}),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {"lambda_3": 1.0, "measure": KL, "cluster.lr": 1e-3, "cluster.batch": 100, "cluster.epochs": 100},
            STACKED_SOURCE + "Clustering: the paper prints the loss alone, without its weights, rates or epochs; "
            "those here are ours.",
        ),
    ),
    assign=responsibilities_of_code,
)
