"""Drives a method and writes what it shows: numbers the epochs, matches cluster ids, scores, keeps time."""

from __future__ import annotations

import contextlib
import logging
import math
import platform
import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from core import __version__
from core.data import Dataset
from core.data.sprites import sheet
from core.formulas.alignment import match_clusters
from core.formulas.metrics import one_cluster_accuracy
from core.methods.base import Method
from core.nets.device import compute_device, generator
from core.params import Params
from core.runs.extras import Renaming, held
from core.runs.frames import HEAT_MAP_ROWS, Gray, gray_of
from core.runs.score import entropy_histogram, graph_scores, scores
from core.runs.store import RunWriter, StorageError
from core.types import EpochscopeError, Snapshot, Tick

DRAWN_POINTS = 5000
_SPRITE_COLUMNS = 50
_log = logging.getLogger(__name__)


class Control:
    """What others may ask of a running method: pause, play, one step, stop, other live parameters. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.paused = False
        self.cancel = threading.Event()  # set: the run is to end
        self._single = False  # pause again after the next epoch
        self._changes: dict[str, Any] = {}

    def _set(self, **values: Any) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def pause(self) -> None:
        self._set(paused=True, _single=False)

    def play(self) -> None:
        self._set(paused=False, _single=False)

    def step(self) -> None:
        """Trains until the next epoch is complete, then pauses."""
        self._set(paused=False, _single=True)

    def stop(self) -> None:
        self.cancel.set()
        self._set()

    @property
    def stopped(self) -> bool:
        return self.cancel.is_set()

    def change(self, values: Mapping[str, Any]) -> None:
        """New values for some live parameters, by dotted name; they hold from the next epoch on."""
        with self._changed:
            self._changes |= values

    def take_changes(self) -> dict[str, Any]:
        with self._changed:
            changes, self._changes = self._changes, {}
            return changes

    def epoch_done(self) -> None:
        with self._changed:
            if self._single:
                self.paused, self._single = True, False

    def wait_while_paused(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.stopped or not self.paused)


def record(writer: RunWriter, dataset: Dataset, control: Control) -> None:
    """Trains the run of `writer` to its end. Never raises: what goes wrong becomes the run's last message."""
    try:
        state = writer.driven(lambda: _Recording(writer, dataset, control).drive())
        writer.finish(state)
    except StorageError as error:
        writer.finish("failed", str(error))
    except EpochscopeError as error:
        writer.finish("failed", str(error), final=True)  # of numbers or settings: it would fail again
    except Exception as error:
        _log.exception("run %s failed", writer.id)
        with contextlib.suppress(OSError):
            (writer.folder / "traceback.txt").write_text(traceback.format_exc())
        last = " ".join(str(error).split())[:300]
        writer.finish("failed", f"{type(error).__name__} in {writer.spec.algorithm.title}: {last}")


