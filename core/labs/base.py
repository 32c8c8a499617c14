"""What labs share: a claim with the number that supports it or does not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

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


def to_end(stage: Generator[Any, Any, Any]) -> Any:
    """What a part of a method returns, without a look at what it shows on the way."""
    while True:
        try:
            next(stage)
        except StopIteration as done:
            return done.value
