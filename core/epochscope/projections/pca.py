"""Principal components: the linear projection that preserves most variance.

Pearson. On lines and planes of closest fit to systems of points in space. Philosophical Magazine, 1901.
Each frame is rotated within its plane onto the frame before, so from the second frame on the axes are not components.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from epochscope.formulas.alignment import procrustes
from epochscope.projections.base import DrawParams, Frame, Projection, checked, collapsed, principal_axes


def project(
    z: Float[np.ndarray, "m d"],
    hp: DrawParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points and centers projected onto the first two principal components of the drawn points."""
    z = checked(z, hp)
    if collapsed(z):
        z = np.tile(z.mean(axis=0), (len(z), 1))
    axes, middle = principal_axes(z), z.mean(axis=0)
    xy = (z - middle) @ axes
    marks = None
    if centers is not None:
        with np.errstate(invalid="ignore", over="ignore"):  # a center that is not finite has no place
            marks = (centers.astype(np.float64) - middle) @ axes
    if previous is not None:
        xy, rotation, shift = procrustes(points=xy, reference=previous.astype(np.float64))
        with np.errstate(invalid="ignore", over="ignore"):
            marks, axes = None if marks is None else marks @ rotation + shift, axes @ rotation
    with np.errstate(over="ignore"):
        return Frame(xy.astype(np.float32), None if marks is None else marks.astype(np.float32), axes)


PCA = Projection(
    key="pca",
    title="PCA",
    about="The codes projected onto the two directions in which they vary most. Distances are true except for the part "
    "perpendicular to the plane; the projection is linear, so centers can be drawn, too.",
    params=DrawParams,
    project=project,
    linear=True,
)
