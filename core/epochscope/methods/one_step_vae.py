"""One-step VAE clustering: a variational autoencoder with a classifier of its codes, all trained at once from nothing.

Su. Variational autoencoders (IV): a one-step clustering scheme. Scientific Spaces (blog, in Chinese) 2018, with the
code bojone/vae, vae_keras_cluster.py, which document 001 compares with the classifier f2 of DGG.
Departs from the paper: fully connected layers where the code has two convolutions, a linear output scored as the
likelihood says where it has a sigmoid scored by the squared error, data centered by their overall mean by default,
variances of codes that start small, log s^2 within +-6. First means of the clusters are drawn, with a deviation of 1 by
default, where the code begins with all of them at 0 (deviation 0 is that). The loss is that of the code as it stands in
the repository; the text of the blog was at hand in part only, and its ACC not at all: the code counts the largest class
of each cluster, which is a purity and at least the ACC.
Not in the paper, and used by the recommended preset alone: watched clustering.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.formulas.mixture import (
    assignment_divergence,
    code_entropy,
    code_given_cluster,
    log_responsibilities,
)
from epochscope.methods.base import DIGITS, RECOMMENDED, Assigned, Method, MethodParams, Preset, Size, Steps
from epochscope.methods.shared.lloyd import require_distinct_points
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import (
    RECOMMENDED_SOURCE,
    WATCH_SOURCE,
    WATCHED,
    batch_of,
    sized,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, mlp, unit_of
from epochscope.nets.frozen import Weights, encoded, frozen, network
from epochscope.nets.likelihood import likelihood_of, likelihood_param, reconstruction_param
from epochscope.nets.training import Means, StepParams, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.nets.variational import Code, Variational
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot


@dataclass(frozen=True)
class TrainingParams(StepParams):
    """The training of everything at once."""

    epochs: int = param(50, 1, MOST_EPOCHS, label="epochs", help="Passes over the data; there is no pretraining.")


@dataclass(frozen=True)
class OneStepVaeParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on -log p(x|z), summed over features. The larger it is, the farther apart clusters that look "
        "different may lie. Too large: clusters mean nothing. Too small: all codes fall into one heap.",
        symbol="λ",
    )
    balance: float = param(
        1.0,
        0.0,
        100.0,
        step=0.1,
        live=True,
        symbol="β",
        label="weight of even clusters",
        help="Factor on KL(p(y|z) || 1/k), which keeps the classifier undecided as long as clusters are alike. 1 is "
        "the bound; 0: sure from the start, so that one cluster may take everything.",
    )
    spread: float = param(
        1.0,
        0.0,
        10.0,
        step=0.1,
        label="deviation of the first means",
        help="The means of the clusters begin at random places this far from the origin. 0, as in the released code: "
        "all at the origin, and only the classifier's first weights tell them apart.",
    )
    hidden: int = param(
        256, 0, 1000, label="hidden neurons of the classifier", help="0: one linear layer from the code to clusters."
    )
    cluster: TrainingParams = group(TrainingParams, "Training", batch=100)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    watch: WatchParams = watch_group()


class Model(nn.Module):
    """Encoder q(z|x) = N(m, s^2), decoder, classifier p(y|z), and a mean for each cluster: p(z|y) = N(mu_y, I)."""

    def __init__(self, net: Autoencoder, d: int, k: int, hp: OneStepVaeParams, rng: torch.Generator) -> None:
        super().__init__()
        self.f, self.g = Variational(net, rng), net.decoder
        self.classify = mlp([d, *([hp.hidden] if hp.hidden else []), k], rng)
        self.mu = nn.Parameter(hp.spread * torch.randn(k, d, generator=rng, device=rng.device))

    def log_p(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """log p(y|z) of codes, or of draws of them."""
        return self.classify(z).log_softmax(dim=1)


class Terms(NamedTuple):
    """The three terms of the loss, of each point."""

    reconstruction: Float[Tensor, " n"]  # -log p(x|z), one draw
    divergence_from_the_clusters: Float[Tensor, " n"]  # sum_y p(y|z) KL(q(z|x) || N(mu_y, I))
    divergence_from_even_clusters: Float[Tensor, " n"]  # KL(p(y|z) || 1/k)


def run(x: Float[Tensor, "n f"], k: int, hp: OneStepVaeParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    model = Model(net, hp.net.d, k, hp, rng)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    steps, means = optimizer(hp.cluster, model.parameters()), Means()
    hp = (yield Snapshot(phase="start", z=array(model.f.encode(x).m))) or hp
    require_distinct_points(x, k)

    for epoch in count():
        code = model.f.encode(x)
        require_finite("cluster", epoch, codes=code.m, variances=code.log_s2, means=model.mu.detach())
        network_parts = {"unit": unit, "encoder": net.encoder}
        hp = (yield snapshot(model, code, pictures, means.take(), network_parts)) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            q = model.f(x[rows])  # q(z|x)
            z = q.drawn(rng)
            terms = terms_of(likelihood.nll(model.g(z), x[rows]), q, model.log_p(z), model.mu)
            error, apart, uneven = (term.mean() for term in terms)
            descend(steps, hp.reconstruction * error + apart + hp.balance * uneven)
            named = dict(zip(Terms._fields, (error, apart, uneven), strict=True))
            means.add(len(rows), negative_bound=error + apart + uneven, **named)
            yield Progress(done, len(order))


def terms_of(error: Float[Tensor, " n"], q: Code, log_p: Float[Tensor, "n k"], mu: Float[Tensor, "k d"]) -> Terms:
    """The terms of points with these reconstruction errors, codes and assignments of a draw of each code."""
    p, alike = log_p.exp(), torch.zeros_like(mu)  # log sigma^2 = 0 in every cluster
    return Terms(
        error,
        code_given_cluster(p, q.m, q.log_s2, mu, alike) - code_entropy(q.log_s2),
        assignment_divergence(log_p, even(log_p)),
    )


def even(log_p: Float[Tensor, "n k"]) -> Float[Tensor, " k"]:
    """log 1/k for each cluster."""
    return torch.full_like(log_p[0], -math.log(log_p.shape[1]))


def bayes(m: Float[Tensor, "n d"], mu: Float[Tensor, "k d"]) -> Float[Tensor, "n k"]:
    """What the classifier ought to say of a code: of all p(y|z) it lowers the loss most.

    p_y = exp(-1/2 |m - mu_y|^2) / sum_l exp(-1/2 |m - mu_l|^2)
    """
    return log_responsibilities(m, torch.zeros_like(mu[:, 0]), mu, torch.zeros_like(mu)).exp()


def snapshot(
    model: Model, code: Code, pictures: Pictures, losses: dict[str, float], network_parts: dict[str, Any]
) -> Snapshot:
    """Codes, the classifier's assignments as Q, and as P what Bayes' rule would say of the same codes.

    `network_parts`: what encodes new points.
    """
    mu = model.mu.detach().clone()
    with torch.no_grad():
        q = model.log_p(code.m).exp()
    p, flat = bayes(code.m, mu), torch.zeros_like(mu)
    return Snapshot(
        phase="cluster",
        z=array(code.m),
        q=array(q),
        p=array(p),
        centers=array(mu),
        losses=losses,
        measures={
            "points that Bayes' rule puts elsewhere": float((q.argmax(dim=1) != p.argmax(dim=1)).double().mean()),
            "deviation of a code": float((code.log_s2 / 2).exp().mean()),
            "clusters in use": float(len(q.argmax(dim=1).unique())),
        },
        extra={"spread": array(flat.exp()), "mixing": array(q.mean(dim=0))} | pictures.of(code.m, mu, flat),
        model=frozen(classifier=model.classify, centers=mu, **network_parts),
    )


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: the classifier on the mean of the code."""
    z = encoded(x, weights)
    return Assigned(z, network(weights, "classifier")(z).log_softmax(dim=1).exp())


