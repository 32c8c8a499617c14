"""Explained moves kept beside a run, one file each: found again by the points, the epochs and the digests of these."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta
from safetensors import SafetensorError
from safetensors.numpy import load, save

from epochscope.files import opened, write_whole
from epochscope.inspect.moves import Move, MovePart, State
from epochscope.runs.format.bundled import is_shipped
from epochscope.runs.format.run import Run

_MOST_BYTES = 50_000_000  # of one, and of all beside a run: they count to the disk of whoever trained it
_Count = Annotated[int, Meta(ge=0, le=2**31)]


class _Part(msgspec.Struct, array_like=True):
    term: Annotated[str, Meta(max_length=60)]
    cluster: Annotated[int, Meta(ge=-1, le=1000)]
    own: bool


class _About(msgspec.Struct):
    """What is no array."""

    parts: Annotated[list[_Part], Meta(max_length=2000)]
    steps: _Count
    visits: _Count
    seconds: Annotated[float, Meta(ge=0, le=1e9)]
    nu: Annotated[float, Meta(gt=0, le=1e9)] | None
    since: _Count = 0  # the two epochs and the points: earlier versions had them in the name alone
    epoch: _Count = 0
    points: Annotated[list[_Count], Meta(max_length=1000)] = []


class Kept(NamedTuple):
    """What a kept move is about."""

    points: list[int]  # rows of the data
    since: int
    epoch: int


def write_move(run: Run, move: Move) -> None:
    """Keeps a move beside its run; where that cannot be written, or there are many, it is not kept."""
    state = {name: value for name, value in move.state._asdict().items() if isinstance(value, np.ndarray)}
    arrays = {"moved": move.moved, "true": move.true, **{f"state.{name}": value for name, value in state.items()}}
    about = {
        "parts": [list(part) for part in move.parts],
        "steps": move.steps,
        "visits": move.visits,
        "seconds": move.seconds,
        "nu": move.state.nu,
        "since": move.since,
        "epoch": move.epoch,
        "points": move.points.tolist(),
    }
    tensors: dict[str, np.ndarray] = {name: np.ascontiguousarray(one, np.float64) for name, one in arrays.items()}
    tensors["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path = _file(run, move.points.tolist(), move.since, move.epoch)
    if run.folder.is_dir():
        with contextlib.suppress(OSError):
            path.parent.mkdir(exist_ok=True)
            content, others = save(tensors), sum(one.lstat().st_size for one in path.parent.iterdir() if one != path)
            if others + len(content) <= _MOST_BYTES:
                write_whole(path, content)


def read_move(run: Run, rows: Sequence[int], since: int, epoch: int) -> Move | None:
    """The move that was kept; None if there is none, or its file does not hold what it should."""
    if not 0 <= since < epoch < len(run.epochs()):
        return None
    try:
        with opened(_file(run, rows, since, epoch)) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            return None
        return _decoded(load(content), np.array(sorted(rows)), since, epoch)
    except (OSError, SafetensorError, msgspec.MsgspecError, KeyError, ValueError):
        return None


def kept_moves(run: Run) -> list[Kept]:
    """What the moves are about that are kept beside this run, and still belong to its epochs."""
    found = []
    for path in sorted((run.folder / "moves").glob("*.safetensors")):
        try:
            with opened(path) as file:
                about = msgspec.json.decode(load(file.read(_MOST_BYTES))["about"].tobytes(), type=_About)
        except (OSError, SafetensorError, msgspec.MsgspecError, KeyError, ValueError):
            continue
        kept = Kept(about.points, about.since, about.epoch)
        if kept.points and read_move(run, *kept) is not None:
            found.append(kept)
    return sorted(found)


def ships_with_run(run: Run, kept: Kept) -> bool:
    """Whether this move came with a bundled run, and was not computed here."""
    return is_shipped(_file(run, *kept))


def _decoded(arrays: dict[str, np.ndarray], points: np.ndarray, since: int, epoch: int) -> Move:
    about = msgspec.json.decode(arrays["about"].tobytes(), type=_About)
    moved, true = arrays["moved"], arrays["true"]
    if moved.shape != (len(about.parts), *true.shape) or len(true) != len(points):
        raise ValueError("the arrays do not fit each other")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("a number is not finite")
    known = {name: arrays.get(f"state.{name}") for name in ("q", "p", "centers", "spread")}
    state = State(arrays["state.z"], **known, nu=about.nu)
    if not _fits(state, true.shape):
        raise ValueError("the state does not fit the arrays")
    parts = [MovePart(part.term, part.cluster, part.own) for part in about.parts]
    return Move(points, since, epoch, parts, moved, true, state, about.steps, about.visits, about.seconds)


def _fits(state: State, codes: tuple[int, ...]) -> bool:
    """Whether a state has a row for each point, the codes that were moved, and one number of clusters."""
    tables = [array for array in state[1:5] if isinstance(array, np.ndarray)]
    if len(codes) != 2 or state.z.shape != codes or any(array.ndim != 2 for array in tables):
        return False
    clusters = {array.shape[1] for array in (state.q, state.p) if array is not None}
    clusters |= {len(array) for array in (state.centers, state.spread) if array is not None}
    of_points = all(len(array) == codes[0] for array in (state.q, state.p) if array is not None)
    spread_fits = state.spread is None or state.centers is None or state.spread.shape == state.centers.shape
    return of_points and spread_fits and len(clusters) <= 1 and 0 not in clusters


def _file(run: Run, rows: Sequence[int], since: int, epoch: int) -> Path:
    table = run.epochs()
    digests = [table[at].get("digest", "") for at in (since, epoch)]
    name = hashlib.blake2b(json.dumps([sorted(rows), since, epoch, digests]).encode(), digest_size=10).hexdigest()
    return run.folder / "moves" / f"{name}.safetensors"
