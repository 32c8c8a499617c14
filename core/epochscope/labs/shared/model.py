"""Parts of lab models: a claim with its residual, deviations, initial points."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Claim(NamedTuple):
    """A sentence (Markdown) and its residual in the current state."""

    says: str
    residual: float
    limit: float  # it holds up to this residual: a few roundings of the arithmetic that was used

    @property
    def holds(self) -> bool:
        """Whether the residual is within the limit; not if it is no number."""
        return self.residual <= self.limit


def deviation(a: Tensor, b: Tensor) -> float:
    """Largest difference of two tensors of one shape, relative to the largest entry of the second.

    If the second is 0 throughout, the difference itself.
    """
    size = float(b.abs().max()) if b.numel() else 0.0
    gap = float((a - b).abs().max()) if b.numel() else 0.0
    return gap / size if size > 0 else gap


def bounded(step: float, *slopes: Tensor, most: float = 0.5) -> float:
    """The size of a gradient step, reduced so that no number moves by more than `most`."""
    furthest = max(float(slope.abs().max()) for slope in slopes) * step
    return step * min(1.0, most / furthest) if furthest > 0 else step


def blobs(centers: list[tuple[float, float]], each: int, sd: float, seed: int) -> Float[Tensor, "n 2"]:
    """`each` Gaussian points around each center, rounded to two decimals."""
    rng = torch.Generator().manual_seed(seed)
    return torch.cat(
        [torch.tensor(center) + sd * torch.randn(each, 2, generator=rng, dtype=torch.float64) for center in centers]
    ).round(decimals=2)


def to_end(stage: Generator[Any, Any, Any]) -> Any:
    """The return value of a generator that is a part of a method; what it yields is ignored."""
    while True:
        try:
            next(stage)
        except StopIteration as done:
            return done.value
