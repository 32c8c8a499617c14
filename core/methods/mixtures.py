"""What the methods with a Gaussian mixture share: its start from codes, and EM iteration by iteration.

All covariances are diagonal. A variance below `floor` is set to it: a cluster that shrinks onto one point would
otherwise make the likelihood infinite.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from core.formulas.assignment import squared_distances
from core.formulas.mixture import log_density, log_responsibilities
from core.methods.leaves import best_of_restarts
from core.params import param
from core.types import Tick

FROM_KMEANS, FROM_EM = "k-means", "k-means, then EM"
_EM_TOLERANCE, _EM_ITERATIONS = 1e-3, 100  # as in scikit-learn


class Mixture(NamedTuple):
    """p(z) = sum_k pi_k N(z; mu_k, diag sigma_k^2), with logarithms of pi and sigma^2."""

    log_pi: Float[Tensor, " k"]
    mu: Float[Tensor, "k d"]
    log_var: Float[Tensor, "k d"]


def start_param() -> Any:
    """The parameter of `mixture_start`."""
    return param(
        FROM_EM,
        options=(FROM_KMEANS, FROM_EM),
        label="start of the mixture",
        help="k-means takes means, variances and shares of the k-means clusters as they are; EM then fits the mixture "
        "to the codes, so that clusters may differ in size and shape from the beginning.",
    )


def mixture_start(
    choice: str, z: Float[Tensor, "n d"], k: int, restarts: int, rng: torch.Generator, *, floor: float
) -> Generator[Tick, None, Mixture]:
    """A mixture fitted to the codes of all points: the best of several runs of k-means and, if chosen, EM from there.

    `floor` is the least variance, in the unit of z squared. log_pi holds the shares of the clusters found.
    """
    best = yield from best_of_restarts(z, k, restarts, rng)
    start = mixture_of_clusters(z, best.centers, floor)
    if choice == FROM_KMEANS:
        return start
    for i, (before, after) in enumerate(pairwise(em(z, start, floor)), start=1):
        yield Tick(min(i, _EM_ITERATIONS), _EM_ITERATIONS, "EM from the k-means clusters")
        start = after.mixture
        if i == _EM_ITERATIONS or after.log_likelihood - before.log_likelihood < _EM_TOLERANCE:
            break
    return start


def mixture_of_clusters(z: Float[Tensor, "n d"], centers: Float[Tensor, "k d"], floor: float) -> Mixture:
    """Each point belongs to its nearest center: share, mean and unbiased variances (over n_k - 1) of each cluster.

    A cluster of fewer than two points has no variance of its own: it gets that of all points about their means.
    """
    labels = squared_distances(z, centers).argmin(dim=1)
    member = torch.nn.functional.one_hot(labels, len(centers)).to(z.dtype)
    sizes = member.sum(dim=0)[:, None]
    mu = torch.where(sizes > 0, member.T @ z / sizes.clamp(min=1), centers)
    square = (z - mu[labels]).square()
    var = torch.where(sizes > 1, member.T @ square / (sizes - 1).clamp(min=1), square.mean(dim=0))
    return Mixture(_log_shares(sizes[:, 0]), mu, var.clamp(min=floor).log())


class EMState(NamedTuple):
    """One iteration of EM: the mixture, and what its E step says of all points."""

    mixture: Mixture
    log_gamma: Float[Tensor, "n k"]
    log_likelihood: float  # of a point, on average


def em(z: Float[Tensor, "n d"], start: Mixture, floor: float) -> Iterator[EMState]:
    """EM without end, from a given mixture, which comes first. The log likelihood never falls, floors aside.

    E: gamma_ik = pi_k N(z_i; mu_k, sigma_k^2) / sum_l (...)
    M: n_k = sum_i gamma_ik,  pi_k = n_k / n,  mu_k = 1/n_k sum_i gamma_ik z_i,
       sigma_k^2 = 1/n_k sum_i gamma_ik (z_i - mu_k)^2
    A cluster that no point belongs to any more stays where it was.
    """
    origin = z.mean(dim=0)  # squares are taken from here, so that little cancels
    z = z - origin
    mixture = start._replace(mu=start.mu - origin)
    tiny = torch.finfo(z.dtype).eps
    while True:
        log_gamma = log_responsibilities(z, *mixture)
        yield EMState(mixture._replace(mu=mixture.mu + origin), log_gamma, float(log_density(z, *mixture).mean()))
        gamma = log_gamma.exp()
        sizes = gamma.sum(dim=0)[:, None]
        mu = gamma.T @ z / sizes.clamp(min=tiny)
        var = (gamma.T @ z.square() / sizes.clamp(min=tiny) - mu.square()).clamp(min=floor)
        alive = sizes > tiny
        mixture = Mixture(
            _log_shares(sizes[:, 0]),
            torch.where(alive, mu, mixture.mu),
            torch.where(alive, var.log(), mixture.log_var),
        )


def _log_shares(sizes: Float[Tensor, " k"]) -> Float[Tensor, " k"]:
    """log pi_k, finite also for a cluster without points."""
    return (sizes.clamp(min=torch.finfo(sizes.dtype).eps) / sizes.sum()).log()