STEPS = 5000
"""Gradient steps at which the recommended preset aims: it has no pretraining to begin from."""


def sizes(size: Size) -> dict[str, Any]:
    """Sizes of network, code and batch by those of the data, as in our other methods; epochs for some 5,000 steps."""
    net = {name: value for name, value in sized(size).items() if name.startswith("net.")}
    batch = batch_of(size.n)
    epochs = min(150, max(30, math.ceil(STEPS / math.ceil(size.n / batch))))
    return net | {"cluster.batch": batch, "cluster.epochs": epochs, "reconstruction": round(min(5.0, 250 / size.f), 3)}


METHOD = Method(
    key="one_step_vae",
    title="One-step VAE",
    cite="J. Su. Variational autoencoders (IV): a one-step clustering scheme. Scientific Spaces (blog), 2018; code "
    "bojone/vae",
    about="A variational autoencoder with one normal distribution for each cluster and a small network that assigns "
    "codes to them. Everything is trained at once from random weights: there is no pretraining and no k-means.",
    params=OneStepVaeParams,
    provides=frozenset(
        {"z", "q", "p", "labels", "centers", "spread", "mixing", "decoded_centers", "samples", "reconstructions"}
    ),
    plan=watched_plan(lambda hp: {"start": 0, "cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="ellipses",
    presets=(
        Preset(
            "quick demo",
            {"net.widths": "256-256", "net.d": 5, "reconstruction": 3.0, "cluster.batch": 64, "cluster.epochs": 60},
            "Chosen here: a small network and code, a weight with which all clusters stay in use; seconds on the "
            "digits, where its ACC of some 0.6 is below that of k-means on the data.",
            chosen_on=DIGITS,
        ),
        Preset(
            RECOMMENDED,
            {},
            f"{RECOMMENDED_SOURCE} There is no pretraining; instead, some {STEPS:,} steps within 30 to 150 epochs. "
            f"Reconstruction weighs 250 / f, at most 5: with less, few features give no reason to keep "
            f"clusters apart. {WATCH_SOURCE}",
            lambda size: sizes(size) | WATCHED,
        ),
        Preset(
            "as in the paper",
            {
                "likelihood": "Gaussian",
                "net.widths": "256",
                "net.d": 20,
                "net.center": False,
                "spread": 0.0,
                "hidden": 256,
                "reconstruction": 0.56,
                "cluster.lr": 1e-3,
                "cluster.batch": 100,
                "cluster.epochs": 50,
            },
            "The released code for MNIST: codes of 20 numbers, a classifier with 256 hidden neurons, Adam, batches of "
            "100, 50 epochs of 60,000 points. Its weight of 5 belongs to pixels from 0 to 1: times their mean square "
            "of 0.112 it is 0.56 in our unit. Its two convolutions are one layer of 256 here.",
        ),
    ),
    assign=assign,
)
