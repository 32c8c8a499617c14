"""Where the runs of a sweep are trained: processes of this machine, or the workers of a scheduler that runs already."""

from __future__ import annotations

import logging
import multiprocessing.resource_tracker
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import joblib

from epochscope import __version__
from epochscope.sweeps.worker import about
from epochscope.types import EpochscopeError

LOCAL = "local"
_CONNECT_SECONDS = 20
_NEEDED = ("distributed", "cryptography")


class Need(NamedTuple):
    """What one run takes."""

    threads: int = 1
    gpus: int = 0

    @property
    def resources(self) -> dict[str, float]:
        """As Dask counts them: workers are started with as many."""
        return {"GPU": float(self.gpus)} if self.gpus else {}


def require_dask() -> None:
    """Raises EpochscopeError where Dask is not installed."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise EpochscopeError(
            f"A sweep goes through Dask, and {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not "
            'installed: pip install "epochscope[sweep]", or pip install distributed cryptography.'
        )


@contextmanager
def connected(on: str, need: Need, workers: int | None, tell: Callable[[str], None]) -> Iterator[Any]:
    """A client of Dask, connected; what was started for it ends with it.

    `on`: "local" or the address of a scheduler; `workers`: processes to start, where they are local. Raises
    EpochscopeError where nothing answers at that address, or its workers cannot train.
    """
    require_dask()
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.ERROR)
    if on == LOCAL:
        with _local(need, workers) as cluster, Client(cluster, set_as_default=False) as client:
            yield client
        return
    try:
        client = Client(on, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EpochscopeError(
            f"No scheduler of Dask answers at {on[:200]!r} ({_brief(error)}); give the address that `dask scheduler` "
            "prints, such as tcp://name:8786."
        ) from None
    with client:
        _check(client, need, tell)
        yield client


def _local(need: Need, workers: int | None) -> Any:
    """Worker processes of this machine, one run in each at a time. What they say to each other is encrypted: whoever
    could speak to one of them could have it run anything.
    """
    from distributed import LocalCluster
    from distributed.security import Security

    count = workers or most_workers(need)
    with _signals_for_this_thread_alone():
        return LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls://",
            security=Security.temporary(),
            dashboard_address=None,  # type: ignore[arg-type]  # none is opened
            resources=need.resources,
            silence_logs=logging.CRITICAL,
        )


@contextmanager
def _signals_for_this_thread_alone() -> Iterator[None]:
    """Threads and processes that are started meanwhile, and all that they start, do not hear Ctrl-C or a terminal that
    closes: those reach every process of a terminal, and the workers are to be stopped in order by this one.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    multiprocessing.resource_tracker.ensure_running()  # it lets signals in again where it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def most_workers(need: Need) -> int:
    """How many runs fit this machine side by side."""
    if need.gpus:
        import torch

        if (there := torch.cuda.device_count()) < need.gpus:
            raise EpochscopeError(f"This machine has {there} GPUs, but a run is to have {need.gpus}.")
        return there // need.gpus
    return max(1, joblib.cpu_count() // need.threads)


def _check(client: Any, need: Need, tell: Callable[[str], None]) -> None:
    """Whether the workers of a scheduler can train; says what may give other last digits, and what is missing."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    if not known:
        tell("The scheduler has no workers yet: the runs wait for one.")
        return
    enough = [all(one["resources"].get(name, 0) >= n for name, n in need.resources.items()) for one in known.values()]
    if not any(enough):
        raise EpochscopeError(
            "No worker of this scheduler has a GPU to give: start them with `dask worker ADDRESS --nthreads 1 "
            f'--resources "GPU={need.gpus}"`.'
        )
    for address, answer in client.run(about, on_error="return").items():
        if isinstance(answer, BaseException):
            raise EpochscopeError(
                f"The worker at {address} cannot run epochscope ({_brief(answer)}); install epochscope {__version__} "
                "there, too."
            )
        if answer.version != __version__:
            tell(f"{answer.machine} has epochscope {answer.version}, not {__version__}: its results may differ.")


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}" if str(error) else type(error).__name__
