"""Where the arithmetic is done, and the one source of randomness of a run."""

from __future__ import annotations

import functools
import os
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


@functools.cache
def spare_a_core() -> None:
    """Training takes all cores but one; OMP_NUM_THREADS in the environment overrules this.

    The threads of one operation wait for each other: where a browser, the server or a projection takes one of the cores
    now and then, all of them stand still. On two cores a watched epoch takes as long with one thread as with two
    (benchmarks/live_view.py). The number never depends on who watches: it can change the last bits of a sum.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """So many threads for the operations of this thread meanwhile: another number may change the last bits of a sum."""
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
