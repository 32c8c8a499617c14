"""The device and threads of a run, and its only source of randomness."""

from __future__ import annotations

import functools
import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import joblib
import torch

from epochscope import settings

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def compute_device() -> torch.device:
    """CUDA if available, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


_counting = threading.Lock()
_here = threading.local()
_wishes = Counter[str]()  # trainings of this process, and who else wants a core of it
_WORTH = 2**25  # multiplications: fewer are done before a second thread has woken up


_AT_FIRST = torch.get_num_threads()  # later torch reports the number that any thread set last, and a training has one


@functools.cache
def cores() -> int:
    """Number of cores for training: all that this process may use, or OMP_NUM_THREADS.

    torch counts those of the machine; a container may have been given the time of fewer (joblib asks it).
    """
    return _AT_FIRST if "OMP_NUM_THREADS" in os.environ else min(_AT_FIRST, joblib.cpu_count())


@contextmanager
def many_cores(products: int) -> Iterator[None]:
    """Context in which operations of `products` multiplications take all cores that are free, if that is worth it.

    For operations alone whose bits do not depend on the number of threads: products of matrices and what is done number
    by number, but no sum of a whole tensor. All else of a training has one thread, so its numbers are those of one
    thread, whoever watches and whatever else is trained. A run that was begun with several threads by an earlier
    version keeps these for everything.
    """
    alone = getattr(_here, "alone", False)
    if alone or products < _WORTH or torch.get_num_threads() != 1 or (count := free_cores()) == 1:
        yield
        return
    with threads(count):
        _here.many = True
        try:
            yield
        finally:
            _here.many = False


def on_one_core(run: Callable[..., Generator[Any, Any, None]]) -> Callable[..., Generator[Any, Any, None]]:
    """The run of a method whose last bits depend on the number of threads (batch normalization): it has one."""

    @functools.wraps(run)
    def alone(*args: Any, **kwargs: Any) -> Generator[Any, Any, None]:
        steps, answer = run(*args, **kwargs), None
        try:
            while True:
                _here.alone = True
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return
                finally:
                    _here.alone = False
                answer = yield step
        finally:
            steps.close()

    return alone


def alone_on_one_core() -> None:
    """From now on this thread computes on one core, and all of it: for threads that share the cores among them."""
    _here.alone = True


@contextmanager
def one_core_again() -> Iterator[None]:
    """Context inside `many_cores` in which operations have one thread again; elsewhere it changes nothing."""
    with threads(1) if getattr(_here, "many", False) else nullcontext():
        yield


def free_cores() -> int:
    """The cores for one of the trainings of this process: an equal share of all, less one if somebody watches.

    The threads of one operation wait for each other: while a browser occupies one of the cores, all of them wait.
    """
    return max(1, (cores() - min(1, _wishes["others"])) // max(1, _wishes["trainings"]))


def sharing_cores() -> AbstractContextManager[None]:
    """Context of a training: it shares the cores with others in this process."""
    return _wishing("trainings")


def core_left_over() -> AbstractContextManager[None]:
    """Context in which trainings leave one core to somebody else, such as whoever watches."""
    return _wishing("others")


@contextmanager
def _wishing(who: str) -> Iterator[None]:
    with _counting:
        _wishes[who] += 1
    try:
        yield
    finally:
        with _counting:
            _wishes[who] -= 1


def set_arithmetic() -> None:
    """Sets for this process what the last bits of a training depend on beside its own threads, permanently."""
    _one_blas_thread()
    torch.set_float32_matmul_precision(settings.PRECISION())


@functools.cache
def _one_blas_thread() -> None:
    """Limits numpy and scipy to one thread per matrix product, permanently (torch has a library of its own).

    scikit-learn's k-means sets this limit for the whole process and resets it afterwards. Two runs at the same time
    would change each other's number of threads halfway, and with it the last bits of sums.
    """
    import sklearn.cluster  # noqa: F401  (brings scipy's library, which is then limited too)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def one_openmp_thread() -> AbstractContextManager[None]:
    """Context in which scikit-learn's k-means uses one thread, in the whole process."""
    return _openmp().limit(limits=1, user_api="openmp")


@functools.cache
def _openmp() -> ThreadpoolController:
    """Looks for the libraries once: that takes ten milliseconds, and k-means is often asked for in every epoch."""
    import sklearn.cluster  # noqa: F401  (brings the library that is meant)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def threads(count: int | None = None) -> Iterator[None]:
    """Context in which this thread's operations use `count` threads, by default one (see `many_cores`).

    Another number may change the last bits of a sum. Other threads are not affected.
    """
    count = count or 1
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
