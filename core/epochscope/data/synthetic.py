"""Point clouds in the plane, drawn from a seed: what a method does can be seen directly, without a projection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.datasets import make_blobs, make_circles, make_moons

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher
from epochscope.params import Params, param
from epochscope.types import Dataset

Cloud = tuple[Float[np.ndarray, "n 2"], Int[np.ndarray, " n"]]


def _n() -> Any:
    return param(1_000, 50, 20_000, log=True, label="Points", help="Number of points to draw.")


def _k() -> Any:
    return param(5, 2, 20, label="Clusters", help="Number of clouds.")


def _spread() -> Any:
    return param(
        1.0,
        0.1,
        5.0,
        step=0.1,
        label="Spread",
        help="Standard deviation of each cloud; the centers are at most 20 apart along each axis.",
    )


def _noise() -> Any:
    return param(0.06, 0.0, 0.5, step=0.01, label="Noise", help="Standard deviation of the points from their curve.")


def _seed() -> Any:
    return param(0, 0, 9_999, label="Seed", help="Equal seeds draw the same points.")


@dataclass(frozen=True)
class BlobsParams(Params):
    n: int = _n()
    k: int = _k()
    spread: float = _spread()
    seed: int = _seed()


@dataclass(frozen=True)
class MoonsParams(Params):
    n: int = _n()
    noise: float = _noise()
    seed: int = _seed()


@dataclass(frozen=True)
class RingsParams(Params):
    n: int = _n()
    noise: float = _noise()
    inner: float = param(
        0.5, 0.1, 0.9, step=0.05, label="Inner ring", help="Radius of the inner ring; the outer one has 1."
    )
    seed: int = _seed()


@dataclass(frozen=True)
class AnisotropicParams(Params):
    n: int = _n()
    k: int = param(3, 2, 20, label="Clusters", help="Number of clouds.")
    spread: float = _spread()
    stretch: float = param(
        4.0, 1.0, 10.0, step=0.5, label="Stretch", help="Ratio of length to width of each cloud; 1 is round."
    )
    seed: int = _seed()


@dataclass(frozen=True)
class UnbalancedParams(Params):
    n: int = _n()
    k: int = _k()
    spread: float = _spread()
    imbalance: float = param(
        10.0,
        1.0,
        100.0,
        log=True,
        label="Imbalance",
        help="Ratio of the sizes of the largest and the smallest cloud; 1 is balanced.",
    )
    seed: int = _seed()


def _blobs(hp: BlobsParams) -> Cloud:
    return make_blobs(hp.n, centers=hp.k, cluster_std=hp.spread, random_state=hp.seed)


def _moons(hp: MoonsParams) -> Cloud:
    return make_moons(hp.n, noise=hp.noise, random_state=hp.seed)


def _rings(hp: RingsParams) -> Cloud:
    return make_circles(hp.n, noise=hp.noise, factor=hp.inner, random_state=hp.seed)


def _anisotropic(hp: AnisotropicParams) -> Cloud:
    x, truth = make_blobs(hp.n, centers=hp.k, cluster_std=hp.spread, random_state=hp.seed)
    # Stretched along one diagonal by sqrt(stretch), compressed along the other: the area is preserved.
    along, across = np.sqrt(hp.stretch), 1 / np.sqrt(hp.stretch)
    diagonal = np.array([[along + across, along - across], [along - across, along + across]]) / 2
    return x @ diagonal, truth


def _unbalanced(hp: UnbalancedParams) -> Cloud:
    return make_blobs(sizes(hp.n, hp.k, hp.imbalance), cluster_std=hp.spread, random_state=hp.seed)


def sizes(n: int, k: int, imbalance: float) -> Int[np.ndarray, " k"]:
    """Sizes of k non-empty clouds, sum n >= k, decreasing geometrically: the first is `imbalance` times the last."""
    share = imbalance ** -np.linspace(0, 1, k)
    # One point each, the others by share: rounding the borders, not the sizes, keeps the sum n.
    borders = np.rint((n - k) * np.append(0, share.cumsum() / share.sum()))
    return np.diff(borders).astype(int) + 1


def _load(
    hp: Any, _fetcher: Fetcher, *, draw: Callable[[Any], Cloud], names: tuple[str, ...], key: str, title: str
) -> Dataset:
    x, truth = draw(hp)
    x = x - x.mean(axis=0)
    return Dataset(
        # One factor for both axes keeps round clouds round. It makes the mean of ||x||^2 / d one.
        key=key,
        title=title,
        x=(x / np.sqrt(np.square(x).mean())).astype(np.float32),
        truth=truth.astype(np.int64),
        class_names=names or tuple(f"cloud {c + 1}" for c in range(hp.k)),
        feature_names=("x", "y"),
        scaling="standardize (one factor for both axes)",
        likelihood="real",
        origin="drawn from a seed by scikit-learn's generators",
        license="none needed",
    )


def _source(
    key: str, title: str, about: str, params: type[Params], draw: Callable[[Any], Cloud], *names: str
) -> Source:
    return Source(key, title, about, params, partial(_load, draw=draw, names=names, key=key, title=title))


SYNTHETIC = (
    _source("blobs", "Blobs", "Round clouds of equal size: what k-means was made for.", BlobsParams, _blobs),
    _source(
        "moons",
        "Two moons",
        "Two interlocking half circles. No straight line separates them, so k-means must fail.",
        MoonsParams,
        _moons,
        "upper moon",
        "lower moon",
    ),
    _source(
        "rings",
        "Two rings",
        "One ring inside another: both have the same center, so the nearest center cannot separate them.",
        RingsParams,
        _rings,
        "outer ring",
        "inner ring",
    ),
    _source(
        "anisotropic",
        "Stretched blobs",
        "Clouds stretched along one direction: mixtures with full covariances can find them, plain distances cannot.",
        AnisotropicParams,
        _anisotropic,
    ),
    _source(
        "unbalanced",
        "Unbalanced blobs",
        "Round clouds of very different sizes: methods that prefer balanced clusters split the large ones.",
        UnbalancedParams,
        _unbalanced,
    ),
)
"""One source per shape, so that each has only the parameters that apply to it."""
