"""Follows the runs of a sweep from the first to the last: hands them out, fetches what is new, tries again, cancels.

Each run has its folder before the first is trained, all of them in one group, so the Runs page shows the sweep from its
start. Dask hands a run out again when its worker dies; then it is computed again up to where it was, compared, and goes
on (epochscope.runs.training.resume). What is left when the sweep itself ends early goes on by `epochscope sweep
--continue`, in the same way.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from epochscope import limits, rights, settings
from epochscope.rights import Action, Visitor
from epochscope.runs.format import disk, metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import runs
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.training.mirror import Mirror
from epochscope.runs.training.resume import Resumed, reason_not_resumable
from epochscope.runs.training.writer import LostError, RunWriter, StorageError, stored_mark
from epochscope.sweeps import worker
from epochscope.sweeps.cluster import Need
from epochscope.sweeps.worker import Order, Outcome
from epochscope.types import EpochscopeError

_LOOK_SECONDS = 0.3
_FETCH_SECONDS = 1.0
_END_SECONDS = 60.0  # for runs that are stopped to write their last epoch
_WORKER_DEATHS = 3  # of one run, before it is given up


class Begun(NamedTuple):
    """A sweep whose runs have their folders and wait."""

    group: str
    writers: tuple[RunWriter, ...]


class Ended(NamedTuple):
    """What became of one run."""

    run_id: str
    state: str
    message: str


Tell = Callable[[Ended], None]
"""Called when a run has come to its end, whatever that was."""


def begun(specs: Sequence[RunSpec], title: str, visitor: Visitor) -> Begun:
    """Makes the folder of each run, in one group of this title. Raises EpochscopeError where there is no room."""
    rights.require(visitor, Action.START, rights.NEW)
    limits.require_room(visitor, runs_folder(), disk.run_bytes, "runs")
    group, writers = secrets.token_hex(6), []
    for spec in specs:
        writers.append(RunWriter(spec, visitor, waits=True))
        metadata.write(writers[-1].folder, Metadata(group=group, group_title=title), visitor)
    return Begun(group, tuple(writers))


def continued(group: str, visitor: Visitor) -> Begun:
    """The runs of a group that have not come to their end, waiting again. Raises EpochscopeError for none."""
    members = [run for run in runs() if metadata.read(run.folder).group == group]
    if not members:
        raise EpochscopeError(f"There is no group {group[:60]!r} here; the end of a sweep names its group.")
    left = [run for run in members if not reason_not_resumable(run)]
    if not left:
        raise EpochscopeError(f"None of the {len(members)} runs of this group can go on: they are done or train.")
    return Begun(group, tuple(Resumed(run.id, visitor, waits=True) for run in reversed(left)))


class Sweep:
    """The runs of a sweep on the workers of a client of Dask."""

    def __init__(
        self,
        client: Any,
        begun: Begun,
        visitor: Visitor,
        need: Need,
        *,
        retries: int,
        tell: Tell,
        share: bool = True,
        local: bool = False,
    ) -> None:
        """`retries`: how often a run that failed is tried again. `share`: whether workers that see the folder of runs
        train in it. `local`: the workers are of this machine, and share its GPUs. `tell`: is told of every end.

        Raises EpochscopeError if the visitor may not.
        """
        rights.require(visitor, Action.START, rights.NEW)
        self._client, self._visitor, self._need, self._tell = client, visitor, need, tell
        self._retries, self._share, self._own_gpus = retries, share, need.gpus if local else 0
        self._writers = {writer.id: writer for writer in begun.writers}
        self._futures: dict[str, Any] = {}
        self._handed_out = dict.fromkeys(self._writers, 0)
        self._mirrors: dict[str, Mirror] = {}
        self._fetched = 0.0
        self.ended: dict[str, Ended] = {}

    def follow(self, asked_to_end: threading.Event, progress: Callable[[], None]) -> bool:
        """Trains all runs; calls `progress` now and then. Returns False where it ended early: it was asked to, or the
        scheduler is gone. Then every run that was not done is stopped, and can go on later.
        """
        for run_id in self._writers:
            self._hand_out(run_id)
        try:
            while self._futures:
                if asked_to_end.is_set() or not self._look():
                    return False
                self._fetch()
                progress()
                threading.Event().wait(_LOOK_SECONDS)
            return True
        finally:
            self._end()

    def _hand_out(self, run_id: str) -> None:
        writer = self._writers[run_id]
        self._handed_out[run_id] += 1
        order = Order(
            run_id,
            writer.spec,
            str(writer.folder.absolute()),
            worker.proof_of(writer.folder),
            stored_mark(writer.folder),
            self._visitor,
            self._need.threads,
            self._share,
            str(Path(settings.DATA()).absolute()) if settings.DATA() else "",
            self._own_gpus,
        )
        self._futures[run_id] = self._client.submit(
            worker.train_run,
            order,
            key=f"{run_id}-{self._handed_out[run_id]}",
            retries=self._retries,
            resources=self._need.resources or None,
            pure=False,
        )

    def _look(self) -> bool:
        """Takes note of runs that have ended. Returns False where the scheduler is gone."""
        for run_id, future in list(self._futures.items()):
            if future.status == "finished":
                self._finished(future.result())
            elif future.status == "error":
                self._failed(run_id, future.exception())
            elif future.status in ("cancelled", "lost"):
                return False
        return True

    def _finished(self, outcome: Outcome) -> None:
        if outcome.address:
            self._fetch([outcome.run_id])
            mirror = self._mirrors.get(outcome.run_id)
            if outcome.run_id in self.ended:
                return
            if mirror is None or mirror.known.read < outcome.epochs:  # its worker ended before it could be fetched
                self._again(outcome.run_id)
                return
            mirror.finish(outcome.state, outcome.message, **({"final": True} if outcome.final else {}))
            del self._mirrors[outcome.run_id]
            with suppress(Exception):  # a worker that has ended meanwhile has nothing to forget
                self._client.run(worker.forget, outcome.run_id, workers=[outcome.address])
        self._note(outcome.run_id, outcome.state, outcome.message)

    def _again(self, run_id: str) -> None:
        if self._handed_out[run_id] > _WORKER_DEATHS:
            self._failed(run_id, RuntimeError("its worker ended each time before it could be fetched"))
        else:
            self._hand_out(run_id)

    def _failed(self, run_id: str, error: BaseException) -> None:
        words = " ".join(str(error).split())[:300] or type(error).__name__
        killed = type(error).__name__ == "KilledWorker"
        self._give_up(run_id, "interrupted" if killed else "failed", _KILLED if killed else words)

    def _give_up(self, run_id: str, state: str, message: str) -> None:
        """Writes the last word of a run, where nobody else has."""
        if mirror := self._mirrors.pop(run_id, None):
            mirror.finish(state, message)
        else:
            with suppress(LostError, StorageError):  # somebody else trained it, and says how that ended
                self._writers[run_id].claim()
                self._writers[run_id].finish(state, message)
        self._note(run_id, state, message)

    def _note(self, run_id: str, state: str, message: str) -> None:
        self._futures.pop(run_id, None)
        self.ended[run_id] = Ended(run_id, state, message)
        self._tell(self.ended[run_id])

    def _fetch(self, run_ids: Iterable[str] = ()) -> None:
        """Takes over what is new of the runs in folders of their workers: of these until nothing is left, else of all
        that train, once a second.
        """
        whole = list(run_ids)
        if not whole and time.monotonic() - self._fetched < _FETCH_SECONDS:
            return
        self._fetched = time.monotonic()
        wanted = whole or list(self._futures)
        while wanted:
            known = {one: self._mirrors[one].known if one in self._mirrors else worker.Known() for one in wanted}
            try:
                answers = self._client.run(worker.news, known, on_error="ignore")
            except (OSError, TimeoutError):
                return  # what is lost shows in the futures
            came = {run_id: news for answer in answers.values() for run_id, news in (answer or {}).items()}
            wanted = [run_id for run_id, news in came.items() if self._take(run_id, news) and run_id in whole]

    def _take(self, run_id: str, news: worker.News) -> bool:
        """Writes what is new of a run; whether there was anything."""
        try:
            if run_id not in self._mirrors:
                mark = stored_mark(self._writers[run_id].folder)
                self._mirrors[run_id] = Mirror(run_id, self._visitor, mark)
            self._mirrors[run_id].take(news)
        except (EpochscopeError, OSError) as error:
            self._futures.pop(run_id).cancel()
            self._give_up(run_id, "failed", str(error))
            return False
        return bool(news.epochs)

    def _end(self) -> None:
        """Stops in order what has not ended: those that train write what they have, and all can go on later."""
        left = list(self._futures)
        if not left:
            return
        with suppress(Exception):  # a scheduler that is gone has nothing to stop
            waiting = [one for one in left if self._waits(one)]
            self._client.cancel([self._futures[one] for one in waiting], force=True)
            self._client.run(worker.stop, left, on_error="ignore")
            end = time.monotonic() + _END_SECONDS
            for run_id in waiting:
                self._give_up(run_id, "stopped", "")
            while self._futures and time.monotonic() < end and self._look():
                self._fetch()
                threading.Event().wait(_LOOK_SECONDS)
        for run_id in list(self._futures):
            self._give_up(run_id, "stopped", "")

    def _waits(self, run_id: str) -> bool:
        return run_id not in self._mirrors and stored_mark(self._writers[run_id].folder) != ""


_KILLED = "Its worker ended several times while it trained: too little memory there, perhaps. It can be continued."
