"""Record a training loop of your own: three lines in any program, and the app shows it while it runs.

    from epochscope import Recorder

    with Recorder("my autoencoder", x=x, truth=y) as rec:
        for epoch in range(100):
            ...                                             # train as you like
            rec.log(z=z, q=q, losses={"reconstruction": loss}, lr=lr, sample_loss=loss_of_each_point)

It writes an ordinary run folder (epochscope.runs.format.run), so the run appears on the Runs page at once.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
import weakref
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from epochscope.data import Dataset
from epochscope.data.sprites import pictures_of
from epochscope.rights import PROGRAM
from epochscope.runs.format.external import KEY
from epochscope.runs.format.schema import MOST_CLUSTERS
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.epoch_recorder import EpochRecorder
from epochscope.runs.training.logged import Logged, PointNumbers, by_shape, classes_of
from epochscope.runs.training.loop_arrays import LoopArrays, checked, named_arrays
from epochscope.runs.training.order import OrderCheck
from epochscope.runs.training.validation import Sizes, array, named_numbers
from epochscope.runs.training.writer import RunWriter
from epochscope.text import sanitize
from epochscope.types import OPTIONAL_ARRAYS, EpochscopeError, Snapshot

if TYPE_CHECKING:
    from epochscope.notebook.run_widget import RunWidget


class Recorder:
    """Records a training loop of your own. Arrays are torch tensors (any device) or numpy arrays, and are copied.

    `name`: title of the run. `x`: the data, n x features, or n images (n x h x w or n x channels x h x w).
    `truth`: the true class of each point, numbers or words (NaN, None, -1: not known); for scores and colors only.
    `k`: the largest number of clusters; without it, that of the logs so far. Needed only if the first log has none of
    q, p, centers and labels. `epochs`: the planned number, for the progress bar. `seed`: decides in which order
    points are drawn, and which ones of more than 1,000,000. Raises EpochscopeError for a wrong argument.
    """

    def __init__(
        self,
        name: str,
        *,
        x: Any = None,
        truth: Any = None,
        k: int | None = None,
        epochs: int | None = None,
        seed: int = 0,
    ) -> None:
        self.name = sanitize(name)
        if not self.name:
            raise EpochscopeError("A recorder needs a name, such as Recorder('my autoencoder').")
        self._x = None if x is None else array(x, "x")
        if self._x is not None and (self._x.ndim < 2 or not self._x.size):
            raise EpochscopeError(f"x must have one row for each point, but its shape is {self._x.shape}.")
        self._truth = None if truth is None else classes_of(truth)
        if self._x is not None and self._truth and len(self._truth.truth) != len(self._x):
            raise EpochscopeError(f"truth has {len(self._truth.truth)} labels, but x has {len(self._x)} points.")
        for what, value in (("k", k), ("epochs", epochs), ("seed", seed)):
            if not isinstance(value, int | None) or isinstance(value, bool):
                raise EpochscopeError(f"{what} must be a whole number, but is {value!r}.")
        self._epochs, self._seed = epochs, seed
        self._arrays = LoopArrays(k, len(self._truth.names) if self._truth else 0)
        self._point_numbers = PointNumbers()
        self._order: OrderCheck | None = None
        self._recorder: EpochRecorder | None = None
        self._shown: set[str] = set()
        self._named = 0  # how many names of numbers of points info.json has
        self._last_epoch: float | None = None
        self._closer: weakref.finalize | None = None
        self._widgets: list[RunWidget] = []  # that wait for the first log
        self._began = time.perf_counter()

    def log(
        self,
        epoch: int | None = None,
        *,
        z: Any,
        q: Any = None,
        p: Any = None,
        labels: Any = None,
        centers: Any = None,
        losses: Any = None,
        measures: Any = None,
        extra: Mapping[str, Any] | None = None,
        phase: str = "train",
        **numbers: Any,
    ) -> None:
        """Records one epoch, over ALL points in the order of x.

        `z`: codes, n x d. `q`: soft assignments, n x k. `p`: their target, n x k. `labels`: clusters 0 to k - 1, -1 for
        none; the argmax of q if not given. `centers`: k x d. k may change from log to log. `losses`, `measures`:
        numbers by name. `extra`: arrays by name, as in epochscope.types.OPTIONAL_ARRAYS. `epoch`: your own count, a
        measure if it differs from ours. Any other name: a number (a curve), n numbers (colors of the points), or a list
        of numbers (a heat map over the epochs), such as lr=0.1, sample_loss=losses, weights=histogram.
        Raises EpochscopeError for a wrong argument; a full disk only warns and ends the recording.
        """
        sizes = self._sizes(z, q, p, labels, centers)
        more, others = named_arrays(extra or {})
        arrays = checked({"z": z, "q": q, "p": p, "labels": labels, "centers": centers, **more}, sizes)
        logged = by_shape({**_by_name(measures), **others, **numbers}, sizes["n"])
        losses = named_numbers(losses, "losses", "loss")
        measures = {**logged.single, **self._counted(epoch)}
        if (table := self._point_numbers(logged.of_points, sizes["n"])) is not None:
            arrays["sample_numbers"] = table
        arrays = self._arrays(arrays, sizes["k"])
        snapshot = Snapshot(
            phase=sanitize(phase) or "train",
            losses=losses,
            measures={**measures, **({"clusters": float(sizes["k"])} if self._arrays.varies else {})},
            extra={name: arrays.pop(name) for name in list(arrays) if name in OPTIONAL_ARRAYS},
            model=None,
            **arrays,
        )
        self._record(snapshot, logged, device=str(getattr(z, "device", "cpu")))

    def _record(self, snapshot: Snapshot, logged: Logged, device: str) -> None:
        if self._recorder is None:
            self._begin(snapshot, device)
        try:
            self._write(snapshot, logged)
        except (OSError, EpochscopeError) as error:  # ten hours of training are not lost to a full disk
            warnings.warn(f"Recording of {self.name} stops here: {error}", RuntimeWarning, stacklevel=3)
            self.close("failed", f"The folder of this run could no longer be written ({error}).")
        self._began = time.perf_counter()

    def _sizes(self, z: Any, q: Any, p: Any, labels: Any, centers: Any) -> Sizes:
        """n, d, k of this log, after checks against x, truth and the logs before."""
        shape = array(z, "z").shape
        if len(shape) != 2 or not min(shape):
            raise EpochscopeError(f"z must have the shape n x d, one code for each point, but it is {shape}.")
        n = len(self._x) if self._x is not None else len(self._truth.truth) if self._truth else shape[0]
        n = len(self._recorder.dataset) if self._recorder else n
        if n != shape[0]:
            raise EpochscopeError(f"z must have one code for each of the {n} points, but its shape is {shape}.")
        k, most = self._arrays.clusters(q, p, labels, centers), min(n, MOST_CLUSTERS)
        if not 1 <= k <= most:
            raise EpochscopeError(f"k, the number of clusters, must be from 1 to {most:,} here, but is {k:,}.")
        features = {} if self._x is None else {"f": int(np.prod(self._x.shape[1:]))}
        return Sizes({"n": n, "d": shape[1], "k": k, **features})

    def _counted(self, epoch: int | None) -> dict[str, float]:
        """The loop's own epoch number as a measure, if it differs from the number of logs so far."""
        if epoch is None:
            return {}
        (number,) = named_numbers(epoch, "epoch", "epoch").values()
        if self._last_epoch is not None and number <= self._last_epoch:
            raise EpochscopeError(f"epoch must grow from log to log, but {number:g} came after {self._last_epoch:g}.")
        self._last_epoch = number
        logged = self._recorder.count if self._recorder else 0
        return {} if number == logged else {"epoch of the loop": number}

    def _write(self, snapshot: Snapshot, logged: Logged) -> None:
        if not (self._recorder and self._order and self._closer and self._closer.alive):
            return
        if not self._shown >= snapshot.has:
            self._shown |= snapshot.has
            self._recorder.writer.provide(self._shown)
        if self._arrays.k > self._recorder.k:
            self._recorder.widen(self._arrays.k)
        if len(self._point_numbers.names) > self._named:
            self._named = len(self._point_numbers.names)
            self._recorder.writer.amend(numbers=self._point_numbers.names)
        found = {"order": self._order(snapshot.z, snapshot.phase), "vectors": logged.vectors}
        more = {"k": self._arrays.k, **{name: value for name, value in found.items() if value}}
        self._recorder(snapshot, time.perf_counter() - self._began, more)
        self._recorder.tell("running", force=True)

    def _begin(self, snapshot: Snapshot, device: str) -> None:
        """Creates the run folder at the first log: only then are the sizes and arrays known."""
        x = snapshot.z if self._x is None else self._x
        data = Dataset(
            key=KEY,
            title=self.name,
            x=np.ascontiguousarray(x.reshape(len(x), -1), np.float32),
            truth=self._truth.truth if self._truth else None,
            class_names=self._truth.names if self._truth else (),
            scaling="as the program has it",
            likelihood="real",
            pictures=None if self._x is None else pictures_of(self._x),
        )
        spec = RunSpec(KEY, KEY, self._arrays.k, self._seed, external=self.name)
        writer = RunWriter(spec, PROGRAM)
        self._closer = weakref.finalize(self, _end, writer, os.getpid())
        plan = {snapshot.phase: self._epochs - 1} if self._epochs and self._epochs > 1 else {}
        self._recorder = EpochRecorder(writer, data, provides=snapshot.has, plan=plan, device=device)
        self._shown = set(snapshot.has)
        self._order = OrderCheck(self._recorder.index, None if self._x is None else data.x, data.truth)
        self._recorder.tell("running", force=True)
        while self._widgets:
            self._widgets.pop().watch(writer.folder)

    @property
    def run(self) -> str | None:
        """Id of the run, None before the first log; `<app>/?run=<id>` shows it."""
        return self._recorder.writer.id if self._recorder else None

    def show(self, panels: Sequence[str] | None = None) -> None:
        """Shows the run in a notebook, in the output of the cell that runs; its epochs arrive as they are logged.

        `panels`: keys of figures, as in epochscope.notebook.widget. Raises EpochscopeError if this is no notebook, or
        anywidget is missing.
        """
        from epochscope import notebook

        shown = notebook.shown(self._recorder.writer.folder if self._recorder else None, panels)
        if self._recorder is None:
            self._widgets.append(shown)

    def close(self, state: str = "done", message: str = "") -> None:
        """Ends the run with this state. `with` and the end of the program do it too."""
        if self._closer and self._closer.detach() and self._recorder:
            self._recorder.writer.finish(state, message)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, _: type | None, error: BaseException | None, __: TracebackType | None) -> None:
        self.close(*_verdict(error))


def _verdict(error: BaseException | None) -> tuple[str, str]:
    """(state, message) of a run whose loop was left by this exception."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return "done", ""
    if isinstance(error, KeyboardInterrupt | GeneratorExit | SystemExit):
        return "stopped", ""
    words = " ".join(str(error).split())[:300]
    return "failed", words if isinstance(error, EpochscopeError) else f"{type(error).__name__}: {words}".rstrip(": ")


def _end(writer: RunWriter, owner: int) -> None:
    """Ends a run whose recorder was never closed: it was garbage-collected, or the program ended."""
    if os.getpid() != owner:
        return  # a forked helper of a data loader: the loop itself goes on elsewhere
    error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)  # at a prompt, an error ends no program
    writer.finish(*_verdict(error))


def _by_name(measures: Any) -> Mapping[str, Any]:
    """Measures by name; a single one is called "measure"."""
    return measures or {} if isinstance(measures, Mapping | None) else {"measure": measures}
