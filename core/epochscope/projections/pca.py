"""Principal components: the flat view that loses least variance.

Pearson. On lines and planes of closest fit to systems of points in space. Philosophical Magazine, 1901.
Each frame is turned within its plane onto the frame before, so from the second frame on the axes are no components.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.formulas.alignment import procrustes
from epochscope.projections.base import DrawParams, Frame, Projection, checked, principal_axes


def project(
    z: Float[np.ndarray, "m d"],
    hp: DrawParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points and centers on the plane of the two largest variances of the drawn points."""
    z = checked(z, hp)
    axes, middle = principal_axes(z), z.mean(axis=0)
    xy = (z - middle) @ axes
    marks = None if centers is None else (centers.astype(np.float64) - middle) @ axes
    if previous is not None:
        xy, rotation, shift = procrustes(points=xy, reference=previous.astype(np.float64))
        marks, axes = None if marks is None else marks @ rotation + shift, axes @ rotation
    return Frame(xy.astype(np.float32), None if marks is None else marks.astype(np.float32), axes)


PCA = Projection(
    key="pca",
    title="PCA",
    about="The codes seen from the side where they spread most. Distances are true but for what lies behind the plane; "
    "nothing is bent, so centers have their place too.",
    params=DrawParams,
    project=project,
    linear=True,
)
