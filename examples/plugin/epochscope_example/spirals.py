"""Two spirals around each other: no straight line tells them apart, so k-means cannot find them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from epochscope.data import Dataset, Fetcher, Source
from epochscope.params import Params, param


@dataclass(frozen=True)
class SpiralParams(Params):
    """How many points, how far they are wound, how much they scatter."""

    n: int = param(600, 2, 10_000, log=True, label="Points", help="In both spirals together.")
    turns: float = param(1.5, 0.25, 4.0, label="Turns", help="How often each spiral goes around the middle.")
    noise: float = param(0.02, 0.0, 0.5, label="Noise", help="Standard deviation of each coordinate.")
    seed: int = param(0, 0, 2**31 - 1, label="Seed", help="Same seed, same points.")


def load(hp: SpiralParams, _: Fetcher) -> Dataset:
    rng = np.random.default_rng(hp.seed)
    truth = np.arange(hp.n) % 2
    radius = np.sqrt(rng.uniform(0.01, 1, hp.n))
    angle = 2 * np.pi * hp.turns * radius + np.pi * truth
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, hp.noise, (hp.n, 2))
    return Dataset(
        key="spirals",
        title=SOURCE.title,
        x=x.astype(np.float32),
        truth=truth,
        class_names=("one", "other"),
        feature_names=("x", "y"),
        scaling="as made: radius up to 1",
        likelihood="real",
        origin="made by this package",
        license="MIT",
    )


SOURCE = Source("spirals", "Two spirals", "Two spirals around each other, made here.", SpiralParams, load)
