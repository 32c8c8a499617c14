"""From Q to P: what squaring and dividing by f does to the rows of Q (Xie et al. 2016, eq. 3), and P from a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import target
from epochscope.formulas.soft_kmeans import row_entropy
from epochscope.labs.shared.model import Claim, deviation
from epochscope.language import tr

_ROUNDING = 1e-12
_OFTEN = 30  # applications after which P stands still
_SLOPE = 0.05  # how far a measured exponent may be from 1/2
SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)
"""Sizes of batches at which P is measured."""
POINTS = 2000
"""Of a sample from which batches are drawn."""

Rows = Float[Tensor, "n k"]


class Noise(NamedTuple):
    """How far P from a batch is from P of all points: the share of a row's P that moves, mean over the batch's rows."""

    low: Float[np.ndarray, " sizes"]  # 5 % of the batches are below
    median: Float[np.ndarray, " sizes"]
    high: Float[np.ndarray, " sizes"]  # 5 % are above
    by_size: float  # exponent e of B^-e, least squares over logarithms
    by_rest: float  # exponent e of (1/B - 1/n)^e
    expected: Float[np.ndarray, " sizes"]  # c (1/B - 1/n)^(1/2) with the best c


def renewed(q: Rows, times: int, *, divide: bool = True) -> list[Rows]:
    """Q, its target, the target of that, and so on; without `divide` rows are squared and normalized only."""
    way = [q.double()]
    for _ in range(times):
        way.append(target(way[-1], None if divide else torch.ones_like(way[-1][0])))
    return way


def middle(q: Rows) -> Float[Tensor, " k"]:
    """The mean row m = f/n: `target` moves each row away from it."""
    return q.mean(dim=0)


def watershed(way: Sequence[Rows]) -> Float[Tensor, " k"]:
    """The row that comes out without a strongest cluster, where the regions of the clusters meet.

    P after t applications is proportional to (q_j / c_j)^(2^t) with log c = sum_s 2^-(s+1) log f^(s), s = 0 ... t-1.
    """
    tiny = torch.finfo(torch.float64).tiny
    c = sum(q.sum(dim=0).clamp(min=tiny).log() / 2 ** (s + 1) for s, q in enumerate(way[:-1]))
    return torch.as_tensor(c).softmax(dim=0)


def clusters_in_use(q: Rows) -> float:
    """exp of the entropy of the clusters' shares: k if all are of one size, 1 if one has everything."""
    return float(row_entropy(middle(q)[None]).exp())


def claims(q: Rows) -> list[Claim]:
    """What the lab says about one application of the target, and about many, each with its residual."""
    q, m = q.double(), middle(q.double())
    p, alone = target(q), renewed(q, 1, divide=False)[-1]
    corners = torch.cat([m[None], torch.eye(q.shape[1], dtype=q.dtype)])
    before, after = row_entropy(q), row_entropy(p)
    rise = after - before
    less = tr("; row {i} gets less sure", i=int(rise.argmax()) + 1) if float(rise.max()) > _ROUNDING else ""
    sizes, sizes_alone = clusters_in_use(p), clusters_in_use(alone)
    return [
        Claim(tr("Odds against the mean row are squared"), _odds(q, p, m), _ROUNDING),
        Claim(
            tr("A row at m stays, and one in a corner"), deviation(target(corners, q.sum(dim=0)), corners), _ROUNDING
        ),
        Claim(
            tr("Each row gets surer: mean entropy {before:.2f} → {after:.2f}", before=before.mean(), after=after.mean())
            + less,
            max(0.0, float(rise.max())),
            _ROUNDING,
        ),
        Claim(
            tr("Each row keeps its strongest cluster"), float((p.argmax(dim=1) != q.argmax(dim=1)).double().mean()), 0.0
        ),
        Claim(
            tr("1/f evens sizes: {n:.2f} in use, else {other:.2f}", n=sizes, other=sizes_alone),
            max(0.0, sizes_alone - sizes),
            _ROUNDING,
        ),
        Claim(
            tr("After {n} times each row is in a corner", n=_OFTEN),
            1 - float(renewed(q, _OFTEN)[-1].amax(dim=1).min()),
            1e-6,
        ),
    ]


