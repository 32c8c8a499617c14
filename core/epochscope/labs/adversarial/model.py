"""The adversarial clustering loss with known densities: what a discriminator can reach, and what the encoder learns.

Kart-Leong Lim. Deep clustering using adversarial net based clustering loss. arXiv 2412.08933, lemmas 1 and 2.
Letters: p the distribution of draws (T = 1), q that of codes (T = 0), D the discriminator, V its value; nats.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, Normal

from epochscope.formulas.adversarial import encoder_loss, js_estimate, optimal_logit, value_of_densities
from epochscope.labs.shared.model import Claim
from epochscope.language import tr
from epochscope.nets.critic import Critic

REACH, _NODES = 6.0, 1201
LN4 = 2 * math.log(2)
_EXACT = 1e-9
_BEATEN = 64  # discriminators that try to do better than D*
_FLOOR = 1e-300  # of a density whose logarithm is taken
HIDDEN = [32, 32]
STEPS = 20
"""Steps of the discriminator that one press does."""

Line = Float[Tensor, " t"]


class Bump(NamedTuple):
    """A Gaussian on the line."""

    mean: float
    sd: float


class Game(NamedTuple):
    """Draws come from the first two bumps, half from each; codes from the third."""

    left: Bump
    right: Bump
    codes: Bump


class Densities(NamedTuple):
    """Both on one grid."""

    z: Line
    p: Line
    q: Line

    @property
    def dz(self) -> float:
        """The step of the grid; sums times it are integrals: the trapezoidal rule for what vanishes at both ends."""
        return float(self.z[1] - self.z[0])


class Asked(NamedTuple):
    """What one method's discriminator is to tell apart."""

    method: str
    question: str
    of: Densities


def grid() -> Line:
    """Where densities are known: far beyond what the bumps reach."""
    return torch.linspace(-2 * REACH, 2 * REACH, 2 * _NODES - 1, dtype=torch.float64)


def _bumps(*bumps: Bump) -> Line:
    mean, sd = (torch.tensor(values, dtype=torch.float64) for values in zip(*bumps, strict=True))
    mixture = MixtureSameFamily(Categorical(torch.ones_like(mean)), Normal(mean, sd), validate_args=False)
    return mixture.log_prob(grid()).exp()


def densities(game: Game) -> Densities:
    """p: both bumps, half of the draws each; q: the codes."""
    return Densities(grid(), _bumps(game.left, game.right), _bumps(game.codes))


def js(of: Densities) -> float:
    """JS(p || q) = 1/2 int p ln(2p / (p+q)) + 1/2 int q ln(2q / (p+q)), by quadrature."""
    both = of.p + of.q
    parts = (torch.xlogy(one, (2 * one / both.clamp(min=_FLOOR)).clamp(min=_FLOOR)) for one in (of.p, of.q))
    return float(of.dz * sum(part.sum() for part in parts) / 2)


def misprinted_js(of: Densities) -> float:
    """The same with the integrand 2p/(p+q) printed twice, as in the document: 1/2 int (p + q) ln(2p / (p+q))."""
    both = (of.p + of.q).clamp(min=_FLOOR)
    return float(of.dz * torch.xlogy(both, (2 * of.p / both).clamp(min=_FLOOR)).sum() / 2)


def best(of: Densities) -> Line:
    """D* = p / (p + q) as a logit."""
    return optimal_logit(log_p=of.p.clamp(min=_FLOOR).log(), log_q=of.q.clamp(min=_FLOOR).log())


def value(logit: Line, of: Densities) -> float:
    """V(D) of a discriminator given on the grid."""
    return float(value_of_densities(logit, of.p, of.q, of.dz))


class Learner:
    """A discriminator that learns: the network of DCAN and AAE, on exact expectations instead of draws."""

    def __init__(self, seed: int = 0) -> None:
        self.critic = Critic(1, HIDDEN, torch.Generator().manual_seed(seed)).double()
        self.adam = torch.optim.Adam(self.critic.parameters(), lr=5e-3)
        self.steps = 0

    def logit(self) -> Line:
        """What it says on the grid."""
        with torch.no_grad():
            return self.critic(grid()[:, None])

    def learn(self, of: Densities, steps: int = STEPS) -> None:
        """Ascends V(D)."""
        for _ in range(steps):
            self.adam.zero_grad()
            (-value_of_densities(self.critic(of.z[:, None]), of.p, of.q, of.dz)).backward()
            self.adam.step()
        self.steps += steps


