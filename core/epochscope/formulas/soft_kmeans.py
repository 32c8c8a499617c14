"""Soft k-means: weights W from distances, the losses, and their gradients for centers and weights.

Letters: x points, u centers, d_ik = ||x_i - u_k||^2 (always the SQUARED distance), w_ik weights whose rows sum to 1,
alpha sharpness in 1 / squared distance. Losses are MEANS over points, gradients those of the SUM over points.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import one_hot

from epochscope.formulas.assignment import Number, squared_distances


def weights(d: Float[Tensor, "n k"], alpha: Number) -> Float[Tensor, "n k"]:
    """w_ik = exp(-alpha d_ik) / sum_l exp(-alpha d_il), computed stably: always finite."""
    return (-alpha * d).softmax(dim=1)


def naive_weights(d: Float[Tensor, "n k"], alpha: float) -> Float[Tensor, "n k"]:
    """The same formula computed literally: 0/0 = NaN in each row that `underflows`."""
    e = (-alpha * d).exp()
    return e / e.sum(dim=1, keepdim=True)


def underflows(d: Float[Tensor, "n k"], alpha: float) -> Bool[Tensor, " n"]:
    """Rows in which all exp(-alpha d_ik) underflow to 0: alpha min_k d_ik is above `underflow_limit`.

    Where the processor flushes subnormal numbers to 0, the limit is 87 (float32) or 708 (float64).
    """
    return (-alpha * d).exp().sum(dim=1) == 0


def underflow_limit(dtype: torch.dtype) -> float:
    """The t above which exp(-t) rounds to 0, half the smallest subnormal: 103.97 in float32, 745.13 in float64."""
    limits = torch.finfo(dtype)
    return math.log(2) - math.log(limits.smallest_normal * limits.eps)


def best_w(d: Float[Tensor, "n k"], alpha: float, *, entropy: bool) -> Float[Tensor, "n k"]:
    """The W that minimizes `distance` (one-hot at the nearest center); with `entropy`, `free_energy_of` (softmax)."""
    return weights(d, alpha) if entropy else one_hot(d.argmin(dim=1), d.shape[1]).to(d.dtype)


def distance(d: Float[Tensor, "n k"], w: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """L = 1/n sum_i sum_k w_ik d_ik."""
    return (w * d).sum(dim=1).mean()


def free_energy(d: Float[Tensor, "n k"], alpha: float) -> Float[Tensor, ""]:
    """F = -1/(alpha n) sum_i log sum_k exp(-alpha d_ik), the minimum of `free_energy_of` over all W."""
    return -(-alpha * d).logsumexp(dim=1).mean() / alpha


def free_energy_of(d: Float[Tensor, "n k"], w: Float[Tensor, "n k"], alpha: float) -> Float[Tensor, ""]:
    """1/n sum_i [sum_k w_ik d_ik + 1/alpha sum_k w_ik log w_ik] for any W with rows on the simplex.

    Minimal at w = `weights(d, alpha)`, where it equals `free_energy(d, alpha)`. Its gradient is finite at w = 0.
    """
    return distance(d, w) - row_entropy(w).mean() / alpha


def row_entropy(w: Float[Tensor, "n k"]) -> Float[Tensor, " n"]:
    """H_i = -sum_k w_ik log w_ik in nats, from 0 (a hard assignment) to log k (uniform); 0 log 0 = 0."""
    return -torch.special.xlogy(w, w.clamp(min=torch.finfo(w.dtype).tiny)).sum(dim=1)


def repelled(d: Float[Tensor, "n k"], w: Float[Tensor, "n k"], alpha: float) -> Bool[Tensor, "n k"]:
    """Pairs in which point i repels center k when L is differentiated through W: d_ik > dbar_i + 1/alpha.

    With dbar_i = sum_k w_ik d_ik. There the bracket of `gradient` is negative.
    """
    return d > (w * d).sum(dim=1, keepdim=True) + 1 / alpha


def bracket(d: Float[Tensor, "n k"], w: Float[Tensor, "n k"], alpha: float) -> Float[Tensor, "n k"]:
    """1 - alpha (d_ik - dbar_i), dbar_i = sum_k w_ik d_ik: the factor by which differentiating W changes each force."""
    return 1 - alpha * (d - (w * d).sum(dim=1, keepdim=True))


def gradient(x: Float[Tensor, "n f"], u: Float[Tensor, "k f"], alpha: float) -> Float[Tensor, "k f"]:
    """Gradient of sum_i sum_k w_ik d_ik for the centers, with W = `weights(d, alpha)` differentiated too.

    dL/du_k = 2 sum_i w_ik [1 - alpha (d_ik - dbar_i)] (u_k - x_i)  with  dbar_i = sum_k w_ik d_ik
    """
    d = squared_distances(x, u)
    w = weights(d, alpha)
    return attraction(x, u, w * bracket(d, w, alpha))


def free_energy_gradient(x: Float[Tensor, "n f"], u: Float[Tensor, "k f"], alpha: float) -> Float[Tensor, "k f"]:
    """Gradient of n `free_energy`, which is that of sum_i sum_k w_ik d_ik with W held constant: it only attracts.

    dF/du_k = 2 sum_i w_ik (u_k - x_i)
    """
    return attraction(x, u, weights(squared_distances(x, u), alpha))


def attraction(x: Float[Tensor, "n f"], u: Float[Tensor, "k f"], w: Float[Tensor, "n k"]) -> Float[Tensor, "k f"]:
    """Gradient of sum_i sum_k w_ik d_ik for constant W: 2 sum_i w_ik (u_k - x_i), without an (n, k, f) array."""
    return 2 * (w.sum(dim=0)[:, None] * u - w.T @ x)


def logit_gradient(
    d: Float[Tensor, "n k"], a: Float[Tensor, "n k"], alpha: float | None = None
) -> Float[Tensor, "n k"]:
    """Gradient for the logits a of W = softmax(a): of sum_i sum_k w_ik d_ik or, given alpha, of n `free_energy_of`.

    dL/da_ik = w_ik (e_ik - sum_l w_il e_il)  with  e_ik = d_ik, or d_ik + 1/alpha log w_ik
    """
    w = a.softmax(dim=1)
    e = d if alpha is None else d + a.log_softmax(dim=1) / alpha
    return w * (e - (w * e).sum(dim=1, keepdim=True))


def on_simplex(v: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Each row of v projected onto the simplex: the nearest w with w >= 0 and sum_k w_k = 1.

    w_k = max(v_k - t, 0), t such that the sum is 1: with v sorted downwards, t = (v_1 + ... + v_m - 1) / m for the
    largest m at which v_m is still above it                              (Held, Wolfe, Crowder 1974)
    """
    v = v - v.amax(dim=1, keepdim=True)  # only shifts t; the cumulative sum of large values would lose precision
    falling = v.sort(dim=1, descending=True).values
    t = (falling.cumsum(dim=1) - 1) / torch.arange(1, v.shape[1] + 1, device=v.device, dtype=v.dtype)
    m = (falling > t).sum(dim=1, keepdim=True).clamp(min=1)  # 0 only for rows with NaN, which stay NaN
    return (v - t.gather(1, m - 1)).clamp(min=0)


def median_gap(d: Float[Tensor, "n k"]) -> float:
    """Median over points of d_i(2) - d_i(1), the squared distances to the second nearest and the nearest center.

    1 if there is no second center, or if the median is 0.
    """
    if d.shape[1] == 1:
        return 1.0
    nearest = d.topk(2, dim=1, largest=False).values
    return float((nearest[:, 1] - nearest[:, 0]).median()) or 1.0


def smallest_gap(u: Float[Tensor, "k f"]) -> float:
    """Smallest distance (not squared) between two centers; infinite for a single center."""
    apart = squared_distances(u, u)
    apart.fill_diagonal_(torch.inf)
    return float(apart.min().sqrt())
