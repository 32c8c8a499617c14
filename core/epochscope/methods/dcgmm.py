"""DC-GMM: autoencoder and Gaussian mixture in turn, held together by multipliers (an augmented Lagrangian).

Tian, Zhou, Guan. DeepCluster: A General Clustering Framework based on Deep Learning. ECML PKDD 2017.
The mixture is not fitted to the codes f(x_i) but to free variables y_i, which are to equal them: so each part, the
network, y, the mixture and the multipliers, has a simple step of its own (ADMM).
Departs from the paper: its text was not at hand, so the rest is read from the authors' MATLAB code; diagonal instead
of full covariances, with a floor; linear instead of sigmoid codes, Adam instead of AdaDelta; the mixture starts from
k-means on the codes instead of the encoded means of random groups of points; the squared error is a mean over
features; and rho is given in units of 1 / (mean variance of the codes at the start), so that it suits codes of any
size: with sigmoid codes the authors take 1,000. Labels are the responsibilities of the codes, so that new points get
theirs by the same rule; the authors score those of y.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import mse_loss

from epochscope.formulas.alternating import free_codes, mixture_of
from epochscope.formulas.mixture import log_responsibilities
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.mixtures import BEST_OF_THREE, FROM_KMEANS, Mixture, floor_of, mixture_start, start_param
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
from epochscope.nets.likelihood import Gaussian
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import (
    Means,
    StepParams,
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

LEAST = 1e-3
"""Least variance of a cluster in any direction, as a share of the mean variance of the pretrained codes."""


@dataclass(frozen=True)
class AlternatingParams(StepParams):
    """The rounds of ADMM; each trains the network for one pass over the data."""

    lr: float = lr_param(3e-4, "Size of a gradient step of the network.")
    epochs: int = param(30, 1, MOST_EPOCHS, label="rounds", help="Rounds: network, y, mixture, multipliers.")
    restarts: int = restarts_param()


@dataclass(frozen=True)
class DcgmmParams(MethodParams):
    rho: float = param(
        20.0,
        0.1,
        1000.0,
        log=True,
        live=True,
        symbol="ρ",
        label="stiffness",
        help="How firmly y is tied to the codes, in units of 1 / (mean variance of the codes at the start). Small: y "
        "goes to the centers at once. Large: it hardly leaves the codes.",
    )
    lam: float = param(
        0.05,
        0.0,
        10.0,
        step=0.005,
        live=True,
        symbol="λ",
        label="weight of the tie",
        help="Weight of the tie in the loss of the network, relative to reconstruction. 0: the network does not know "
        "of the clusters.",
    )
    dual: float = param(
        0.5,
        0.0,
        1.0,
        step=0.05,
        live=True,
        label="dual step",
        help="Share of the residual y - f(x) that is added to the multipliers each round. 0: a penalty alone, whose "
        "residual stays.",
    )
    start: str = start_param()
    cluster: AlternatingParams = group(AlternatingParams, "Alternating rounds")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


class Tied:
    """The variables of ADMM besides the network: y, the multipliers u (over rho) and the mixture theta."""

    def __init__(self, f: Float[Tensor, "n d"], theta: Mixture, floor: float) -> None:
        self.y, self.u, self.theta, self.floor = f.clone(), torch.zeros_like(f), theta, floor

    def update(self, f: Float[Tensor, "n d"], rho: float, dual: float) -> None:
        """The steps of a round after that of the network, in the order of the authors' code."""
        gamma = log_responsibilities(self.y, *self.theta).exp()  # of y, as it was
        mu, var = self.theta.mu, self.theta.log_var.exp()
        self.y = free_codes(f, self.u, gamma, mu=mu, var=var, rho=rho)
        pi, mu, var = mixture_of(self.y, gamma, mu, var)
        tiny = torch.finfo(f.dtype).eps
        self.theta = Mixture(pi.clamp(min=tiny).log(), mu, var.clamp(min=self.floor).log())
        self.u = self.u + dual * (self.y - f)

    def measures(self, f: Float[Tensor, "n d"]) -> dict[str, float]:
        """How far y is from the codes, and how large the multipliers have become."""
        apart = log_responsibilities(self.y, *self.theta).argmax(dim=1)
        own = log_responsibilities(f, *self.theta).argmax(dim=1)
        return {
            "residual |y - f(x)|": float((self.y - f).norm(dim=1).mean()),
            "multipliers |u|": float(self.u.norm(dim=1).mean()),
            "points whose y is in another cluster": float((apart != own).float().mean()),
        }


def run(x: Float[Tensor, "n f"], k: int, hp: DcgmmParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    f = net.encode(x)
    floor, variance = floor_of(f, LEAST), floor_of(f, 1.0)
    theta = yield from mixture_start(hp.start, f, k, hp.cluster.restarts, rng, floor=floor, x=x)
    tied, steps, means = Tied(f, theta, floor), optimizer(hp.cluster, net.parameters()), Means()
    pictures = Pictures(x, Gaussian(unit), net.decode, (k, hp.net.d), rng)

    for epoch in range(hp.cluster.epochs + 1):
        f, rho = net.encode(x), hp.rho / variance
        require_finite("cluster", epoch, codes=f)
        if epoch:
            tied.update(f, rho, hp.dual)
        theta, gamma = tied.theta, log_responsibilities(f, *tied.theta).exp()
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(f),
                q=array(gamma),
                centers=array(theta.mu),
                losses=means.take(),
                measures=tied.measures(f) | assignment_measures(f, gamma),
                extra=theta.shown() | {"forces": array(tied.y - f)} | pictures.of(f, theta.mu, theta.log_var),
                model=frozen(unit=unit, encoder=net.encoder, mixture=theta),
            )
        ) or hp
        if epoch == hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        goal = tied.y + tied.u
        for done, rows in enumerate(order, start=1):
            code = net.encoder(x[rows])
            L_r = mse_loss(net.decoder(code), x[rows])
            tie = hp.rho / variance / 2 * (goal[rows] - code).square().mean()  # rho/2 |y - f(x) + u|^2, a mean
            descend(steps, L_r + hp.lam * tie)
            means.add(len(rows), reconstruction=L_r, tie=tie)
            yield Progress(done, len(order))


METHOD = Method(
    key="dcgmm",
    title="DC-GMM",
    cite="K. Tian, S. Zhou, J. Guan. DeepCluster: A General Clustering Framework based on Deep Learning. ECML PKDD, "
    "2017",
    about="A Gaussian mixture is fitted to free copies of the codes. Copies and codes are pulled toward each other, "
    "harder wherever they stay apart, until they agree: so network and mixture are trained in turn.",
    params=DcgmmParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "forces"}
        | {"decoded_centers", "samples", "reconstructions"}
    ),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="pull",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.epochs": 20},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({"start": BEST_OF_THREE, "cluster.epochs": 30}),
        minutes({"cluster.batch": 128, "cluster.epochs": 15}),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "rho": 20.0,
                "dual": 0.5,
                "start": FROM_KMEANS,
                "cluster.batch": 100,
                "cluster.epochs": 300,
            },
            STACKED_SOURCE + "Rounds: the authors' code (one pass of the network, batches of 100, dual step 0.5, 300 "
            "rounds). ρ and λ do not carry over from its sigmoid codes (1,000 and 0.01) and are chosen here.",
        ),
    ),
    assign=responsibilities_of_code,
)
