"""What labs share: a claim with the number that supports it or does not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Claim(NamedTuple):
    """A sentence (Markdown) and how far it is from true right now."""

    says: str
    residual: float
    limit: float  # it holds up to this residual: a few roundings of the arithmetic that was used

    @property
    def holds(self) -> bool:
        """Whether the residual is within the limit; not if it is no number."""
        return self.residual <= self.limit


def deviation(a: Tensor, b: Tensor) -> float:
    """Largest difference of two tensors of one shape, as a share of the largest entry of the second.

    Where the second is 0 throughout, the difference itself.
    """
    size = float(b.abs().max()) if b.numel() else 0.0
    gap = float((a - b).abs().max()) if b.numel() else 0.0
    return gap / size if size > 0 else gap


def bounded(step: float, *slopes: Tensor, most: float = 0.5) -> float:
    """The size of a gradient step, less where some number would move by more than `most`: nothing is thrown away."""
    furthest = max(float(slope.abs().max()) for slope in slopes) * step
    return step * min(1.0, most / furthest) if furthest > 0 else step


def blobs(centers: list[tuple[float, float]], each: int, sd: float, seed: int) -> Float[Tensor, "n 2"]:
    """So many points around each of these places (Gaussian), with two decimals: where labs start."""
    rng = torch.Generator().manual_seed(seed)
    return torch.cat(
        [torch.tensor(center) + sd * torch.randn(each, 2, generator=rng, dtype=torch.float64) for center in centers]
    ).round(decimals=2)


def to_end(stage: Generator[Any, Any, Any]) -> Any:
    """What a part of a method returns, without a look at what it shows on the way."""
    while True:
        try:
            next(stage)
        except StopIteration as done:
            return done.value
