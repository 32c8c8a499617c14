"""From the run folder to the wire: what a viewer does not have yet, as one bundle."""

from __future__ import annotations

import base64
import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from epochscope.figures import FIGURES
from epochscope.figures.curves import numbers_table
from epochscope.inspect.health.clusters import EMPTY_SHARE
from epochscope.runs.format import schema
from epochscope.runs.format.channels import CHANNELS, LINE_NUMBERS
from epochscope.runs.format.journal import Journal
from epochscope.runs.format.memory_frames import frames_in_memory, refusal
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import LIVE
from epochscope.runs.format.thumbnails import TILES, pictured_points
from epochscope.runs.library.findings import findings
from epochscope.runs.library.names import name_of
from epochscope.server import window
from epochscope.server.bundle import Bundle
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

MESSAGE_BYTES = 4_000_000
"""About the most one message carries; a viewer that has less asks again."""

_NOT_SENT = ("has", "digest", "order", "vectors", "lost_classes")  # of an epoch's line: of use to the writer alone


_LOOK_AGAIN = 0.02  # seconds for which what the files say of a run holds for all who ask
_KEEP_MESSAGE = 1.0  # seconds for which a message stands ready for other viewers with the same question
_MESSAGES = 8  # kept at most
_KEEP_FINDINGS = 3600.0  # seconds; another epoch is another question


