"""`epochscope.train_many`: many seeds, or a grid of parameters, trained as one batched computation."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from epochscope.futures.store import Futures

_LOOK_SECONDS = 0.1


def train_many(
    x: Any,
    method: str = "dec",
    *,
    seeds: int | Iterable[int] = 16,
    grid: Mapping[str, Sequence[Any]] | None = None,
    k: int | None = None,
    preset: str | None = None,
    truth: Any = None,
    params: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    name: str = "",
    scaling: str = "recommended",
    progress: bool = True,
    **values: Any,
) -> ManyRuns:
    """Trains one method with many seeds as one computation; Ctrl-C ends it in order, and what there is is returned.

    Member s is the run of `epochscope.train` with that seed up to the rounding of sums: it draws the same start, the
    same batches and the same noise. Of methods ae_kmeans, dec, dkm, idec and vade.

    seeds: how many, from 0 on, or which ones. grid: values of parameters by dotted name, such as {"gamma": [0.1, 1]};
    each combination is trained with each seed, 64 in all at most. The other arguments are those of `epochscope.train`.

    Raises EpochscopeError for a wrong argument before anything is trained, and where the training of all fails.
    """
    from epochscope.api.progress import Line
    from epochscope.api.rule import found
    from epochscope.api.settings import by_dotted_name, whole
    from epochscope.api.train import prepare, spec_of
    from epochscope.futures.store import Futures
    from epochscope.futures.training import futures_writer
    from epochscope.rights import PROGRAM

    at_hand = prepare(x, data, truth, name, scaling)
    wanted = (
        range(whole(seeds, "seeds")) if not isinstance(seeds, Iterable) else [whole(one, "a seed") for one in seeds]
    )
    spec = spec_of(found(method), at_hand, (params or {}, values), k=k, seed=0, preset=preset)
    axes = by_dotted_name(found(method).params(), grid or {})
    writer = futures_writer(spec, list(wanted), axes, PROGRAM)
    futures = Futures(writer.id)
    _drive(writer, at_hand.dataset, Line(writer.title, 0, on=progress), futures)
    many = ManyRuns(futures)
    if many.state == "failed":
        raise EpochscopeError(many.message)
    return many


def resume_many(futures_id: str, *, data: Any = None, truth: Any = None, progress: bool = True) -> ManyRuns:
    """Continues futures that were stopped or cut off: they are computed again and compared, then go on to the same
    numbers. `data`: the points, where they were handed to `train_many` and are not of a known data set.

    Raises EpochscopeError where there is nothing to continue.
    """
    from epochscope.api.progress import Line
    from epochscope.api.train import prepare
    from epochscope.futures.store import Futures
    from epochscope.futures.writer import FuturesResumed
    from epochscope.rights import PROGRAM

    writer = FuturesResumed(futures_id, PROGRAM)
    given = None if data is None else prepare(data, None, truth, "", "recommended").dataset
    futures = Futures(futures_id)
    _drive(writer, given, Line(writer.title, 0, on=progress), futures)
    return ManyRuns(futures)


def _drive(writer: Any, dataset: Any, line: Any, futures: Futures) -> None:
    from epochscope.futures.training import train
    from epochscope.runs.training.control import Control

    control, ended, shown = Control(), threading.Event(), 0

    def work() -> None:
        try:
            train(writer, control, given=dataset)
        finally:
            ended.set()

    worker = threading.Thread(target=work, name="epochscope.train_many", daemon=True)
    try:
        worker.start()
        while not ended.wait(_LOOK_SECONDS):
            for epoch in futures.epochs(shown):
                shown += 1
                line.show(epoch.number, epoch.phase, {})
    except KeyboardInterrupt:
        control.stop()
        ended.wait()
    line.end(f"{futures.status['state']}, {futures.status['epochs']} epochs")


class ManyRuns:
    """Futures that were trained together."""

    def __init__(self, futures: Futures) -> None:
        self._futures = futures

    def __repr__(self) -> str:
        return f"<{self._futures.title}, {self.state}>"

    @property
    def id(self) -> str:
        """By which the app knows them: ?futures=..."""
        return self._futures.id

    @property
    def state(self) -> str:
        """ "done", "stopped" or "failed"."""
        return self._futures.status["state"]

    @property
    def message(self) -> str:
        """Which members failed, and why; empty if none did."""
        return self._futures.status["message"]

    @property
    def members(self) -> list[str]:
        """What tells each member from the others, such as "seed 3"."""
        return [one.label for one in self._futures.members]

    @property
    def history(self) -> pd.DataFrame:
        """A row for each member and epoch: member, seed, epoch, phase and the scores."""
        import pandas as pd

        rows = [
            {
                "member": member,
                "seed": self._futures.members[member].spec.seed,
                "epoch": epoch.number,
                "phase": epoch.phase,
            }
            | {score: float(values[row]) for score, values in epoch.scores.items()}
            for epoch in self._futures.epochs()
            for row, member in enumerate(epoch.members.tolist())
        ]
        return pd.DataFrame(rows)

    def export(self, path: str | Path) -> Path:
        """Writes them as one HTML file that shows them anywhere, without epochscope.

        Raises EpochscopeError if it cannot be written.
        """
        from epochscope.portable.futures_file import write_futures_file

        path = Path(path)
        write_futures_file(self._futures, path)
        return path

    def throw_away(self) -> None:
        """Moves them into the trash, from which the Runs page of the app brings them back."""
        from epochscope.futures.store import throw_away
        from epochscope.rights import PROGRAM

        throw_away(self.id, PROGRAM)

    @property
    def labels(self) -> np.ndarray:
        """The last labels of each member over all points (members x n). Raises EpochscopeError before there are any."""
        return self._labelings().end

    @property
    def first_labels(self) -> np.ndarray:
        """The labels of each member at the start of clustering (members x n)."""
        return self._labelings().start

    @property
    def agreement(self) -> np.ndarray:
        """ARI between the last labels of each pair of members."""
        from epochscope.futures.outcome import pairwise_ari

        return pairwise_ari(self.labels)

    def _labelings(self) -> Any:
        from epochscope.futures.outcome import labelings

        found = labelings(self._futures)
        if found is None:
            raise EpochscopeError(f"{self._futures.title} ended before the first clusters.")
        return found
