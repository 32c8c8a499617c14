"""Shared parts of the methods with a Gaussian mixture: its start from codes, EM iteration by iteration, parameters.

All covariances are diagonal. Variances are clamped to at least `floor`: a cluster that shrinks to one point would
otherwise make the likelihood infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.formulas.assignment import Number
from epochscope.formulas.hard_assignment import nearest_centers, sums_of_clusters
from epochscope.formulas.mixture import log_normal, mixture_pulls
from epochscope.methods.shared.first_labels import (
    BEST_OF_THREE,
    FROM_GRAPH_OF_DATA,
    GRAPH_HELP,
    START_HELP,
    first_clusters,
)
from epochscope.methods.shared.lloyd import to_the_end
from epochscope.nets.frozen import frozen
from epochscope.nets.parts import PULL, Slopes, StepParts, Term, outputs_of, slopes
from epochscope.nets.steps import Loss
from epochscope.nets.training import StepParams, array
from epochscope.nets.variational import Code
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import Progress, Snapshot

FROM_KMEANS, FROM_EM = "k-means", "k-means, then EM"
_LEAST_RATE = 0.1  # the learning rates of VaDE never fall below this share, as in the released code
_TOLERANCE, _ITERATIONS = 1e-3, 100  # stopping rule of a start by EM, as in scikit-learn


class Mixture(NamedTuple):
    """p(z) = sum_k pi_k N(z; mu_k, diag sigma_k^2), with logarithms of pi and sigma^2."""

    log_pi: Float[Tensor, " k"]
    mu: Float[Tensor, "k d"]
    log_var: Float[Tensor, "k d"]

    def shown(self) -> dict[str, np.ndarray]:
        """The optional arrays "spread" (standard deviations) and "mixing" (weights)."""
        return {"spread": array((self.log_var / 2).exp()), "mixing": array(self.log_pi.softmax(dim=0))}


def start_param() -> Any:
    """The parameter of `mixture_start`."""
    return param(
        FROM_EM,
        options=(FROM_KMEANS, FROM_EM, FROM_GRAPH_OF_DATA, BEST_OF_THREE),
        label="start of the mixture",
        help="k-means: means, variances and shares of the k-means clusters. k-means, then EM: EM fits the mixture "
        f"further, so that clusters may differ in size and shape from the start. {GRAPH_HELP} {START_HELP}",
    )


def mixture_start(
    choice: str,
    z: Float[Tensor, "n d"],
    k: int,
    restarts: int,
    rng: torch.Generator,
    *,
    floor: float,
    x: Float[Tensor, "n f"] | None = None,
) -> Generator[Progress, None, Mixture]:
    """A mixture fitted to the codes of all points by the best of several runs of k-means, then by EM if chosen.

    `floor` is the least variance, in squared units of z. `x`: the data, which the best of three needs.
    """
    first = yield from first_clusters(choice, z, k, restarts, rng, x=z if x is None else x)
    mixture = mixture_of_clusters(z, first.centers, floor)
    if choice == FROM_EM:
        states = em(z, mixture, floor, most=_ITERATIONS, tol=_TOLERANCE)
        mixture = (yield from to_the_end(states, _ITERATIONS, "EM from the k-means clusters")).mixture
    return mixture


def mixture_of_clusters(z: Float[Tensor, "n d"], centers: Float[Tensor, "k d"], floor: float) -> Mixture:
    """The mixture of the clusters formed by assigning each point to its nearest center."""
    return mixture_of_labels(z, nearest_centers(z, centers).labels, centers, floor)


def mixture_of_labels(
    z: Float[Tensor, "n d"], labels: Int[Tensor, " n"], centers: Float[Tensor, "k d"], floor: float
) -> Mixture:
    """Share, mean and unbiased variances (over n_k - 1) of each cluster; an empty cluster has its row of `centers`.

    A cluster of fewer than two points gets the variances of all points about their means.
    """
    sizes, sums = sums_of_clusters(z, labels, len(centers))
    counts = sizes[:, None]
    mu = torch.where(counts > 0, sums / counts.clamp(min=1), centers)
    square = (z - mu[labels]).square()
    about = sums_of_clusters(square, labels, len(centers)).z
    var = torch.where(counts > 1, about / (counts - 1).clamp(min=1), square.mean(dim=0))
    return Mixture(_log_shares(sizes), mu, var.clamp(min=floor).log())


class EMState(NamedTuple):
    """One iteration of EM: the mixture and the result of its E step for all points."""

    mixture: Mixture
    gamma: Float[Tensor, "n k"]
    log_likelihood: float  # mean over points
    origin: Float[Tensor, " d"]  # EM computes about this point
    about_origin: Mixture  # the mixture with means about it

    def frozen(self, **network: Any) -> Callable[[], dict[str, Tensor]]:
        """What `new_points.posterior` needs; `network`: what else a method needs to encode."""
        return frozen(origin=self.origin, mixture=self.about_origin, **network)

    def snapshot(self, z: np.ndarray, extra: Mapping[str, object], **network: Any) -> Snapshot:
        """The iteration as an epoch of the phase "cluster"; `network`: as for `frozen`."""
        return Snapshot(
            phase="cluster",
            z=z,
            q=array(self.gamma),
            centers=array(self.mixture.mu),
            losses={"negative log likelihood": -self.log_likelihood},
            extra=self.mixture.shown() | dict(extra),
            model=self.frozen(**network),
        )


def em(z: Float[Tensor, "n d"], start: Mixture, floor: float, *, most: int, tol: float) -> Iterator[EMState]:
    """Iterations of EM, first the given mixture; ends after `most` iterations or when the log likelihood rises by less
    than `tol`. Apart from the floor, the log likelihood never falls.

    E: gamma_ik = pi_k N(z_i; mu_k, sigma_k^2) / sum_l (...)
    M: n_k = sum_i gamma_ik,  pi_k = n_k / n,  mu_k = 1/n_k sum_i gamma_ik z_i,
       sigma_k^2 = 1/n_k sum_i gamma_ik (z_i - mu_k)^2
    A cluster without points keeps its mean and variances.
    """
    origin = z.mean(dim=0)  # squares about the mean lose least precision
    z = z - origin
    square, tiny = z.square(), torch.finfo(z.dtype).eps
    log_pi, mu, log_var, before = start.log_pi, start.mu - origin, start.log_var, -float("inf")
    for i in range(most + 1):
        joint = log_pi + log_normal(z, mu, log_var)
        gamma, log_likelihood = joint.softmax(dim=1), float(joint.logsumexp(dim=1).mean())
        about_origin = Mixture(log_pi, mu, log_var)
        yield EMState(about_origin._replace(mu=mu + origin), gamma, log_likelihood, origin, about_origin)
        if i == most or log_likelihood - before < tol:
            return
        before = log_likelihood
        sizes = gamma.sum(dim=0)[:, None]
        alive, n = sizes > tiny, sizes.clamp(min=tiny)
        log_pi = _log_shares(sizes[:, 0])
        mu = torch.where(alive, gamma.T @ z / n, mu)
        log_var = torch.where(alive, (gamma.T @ square / n - mu.square()).clamp(min=floor).log(), log_var)


def parts_of_bound(
    loss: Float[Tensor, ""],
    code: Code,
    gamma: Float[Tensor, "b k"],
    mixture: Mixture,
    encoder: nn.Module,
    *,
    x: Float[Tensor, "n f"],
    rows: Int[Tensor, " b"],
    prior: Number | Float[Tensor, " b"],
    terms: Mapping[str, tuple[float, Tensor]],
) -> StepParts:
    """The terms of a step of VaDE or DGG by what they want of the means m of the points `rows`: the pull of each
    cluster with gamma held constant, and further ones with their factors. What remains is the change of gamma, and all
    that is wanted of the widths s, which the shared layers pass on to m.

    `prior`: the weight of E[log p(z|c)] of each row in the loss.
    """
    assert isinstance(encoder, nn.Sequential)
    with torch.no_grad():
        weight = torch.as_tensor(prior, dtype=gamma.dtype).expand(len(rows))[:, None, None]
        pulls = weight * mixture_pulls(gamma, code.m, mixture.mu, mixture.log_var)
    found: dict[Term, Slopes] = {Term(PULL, j): (-pulls[:, j], None) for j in range(gamma.shape[1])}
    found |= {Term(name): (*slopes(factor * term, (code.m,)), None) for name, (factor, term) in terms.items()}
    outputs, rest = (code.m, code.log_s2), ("the assignment itself", "width of the code")
    return StepParts(loss, encoder, x, rows, outputs, found, gamma.argmax(dim=1), rest=rest)


def parts_of_draw(
    loss: Callable[..., Loss],
    log_gamma: Callable[..., Tensor],
    model: Any,
    encoder: nn.Module,
    x: Float[Tensor, "n f"],
    *,
    rows: Int[Tensor, " b"],
    eps: Float[Tensor, "b d"],
    **numbers: Any,
) -> StepParts:
    """The terms of a step of VaDE on the points `rows` with draws eps: its loss is computed anew."""
    with outputs_of(model.f) as seen:
        found = loss(model, x[rows], eps, **numbers)
    (code,), mixture = seen, model.mixture
    gamma = log_gamma(code.at(eps), mixture, numbers["quirks"], code).exp()
    terms = {"reconstruction": (numbers["reconstruction"], found.terms["reconstruction"])}
    prior = numbers["prior"] / len(rows)
    return parts_of_bound(found.total, code, gamma, mixture, encoder, x=x, rows=rows, prior=prior, terms=terms)


def _log_shares(sizes: Float[Tensor, " k"]) -> Float[Tensor, " k"]:
    """log pi_k, finite also for an empty cluster."""
    return (sizes.clamp(min=torch.finfo(sizes.dtype).eps) / sizes.sum()).log()


def iterations_param() -> Any:
    """The parameter `epochs` of the methods that run EM."""
    return param(
        100,
        1,
        MOST_EPOCHS,
        label="iterations",
        help="Largest number of EM iterations; it ends when the likelihood converges.",
    )


def tolerance_param() -> Any:
    """The parameter `tol` of the methods that run EM."""
    return param(
        1e-3,
        0.0,
        0.1,
        step=1e-4,
        label="stop below this rise",
        help="Ends the run when an iteration raises the mean log likelihood by less than this; with 0 it ends when "
        "the likelihood no longer rises.",
    )


def floor_param() -> Any:
    """The parameter `floor` of the methods that run EM: the least variance, as a share of the mean variance."""
    return param(
        0.1,
        1e-4,
        1.0,
        log=True,
        label="smallest variance",
        help="Least variance of a cluster in any direction, as a share of the mean variance of all points. "
        "Small values let a cluster shrink to a few points, or to a pixel that is black in all of them.",
    )


def floor_of(z: Float[Tensor, "n d"], share: float) -> float:
    """The least variance of a cluster, in squared units of z; positive even if all points are the same."""
    return max(share * float(z.var(dim=0, correction=0).mean()), torch.finfo(z.dtype).tiny)


@dataclass(frozen=True)
class DecayingParams(StepParams):
    """The clustering phase of VaDE and DGG: the learning rate decays in steps."""

    decay: float = param(
        0.9,
        0.1,
        1.0,
        step=0.05,
        label="decay of the learning rate",
        help="Factor on the learning rates of this phase, applied after the number of epochs below.",
    )
    decay_every: int = param(
        10, 1, 500, label="epochs between decays", help="10 in the papers' codes, with exceptions."
    )

    def share(self, epoch: int) -> float:
        """Factor on the initial learning rate at this epoch."""
        return self.decay ** (epoch // self.decay_every)


class Terms(NamedTuple):
    """The negative ELBO of each point is the first three less the last two                           (eqs. 12, 13)."""

    reconstruction: Float[Tensor, " n"]  # -log p(x|z)
    code_given_cluster: Float[Tensor, " n"]  # -E[log p(z|c)]
    cluster_given_prior: Float[Tensor, " n"]  # -E[log p(c)]
    entropy_of_assignment: Float[Tensor, " n"]  # of q(c|x)
    entropy_of_code: Float[Tensor, " n"]  # of q(z|x)

    def loss(self, reconstruction: Number = 1.0, prior: Number = 1.0) -> Float[Tensor, ""]:
        """The negative ELBO, mean over points, with weights on its two parts."""
        beside = self.code_given_cluster + self.cluster_given_prior - self.entropy_of_assignment - self.entropy_of_code
        return (reconstruction * self.reconstruction + prior * beside).mean()


def warmed_up(epochs: float, warmup: int) -> float:
    """Weight of the prior's terms after this number of epochs, fractions included."""
    return min(1.0, epochs / warmup) if warmup else 1.0


def set_rates(steps: torch.optim.Optimizer, hp: Any, epoch: int) -> None:
    """Sets the learning rates of the network (hp.lr) and the mixture (hp.lr_mixture) for the next epoch."""
    share = max(hp.share(epoch), _LEAST_RATE)
    for part, lr in zip(steps.param_groups, (hp.lr, hp.lr_mixture), strict=True):
        part["lr"] = lr * share