def _odds(q: Rows, p: Rows, m: Float[Tensor, " k"]) -> float:
    """(p_j / m_j) / (p_l / m_l) against ((q_j / m_j) / (q_l / m_l))^2, multiplied out: no division by 0."""
    m = m.clamp(min=torch.finfo(m.dtype).tiny)
    one, other = p / m, (q / m).square()
    one, other = one / one.amax(dim=1, keepdim=True), other / other.amax(dim=1, keepdim=True)
    return float((one[:, :, None] * other[:, None, :] - one[:, None, :] * other[:, :, None]).abs().max())


def sample(shares: Sequence[float], seed: int = 0) -> Rows:
    """Q of POINTS rows as a network gives them: each sure of its cluster more or less (Dirichlet)."""
    rng = np.random.default_rng(seed)
    cluster = rng.choice(len(shares), POINTS, p=np.array(shares) / sum(shares))
    concentration = np.full((POINTS, len(shares)), 0.4)
    concentration[np.arange(POINTS), cluster] = 6.0
    return torch.from_numpy(np.stack([rng.dirichlet(row) for row in concentration]))


def noise(q: Rows, sizes: Sequence[int] = SIZES, batches: int = 200, seed: int = 0) -> Noise:
    """P of batches drawn without replacement, from that batch alone, against P of all rows."""
    n, p, rng = len(q), target(q), torch.Generator().manual_seed(seed)
    orders = [torch.randperm(n, generator=rng)[: max(sizes)] for _ in range(batches)]
    off = torch.stack([torch.stack([moved(target(q[rows[:b]]), p[rows[:b]]) for rows in orders]) for b in sizes])
    low, median, high = off.quantile(torch.tensor([0.05, 0.5, 0.95], dtype=off.dtype), dim=1).numpy()
    b = np.array(sizes, dtype=float)
    rest, log = 1 / b - 1 / n, np.log(median)
    return Noise(
        low,
        median,
        high,
        by_size=-float(np.polyfit(np.log(b), log, 1)[0]),
        by_rest=float(np.polyfit(np.log(rest), log, 1)[0]),
        expected=np.sqrt(rest) * np.exp(np.mean(log - np.log(rest) / 2)),
    )


def moved(a: Rows, b: Rows) -> Float[Tensor, ""]:
    """The share of a row that must be moved to make it another, 1/2 sum_j |a_ij - b_ij|, mean over rows."""
    return (a - b).abs().sum(dim=1).mean() / 2


def noise_claims(noise: Noise) -> list[Claim]:
    """What the lab says about P from batches."""
    return [
        Claim(
            tr("P of a batch is off as 1/√B: exponent −{value:.2f}", value=noise.by_size),
            abs(noise.by_size - 0.5),
            _SLOPE,
        ),
        Claim(
            tr("It is off as √(1/B − 1/n): exponent {value:.2f}", value=noise.by_rest),
            abs(noise.by_rest - 0.5),
            _SLOPE,
        ),
    ]


def _rows(*rows: tuple[float, float, float]) -> Rows:
    return torch.tensor(rows, dtype=torch.float64)


PRESETS = {
    "one large cluster": _rows(
        (0.90, 0.06, 0.04), (0.82, 0.06, 0.12), (0.76, 0.16, 0.08), (0.85, 0.12, 0.03), (0.70, 0.10, 0.20),
        (0.66, 0.22, 0.12), (0.48, 0.32, 0.20), (0.44, 0.20, 0.36), (0.25, 0.60, 0.15), (0.22, 0.14, 0.64),
    ),
    "balanced": _rows(
        (0.70, 0.20, 0.10), (0.55, 0.15, 0.30), (0.45, 0.40, 0.15), (0.20, 0.65, 0.15), (0.10, 0.50, 0.40),
        (0.30, 0.45, 0.25), (0.12, 0.18, 0.70), (0.35, 0.10, 0.55), (0.25, 0.30, 0.45),
    ),
    "an empty cluster": _rows(
        (0.80, 0.19, 0.01), (0.62, 0.36, 0.02), (0.52, 0.46, 0.02), (0.44, 0.50, 0.06), (0.28, 0.71, 0.01),
        (0.10, 0.88, 0.02),
    ),
    "all rows alike": _rows(*[(0.50, 0.30, 0.20)] * 4),
}  # fmt: skip
"""Where the lab can start: few rows on the simplex of three clusters."""

SAMPLES = {
    "10 clusters of one size": (1.0,) * 10,
    "10 clusters, each 0.6 of the one before": tuple(0.6**j for j in range(10)),
    "3 clusters of one size": (1.0,) * 3,
    "30 clusters of one size": (1.0,) * 30,
}
"""Shares of the clusters in the samples from which batches are drawn."""
