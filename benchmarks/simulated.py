"""Tables of known groups with the noise of how they are measured: counts of cells, short texts, shares of a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Simulated(NamedTuple):
    """Points and their groups."""

    x: Float[np.ndarray, "n f"]
    truth: Int[np.ndarray, " n"]


def cells(seed: int, n: int = 2_000, genes: int = 3_000, kinds: int = 8, depth: float = 3_000) -> Simulated:
    """Counts of genes: negative binomial about a kind's profile times the library size of the cell.

    The mean of a gene is log-normal; each kind has its own on 8 % of them, by a factor of exp(N(0, 1)). The library
    sizes are log-normal about `depth` with a standard deviation of 0.6 of their logarithm; the dispersion is 0.5.
    """
    rng = np.random.default_rng(seed)
    base, spread = rng.lognormal(0, 1.8, genes), 0.5
    own = np.exp(np.where(rng.random((kinds, genes)) < 0.08, rng.normal(size=(kinds, genes)), 0))
    profile = base * own
    profile /= profile.sum(axis=1, keepdims=True)
    truth = rng.choice(kinds, n, p=rng.dirichlet(np.full(kinds, 5.0)))
    mean = profile[truth] * rng.lognormal(np.log(depth), 0.6, n)[:, None]
    return Simulated(rng.poisson(rng.gamma(1 / spread, mean * spread)).astype(np.float32), truth)


def texts(seed: int, n: int = 2_000, words: int = 2_000, topics: int = 6, length: float = 60) -> Simulated:
    """Counts of words: about a third of a text comes from 150 words of its topic, the rest from words common to all,
    whose frequencies follow Zipf's law. The lengths are log-normal about `length`.
    """
    rng = np.random.default_rng(seed)
    common = 1 / np.arange(1, words + 1)
    own = np.zeros((topics, words))
    for topic in own:
        topic[rng.choice(np.arange(20, words), 150, replace=False)] = rng.gamma(0.5, 1, 150)
    common, own = common / common.sum(), own / own.sum(axis=1, keepdims=True)
    truth = rng.integers(0, topics, n)
    lengths = np.maximum(rng.lognormal(np.log(length), 0.5, n).astype(int), 5)
    share = rng.beta(2.1, 3.9, n)[:, None]
    chances = share * own[truth] + (1 - share) * common
    x = np.stack([rng.multinomial(many, chance) for many, chance in zip(lengths, chances, strict=True)])
    return Simulated(x.astype(np.float32), truth)


def shares(seed: int, n: int = 1_000, parts: int = 20, groups: int = 5) -> Simulated:
    """Parts of a whole in percent: logistic normal about the center of a group, rare parts as telling as any."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, groups, n)
    base, centers = rng.normal(0, 1.5, parts), rng.normal(0, 0.6, (groups, parts))
    logs = base + centers[truth] + rng.normal(0, 0.6, (n, parts))
    whole = np.exp(logs)
    return Simulated((100 * whole / whole.sum(axis=1, keepdims=True)).astype(np.float32), truth)
