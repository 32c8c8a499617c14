"""ln p(x_i) = G_ij + 1/2 (L(x_i) + L(x_i, x_j)): the step from DGG's aim to its loss, in numbers. Nats throughout.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
q(z,c|x) = N(z; m, diag s^2) gamma_c with gamma from m, so that c and z are independent and the closed forms are exact.
Left and right side share no integral: ln p and the divergences are sums over a lattice of codes with the true
posterior, L is what training computes, with -ln p(x_i|z) averaged over nodes of q alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.gaussians import Gaussian, expectation
from epochscope.formulas.graph import PairTerms, pair_terms
from epochscope.formulas.mixture import code_given_cluster, log_normal
from epochscope.labs.dgg.model.tiny import Tiny
from epochscope.labs.shared.model import Claim
from epochscope.language import tr

_STEP = 0.125  # of the lattice; no q is narrower than three steps
_OWN_STEP = 0.2  # of the nodes of one q, in its standard deviations
_REACH = 7.0  # standard deviations around every cluster and code
_ROUNDING = 1e-9


class Lattice(NamedTuple):
    """A grid of codes: u along the first axis, v along the second, z all nodes, v fastest."""

    u: Float[Tensor, " a"]
    v: Float[Tensor, " b"]
    z: Float[Tensor, "g 2"]

    @property
    def area(self) -> float:
        """What a node stands for."""
        return float((self.u[1] - self.u[0]) * (self.v[1] - self.v[0]))


class Terms(NamedTuple):
    """All sides for a point i and its neighbors j, nearest first."""

    log_p: float  # ln p(x_i)
    log_p_error: float  # by how much a lattice with every other line only changes it
    posterior: Float[Tensor, " g"]  # p(z|x_i) on the lattice
    kl_own: float  # KL(q_i || p(z,c|x_i))
    g: Float[Tensor, " j"]  # G_ij
    js: Float[Tensor, " j"]  # JS(q_i || q_j)
    gap: Float[Tensor, " j"]  # KL(M || p(z,c|x_i)), M = (q_i + q_j) / 2
    own: PairTerms  # terms of L(x_i)
    pair: list[PairTerms]  # terms of 1/2 L(x_i) + 1/2 L(x_i, x_j) for each j
    whole: PairTerms  # with all neighbors, weighted: what a step of training sees of this point
    w: Float[Tensor, " j"]
    excess: Float[Tensor, " c"]  # of i and its neighbors: term 2 in closed form less its expectation, were gamma fed z

    @property
    def own_bound(self) -> float:
        """L(x_i)."""
        return -float(self.own.loss())

    def pair_bound(self, place: int) -> float:
        """L(x_i, x_j) of the neighbor at this place."""
        return -2 * float(self.pair[place].loss()) - self.own_bound


def lattice(tiny: Tiny, step: float = _STEP) -> Lattice:
    """A grid that covers all clusters and all q."""
    centers = torch.cat([tiny.m, tiny.mu])
    reach = _REACH * (torch.cat([tiny.log_s2, tiny.log_var]) / 2).exp()
    low, high = (centers - reach).amin(dim=0), (centers + reach).amax(dim=0)
    count = ((high - low) / step).ceil().int()
    u, v = (low[d] + step * torch.arange(int(count[d]) + 1, dtype=low.dtype) for d in (0, 1))
    return Lattice(u, v, torch.cartesian_prod(u, v))


def evaluate(tiny: Tiny, over: Lattice, i: int) -> Terms:
    """All quantities that the step shows of point i."""
    met = torch.cat([torch.tensor([i]), tiny.j[i]])
    joint = tiny.log_pi[i] + log_normal(over.z, tiny.mu, tiny.log_var) - tiny.nll(over.z, i)[:, None]  # ln p(x_i,z,c)
    log_p = _log_integral(joint, over.area)
    q = log_normal(over.z, tiny.m[met], tiny.log_s2[met]).T[:, :, None] + tiny.log_gamma[met][:, None]  # ln q(z,c|x)
    posterior = joint - log_p
    kl = torch.stack([_kl(one, posterior, over.area) for one in q])
    middle = torch.logaddexp(q[:1], q[1:]) - math.log(2)
    js = torch.stack(
        [(_kl(q[0], m, over.area) + _kl(one, m, over.area)) / 2 for one, m in zip(q[1:], middle, strict=True)]
    )
    gap = torch.stack([_kl(m, posterior, over.area) for m in middle])
    error = _expected_errors(tiny, met, i)
    return Terms(
        log_p=log_p,
        log_p_error=abs(log_p - _coarser(joint, over)),
        posterior=posterior.logsumexp(dim=1).exp(),
        kl_own=float(kl[0]),
        g=(kl[0] + kl[1:]) / 2,
        js=js,
        gap=gap,
        own=_terms(tiny, error, met, [0], torch.ones(1).double()),
        pair=[_terms(tiny, error, met, [place], torch.ones(1).double()) for place in range(1, len(met))],
        whole=_terms(tiny, error, met, list(range(1, len(met))), tiny.w[i]),
        w=tiny.w[i],
        excess=torch.stack([_excess(tiny, int(j)) for j in met]),
    )


def _log_integral(log_f: Float[Tensor, "g k"], area: float) -> float:
    return float(log_f.flatten().logsumexp(dim=0)) + math.log(area)


def _coarser(log_f: Float[Tensor, "g k"], over: Lattice) -> float:
    thin = log_f.view(len(over.u), len(over.v), -1)[::2, ::2]
    return _log_integral(thin.flatten(0, 1), 4 * over.area)


def _kl(log_a: Float[Tensor, "g k"], log_b: Float[Tensor, "g k"], area: float) -> Float[Tensor, ""]:
    """KL(a || b) of two densities over codes and clusters."""
    return area * (log_a.exp() * (log_a - log_b)).sum()


def _expected_errors(tiny: Tiny, met: Tensor, i: int) -> Float[Tensor, " c"]:
    """E over q(z|x_j) of -ln p(x_i|z), for i itself and its neighbors."""
    codes = zip(tiny.m[met], tiny.log_s2[met].exp(), strict=True)
    return torch.stack([expectation(Gaussian(*code), lambda z: tiny.nll(z, i), _OWN_STEP) for code in codes])


def _excess(tiny: Tiny, j: int) -> Float[Tensor, ""]:
    """Term 2 of a point whose gamma is that of a draw z: E over z of the closed form, less E of what it stands for.

    Both are -E[ln p(z|c)]; the closed form takes c and z for independent, which they are not where gamma follows z.
    """
    m, log_s2 = tiny.m[j], tiny.log_s2[j]

    def difference(z: Float[Tensor, "g 2"]) -> Float[Tensor, " g"]:
        with torch.no_grad():
            gamma = tiny.model.gamma(z)
        closed = code_given_cluster(gamma, m.expand_as(z), log_s2.expand_as(z), tiny.mu, tiny.log_var)
        at_z = code_given_cluster(gamma, z, torch.full_like(z, -torch.inf), tiny.mu, tiny.log_var)  # of z, no variance
        return closed - at_z

    return expectation(Gaussian(m, log_s2.exp()), difference, _OWN_STEP)


def _terms(tiny: Tiny, error: Float[Tensor, " c"], met: Tensor, places: list[int], w: Float[Tensor, " j"]) -> PairTerms:
    """What training computes for point i with these of the points met as its neighbors."""
    columns = [0, *places]
    rows = met[columns]
    log_gamma, m, log_s2 = (t[rows][None] for t in (tiny.log_gamma, tiny.m, tiny.log_s2))
    return pair_terms(
        error[columns][None], log_gamma, m, log_s2, tiny.log_pi[met[:1]],
        mu=tiny.mu, log_var=tiny.log_var, w=w[None],
    )  # fmt: skip


def claims(known: Terms, place: int) -> list[Claim]:
    """For the neighbor at this place, and for all of them together."""
    bound, limit = -known.pair[place].loss(), 1e-3
    printed = -known.pair[place].loss(code_given_cluster=2.0)
    g = float(known.g[place])
    js = known.js[place]
    excess = float(known.excess[0] + known.excess[place + 1]) / 2
    leftover = known.log_p - float(known.w @ known.g) + float(known.whole.loss())
    return [
        Claim("ln p(xᵢ) = Gᵢⱼ + ½ L(xᵢ) + ½ L(xᵢ,xⱼ)", abs(known.log_p - g - float(bound)), limit),
        Claim("Gᵢⱼ = JS + KL(M‖p), so Gᵢⱼ ≥ JS ≥ 0", abs(g - float(js + known.gap[place])), _ROUNDING),
        Claim("L(xᵢ) ≤ ln p(xᵢ)", max(0.0, known.own_bound - known.log_p), limit),
        Claim(tr("ln p(xᵢ) − Σⱼ wᵢⱼ Gᵢⱼ = −loss that trains"), abs(leftover), limit),
        Claim(tr("Identity, term 2 as printed (without ½)"), abs(known.log_p - g - float(printed)), limit),
        Claim(tr("Term 2 is exact too if γ is fed a drawn z"), abs(excess), limit),
    ]
