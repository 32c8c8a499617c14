"""2-D projections of the epochs of a run: newest epoch first while it trains, then the gaps.

Each frame starts from the nearest existing frame and is aligned with it, so that movement on the screen is movement of
the codes. Frames lie in the run folder beside the epochs, keyed by the projection and its parameters.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from jaxtyping import Float

from epochscope.files import write_whole
from epochscope.formulas.dispersion import rms_distance
from epochscope.projections import PROJECTIONS, DrawParams, Frame, Projection
from epochscope.projections.landmarks import placed
from epochscope.projections.pca import PCA
from epochscope.runs.format import locks
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.memory_frames import frames_in_memory, keep_in_memory, refuse, require_room_to_store
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import known
from epochscope.runs.training.frame_trust import mean_trust
from epochscope.runs.training.learned import weights_of
from epochscope.runs.training.packing import quantized
from epochscope.types import EpochscopeError

_log = logging.getLogger(__name__)
_STALLED_SECONDS = 10.0  # another process that adds no frame for so long is not waited for
_LOOK_SECONDS = 0.25  # how often it is looked whether the run has ended
_KEPT_EXACT = 64  # frames
_KEPT_POINTS = 4_000_000  # of all of them together
_AT_ONCE = threading.BoundedSemaphore(2)  # frames that this process computes: of whatever is asked for, in turns
ARROWS = 300  # points whose force is drawn: the first ones, which are a random sample

POINT = 1e-4  # codes are drawn as one point if their spread is at most this share of that of the first epoch


@dataclass(frozen=True)
class ProjectionSpec:
    """A projection with its parameters."""

    key: str
    params: Mapping[str, Any]
    stored_as: str = ""
    """Name of the folder of frames that an earlier version made: a parameter that came since would change it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", self.projection.params().but(self.params).flat())

    @property
    def projection(self) -> Projection:
        return known(PROJECTIONS, self.key, "projection")

    @property
    def name(self) -> str:
        """Name of the folder and in the address of the frames; differs if any parameter differs."""
        if self.stored_as:
            return self.stored_as
        digest = hashlib.sha256(json.dumps(self.params, sort_keys=True).encode()).hexdigest()
        return f"{self.key}-{digest[:10]}"


