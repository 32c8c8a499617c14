"""JS between two Gaussians: does it become smallest where they are aligned with the axes? (Yang et al. 2019, fig. 1)"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.gaussians import (
    Gaussian,
    expectation,
    gaussian_js,
    gaussian_kl,
    kl_of_mixture,
    log_density,
    pair_bound,
)
from epochscope.labs.shared.model import Claim
from epochscope.language import tr

_FINE, _COARSE = 0.1, 0.25  # steps of the quadrature, in standard deviations
_DEGREES = 5
_EXACT = 1e-9
_FLAT = 1e-6  # differences of JS below this do not count as a minimum


class Pair(NamedTuple):
    """Two Gaussians and the true posterior p(z | x_i), which DGG's bound compares both with."""

    i: Gaussian
    j: Gaussian
    p: Gaussian


class Divergences(NamedTuple):
    """All divergences of a pair, in nats."""

    js: float
    js_error: float  # by how much half as many nodes a line change it
    kl_ij: float
    kl_ji: float
    bound: float  # G_ij
    gap: float  # KL(M || p)


class Curve(NamedTuple):
    """JS with the distance of the means held and their direction turned."""

    degrees: Float[Tensor, " t"]  # 0 to 180 from the first axis
    js: Float[Tensor, " t"]


def pair(
    s2_i: tuple[float, float], s2_j: tuple[float, float], distance: float, degrees: float, share: float = 0.0
) -> Pair:
    """The first at the origin, the second `distance` away; p lies `share` of the way, 0 = on the first."""
    way = _way(distance, torch.tensor(degrees, dtype=torch.float64))
    i = Gaussian(torch.zeros(2, dtype=torch.float64), torch.tensor(s2_i, dtype=torch.float64))
    j = Gaussian(way, torch.tensor(s2_j, dtype=torch.float64))
    p = Gaussian(share * way, i.s2 * (j.s2 / i.s2) ** share)
    return Pair(i, j, p)


def _way(distance: float, degrees: Float[Tensor, "*t"]) -> Float[Tensor, "*t 2"]:
    angle = degrees * math.pi / 180
    return distance * torch.stack([angle.cos(), angle.sin()], dim=-1)


def divergences(of: Pair) -> Divergences:
    """What the lab shows of one pair."""
    js = float(gaussian_js(of.i, of.j, _FINE))
    return Divergences(
        js=js,
        js_error=abs(js - float(gaussian_js(of.i, of.j, _COARSE))),
        kl_ij=float(gaussian_kl(of.i, of.j)),
        kl_ji=float(gaussian_kl(of.j, of.i)),
        bound=float(pair_bound(*of)),
        gap=float(kl_of_mixture(*of, h=_FINE)),
    )


def around(of: Pair) -> Curve:
    """JS for all directions of the second mean; what lies beyond 90 degrees mirrors what lies before."""
    distance = float(of.j.m.norm())
    quarter = torch.arange(0, 90 + _DEGREES, _DEGREES, dtype=torch.float64)
    js = gaussian_js(of.i, Gaussian(_way(distance, quarter), of.j.s2), _COARSE)
    return Curve(torch.cat([quarter, 180 - quarter.flip(0)[1:]]), torch.cat([js, js.flip(0)[1:]]))


def claims(of: Pair, known: Divergences, curve: Curve) -> list[Claim]:
    """What the document says and what its derivation needs, each with its residual."""
    quadrature = float(expectation(of.i, lambda z: log_density(z, of.i) - log_density(z, of.j), _FINE))
    axes, lowest = curve.js[curve.degrees % 90 == 0], float(curve.js.min())
    outside = max(-known.js, known.js - math.log(2), 0.0)
    return [
        Claim("0 ≤ JS ≤ ln 2", outside, _EXACT),
        Claim(tr("KL(qᵢ‖qⱼ): closed form = quadrature"), abs(quadrature - known.kl_ij), 1e-8 * (1 + known.kl_ij)),
        Claim("Gᵢⱼ = JS + KL(M‖p), so Gᵢⱼ ≥ JS", abs(known.bound - known.js - known.gap), 1e-8 * (1 + known.bound)),
        Claim(tr("JS is lowest along an axis"), float(axes.min()) - lowest, _FLAT),
        Claim(tr("JS is lowest along **both** axes"), float(axes.max()) - lowest, _FLAT),
    ]


class Preset(NamedTuple):
    """Variances along both axes, of the first and of the second Gaussian."""

    s2_i: tuple[float, float]
    s2_j: tuple[float, float]


PRESETS = {
    "both wide along the first axis": Preset((4.0, 1.0), (4.0, 1.0)),
    "wide along different axes": Preset((4.0, 1.0), (1.0, 4.0)),
    "both round": Preset((1.0, 1.0), (4.0, 4.0)),
}
"""The three cases that differ: one axis is the minimum and the other the maximum; neither is; nothing changes."""
