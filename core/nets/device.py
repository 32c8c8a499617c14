"""Where the arithmetic is done, and the one source of randomness of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def compute_device() -> torch.device:
    """CUDA if there is any, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """For a thread while it trains: numbers below 1e-38 become zero there and in the helpers it starts.

    Adam's averages of a gradient that has stopped (a dead ReLU, a pixel that is always black) fade into that range
    within some hundred steps, and arithmetic on them is many times slower.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A run's own generator: torch's global one is shared by all threads, so no run may draw from it."""
    return torch.Generator(device=device).manual_seed(seed)
