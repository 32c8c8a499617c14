"""Where the arithmetic is done, and the one source of randomness of a run."""

from __future__ import annotations

import functools
import os
import threading
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


_counting = threading.Lock()


def training_threads() -> int:
    """Training takes all cores but one; OMP_NUM_THREADS in the environment overrules this.

    The threads of one operation wait for each other: where a browser, the server or a projection takes one of the cores
    now and then, all of them stand still. On two cores a watched epoch takes as long with one thread as with two
    (benchmarks/live_view.py). The number never depends on who watches or trains beside: it can change the last bits of
    a sum.
    """
    with _counting:  # the number that torch tells a thread is the one that some thread asked for last
        return _threads_at_first()


@functools.cache
def _threads_at_first() -> int:
    found = torch.get_num_threads()
    return found if "OMP_NUM_THREADS" in os.environ else max(1, found - 1)


def spare_a_core() -> None:
    """So many threads from now on, in this thread and in those that start later."""
    torch.set_num_threads(training_threads())


@functools.cache
def one_blas_thread() -> None:
    """For good: numpy and scipy multiply matrices in one thread each (torch has a library of its own).

    scikit-learn's k-means sets this for the whole process and sets it back afterwards. Two runs that do so at once
    would change each other's number in the middle, and with it the last bits of sums.
    """
    import sklearn.cluster  # noqa: F401  (brings scipy's library, which is then limited too)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


@contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """So many threads for the operations of this thread meanwhile, else as many as training takes.

    Another number may change the last bits of a sum. What other threads ask for meanwhile does not matter here.
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
