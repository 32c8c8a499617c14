"""Who pulls whom: the gradients of DEC on a handful of points, derived in several ways (Xie et al. 2016, eqs. 4, 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import (
    KLGradients,
    conflated_mu_gradient,
    free_target_kl_gradients,
    kl,
    squared_distances,
    student_t,
    student_t_kl_gradients,
    target,
)
from epochscope.labs.shared.model import Claim, blobs, bounded, deviation
from epochscope.language import tr

_H = 1e-6  # step of the finite differences, in float64
_EXACT, _DIFFERENCES = 1e-9, 1e-6  # what rounding explains: of closed forms, of finite differences
FAR = 1e7
"""The nu at which the Student kernel is compared with its limit."""

Points = Float[Tensor, "n 2"]
Centers = Float[Tensor, "k 2"]


class Forces(NamedTuple):
    """Gradients of L = sum_i KL(p_i || q_i) in several derivations; points move along their negatives."""

    closed: KLGradients  # eqs. 4 and 5
    autograd: KLGradients
    differences: KLGradients  # central finite differences
    conflated: Float[Tensor, "k 2"]  # dL/dmu with one letter for two indices
    free: KLGradients  # P differentiated too
    free_autograd: KLGradients


class Terms(NamedTuple):
    """The factors before (z_i - mu_j) / (1 + d_ij / nu) for one center j, by terms of the chain rule."""

    kept: Float[Tensor, " n"]  # through q_ij alone: p (1 - q)
    lost: Float[Tensor, " n"]  # through all other q_il of the row: -q (1 - p)
    whole: Float[Tensor, " n"]  # p - q


class Place(NamedTuple):
    """Where points and centers are."""

    z: Points
    mu: Centers


def loss(z: Points, mu: Centers, nu: float, p: Float[Tensor, "n k"] | None = None) -> Float[Tensor, ""]:
    """L = sum_i KL(p_i || q_i), summed over points as the paper writes it; without `p` it is the target of this Q."""
    q = student_t(z, mu, nu)
    return kl(target(q) if p is None else p, q) * len(z)


def forces(z: Points, mu: Centers, nu: float) -> Forces:
    """All derivations at one place, in float64."""
    z, mu = z.double(), mu.double()
    p = target(student_t(z, mu, nu))
    return Forces(
        closed=student_t_kl_gradients(z, mu, p, nu),
        autograd=_autograd(z, mu, lambda z, mu: loss(z, mu, nu, p)),
        differences=_differences(z, mu, lambda z, mu: loss(z, mu, nu, p)),
        conflated=conflated_mu_gradient(z, mu, p, nu),
        free=free_target_kl_gradients(z, mu, nu),
        free_autograd=_autograd(z, mu, lambda z, mu: loss(z, mu, nu)),
    )


def _autograd(z: Points, mu: Centers, L: Callable[[Points, Centers], Tensor]) -> KLGradients:
    z, mu = z.clone().requires_grad_(), mu.clone().requires_grad_()
    return KLGradients(*torch.autograd.grad(L(z, mu), (z, mu)))


def _differences(z: Points, mu: Centers, L: Callable[[Points, Centers], Tensor]) -> KLGradients:
    """(L(x + h) - L(x - h)) / 2h, number by number."""
    both = torch.cat([z, mu])
    slope = torch.zeros_like(both)
    for place in range(both.numel()):
        h = torch.zeros_like(both)
        h.view(-1)[place] = _H
        up, down = (L(*moved.split([len(z), len(mu)])) for moved in (both + h, both - h))
        slope.view(-1)[place] = (up - down) / (2 * _H)
    return KLGradients(*slope.split([len(z), len(mu)]))


def terms(z: Points, mu: Centers, nu: float, j: int) -> Terms:
    """What each point contributes to the gradient of center j, taken apart."""
    q = student_t(z.double(), mu.double(), nu)
    p = target(q)
    p, q = p[:, j], q[:, j]
    return Terms(kept=p * (1 - q), lost=-q * (1 - p), whole=p - q)


def descend(place: Place, nu: float, step: float, *, free: bool) -> Place:
    """One gradient step of all points and centers. P is the target of this moment; `free`: differentiated too.

    The step is taken as far as no number moves more than 0.5, so that near-coincident places cannot be thrown away.
    """
    z, mu = place
    slope = (
        free_target_kl_gradients(z, mu, nu) if free else student_t_kl_gradients(z, mu, target(student_t(z, mu, nu)), nu)
    )
    step = bounded(step, slope.z, slope.mu)
    return Place(z - step * slope.z, mu - step * slope.mu)


def sureness(place: Place, nu: float) -> float:
    """Mean over points of the largest q_ij: 1 = every point has its cluster, 1/k = dissolved."""
    return float(student_t(place.z, place.mu, nu).amax(dim=1).mean())


def cosine(a: KLGradients, b: KLGradients) -> float:
    """Of the angle between two gradients by all places: 1 = same direction, -1 = opposite, 0 if one vanishes."""
    one, other = (torch.cat([g.z.flatten(), g.mu.flatten()]) for g in (a, b))
    size = float(one.norm() * other.norm())
    return float(one @ other) / size if size > 0 else 0.0


def gaussian_gap(z: Points, mu: Centers, nu: float) -> float:
    """Largest |q_ij - g_ij| between the Student kernel and g = softmax(-d/2), its limit for nu -> infinity."""
    gauss = (-squared_distances(z, mu) / 2).softmax(dim=1)
    return float((student_t(z, mu, nu) - gauss).abs().max())


def logits(z: Points, mu: Centers, nu: float) -> Float[Tensor, "n k"]:
    """t of which Q = softmax(t): the logarithm of the kernel, t_ij = -(nu + 1)/2 ln(1 + d_ij / nu)."""
    return -(nu + 1) / 2 * torch.log1p(squared_distances(z, mu) / nu)


def proof_gaps(z: Points, mu: Centers, nu: float) -> tuple[float, float]:
    """Both steps of the proof by softmax: largest |dL/dt - (q - p)|, and of the gradient it gives against eqs. 4, 5."""
    p = target(student_t(z, mu, nu))
    t = logits(z, mu, nu).requires_grad_()
    (by_autograd,) = torch.autograd.grad(kl(p, t.softmax(dim=1)) * len(z), t)
    by_hand = student_t(z, mu, nu) - p
    through_t = _autograd(z, mu, lambda z, mu: (by_hand * logits(z, mu, nu)).sum())
    return deviation(by_autograd, by_hand), _apart(through_t, student_t_kl_gradients(z, mu, p, nu))


def claims(z: Points, mu: Centers, nu: float, gradients: Forces) -> list[Claim]:
    """What the lab says about the gradients, each with its residual."""
    closed, free = gradients.closed, gradients.free
    rounding = _DIFFERENCES * (1 + float(loss(z, mu, nu)))
    turned = tr("cosine {value:.2f}", value=cosine(free, closed))
    return [
        Claim(tr("The paper's closed form equals autograd"), _apart(closed, gradients.autograd), _EXACT),
        Claim(tr("It equals finite differences"), _apart(closed, gradients.differences, share=False), rounding),
        Claim(tr("It follows from ∂L/∂t = q − p"), max(proof_gaps(z.double(), mu.double(), nu)), _EXACT),
        Claim(
            tr("The term k = j alone gives the same ∂L/∂μ"),
            deviation(gradients.conflated, closed.mu),
            _EXACT,
        ),
        Claim(
            tr("A forgotten detach is harmless: {cosine}", cosine=turned),
            _apart(free, closed),
            _EXACT,
        ),
        Claim(
            tr("For that, too, a closed form equals autograd"),
            _apart(free, gradients.free_autograd),
            _EXACT,
        ),
        Claim(
            tr("For ν = 10⁷ the kernel is exp(−d/2)"),
            gaussian_gap(z.double(), mu.double(), FAR),
            1e-5,
        ),
    ]


def _apart(a: KLGradients, b: KLGradients, *, share: bool = True) -> float:
    if share:
        return max(deviation(a.z, b.z), deviation(a.mu, b.mu))
    return max(float((a.z - b.z).abs().max()), float((a.mu - b.mu).abs().max()))


def _places(z: Points, mu: list[tuple[float, float]]) -> Place:
    return Place(z, torch.tensor(mu, dtype=torch.float64))


PRESETS = {
    "three groups": _places(blobs([(-2, -1), (2, -1), (0, 2)], 4, 0.7, 0), [(-1, -0.3), (1, -0.5), (0.2, 0.8)]),
    "two points, two centers": _places(torch.tensor([[0.4, 0.6], [-2.0, -0.8]]).double(), [(-1.5, 0), (1.5, 0)]),
    "one large group, one small": _places(
        torch.cat([blobs([(-1, 0)], 10, 0.8, 1), blobs([(2, 1)], 2, 0.3, 2)]), [(-0.8, 0.2), (1.4, 0.6)]
    ),
    "two centers at one place": _places(blobs([(-1.5, 0), (1.5, 0)], 5, 0.6, 3), [(0, 0.05), (0, -0.05)]),
}
"""Where a lab can start: few points, few centers, all within -4 to 4."""
