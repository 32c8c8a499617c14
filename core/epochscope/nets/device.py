"""The device and threads of a run, and its only source of randomness."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def compute_device() -> torch.device:
    """CUDA if available, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


_counting = threading.Lock()


def training_threads() -> int:
    """Number of threads for training: all cores but one, unless OMP_NUM_THREADS is set.

    The threads of one operation wait for each other: whenever a browser, the server or a projection occupies one of the
    cores, all of them wait. On two cores a watched epoch takes as long with one thread as with two
    (benchmarks/live_view.py). The number never depends on who watches or what else is trained: it can change the last
    bits of a sum.
    """
    with _counting:  # torch reports the number that any thread set last, so it is read once
        return _threads_at_first()


@functools.cache
def _threads_at_first() -> int:
    count = torch.get_num_threads()
    return count if "OMP_NUM_THREADS" in os.environ else max(1, count - 1)


def spare_a_core() -> None:
    """Sets `training_threads` for this thread and those that start later."""
    torch.set_num_threads(training_threads())


@functools.cache
def one_blas_thread() -> None:
    """Limits numpy and scipy to one thread per matrix product, permanently (torch has a library of its own).

    scikit-learn's k-means sets this limit for the whole process and resets it afterwards. Two runs at the same time
    would change each other's number of threads halfway, and with it the last bits of sums.
    """
    import sklearn.cluster  # noqa: F401  (brings scipy's library, which is then limited too)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


@contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Context in which this thread's operations use `count` threads (default: `training_threads`).

    Another number may change the last bits of a sum. Other threads are not affected.
    """
    count = count or training_threads()
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Context in which subnormal numbers (below 1e-38) are flushed to zero, in this thread and those it starts.

    Adam's averages of a gradient that has become 0 (a dead ReLU, a pixel that is always black) decay into that range
    within some hundred steps, and arithmetic on subnormal numbers is many times slower.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A run's own random generator: torch's global one is shared by all threads, so no run may draw from it."""
    return torch.Generator(device=device).manual_seed(seed)
