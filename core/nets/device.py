"""Where the arithmetic is done, and the one source of randomness of a run."""

from __future__ import annotations

import torch


def compute_device() -> torch.device:
    """CUDA if there is any, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def flush_denormals() -> None:
    """Call it first in a thread that trains: numbers below 1e-38 become zero there and in the helpers it starts.

    Adam's averages of a gradient that has stopped (a dead ReLU, a pixel that is always black) fade into that range
    within some hundred steps, and arithmetic on them is many times slower.
    """
    torch.set_flush_denormal(True)


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A run's own generator: torch's global one is shared by all threads, so no run may draw from it."""
    return torch.Generator(device=device).manual_seed(seed)