class _Shared:
    """What many viewers ask at the same moment is worked out once: kept for some seconds, the last few answers only."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._known: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._asking = threading.Lock()
        self._busy: dict[Hashable, threading.Lock] = {}

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._asking:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:  # who asks the same meanwhile waits for this answer; other questions do not
            began = time.monotonic()
            at, found = self._known.get(key, (-1e9, None))
            if began - at > self._seconds:
                try:
                    found = make()
                except BaseException:
                    self._busy.pop(key, None)
                    raise
                with self._asking:
                    self._known[key] = (began, found)
                    self._known.move_to_end(key)
                    while len(self._known) > self._most:
                        old, _ = self._known.popitem(last=False)
                        self._busy.pop(old, None)
            return found


_states = _Shared(_LOOK_AGAIN, 256)
_messages = _Shared(_KEEP_MESSAGE, _MESSAGES)
_findings = _Shared(_KEEP_FINDINGS, 256)


def declared() -> dict[str, dict[str, Any]]:
    """What epochs may hold: the encoding of each channel, and whether each list of numbers counts points, its unit."""
    return {
        "channels": {name: channel.encoding for name, channel in CHANNELS.items()},
        "line_numbers": {name: {"counts": one.counts, "unit": one.unit} for name, one in LINE_NUMBERS.items()},
    }


def info(run: Run) -> dict[str, Any] | None:
    """What a browser needs to know once: sizes, names, labels of the drawn points, encodings of channels.

    None while the data are loading.
    """
    known = run.info
    if known is None:
        return None
    points = run.points()
    index = points["index"]
    truth = points["truth"][index]
    tile = known.pop("tile")
    return {
        **known,
        "id": run.id,
        "run_title": name_of(run),
        "index": _base64(index.astype("<u4")),
        "truth": _base64(truth.astype("<i2")) if (truth >= 0).any() else None,
        "sprite": tile
        and {
            "url": f"api/runs/{run.id}/sprites-{{sheet}}.png?{_version(run)}",
            "tiles": TILES,
            "pictured": pictured_points({**known, "tile": tile}),
            "tile_width": tile[0],
            "tile_height": tile[1],
            "columns": tile[2],
        },
        **declared(),
        "unused_share": EMPTY_SHARE,
        "tol": tol if type(tol := run.spec.params.get("cluster.tol")) in (int, float) else None,
    }


def _base64(numbers: np.ndarray) -> str:
    """The bytes of numbers as text: a list of them in JSON takes longer to write and to read."""
    return base64.b64encode(numbers.tobytes()).decode()


def _version(run: Run) -> str:
    """Changes with the pictures of a run, which browsers keep: an id may be deleted and come back with others."""
    try:
        return f"{(run.folder / 'sprites.png').stat().st_mtime_ns:x}"
    except OSError:
        return "0"


def state(run: Run, projection: str) -> tuple[int, int, int]:
    """Something cheap that differs as soon as a viewer should hear of it: (change of status, epochs, frames)."""
    return _states((run, projection), lambda: _state(run, projection))


def _state(run: Run, projection: str) -> tuple[int, int, int]:
    try:
        changed = (run.folder / "status.json").stat().st_mtime_ns
    except OSError:
        changed = 0
    return changed, len(run.epochs()), len(run.frames(projection).lines())


def bundle(run: Run, *, epochs: int, projection: str, frames: int, at: int | None = None, apart: bool = False) -> bytes:
    """What comes after the first `epochs` epochs and the first `frames` frames, as much of it as one message carries.

    `at`: the epoch that the viewer shows first; where all does not fit into one message, this epoch (the last one, if
    there are fewer) and the one before it come instead, ahead of the others. `apart`: of a run with many bytes, the
    large arrays of all but the last epochs may stay behind: the viewer asks for them by `window`.
    """
    asked = (run, epochs, projection, frames, at, apart, state(run, projection), projection_error(run, projection))

    def make() -> bytes:
        if at is None or _fits(run.epochs()[epochs:], run.frames(projection).lines()[frames:]):
            return _bundle(run, epochs, projection, frames, apart)
        return _ahead(run, projection, at)

    return _messages(asked, make)


def _fits(*tables: list[dict[str, Any]]) -> bool:
    """Whether the arrays of all these lines go into one message."""
    return sum(size for lines in tables for line in lines for _, size in line["at"].values()) < MESSAGE_BYTES


def _bundle(run: Run, epochs: int, projection: str, frames: int, apart: bool = False) -> bytes:
    body, header = Bundle(), _header(run, projection)
    table, drawn = run.epochs(), run.frames(projection).lines()
    first_whole = len(table) - 2 if apart and window.end_of(table) + window.end_of(drawn) > window.WHOLE_BYTES else 0
    # Frames and epochs alternate, so that a viewer that catches up can play from the first message on.
    new_epochs, new_frames = iter(table[epochs:]), iter(drawn[frames:])
    while body.size < MESSAGE_BYTES:
        epoch, frame = next(new_epochs, None), next(new_frames, None)
        if epoch is None and frame is None:
            break
        if epoch is not None:
            near = window.near(table, epoch) if epoch["epoch"] < first_whole else {"at": epoch["at"]}
            header["epochs"].append(_epoch(run, {**epoch, **near}, near["at"], body))
        if frame is not None:
            header["frames"].append(_frame(run.frames(projection), frame, body, frame["epoch"] < first_whole))
    complete = len(header["epochs"]) == len(table) - epochs and len(header["frames"]) == len(drawn) - frames
    wanted = sum("z" in line["has"] for line in table)  # where not every epoch stores codes, the others have no frame
    coming = header["status"]["state"] in LIVE or (len(drawn) < wanted and "projection_error" not in header)
    header["live"] = coming or not complete
    return body.packed(header)


def _ahead(run: Run, projection: str, at: int) -> bytes:
    """One epoch, the one before it for what changed between them, and their frames: whole, so that both can be drawn
    without any other.
    """
    body, header = Bundle(), _header(run, projection)
    table, drawn = run.epochs(), {line["epoch"]: line for line in run.frames(projection).lines()}
    last = min(at, len(table) - 1)
    for line in table[max(0, last - 1) : last + 1]:
        held = {name: table[since]["at"][name] for name, since in line.get("held", {}).items()}
        header["epochs"].append({**_epoch(run, line, {**held, **line["at"]}, body), "held": {}})
        if frame := drawn.get(line["epoch"]):
            header["frames"].append(_frame(run.frames(projection), frame, body))
    return body.packed({**header, "ahead": True, "live": True})


def _header(run: Run, projection: str) -> dict[str, Any]:
    """What a message's header says of the whole run, and empty lists for its epochs and frames."""
    about: dict[str, Any] = {"status": run.status, "recorded": len(run.epochs()), "marks": run.param_changes()}
    if (known := run.info) and (run.spec.external or known.get("finds_k")):
        about["grown"] = {name: known[name] for name in ("provides", "numbers", "k")}
    if message := projection_error(run, projection):
        about["projection_error"] = message
    return {**about, "epochs": [], "frames": []}


