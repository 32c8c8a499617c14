"""Soft k-means and alpha: weights W of a few points, where each descent leads the centers, where W becomes 0/0."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.plane import grid_of
from epochscope.formulas.soft_kmeans import (
    attraction,
    best_w,
    bracket,
    distance,
    free_energy,
    free_energy_gradient,
    free_energy_of,
    gradient,
    logit_gradient,
    naive_weights,
    repelled,
    row_entropy,
    underflow_limit,
    underflows,
    weights,
)
from epochscope.labs.shared.model import Claim, blobs, bounded, deviation
from epochscope.language import tr
from epochscope.methods.soft_kmeans import FREE, STOPPED, THROUGH

FREE_W, FREE_W_ENTROPY = "free W", "free W with entropy"
FREE_WS = (FREE_W, FREE_W_ENTROPY)
DESCENTS = (THROUGH, STOPPED, FREE, *FREE_WS)
"""What goes down: the loss of Task 0 with its gradient whole, with W held constant, the free energy; W as variables."""
ALPHAS = (*(round(digit * 10.0**power, 2) for power in range(-2, 3) for digit in (1, 2, 5)), 1000.0)
_EXACT = 1e-9

Points = Float[Tensor, "n 2"]
Centers = Float[Tensor, "k 2"]


class Place(NamedTuple):
    """Points and centers, and the logits of a W that is free."""

    x: Points
    u: Centers
    a: Float[Tensor, "n k"]

    @classmethod
    def of(cls, x: Points, u: Centers) -> Place:
        """With W = 1/k."""
        return cls(x, u, torch.zeros(len(x), len(u), dtype=x.dtype))


class Break(NamedTuple):
    """Where exp(-alpha d) written as it stands becomes 0/0 in float32."""

    exponents: Float[Tensor, " n"]  # alpha min_k d_ik of each point
    limit: float  # of the exponents
    lost: Bool[Tensor, " n"]  # which rows really are NaN
    predicted: float  # the alpha above which some row is lost, by the distances
    measured: float  # the same, by trying
    point: int  # whose row that is


class Sweep(NamedTuple):
    """Means over points at many alphas, for the centers as they are."""

    alphas: Float[Tensor, " m"]
    loss: Float[Tensor, " m"]
    free: Float[Tensor, " m"]
    least: float  # mean min_k d_ik: of k-means


def w_of(place: Place, alpha: float, descent: str) -> Float[Tensor, "n k"]:
    """W as this descent has it: a function of the distances, or of the free logits."""
    if descent in FREE_WS:
        return place.a.softmax(dim=1)
    return weights(squared_distances(place.x, place.u), alpha)


def slopes(place: Place, alpha: float, descent: str) -> tuple[Centers, Float[Tensor, "n k"]]:
    """Gradient of what descends, mean over points, by the centers and by the logits of a free W (else 0)."""
    x, u, a = place
    if descent not in FREE_WS:
        whole = gradient if descent == THROUGH else free_energy_gradient
        return whole(x, u, alpha) / len(x), torch.zeros_like(a)
    by_a = logit_gradient(squared_distances(x, u), a, alpha if descent == FREE_W_ENTROPY else None)
    return attraction(x, u, a.softmax(dim=1)) / len(x), by_a / len(x)


def descend(place: Place, alpha: float, step: float, descent: str, faster: float = 1.0) -> Place:
    """One step down; no center moves further than 0.5 in a coordinate.

    A W that is free moves at the same time, its logits with a rate `faster` times that of the centers.
    """
    by_u, by_a = slopes(place, alpha, descent)
    return Place(place.x, place.u - bounded(step, by_u) * by_u, place.a - step * faster * by_a)


class Painted(NamedTuple):
    """What a point at each place of the plane does to one center: means over small squares."""

    x: Float[Tensor, " g"]  # middles of the squares
    y: Float[Tensor, " g"]
    force: Float[Tensor, "g g"]  # w_k [1 - alpha (d_k - dbar)], below 0 it pushes; the lowest row first
    bracket: Float[Tensor, "g g"]


def painted(
    u: Centers, alpha: float, k: int, box: tuple[float, float, float, float], *, g: int = 48, fine: int = 3
) -> Painted:
    """In g x g squares, each asked at fine x fine places: a sharp alpha pushes in a strip narrower than a square."""
    at = grid_of(torch.tensor(box, dtype=u.dtype), g * fine)
    w, factor = push(at, u, alpha, k)
    x, y, force, factor = (
        values.reshape(g, fine, g, fine).mean(dim=(1, 3)) for values in (at[:, 0], at[:, 1], w * factor, factor)
    )
    return Painted(x[0], y[:, 0], force, factor)


def push(at: Float[Tensor, "m 2"], u: Centers, alpha: float, k: int) -> tuple[Tensor, Tensor]:
    """For a point at each of these places w_k and 1 - alpha (d_k - dbar): below 0 it pushes center k away."""
    d = squared_distances(at, u)
    w = weights(d, alpha)
    return w[:, k], bracket(d, w, alpha)[:, k]


def broken(x: Points, u: Centers, alpha: float) -> Break:
    """Which rows of W the naive formula loses in float32, as predicted and as it is."""
    d = squared_distances(x, u)
    nearest, limit = d.amin(dim=1), underflow_limit(torch.float32)
    point = int(nearest.argmax())
    predicted = limit / max(float(nearest[point]), 1e-12)
    return Break(
        exponents=alpha * nearest,
        limit=limit,
        lost=naive_weights(d.float(), alpha).isnan().any(dim=1),
        predicted=predicted,
        measured=_first_lost(d.float(), predicted),
        point=point,
    )


def _first_lost(d: Float[Tensor, "n k"], about: float) -> float:
    """The least alpha at which some row really underflows, by halving an interval around a guess."""
    low, high = about / 2, about * 2
    for _ in range(25):
        alpha = (low * high) ** 0.5
        if bool(underflows(d, alpha).any()):
            high = alpha
        else:
            low = alpha
    return high


def sweep(x: Points, u: Centers) -> Sweep:
    """L and F from alpha = 0.01 to 1000."""
    d = squared_distances(x, u)
    alphas = torch.logspace(-2, 3, 51, dtype=d.dtype)
    w = [weights(d, float(alpha)) for alpha in alphas]
    return Sweep(
        alphas=alphas,
        loss=torch.stack([distance(d, one) for one in w]),
        free=torch.stack([free_energy(d, float(alpha)) for alpha in alphas]),
        least=float(d.amin(dim=1).mean()),
    )


def claims(place: Place, alpha: float, descent: str, lost: Break) -> list[Claim]:
    """What the lab says about W and its gradients, each with its residual; the first half is about what descends."""
    x, u, _ = place
    d = squared_distances(x, u)
    off = abs(lost.measured / lost.predicted - 1)
    about = _claims_of_free_w(place, alpha, descent) if descent in FREE_WS else _claims_of_softmax(x, u, alpha)
    return [
        *about,
        Claim(tr("In float32 naive W is 0/0 above α = {alpha:.4g}", alpha=lost.predicted), off, 1e-5),
        Claim(tr("W = softmax(−αd) is where F is least"), _slope_by_w(d, alpha), 1e-6),
        _shifted(d, alpha),
        Claim(
            tr("W is one-hot: this is k-means"),
            float((w_of(place, alpha, descent) - best_w(d, alpha, entropy=False)).abs().max()),
            1e-3,
        ),
    ]


def _claims_of_softmax(x: Points, u: Centers, alpha: float) -> list[Claim]:
    whole, held = gradient(x, u, alpha), free_energy_gradient(x, u, alpha)
    d = squared_distances(x, u)
    w = weights(d, alpha)
    size, size_held = _size(d, w * bracket(d, w, alpha)), _size(d, w)
    near = tr("cosine {value:.2f}", value=float(torch.cosine_similarity(whole.flatten(), held.flatten(), dim=0)))
    return [
        Claim(tr("∂L/∂u in closed form equals autograd"), _apart(whole, _slope(x, u, alpha, THROUGH), size), _EXACT),
        Claim(
            tr("∂F/∂u is that of L with W held constant"),
            max(_apart(_slope(x, u, alpha, of), held, size_held) for of in (STOPPED, FREE)),
            _EXACT,
        ),
        Claim(tr("A point pushes just where d > d̄ + 1/α"), _disagree(x, u, alpha), 0.0),
        Claim(tr("Through W or not is the same: {cosine}", cosine=near), _apart(whole, held, size_held), _EXACT),
    ]


def _claims_of_free_w(place: Place, alpha: float, descent: str) -> list[Claim]:
    x, u, a = place
    by_u, by_a = slopes(place, alpha, descent)
    leaf_u, leaf_a = u.clone().requires_grad_(), a.clone().requires_grad_()
    d, w = squared_distances(x, leaf_u), leaf_a.softmax(dim=1)
    what = free_energy_of(d, w, alpha) if descent == FREE_W_ENTROPY else distance(d, w)
    auto_u, auto_a = torch.autograd.grad(what, (leaf_u, leaf_a))
    d, w = d.detach(), w.detach()
    now, least = float(distance(d, w)), float(distance(d, best_w(d, alpha, entropy=False)))
    return [
        Claim(tr("∂L/∂u in closed form equals autograd"), _apart(by_u, auto_u, _size(d, w) / len(d)), _EXACT),
        Claim(tr("The gradient by the logits a, too"), _apart(by_a, auto_a, float(d.max()) / len(d)), _EXACT),
        Claim(
            tr("No W has less L than a one-hot one: {least:.2f} ≤ {now:.2f}", least=least, now=now),
            max(0.0, least - now),
            _EXACT,
        ),
        Claim(tr("All centers are at the mean of the points"), float((u - x.mean(dim=0)).abs().max()), 1e-2),
    ]


def _apart(a: Tensor, b: Tensor, size: float) -> float:
    """Largest difference of two gradients, by the size of what they add up: both vanish where a descent ends."""
    return float((a - b).abs().max()) / max(size, 1e-12)


def _size(d: Float[Tensor, "n k"], force: Float[Tensor, "n k"]) -> float:
    """The largest sum over points of the lengths of 2 force_ik (u_k - x_i)."""
    return 2 * float((force.abs() * d.sqrt()).sum(dim=0).max())


def _slope(x: Points, u: Centers, alpha: float, descent: str) -> Centers:
    """By autograd, of the sum over points, from the losses that train."""
    u = u.clone().requires_grad_()
    d = squared_distances(x, u)
    w = weights(d, alpha)
    L = {THROUGH: lambda: distance(d, w), STOPPED: lambda: distance(d, w.detach()), FREE: lambda: free_energy(d, alpha)}
    return torch.autograd.grad(L[descent]() * len(x), u)[0]


def _disagree(x: Points, u: Centers, alpha: float) -> float:
    """Share of pairs of which the rule says the other than autograd of that point's loss, where that is a number."""
    apart = u.expand(len(x), *u.shape).clone().requires_grad_()  # centers of each point's own
    d = (x[:, None] - apart).square().sum(dim=2)
    (slope,) = torch.autograd.grad(len(x) * distance(d, weights(d, alpha)), apart)
    outwards = (slope * (u - x[:, None])).sum(dim=2).detach()  # of the loss, as the center moves away from the point
    d = d.detach()
    w = weights(d, alpha)
    clear = outwards.abs() > 1e-9 * w * d * (1 + alpha * d) + 1e-300
    return float(((outwards < 0) != repelled(d, w, alpha))[clear].double().mean()) if bool(clear.any()) else 0.0


