"""UMAP: a layout that preserves neighborhoods, by sampled attraction and repulsion, with a warm start.

McInnes, Healy, Melville. UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction. arXiv 1802.03426.
Departs from umap-learn's class: the first frame starts from PCA, not from a spectral layout; later ones start from the
frame before UNCHANGED. The class rescales any start to a square of side 10, so that each epoch would start with a jump.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from epochscope.params import param
from epochscope.projections.base import (
    Frame,
    LandmarkParams,
    Projection,
    checked,
    coinciding,
    first_layout,
    neighbors,
    settled,
    unit_scale,
)
from epochscope.projections.pca import project as principal_components
from epochscope.types import EpochscopeError


@dataclass(frozen=True)
class UmapParams(LandmarkParams):
    n_neighbors: int = param(
        15, 2, 200, log=True, label="neighbors", help="Number of neighbors each point is kept near, including itself."
    )
    min_dist: float = param(
        0.1, 0.0, 0.99, step=0.01, label="smallest distance", help="How tightly neighbors may be packed."
    )
    iterations: int = param(
        30, 1, 500, label="iterations per frame", help="More: closer to UMAP; fewer: steadier and faster."
    )
    first: int = param(200, 50, 1000, step=50, label="iterations of the first frame", help="It starts from PCA.")
    step: float = param(
        0.5, 0.05, 1.0, step=0.05, label="step size of later frames", help="Small: steady; large: follows faster."
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        drawn = self.drawn(n)
        if self.n_neighbors > drawn:
            raise EpochscopeError(
                f"{self.n_neighbors} neighbors need as many points, but only {drawn} are drawn; choose fewer."
            )

    def fitted(self, distinct: int) -> UmapParams | None:
        """Parameters for that many distinct codes; None if they are too few for a layout."""
        return None if distinct < 7 else replace(self, n_neighbors=min(self.n_neighbors, distinct))


def project(
    z: Float[np.ndarray, "m d"],
    hp: UmapParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points laid out by attraction along neighbor edges and repulsion between random pairs; no centers."""
    from umap.layouts import optimize_layout_euclidean  # slow to import, and compiles at the first call
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, make_epochs_per_sample

    z = unit_scale(checked(z, hp))
    index, distance = neighbors(z, hp.n_neighbors - 1)
    rng = np.random.RandomState(seed)
    made: Any = fuzzy_simplicial_set(
        z,
        hp.n_neighbors,
        rng,
        "euclidean",
        knn_indices=np.column_stack([np.arange(len(z)), index]),  # there each point is its own first neighbor
        knn_dists=np.column_stack([np.zeros(len(z)), distance]).astype(np.float32),
    )
    edges = made[0].tocoo()
    rounds = hp.first if previous is None else hp.iterations
    start = first_layout(z, 10.0, seed) if previous is None else previous
    xy = np.array(start, dtype=np.float32, order="C")  # a copy: the layout is optimized in place
    a, b = find_ab_params(1.0, hp.min_dist)
    optimize_layout_euclidean(
        xy,
        xy,
        edges.row,
        edges.col,
        rounds,
        len(z),
        make_epochs_per_sample(edges.data, rounds),
        a,
        b,
        rng.randint(-(2**31) + 1, 2**31 - 1, 3).astype(np.int64),
        initial_alpha=1.0 if previous is None else hp.step,
        move_other=True,  # parallel stays off: it would not be reproducible
    )
    return settled(xy, previous)


UMAP = Projection(
    key="umap",
    title="UMAP",
    about="Preserves neighborhoods and packs groups tightly. Distances between groups mean little.",
    params=UmapParams,
    project=coinciding(project, principal_components),
    heavy=True,
)
