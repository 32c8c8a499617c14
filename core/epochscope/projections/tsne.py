"""t-SNE: a layout that preserves neighborhoods, with a warm start from the frame before.

van der Maaten, Hinton. Visualizing data using t-SNE. JMLR 2008. Barnes-Hut gradient: van der Maaten, JMLR 2014.
The first frame starts from PCA and is optimized in full; later ones continue from the frame before for a few
iterations. Exact neighbors and the Barnes-Hut gradient are fastest up to 5,000 points.
"""

from __future__ import annotations

import math
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
class TsneParams(LandmarkParams):
    perplexity: float = param(
        30.0,
        2.0,
        1000.0,
        log=True,
        help="Approximate number of neighbors each point is kept near; large values show the global structure.",
    )
    iterations: int = param(
        30, 1, 500, label="iterations per frame", help="More: closer to t-SNE; fewer: steadier and faster."
    )
    first: int = param(250, 50, 2000, step=50, label="iterations of the first frame", help="It starts from PCA.")

    def check(self, *, n: int, f: int, k: int) -> None:
        drawn = self.drawn(n)
        need, most = math.ceil(3 * self.perplexity) + 1, (drawn - 1) // 3
        if most < 2:
            raise EpochscopeError(f"t-SNE needs at least 7 points, but {drawn} are drawn; choose PCA.")
        if need > drawn:
            raise EpochscopeError(
                f"Perplexity {self.perplexity:g} needs at least {need:,} points, but {drawn:,} are drawn; "
                f"choose at most {most}."
            )

    def fitted(self, distinct: int) -> TsneParams | None:
        """Parameters for that many distinct codes; None if they are too few for a layout."""
        most = (distinct - 1) // 3
        return None if most < 2 else replace(self, perplexity=min(self.perplexity, most))


def project(
    z: Float[np.ndarray, "m d"],
    hp: TsneParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points laid out by attraction between neighbors and repulsion between all; no centers."""
    from openTSNE import TSNEEmbedding  # slow to import
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    z = unit_scale(checked(z, hp))
    near = PrecomputedNeighbors(*neighbors(z, int(3 * hp.perplexity)))
    perplexity: Any = hp.perplexity  # annotated as int there, but floats are allowed
    affinities = PerplexityBasedNN(knn_index=near, perplexity=perplexity, n_jobs=1)
    start = first_layout(z, 1e-4, seed) if previous is None else previous
    layout = TSNEEmbedding(start, affinities, negative_gradient_method="bh", n_jobs=1, random_state=seed)
    if previous is None:
        layout.optimize(250, exaggeration=12, momentum=0.5, inplace=True)
        layout.optimize(hp.first, momentum=0.8, inplace=True)
    else:
        layout.optimize(hp.iterations, momentum=0.8, inplace=True)
    return settled(np.asarray(layout), previous)


TSNE = Projection(
    key="tsne",
    title="t-SNE",
    about="Preserves neighborhoods. Sizes of groups and gaps between them mean little, and groups may appear where "
    "the codes have none: read which points are neighbors, not distances.",
    params=TsneParams,
    project=coinciding(project, principal_components),
    heavy=True,
)