class Slopes(NamedTuple):
    """Derivative of the encoder's loss by the logit of D at each z: how much a code there learns."""

    saturating: Line  # of ln(1 - D)
    other: Line  # of -ln D


def slopes(logit: Line) -> Slopes:
    """By automatic differentiation of the losses that train."""

    def slope(saturating: bool) -> Line:
        at = logit.clone().requires_grad_()
        (found,) = torch.autograd.grad(encoder_loss(at, saturating=saturating) * len(at), at)
        return found

    return Slopes(slope(True), slope(False))


def family(game: Game) -> list[Asked]:
    """The four methods of the document's table, each on the distributions that ITS discriminator would see here.

    A line has no subspaces: for DASC it shows a code's distance from its assigned one, draws lying on it up to noise.
    """
    nearer = min((game.left, game.right), key=lambda bump: abs(bump.mean - game.codes.mean))
    away = abs(game.codes.mean - nearer.mean)
    seen = {
        "GAN": (tr("Is x real?"), (game.left, game.right), game.codes),
        "AAE": (tr("Is z from the prior N(0, 1)?"), (Bump(0.0, 1.0),), game.codes),
        "DASC": (tr("Does z lie in its subspace?"), (Bump(0.0, 0.25),), Bump(away, game.codes.sd)),
        "DCAN": (tr("Is z from its cluster?"), (nearer,), game.codes),
    }
    return [
        Asked(method, question, Densities(grid(), _bumps(*draws), _bumps(codes)))
        for method, (question, draws, codes) in seen.items()
    ]


def claims(of: Densities, logit: Line) -> list[Claim]:
    """Both lemmas, what the encoder's two losses pull, and the document's misprint."""
    star = best(of)
    v, limit, divergence = value(logit, of), value(star, of), js(of)
    D, slope = logit.sigmoid(), slopes(logit)
    exact = max(float((slope.saturating + D).abs().max()), float((slope.other + 1 - D).abs().max()))
    return [
        Claim("V(D*) = 2 JS − 2 ln 2", abs(limit - (2 * divergence - LN4)), _EXACT),
        Claim(tr("No D is above: not this one, nor 64 that try"), _exceeds(of, star, limit, v), _EXACT),
        Claim(tr("(V + 2 ln 2)/2 of this D is already JS, to 0.01"), abs(js_estimate(v) - divergence), 1e-2),
        Claim(tr("Slopes: −D for ln(1−D), −(1−D) for −ln D"), exact, _EXACT),
        Claim(tr("As misprinted (2p/(p+q) twice) it is JS too"), abs(misprinted_js(of) - divergence), _EXACT),
    ]


def _exceeds(of: Densities, star: Line, limit: float, v: float) -> float:
    """By how much V of the present D, or of D* bent in random ways, is above V(D*)."""
    rng = torch.Generator().manual_seed(0)
    waves = torch.rand(_BEATEN, 3, 1, generator=rng, dtype=torch.float64)
    bent = star + 2 * waves[:, 0] * torch.sin(4 * waves[:, 1] * of.z + 6 * waves[:, 2])
    return max(0.0, *(value(logit, of) - limit for logit in bent), v - limit)


PRESETS = {
    "codes between two clusters": Game(Bump(-2.0, 0.7), Bump(2.0, 0.7), Bump(0.0, 1.0)),
    "codes on one cluster": Game(Bump(-2.0, 0.7), Bump(2.0, 0.7), Bump(2.0, 0.7)),
    "codes far from both": Game(Bump(-3.5, 0.5), Bump(-1.5, 0.5), Bump(3.5, 0.6)),
    "codes as they should be": Game(Bump(0.0, 1.0), Bump(0.0, 1.0), Bump(0.0, 1.0)),
}
"""Where the lab can start."""
