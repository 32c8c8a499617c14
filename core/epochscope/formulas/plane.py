"""A plane through the codes, on which a function of them is drawn: the codes' own plane if d = 2, else that of PCA."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Plane(NamedTuple):
    """The points origin + a u + b v, with u and v (the columns of `axes`) orthonormal."""

    origin: Float[Tensor, " d"]
    axes: Float[Tensor, "d 2"]

    def of(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n 2"]:
        """(a, b) of each code's orthogonal projection onto the plane."""
        return (z - self.origin) @ self.axes

    def back(self, ab: Float[Tensor, "n 2"]) -> Float[Tensor, "n d"]:
        """The codes at these coordinates (a, b) of the plane."""
        return self.origin + ab @ self.axes.T


def plane_of(z: Float[Tensor, "n d"], before: Plane | None = None) -> Plane:
    """The plane of the codes: the coordinate plane if d = 2, else through their mean along the first two components.

    Within the plane the axes are rotated and reflected toward those of `before`, so that successive frames do not
    flip: argmin over orthogonal R of ||axes R - axes before||_F                        (Schoenemann 1966)
    """
    d = z.shape[1]
    if d == 2:
        return Plane(z.new_zeros(2), torch.eye(2, dtype=z.dtype, device=z.device))
    points = z.detach().cpu().double()
    origin = points.mean(dim=0)
    axes = torch.linalg.eigh((points - origin).T @ (points - origin)).eigenvectors[:, [-1, -2]]  # eigenvalues ascend
    if before is None:
        axes = axes * axes.gather(0, axes.abs().argmax(dim=0, keepdim=True)).sign()  # largest entry positive
    else:
        u, _, vt = torch.linalg.svd(axes.T @ before.axes.cpu().double())
        axes = axes @ u @ vt
    return Plane(origin.to(z), axes.to(z))


def box_of(ab: Float[Tensor, "m 2"], margin: float = 0.08) -> Float[Tensor, " 4"]:
    """Bounding box (left, right, bottom, top) of the points, each side moved out by `margin` times the extent."""
    low, high = ab.min(dim=0).values, ab.max(dim=0).values
    room = (margin * (high - low)).clamp(min=1e-3)  # a single point gets a box, too
    low, high = low - room, high + room
    return torch.stack([low[0], high[0], low[1], high[1]])


def grid_of(box: Float[Tensor, " 4"], g: int) -> Float[Tensor, "gg 2"]:
    """g x g grid points that fill the box, the lowest row first, each row from left to right."""
    along = torch.linspace(0, 1, g, dtype=box.dtype, device=box.device)
    across, up = box[0] + along * (box[1] - box[0]), box[2] + along * (box[3] - box[2])
    return torch.cartesian_prod(up, across).flip(1)
