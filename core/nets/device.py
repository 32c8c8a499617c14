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


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A run's own generator: torch's global one is shared by all threads, so no run may draw from it."""
    return torch.Generator(device=device).manual_seed(seed)
