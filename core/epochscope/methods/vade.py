"""Variational Deep Embedding (VaDE): codes are drawn from a mixture of Gaussians, one for each cluster.

Jiang, Zheng, Tan, Tang, Zhou. Variational Deep Embedding: An Unsupervised and Generative Approach to Clustering.
IJCAI 2017.
Departs from the paper: pi is the softmax of free numbers, log sigma^2 and log s^2 stay within +-6, gamma is computed
from logarithms, and gradients are clipped, where the released code lets pi and sigma^2 cross 0 and adds 1e-10 to
densities; labels and the Q shown come from the mean of a code, not from a draw, so that they do not flicker; Adam's
epsilon is that of torch, not 1e-4; the last batch may be smaller; by default the terms of the prior are warmed up,
the variances of codes start small, pretraining is end to end, and data are centered by their overall mean. The released
code counts pi once for each dimension of the code when it computes gamma, but not in its loss: here that is a quirk.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from epochscope.formulas.assignment import Number
from epochscope.formulas.mixture import (
    assignment_entropy,
    cluster_given_prior,
    code_entropy,
    code_given_cluster,
    log_expected_responsibilities,
    log_responsibilities,
)
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.mixtures import (
    BEST_OF_THREE,
    FROM_EM,
    FROM_KMEANS,
    DecayingParams,
    Mixture,
    Terms,
    mixture_start,
    parts_of_draw,
    set_rates,
    start_param,
    warmed_up,
)
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
from epochscope.nets.likelihood import Bernoulli, Gaussian, likelihood_of, likelihood_param, reconstruction_param
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.steps import Loss, Trained, take_step
from epochscope.nets.training import Means, array, batches, lr_param, optimizer, require_finite
from epochscope.nets.variational import LOG_VARIANCE_LIMIT, Code, Variational
from epochscope.params import MOST_EPOCHS, Params, group, param
from epochscope.types import Progress, Snapshot

SAMPLE, MEAN, EXACT = "a draw z", "the mean m", "all of q(z|x)"
ONCE, PER_DIMENSION = "once", "once per code dimension"
SMALL_STEPS = {"quirks.gamma_from": EXACT, "cluster.lr": 5e-4, "cluster.lr_mixture": 1e-3, "cluster.warmup": 0}


@dataclass(frozen=True)
class ClusterParams(DecayingParams):
    """The joint training of network and mixture."""

    lr_mixture: float = lr_param(
        2e-3,
        "Size of a gradient step of π, μ and σ. The released code uses that of the network, on HHAR a hundredth of it.",
        of="of the mixture",
        symbol="η_c",
    )
    epochs: int = param(30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Passes over the data after pretraining.")
    warmup: int = param(
        10,
        0,
        500,
        label="warm-up epochs",
        help="Number of epochs over which the terms of the prior reach their full weight; 0: from the start. It keeps "
        "the mixture from pulling all codes together before they have settled.",
    )
    clip: float = param(
        100.0,
        0.1,
        1e6,
        log=True,
        label="longest gradient",
        help="Longer gradients are clipped to this norm, so that a single batch cannot derail the network.",
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class QuirkParams(Params):
    """Choices in which the paper and its released code are not the only way."""

    gamma_from: str = param(
        SAMPLE,
        options=(SAMPLE, MEAN, EXACT),
        symbol="γ",
        label="γ in training comes from",
        help="The paper takes one draw z of each code. All of q(z|x) is the exact E step, which maximizes the bound "
        "over γ. The labels shown always come from the mean.",
    )
    pi_counts: str = param(
        ONCE,
        options=(ONCE, PER_DIMENSION),
        symbol="π",
        label="π counts in γ",
        help="The released code has log π inside the sum over the dimensions of the code: γ then has π to the power "
        "d. It makes no difference while all π are equal; later large clusters attract more and more points.",
    )


@dataclass(frozen=True)
class VadeParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on -log p(x|z), summed over features; 5 on HHAR in the released code, else 1. With a Gaussian "
        "likelihood that is to be times 2 (it has no 1/2) and times the mean square of its data: some 5.6 here.",
        symbol="α",
    )
    start: str = start_param()
    cluster: ClusterParams = group(ClusterParams, "Clustering", lr=2e-3, batch=100)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
    quirks: QuirkParams = group(QuirkParams, "Quirks of the released code")


class Model(Trained):
    """Encoder [m, log s^2] = f(x), decoder g, and the mixture p(c) p(z|c)."""

    def __init__(self, net: Autoencoder, start: Mixture, rng: torch.Generator) -> None:
        super().__init__()
        self.f = Variational(net, rng)
        self.g = net.decoder
        self.pi = nn.Parameter(torch.zeros_like(start.log_pi))  # 1/k each, whatever the shares of the start
        self.mu, self.log_var = nn.Parameter(start.mu), nn.Parameter(start.log_var)

    @property
    def mixture(self) -> Mixture:
        """The mixture with its current parameters."""
        return Mixture(self.pi.log_softmax(dim=0), self.mu, self.log_var)

    def keep_within_limits(self) -> None:
        """Clamps the variances to their range."""
        with torch.no_grad():
            self.log_var.clamp_(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)


def run(x: Float[Tensor, "n f"], k: int, hp: VadeParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng, likelihood.error)
    floor = math.exp(-LOG_VARIANCE_LIMIT)
    start = yield from mixture_start(hp.start, net.encode(x), k, hp.cluster.restarts, rng, floor=floor, x=x)
    model = Model(net, start, rng)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    steps = optimizer(hp.cluster, model.f.parameters())
    steps.add_param_group({"params": [model.pi, model.mu, model.log_var]})
    means, beta = Means(), warmed_up(0.0, hp.cluster.warmup)

    for epoch in count():
        code, mixture = model.f.encode(x), Mixture(*(t.detach() for t in model.mixture))
        require_finite("cluster", epoch, codes=code.m, variances=code.log_s2, **mixture._asdict())
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(code.m),
                q=array(log_gamma(code.m, mixture, hp.quirks).exp()),
                centers=array(mixture.mu),
                losses=means.take(),
                measures={"weight of the prior": beta, "deviation of a code": float((code.log_s2 / 2).exp().mean())},
                extra=mixture.shown() | pictures.of(code.m, mixture.mu, mixture.log_var),
                model=frozen(unit=unit, encoder=net.encoder, mixture=counted(mixture, hp.quirks)),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_rates(steps, hp.cluster, epoch)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            eps = torch.empty(len(rows), hp.net.d, dtype=x.dtype, device=x.device).normal_(generator=rng)
            beta = warmed_up(epoch + done / len(order), hp.cluster.warmup)
            prior = torch.full((), beta, dtype=x.dtype, device=x.device)  # another at each step, of the same loss
            numbers = {"reconstruction": hp.reconstruction, "likelihood": likelihood, "quirks": hp.quirks}
            limits: dict[str, Any] = {"longest": hp.cluster.clip, "after": model.keep_within_limits}
            drawn: dict[str, Any] = {"rows": rows, "eps": eps, "prior": prior}
            parts = partial(parts_of_draw, loss, log_gamma, model, net.encoder, x, **drawn, **numbers)
            take_step(steps, loss, model, (x[rows], eps, prior), means, parts=parts, **limits, **numbers)
            yield Progress(done, len(order))


def loss(
    model: Model,
    x: Float[Tensor, "b f"],
    eps: Float[Tensor, "b d"],
    prior: Number,
    *,
    reconstruction: Number,
    likelihood: Bernoulli | Gaussian,
    quirks: QuirkParams,
) -> Loss:
    """The loss of a batch x with draws eps of a standard normal, and weights on the two parts of the ELBO."""
    terms = terms_of(model, x, eps, likelihood, quirks)
    means = {name: term.mean() for name, term in terms._asdict().items()}
    return Loss(terms.loss(reconstruction, prior), {"negative_ELBO": terms.loss(), **means})


def terms_of(
    model: Model,
    x: Float[Tensor, "n f"],
    eps: Float[Tensor, "n d"],
    likelihood: Bernoulli | Gaussian,
    quirks: QuirkParams,
) -> Terms:
    """The terms of the ELBO from one draw of each code; gradients flow through gamma, too."""
    code, mixture = model.f(x), model.mixture
    z = code.at(eps)  # eq. 14
    log_q_c = log_gamma(z, mixture, quirks, code)  # eq. 16
    gamma = log_q_c.exp()
    return Terms(
        reconstruction=likelihood.nll(model.g(z), x),
        code_given_cluster=code_given_cluster(gamma, code.m, code.log_s2, mixture.mu, mixture.log_var),
        cluster_given_prior=cluster_given_prior(gamma, mixture.log_pi),
        entropy_of_assignment=assignment_entropy(log_q_c),
        entropy_of_code=code_entropy(code.log_s2),
    )


def log_gamma(
    z: Float[Tensor, "n d"], mixture: Mixture, quirks: QuirkParams, code: Code | None = None
) -> Float[Tensor, "n k"]:
    """log q(c|x_i) = log p(c|z_i); in training (with `code`) as the quirks say."""
    mixture = counted(mixture, quirks)
    if code is not None and quirks.gamma_from == EXACT:
        return log_expected_responsibilities(code.m, code.log_s2, *mixture)
    return log_responsibilities(code.m if code is not None and quirks.gamma_from == MEAN else z, *mixture)


def counted(mixture: Mixture, quirks: QuirkParams) -> Mixture:
    """The mixture with pi counted once, or once for each dimension of the code."""
    times = mixture.mu.shape[1] if quirks.pi_counts == PER_DIMENSION else 1
    return mixture._replace(log_pi=times * mixture.log_pi)


METHOD = Method(
    key="vade",
    title="VaDE",
    cite="Z. Jiang, Y. Zheng, H. Tan, B. Tang, H. Zhou. Variational Deep Embedding: An Unsupervised and Generative "
    "Approach to Clustering. IJCAI, 2017",
    about="A generative model: a cluster is drawn, from its Gaussian a code, from the code the point. Network and "
    "Gaussians are trained together to make the data likely, so it can generate new points of each cluster.",
    params=VadeParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "decoded_centers", "samples", "reconstructions"}
    ),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="ellipses",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING
            | {"quirks.gamma_from": EXACT, "cluster.lr_mixture": 0.02, "cluster.warmup": 30, "cluster.epochs": 30},
            "Chosen here by the ACC on the digits: a small network, the exact E step, a quick mixture, a slow warm-up.",
            chosen_on=DIGITS,
        ),
        recommended(SMALL_STEPS | {"start": BEST_OF_THREE, "cluster.epochs": 30}, weighted=True),
        minutes(
            SMALL_STEPS | {"start": FROM_KMEANS, "cluster.batch": 128, "cluster.epochs": 20},
            " Small steps: with the authors' learning rate the small clusters vanish within a few epochs.",
        ),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "cluster.optimizer": "adam",
                "cluster.lr": 2e-3,
                "cluster.lr_mixture": 2e-3,
                "cluster.batch": 100,
                "cluster.epochs": 3000,
                "cluster.decay": 0.9,
                "cluster.decay_every": 10,
                "cluster.warmup": 0,
                "start": FROM_EM,
                "quirks.gamma_from": SAMPLE,
                "quirks.pi_counts": ONCE,
                "reconstruction": 1.0,
            },
            STACKED_SOURCE
            + "Clustering: the authors' VaDE.py for MNIST. On Reuters 15 epochs with decay 0.5 every 5 and "
            "a start from k-means; on HHAR 120 epochs, mixture rate 2e-5, weight of reconstruction 5. How the weights "
            "it loads were pretrained is not known.",
        ),
    ),
    together=True,
    assign=responsibilities_of_code,
    divides_steps=True,
)