class _Recording:
    """One run on its way through a method."""

    def __init__(self, writer: RunWriter, dataset: Dataset, control: Control) -> None:
        self.writer, self.dataset, self.control = writer, dataset, control
        self.method: Method = writer.spec.algorithm
        self.hp: Any = writer.spec.method_params.suited(dataset.likelihood)
        self.plan = self.method.plan(self.hp)
        self.previous: np.ndarray | None = None  # labels of the epoch before, ids as stored
        self.renaming = Renaming()
        self.phase = ""
        self.in_phase: dict[str, int] = {}  # phase -> epochs trained in it so far
        self.seconds: deque[float] = deque(maxlen=5)
        self.told = 0.0
        spec = writer.spec
        n, f = dataset.x.shape
        if spec.k > n:
            raise EpochscopeError(
                f"k = {spec.k} clusters need at least {spec.k} points, but {dataset.title} has {n}; lower k."
            )
        self.hp.check(n=n, f=f, k=spec.k)
        writer.begin(*self._opening())

    def _opening(self) -> tuple[dict[str, Any], np.ndarray, np.ndarray | None, bytes | None, Gray | None]:
        data, spec = self.dataset, self.writer.spec
        gray = gray_of(data)
        n, f = data.x.shape
        m = min(n, DRAWN_POINTS)
        # A random order, so that any first part of the drawn points is itself a fair sample.
        index = np.random.default_rng(spec.seed).permutation(n)[:m]
        info = {
            "title": spec.title,
            "n": n,
            "f": f,
            "m": m,
            "r": min(m, HEAT_MAP_ROWS),
            "k": spec.k,
            "classes": list(data.class_names),
            "scaling": data.scaling,
            "one_cluster": None if data.truth is None else one_cluster_accuracy(data.truth),
            "plan": self.plan,
            "provides": sorted(self.method.provides),
            "decodes": gray is not None,
            "tile": None if data.pictures is None else [*reversed(data.pictures.shape[1:]), _SPRITE_COLUMNS],
            "made_with": {
                "epochscope": __version__,
                "torch": torch.__version__,
                "python": platform.python_version(),
                "device": str(compute_device()),
                "threads": torch.get_num_threads(),
            },
        }
        sprites = None if data.pictures is None else sheet(data.pictures[index], columns=_SPRITE_COLUMNS)
        return info, index, data.truth, sprites, gray

    def drive(self) -> str:
        """Runs the method. Returns the final state, "done" or "stopped"."""
        spec, control = self.writer.spec, self.control
        device = compute_device()
        x = torch.tensor(self.dataset.x, device=device)
        steps = self.method.run(x, spec.k, self.hp, generator(spec.seed, device))
        self.tell("running", force=True)
        began, answer = time.perf_counter(), None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return "done"
                answer = None
                if isinstance(step, Snapshot):
                    epoch = self.keep(step, time.perf_counter() - began)
                    control.epoch_done()
                    self.tell("paused" if control.paused else "running", force=True)
                    self.wait()
                    began = time.perf_counter()
                    answer = self.changed_params(epoch)
                else:
                    self.tell("running", step)
                    began += self.wait()
                if control.stopped:
                    return "stopped"
        finally:
            steps.close()

    def wait(self) -> float:
        """Sleeps while the run is paused; returns for how long (0.0 where it is not), to keep it out of the timing."""
        if not self.control.paused:
            return 0.0
        began = time.perf_counter()
        self.tell("paused", force=True)
        self.control.wait_while_paused()
        self.tell("running", force=True)
        return time.perf_counter() - began

    def keep(self, s: Snapshot, seconds: float) -> int:
        """Writes one epoch; cluster ids are matched to the epoch before, so that colours stay."""
        arrays, k = held(s), self.writer.spec.k
        line: dict[str, Any] = {
            "phase": s.phase,
            "seconds": round(seconds, 4),
            "losses": {name: _finite(value) for name, value in s.losses.items()},
            "measures": {name: _finite(value) for name, value in s.measures.items()},
        }
        if s.labels is not None and self.previous is not None:
            arrays = self.renaming(arrays, match_clusters(previous=self.previous, labels=s.labels, k=k))
        if (labels := arrays.get("labels")) is not None:
            line["scores"] = scores(labels, truth=self.dataset.truth, previous=self.previous)
            line["sizes"] = np.bincount(labels, minlength=k).tolist()
            self.previous = labels
        line |= self.numbers(arrays, line.get("scores", {}))
        epoch = self.writer.append(arrays, line)
        self.in_phase[s.phase] = self.in_phase.get(s.phase, -1) + 1
        self.phase = s.phase
        if self.in_phase[s.phase]:  # the first of a phase is its starting state: it cost no epoch of training
            self.seconds.append(seconds)
        else:
            self.seconds.clear()
        return epoch

    def numbers(self, arrays: Mapping[str, np.ndarray], scored: Mapping[str, float]) -> dict[str, Any]:
        """What is few enough numbers to stand in the epoch's line."""
        found: dict[str, Any] = {}
        if "neighbors" in arrays:
            graph = graph_scores(
                arrays["neighbors"], arrays.get("weights"), labels=arrays.get("labels"), truth=self.dataset.truth
            )
            found["scores"] = {**scored, **graph}
        if "q" in arrays:
            found["entropy"] = entropy_histogram(arrays["q"])
        found |= {name: [_finite(v) for v in arrays[name]] for name in ("mixing", "field_box") if name in arrays}
        return found

    def changed_params(self, epoch: int) -> Params | None:
        """New live parameters, if somebody asked for any: marks each change."""
        settled = self.writer.marked(epoch)  # computed again: what was changed then is changed again
        asked = self.control.take_changes() if settled is None else settled
        old, ranges = self.hp.flat(), dict(self.hp.ranges())
        changed = {name: value for name, value in asked.items() if ranges[name].live and value != old[name]}
        if not changed:
            return None
        self.hp = self.hp.but(changed)
        for name, value in changed.items():
            self.writer.mark(epoch, name, ranges[name].symbol or name, old[name], value)
        return self.hp

    def tell(self, state: str, tick: Tick | None = None, *, force: bool = False) -> None:
        """Writes status.json, at most five times a second unless forced."""
        now = time.monotonic()
        if not force and now - self.told < 0.2:
            return
        self.told = now
        within = tick.done / tick.total if tick and tick.total else 0.0
        planned = sum(self.plan.values())
        done = sum(min(self.in_phase.get(phase, 0), most) for phase, most in self.plan.items())
        per_epoch = float(np.median(self.seconds)) if self.seconds else None
        self.writer.status(
            state=state,
            phase=self.phase,
            doing=tick.doing if tick else "",
            progress=round(min(1.0, (done + within) / planned), 4) if planned else None,
            # at most: a method may end a phase early, and epochs of a later phase may take another time
            eta_seconds=None if per_epoch is None else round(max(planned - done - within, 0) * per_epoch, 1),
        )


def _finite(value: float) -> float | None:
    """JSON knows no NaN."""
    value = float(value)
    return round(value, 8) if math.isfinite(value) else None
