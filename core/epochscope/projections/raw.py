"""Codes of two dimensions drawn as they are. Frames are not rotated or shifted: the axes keep their meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from epochscope.projections.base import DrawParams, Frame, Projection, checked
from epochscope.types import EpochscopeError


@dataclass(frozen=True)
class RawParams(DrawParams):
    def check(self, *, n: int, f: int, k: int) -> None:
        if f != 2:
            raise EpochscopeError(
                f"Only codes of 2 dimensions can be drawn as they are, but these have {f}; choose PCA."
            )


def project(
    z: Float[np.ndarray, "m d"],
    hp: RawParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points and centers at their own coordinates; `previous` is ignored."""
    marks = None if centers is None else centers.astype(np.float32)
    return Frame(checked(z, hp).astype(np.float32), marks, np.eye(2))


RAW = Projection(
    key="raw",
    title="Own axes",
    about="The codes themselves, without projection. Only for codes of 2 dimensions.",
    params=RawParams,
    project=project,
    linear=True,
    exact=True,
)