class Derivation:
    """One projection of one run over its epochs; `step` computes one frame.

    Where frames cannot be stored they are kept in memory. Where another process computes the same ones, it is left to
    it while it gets on; if it does not for some seconds, they are computed here, and kept in memory.
    """

    def __init__(self, run: Run, spec: ProjectionSpec) -> None:
        self.run, self.spec = run, spec
        self.folder = run.folder / "projections" / spec.name
        self._params = spec.projection.params().but(spec.params)
        self._lock: FileLock | None = None
        self._opened = False
        self._of_others: tuple[int, float] | None = None  # frames that another process has stored, since when
        self._lines: dict[int, dict[str, Any]] = {}  # epoch -> its frame
        self._exact: OrderedDict[int, np.ndarray] = OrderedDict()  # epoch -> xy before quantization, of the last ones
        self._weights: Mapping[str, np.ndarray] | None = None  # of a learned projection
        self._nothing_at: tuple[int, int] | None = None  # how many epochs and frames there were when none was missing
        self._first_spread: float | None = None  # root mean square distance of the first codes from their mean

    @property
    def journal(self) -> Journal:
        return self.run.frames(self.spec.name)

    def __enter__(self) -> Derivation:
        """Raises filelock.Timeout while another process computes the same frames."""
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Holds no file any longer; the next step opens it again."""
        if self._lock:
            self._lock.release()
        self._lock, self._opened = None, False

    def _open(self) -> None:
        if not frames_in_memory(self.folder):
            try:
                self._open_stored()
            except Timeout:
                raise
            except OSError:
                self._to_memory()
        self._lines, self._nothing_at = {line["epoch"]: line for line in self.journal.lines()}, None
        self._opened = True

    def _open_stored(self) -> None:
        self._there()
        require_room_to_store(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = locks.taken(self.folder / "lock", 0)
        self.journal.repair()
        write_whole(self.folder / "params.json", json.dumps({"key": self.spec.key, "params": self.spec.params}))
        (self.folder / "error.txt").unlink(missing_ok=True)

    def _there(self) -> None:
        if not self.run.folder.is_dir():
            raise EpochscopeError(f"{self.run.title} is no longer there.")

    def _to_memory(self) -> None:
        self._there()
        if self._lock:
            self._lock.release()
        self._lock = None
        keep_in_memory(self.folder, self.run.frames(self.spec.name))

    def _left_to_others(self) -> bool:
        """Whether another process computes these frames and gets on, or has nothing to do."""
        try:
            self._open()
            return False
        except Timeout:
            self._lines = {line["epoch"]: line for line in self.journal.lines()}
        count, now = len(self._lines), time.monotonic()
        if self._of_others is None or self._of_others[0] != count or self.pending() is None:
            self._of_others = count, now
        if now - self._of_others[1] < _STALLED_SECONDS:
            return True
        self._to_memory()
        self._open()
        return False

    def pending(self) -> int | None:
        """The epoch to compute next, or None. Newest first while the run is live."""
        table = self.run.epochs()
        counts = len(table), len(self._lines)
        if counts == self._nothing_at:
            return None
        codes = [line["epoch"] for line in table if "z" in line["has"]]
        if not codes:
            return 0 if table else None  # to say that there are none
        if codes[-1] not in self._lines:
            return codes[-1]
        missing = next((e for e in codes if e not in self._lines), None)
        if missing is None:
            self._nothing_at = counts
        return missing

    @property
    def finished(self) -> bool:
        """Whether every epoch has its frame, and no more will come. The last may come before the run is seen to end."""
        return self.pending() is None and not self.run.live and self.pending() is None

    def step(self) -> bool:
        """Computes one frame if one is missing; says whether it did.

        Raises EpochscopeError where that cannot be; it is kept for the page.
        """
        try:
            if not self._opened and self._left_to_others():
                return False
            epoch = self.pending()
            if epoch is None:
                return False
            self._compute(epoch)
            return True
        except EpochscopeError as error:
            self._refuse(str(error))
            raise
        except Exception as error:
            _log.exception("%s of %s failed", self.spec.name, self.run.id)
            why = f"{self.spec.projection.title} failed ({type(error).__name__}: {' '.join(str(error).split())[:200]})."
            self._refuse(why)
            raise EpochscopeError(why) from error

    def _refuse(self, why: str) -> None:
        try:
            if not self._lock:
                raise PermissionError
            write_whole(self.folder / "error.txt", why)
        except OSError:
            refuse(self.folder, why)

    def _compute(self, epoch: int) -> None:
        began = time.perf_counter()
        with _AT_ONCE:
            xy, centers, axes = self._frame(epoch)
        packed = quantized(xy, centers)
        m = len(xy)
        parts = {"xy": packed.values[:m].tobytes()}
        if centers is not None:
            parts["centers"] = packed.values[m:].tobytes()
        line: dict[str, Any] = {"epoch": epoch, "center": packed.center, "scale": packed.scale}
        if axes is not None:
            self._overlays(epoch, m, axes, parts, line)
        if not self.spec.projection.exact and (kept := mean_trust(self._codes(epoch), xy)) is not None:
            line["trust"] = kept
        line["seconds"] = round(time.perf_counter() - began, 4)
        try:
            self.journal.append(line, parts)
        except OSError:
            self._to_memory()
            self.journal.append(line, parts)
        self._lines[epoch] = self.journal.lines()[-1]
        self._exact[epoch] = xy
        while len(self._exact) > max(2, min(_KEPT_EXACT, _KEPT_POINTS // len(xy))):
            self._exact.popitem(last=False)

    def _overlays(
        self, epoch: int, m: int, axes: Float[np.ndarray, "d 2"], parts: dict[str, bytes], line: dict[str, Any]
    ) -> None:
        """Overlays that need a linear projection: spreads of clusters as ellipses, forces on some points as arrows."""
        spread, forces = self.run.array(epoch, "spread"), self.run.array(epoch, "forces")
        if spread is not None:
            parts["ellipses"] = ellipses(spread, axes).astype("<f4").tobytes()
        if forces is not None:
            arrows = np.nan_to_num(forces[: min(m, ARROWS)].astype(np.float64), posinf=0, neginf=0) @ axes
            line["force_scale"] = float(np.abs(arrows).max(initial=0)) or 1e-12
            parts["forces"] = np.round(arrows / line["force_scale"] * 32767).astype("<i2").tobytes()

    def _codes(self, epoch: int) -> Float[np.ndarray, "m d"]:
        z = self.run.array(epoch, "z")
        if z is None:
            raise EpochscopeError(f"Epoch {epoch} of this run holds no codes to project.")
        # drawn points lie in random order: any first part is a sample
        return z[: self._params.shown(len(z))].astype(np.float32)

    def _frame(self, epoch: int) -> Frame:
        """Points whose codes are not finite have no place (NaN): the others are drawn as if alone."""
        z, centers, projection = self._codes(epoch), self.run.array(epoch, "centers"), self.spec.projection
        finite = np.asarray(np.isfinite(z).all(axis=1))
        xy = np.full((len(z), 2), np.nan, np.float32)
        if not finite.any():
            return Frame(xy)
        shown = z[finite]
        if not projection.exact and self._is_point(shown):
            shown = np.tile(shown[0], (len(shown), 1))
        hp, project = self._params, projection.project
        if projection.place:
            self._weights = self._weights or weights_of(self.run, self.spec)
            xy[finite] = projection.place(shown, self._weights)
            return Frame(xy)
        fewer = self._params.drawn(len(shown)) < self._params.drawn(len(z))
        if fewer and (hp := self._params.fitted(len(shown))) is None:
            hp, project = DrawParams(), PCA.project
        before, laid_out = self._before(epoch, finite), hp.drawn(len(shown))
        landmarks, others = shown[:laid_out], shown[laid_out:]
        frame = project(landmarks, hp, None if before is None else before[:laid_out], self.run.spec.seed, centers)
        xy[finite] = np.concatenate([frame.xy, placed(others, landmarks, frame.xy)])
        return frame._replace(xy=xy)

    def _before(self, epoch: int, finite: np.ndarray) -> Float[np.ndarray, "some 2"] | None:
        """Where these points are in the nearest frame that has points; in its middle where it lacks one."""
        nearest = sorted(self._lines, key=lambda other: (abs(other - epoch), other))
        xy = next((xy for xy in map(self._known, nearest) if np.isfinite(xy).any()), None)
        return None if xy is None else np.where(np.isfinite(xy), xy, np.nanmean(xy, axis=0))[finite]

    def _is_point(self, z: Float[np.ndarray, "some d"]) -> bool:
        """Whether the codes are one point, measured by themselves or by the first codes of the run."""
        if self._first_spread is None:
            first = self._codes(0)
            first = first[np.isfinite(first).all(axis=1)]
            self._first_spread = rms_distance(first)
        return rms_distance(z) <= POINT * self._first_spread

    def _known(self, epoch: int) -> Float[np.ndarray, "m 2"]:
        """The coordinates of a frame that is there."""
        xy = self._exact.get(epoch)
        return read_xy(self.journal, self._lines[epoch]) if xy is None else xy


def ellipses(spread: Float[np.ndarray, "k d"], axes: Float[np.ndarray, "d 2"]) -> Float[np.ndarray, "k 3"]:
    """Covariance of each cluster in the plane, A^T diag(s^2) A, as its entries xx, xy, yy."""
    variance = spread.astype(np.float64) ** 2
    return variance @ np.stack([axes[:, 0] ** 2, axes[:, 0] * axes[:, 1], axes[:, 1] ** 2], axis=1)


def compute_frames(run: Run, spec: ProjectionSpec, wanted: Any = lambda: True) -> None:
    """Computes frames until the run has ended and none is missing, or `wanted()` is false. Never raises."""
    derivation, looked = Derivation(run, spec), -math.inf
    try:
        while wanted():
            if not derivation.step():
                if time.monotonic() - looked > _LOOK_SECONDS:
                    if derivation.finished:
                        return
                    looked = time.monotonic()
                time.sleep(0.03)
    except EpochscopeError:
        return  # it is kept for the page, or the run was deleted
    finally:
        derivation.close()
