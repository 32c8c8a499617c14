"""`epochscope.train`: one call, the whole training, recorded as on the command line."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.api.progress import Line
    from epochscope.api.rule import Rule
    from epochscope.api.run import TrainedRun
    from epochscope.data.scaling import Scaling
    from epochscope.methods.base import Method
    from epochscope.runs.format.run import Run
    from epochscope.runs.format.spec import RunSpec
    from epochscope.runs.training.epoch_recorder import Recorded
    from epochscope.runs.training.writer import RunWriter
    from epochscope.types import Dataset

Epochs = Literal["last", "all"] | Iterable[int] | None
"""The epochs whose weights are kept."""

_LOOK_SECONDS = 0.1  # between two looks at a training


class TrainingError(EpochscopeError):
    """A training that failed, such as by NaN. `run` is what it had come to."""

    def __init__(self, message: str, run: TrainedRun) -> None:
        super().__init__(message)
        self.run = run


def train(
    x: Any,
    method: str = "dec",
    *,
    k: int | None = None,
    seed: int = 0,
    preset: str | None = None,
    truth: Any = None,
    params: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    name: str = "",
    scaling: str = "recommended",
    weights: Epochs = "last",
    record: bool = True,
    progress: bool = True,
    **values: Any,
) -> TrainedRun:
    """Trains a method and returns the run. Ctrl-C ends it in order after the current step: the run so far is returned.

    x: n x f numbers as a numpy array, a DataFrame of pandas, a sparse matrix of scipy (made dense: 4 n f bytes) or a
    tensor on any device; or n pictures, n x h x w (x channels). Or the key of a data set, such as "digits", which is
    loaded (and downloaded) with the values `data`, such as {"n": 5000}.
    method: a key of `epochscope list`. k: number of clusters; that of the preset or the classes if there is
    one, else 10.
    preset: its title; by default the one for any data, for a data set that comes along the method's first. Parameters
    on top of it: as keywords, with _ for the dot (cluster_lr=0.01), or by dotted name in `params`
    ({"cluster.lr": 0.01}).
    truth: n classes, numbers or words (NaN, None, -1: not known), for scores and colors only. name: what the data are
    called in titles.
    scaling: "recommended" looks at x (never at truth), chooses what suits it, and says why with the progress; or the
    name of one, such as "as stored" or "standardize" (epochscope.data.scaling.HELP). New points are scaled by the same
    statistics.
    weights: the epochs from which new points can be assigned: "last", "all", some epochs and the last, or None. They
    stay in memory, 4 bytes a weight.
    record: whether the run is kept in the folder of all runs, where the app lists it (EPOCHSCOPE_RUNS); else it lies in
    a temporary folder as long as the returned object lives.
    progress: a line that tells the epoch, on stderr (in a notebook, below the cell).

    Raises EpochscopeError for a wrong argument before anything is trained, and TrainingError where the training fails.
    """
    from epochscope.api.rule import found

    algorithm = found(str(method).lower())
    prepared = prepare(x, data, truth, name, scaling)
    spec = spec_of(algorithm, prepared, (params or {}, values), k=k, seed=seed, preset=preset)
    if progress and prepared.why:
        print(prepared.why, file=sys.stderr)
    return _trained(spec, prepared, _Keeper(algorithm.key, weights), record=record, progress=progress)


def spec_of(
    method: Method,
    prepared: Prepared,
    values: tuple[Mapping[str, Any], Mapping[str, Any]],
    *,
    k: int | None,
    seed: int,
    preset: str | None,
) -> RunSpec:
    """The settings of a training. `values`: by dotted name, and as keywords. Raises EpochscopeError for a wrong one."""
    from epochscope.api.settings import by_dotted_name, whole
    from epochscope.methods.base import Size
    from epochscope.runs.format.spec import RunSpec

    n, f = prepared.dataset.x.shape
    preset = preset or method.default_preset(demo=prepared.demo, known_points=n if prepared.known else 0)
    clusters = whole(k, "k") if k is not None else method.clusters(preset, len(prepared.dataset.class_names))
    hp = method.start(preset, Size(n, f, max(clusters, 1)))  # what k may be is checked with all the rest
    hp = hp.but(by_dotted_name(hp, *values))
    hp.suited(prepared.dataset.likelihood).check(n=n, f=f, k=clusters)
    return RunSpec(prepared.key, method.key, clusters, whole(seed, "seed"), prepared.values, hp.flat(), preset)


def branched(
    stored: Run,
    at_hand: Prepared | None,
    epoch: int,
    values: tuple[Mapping[str, Any], Mapping[str, Any]],
    *,
    seed: int | None,
    weights: Epochs,
    record: bool,
    progress: bool,
) -> TrainedRun:
    """Trains a branch of a stored run. `at_hand`: its data, where they are in memory; `values`: as in `_spec`."""
    from epochscope.api.settings import by_dotted_name, whole
    from epochscope.runs.training.branch import branch_spec
    from epochscope.runs.training.request import resolve

    changes = by_dotted_name(resolve(stored.spec).method_params, *values)
    own = None if seed is None else whole(seed, "seed")
    spec = branch_spec(stored, whole(epoch, "epoch"), changes, seed=own, data_at_hand=at_hand is not None)
    prepared = at_hand or prepare(spec.dataset, spec.data, None, "", "recommended")
    return _trained(spec, prepared, _Keeper(spec.method, weights), record=record, progress=progress)


class Prepared(NamedTuple):
    """The data of a training. `scaling`: None where the data set brings its own."""

    key: str
    values: Mapping[str, Any]
    dataset: Dataset
    scaling: Scaling | None
    features: int  # before the scaling, as of new points
    names: tuple[str, ...]  # of these features
    demo: bool = False  # comes with the program
    known: bool = False  # a data set that everybody has
    why: str = ""  # this scaling was chosen


def prepare(x: Any, data: Mapping[str, Any] | None, truth: Any, name: str, scaling: str) -> Prepared:
    """The data of a call, as the arguments of `train` say. Raises EpochscopeError."""
    from epochscope.api.points import given
    from epochscope.runs.training.given import NAMELESS, described

    if not isinstance(x, str):
        if data is not None:
            raise EpochscopeError("`data` holds values for a data set named by its key; x is an array here.")
        made = given(x, truth, name or NAMELESS, scaling)
        f, names = made.handed.rows.shape[1], made.handed.names
        return Prepared(made.dataset.key, described(made.dataset), made.dataset, made.scaling, f, names, why=made.why)
    from epochscope.data import SOURCES
    from epochscope.data.dataset_cache import dataset
    from epochscope.runs.format.spec import known

    if truth is not None or scaling != "recommended":
        raise EpochscopeError(f"The data set {x!r} brings its classes and its scaling: leave out truth and scaling.")
    values = known(SOURCES, x, "data set").params().but(data or {}).flat()
    made = dataset(x, values)
    return Prepared(x, values, made, None, made.x.shape[1], made.feature_names, SOURCES[x].demo, not SOURCES[x].own)


class _Keeper:
    """Keeps the last epoch in full precision, and the rules of the epochs that were asked for."""

    def __init__(self, method: str, weights: Epochs) -> None:
        from epochscope.api.settings import whole

        self.method, self.nothing = method, weights is None
        self.all = isinstance(weights, str) and weights == "all"
        self.epochs: frozenset[int] = frozenset()
        self.last: Recorded | None = None
        self.rules: dict[int, Rule] = {}
        if weights is None or (isinstance(weights, str) and weights in ("last", "all")):
            return
        if isinstance(weights, str) or not isinstance(weights, Iterable):
            raise EpochscopeError(f'weights must be "last", "all", some epochs or None, but got {weights!r}.')
        self.epochs = frozenset(whole(epoch, "an epoch of weights") for epoch in weights)

    def __call__(self, recorded: Recorded) -> None:
        from epochscope.api.rule import rule_of

        before, self.last = self.last, recorded
        if self.nothing:
            return
        if before and not self.all and before.epoch not in self.epochs:
            self.rules.pop(before.epoch, None)
        if rule := rule_of(recorded, self.method):
            self.rules[recorded.epoch] = rule


def _trained(spec: RunSpec, prepared: Prepared, keeper: _Keeper, *, record: bool, progress: bool) -> TrainedRun:
    """Trains in a thread of its own, as the command line does, so that Ctrl-C is heard between two steps."""
    from epochscope.api.progress import Line
    from epochscope.api.run import Folder, TrainedRun
    from epochscope.rights import PROGRAM
    from epochscope.runs.format.run import Run
    from epochscope.runs.training.writer import RunWriter

    aside = None if record else tempfile.TemporaryDirectory(prefix="epochscope-")
    writer = RunWriter(spec, PROGRAM, root=Path(aside.name) if aside else None)
    request = writer.request
    line = Line(
        request.title, sum(each + 1 for each in request.algorithm.plan(request.method_params).values()), on=progress
    )
    _drive(writer, prepared.dataset, keeper, line)
    folder = Folder(Run(writer.id, writer.folder), aside)
    run = TrainedRun.of(
        folder, keeper.last, keeper.rules, prepared.scaling, features=prepared.features, names=prepared.names
    )
    run.keep_data(prepared)
    line.end(f"{run.state}, {len(run.history)} epochs{_score(run)}")
    if run.state == "failed":
        raise TrainingError(run.message, run)
    return run


def _drive(writer: RunWriter, dataset: Dataset, keeper: _Keeper, line: Line) -> None:
    """Trains to the end. The first Ctrl-C stops it after the current step; a second one goes through."""
    from epochscope.runs.training.control import Control
    from epochscope.runs.training.manager import train as record_run

    control, ended, shown = Control(), threading.Event(), None

    def work() -> None:
        try:
            record_run(writer, control, given=dataset, observe=keeper)
        finally:
            ended.set()

    worker = threading.Thread(target=work, name="epochscope.train", daemon=True)
    try:
        worker.start()
        done = False
        while not done:
            done = ended.wait(_LOOK_SECONDS)  # not `join`: interrupted, it takes the thread for ended (Python < 3.13)
            if (last := keeper.last) is not shown and last is not None:
                line.show(last.epoch, last.snapshot.phase, last.snapshot.losses)
                shown = last
    except KeyboardInterrupt:
        control.stop()
        ended.wait()


def _score(run: TrainedRun) -> str:
    scores = run.history.filter(["score acc", "score nmi"]).dropna(how="all")
    return "".join(f", {name.split()[1].upper()} {scores[name].iloc[-1]:.3f}" for name in scores if len(scores))