def _slope_by_w(d: Float[Tensor, "n k"], alpha: float) -> float:
    """Largest derivative of the free energy of W by a logit of W = softmax(-alpha d), as a share of that of L."""
    a = (-alpha * d).requires_grad_()
    w = a.softmax(dim=1)
    (with_entropy,) = torch.autograd.grad(free_energy_of(d, w, alpha), a, retain_graph=True)
    return _apart(with_entropy, torch.zeros_like(with_entropy), float(d.max()) / len(d))


def _shifted(d: Float[Tensor, "n k"], alpha: float) -> Claim:
    """The stable softmax against the naive one, in float64, in the rows that are no NaN there."""
    naive = naive_weights(d, alpha)
    numbers = ~naive.isnan().any(dim=1)
    says = tr("Stable softmax = naive one, in {n} of {all} rows", n=int(numbers.sum()), all=len(d))
    return Claim(says, deviation(weights(d, alpha)[numbers], naive[numbers]), 1e-9)


def entropy(w: Float[Tensor, "n k"]) -> float:
    """Mean over rows, in nats: 0 is hard, log k is no assignment at all."""
    return float(row_entropy(w).mean())


def _place(x: Points, u: list[tuple[float, float]]) -> Place:
    return Place.of(x, torch.tensor(u, dtype=torch.float64))


PRESETS = {
    "three groups": _place(blobs([(-2, -1), (2, -1), (0, 2)], 7, 0.6, 0), [(-0.8, 0.4), (0.6, -0.4), (0.9, 1.1)]),
    "a point far from all centers": _place(
        torch.cat([blobs([(-2, -1), (-0.4, -1.3)], 8, 0.5, 1), torch.tensor([[3.0, 3.0]]).double()]),
        [(-2.4, -0.4), (-0.2, -0.6), (-1.2, -2.2)],
    ),
    "two groups, three centers": _place(blobs([(-1.8, 0), (1.8, 0)], 10, 0.5, 2), [(-1, 0.6), (1, 0.6), (0.3, -1.4)]),
    "two centers on one side": _place(blobs([(-2, 0), (2, 0)], 10, 0.6, 3), [(-2.6, 0.3), (-1.2, -0.3)]),
}
"""Where the lab can start: all within -4 to 4."""