def _epoch(run: Run, line: dict[str, Any], places: Mapping[str, Any], body: Bundle) -> dict[str, Any]:
    """An epoch for the header; its arrays, which lie at these places in the run's file, go into the body."""
    at = {name: body.add(run.journal.read(where)) for name, where in places.items()}
    sent = {key: value for key, value in line.items() if key not in _NOT_SENT}
    return {**sent, "numbers": numbers(run, line), "at": at}


def numbers(run: Run, line: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The numbers that figures compute themselves of an epoch that has what they need; none where one fails at it."""
    made = {}
    for key, figure in FIGURES.items():
        if figure.numbers and figure.needs <= line["has"].keys():
            made[numbers_table(key)] = _numbers_of(run, line["epoch"], key)
    return made


@functools.lru_cache(maxsize=16_384)
def _numbers_of(run: Run, epoch: int, key: str) -> dict[str, float]:
    figure = FIGURES[key]
    try:
        arrays = {name: run.array(epoch, name) for name in figure.needs}
        found = figure.numbers(arrays) if figure.numbers else {}  # type: ignore[arg-type]
        return {str(name): float(value) for name, value in found.items() if np.isfinite(value)}
    except Exception as error:  # a plugin's mistake, a file that is gone: the curve has a gap, the run is shown
        logging.getLogger(__name__).warning("The figure %s fails at epoch %d: %r", key, epoch, error)
        return {}


def arrays(run: Run, *, projection: str, epochs: list[int]) -> bytes:
    """What stays apart of these epochs, as a bundle: their large arrays, and their frames; as many of them, from the
    first on, as one message carries. Those that there are not are left out.
    """
    body = Bundle()
    header: dict[str, Any] = {"epochs": [], "frames": []}
    table, drawn = run.epochs(), {line["epoch"]: line for line in run.frames(projection).lines()}
    for epoch in epochs:
        if body.size >= MESSAGE_BYTES:
            break
        if epoch < len(table):
            at = {name: body.add(run.journal.read(at)) for name, at in window.far(table, table[epoch]).items()}
            header["epochs"].append({"epoch": epoch, "at": at})
        if frame := drawn.get(epoch):
            header["frames"].append(_frame(run.frames(projection), frame, body))
    return body.packed(header)


def _frame(journal: Journal, line: dict[str, Any], body: Bundle, apart: bool = False) -> dict[str, Any]:
    found = {key: line[key] for key in ("epoch", "center", "scale", "seconds")}
    if apart:
        found["apart"] = line["at"]["xy"][1]
    else:
        found["at"] = body.add(journal.read(line["at"]["xy"]))
    found |= {key: line[key] for key in ("force_scale", "trust") if key in line}
    for name in ("centers", "ellipses", "forces"):
        if name in line["at"]:
            found[f"at_{name}"] = body.add(journal.read(line["at"][name]))
    return found


def problems(run: Run) -> dict[str, Any]:
    """How many findings about a run say that something is wrong or odd, and the worst and first of them."""

    def found() -> dict[str, Any]:
        wrong = [note for level in ("bad", "odd") for note in findings(run) if note.level == level]
        first = wrong[0] if wrong else None
        return {"count": len(wrong), "worst": first.level if first else "", "first": first.sentence if first else ""}

    return _findings((run, len(run.epochs())), found)


def projection_error(run: Run, projection: str) -> str:
    """Why this projection has no frames, if it said so."""
    folder = run.folder / "projections" / projection
    if (why := refusal(folder)) or frames_in_memory(folder):
        return sanitize(why, 1000)
    try:
        content = schema.read_bytes(folder / "error.txt")
    except OSError:
        return ""
    except EpochscopeError as error:
        return str(error)
    return sanitize(content.decode("utf-8", "replace"), 1000)
