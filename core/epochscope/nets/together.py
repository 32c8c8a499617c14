"""Several trainings side by side: each goes on to its next gradient step, then all steps are one computation.

There is one such group of trainings for each core: the threads of one operation would wait for each other, two groups
never do. On a graphics card all trainings are one group.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, NamedTuple

from epochscope.nets.device import alone_on_one_core, compute_device, cores, denormals_flushed, threads
from epochscope.nets.pretraining_cache import without_pretraining_cache
from epochscope.nets.stack import Stacks, take_together
from epochscope.nets.steps import Step, put_off
from epochscope.types import Progress, Snapshot

_LOOK_SECONDS = 0.05

Training = Generator[Snapshot | Progress, Any, None]


class Advance(NamedTuple):
    """How far the trainings are."""

    training: int  # trainings that have not ended
    progress: Progress | None  # of one of them


class _Member:
    """One of the trainings."""

    def __init__(self, number: int, steps: Training) -> None:
        self.number, self.steps = number, steps
        self.step: Step | None = None  # to be taken before it goes on
        self.last: Progress | None = None
        self.ended = False

    def put(self, step: Step) -> None:
        self.step = step


See = Callable[[int, Snapshot], None]
End = Callable[[int, Exception | None], None]


def advanced(trainings: Sequence[Training], see: See, ended: End) -> Generator[Advance, None, None]:
    """Advances all trainings to their ends, and tells now and then how far they are; closing this closes all of them.

    `see` is told of the snapshots of training i in their order, `ended` of its end, with what it raised; both are
    called from several threads at once, for different trainings.
    """
    members = [_Member(i, steps) for i, steps in enumerate(trainings)]
    count = 1 if compute_device().type != "cpu" else min(cores(), len(members))
    stop = threading.Event()
    with ThreadPoolExecutor(count, "together") as pool:
        work = [pool.submit(_advance, members[i::count], see, ended, stop) for i in range(count)]
        try:
            while wait(work, _LOOK_SECONDS).not_done:
                yield Advance(
                    sum(not one.ended for one in members), next((one.last for one in members if one.last), None)
                )
        finally:
            stop.set()
    for one in work:
        one.result()


def _advance(members: Sequence[_Member], see: See, ended: End, stop: threading.Event) -> None:
    """Advances a group of trainings to their ends, in this thread."""
    alone_on_one_core()
    stacks = Stacks()
    try:
        with threads(1), denormals_flushed(), without_pretraining_cache():
            while (left := [one for one in members if not one.ended]) and not stop.is_set():
                if all(one.step for one in left):
                    take_together([one.step for one in left if one.step], stacks)
                    for one in left:
                        one.step = None
                for one in left:
                    if one.step is None and not stop.is_set():
                        _go_on(one, see, ended)
    finally:
        for one in members:
            one.steps.close()


def _go_on(member: _Member, see: See, ended: End) -> None:
    """The training goes on until it yields."""
    try:
        with put_off(member.put):
            step = next(member.steps)
        if isinstance(step, Snapshot):
            see(member.number, step)
        else:
            member.last = step
    except StopIteration:
        member.ended, member.last = True, None
        ended(member.number, None)
    except Exception as error:
        member.ended, member.last = True, None
        ended(member.number, error)
