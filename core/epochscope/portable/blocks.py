"""A run in blocks: everything that the stage can ask of it, compressed, so that no server is needed.

Each block is gzip. "epochs", and one for the frames of each projection, are folded bundles (folding.py). "colors" and
"neighbors" are, too, with `lines` in the header instead of epochs and frames:

    colors     {"epoch", "match", "numbers", "at": {"entropy"}}: the answer to "hues" (epochscope.server.questions)
    neighbors  {"epoch", "at": {"places", "weights", "divergences"}}: uint16[m * w] each, rows of the drawn points, an
               array left out where it is that of an epoch before. A place of 65,535 is a point that is not drawn,
               65,534 no neighbor; weights and divergences (nats) count thousandths, 65,535 is none.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from epochscope.language import tr
from epochscope.limits import size as size_words
from epochscope.portable.folding import Folder, Taken, folded, into
from epochscope.runs.format.run import Run
from epochscope.runs.format.thumbnails import sheet_bytes
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.server import live, questions
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError

NONE, NO_NEIGHBOR = 65_535, 65_534
_MOST_BYTES = 400_000_000  # of arrays before compression
_MOST_NEIGHBOR_BYTES = 8_000_000  # before compression
_THOUSANDTHS = 1000


class PackedRun(NamedTuple):
    """A run in blocks."""

    info: dict[str, Any]  # what holds for the whole run
    state: dict[str, Any]  # the header of a bundle without epochs and frames
    blocks: dict[str, bytes]
    sprites: bytes | None  # pictures of the drawn points, PNG
    left_out: tuple[str, ...]  # what the stage shows elsewhere and this does not hold, in words


def frames_block(projection: ProjectionSpec) -> str:
    """The name of the block with the frames of a projection."""
    return f"frames {projection.name}"


def packed_run(run: Run, projections: Sequence[ProjectionSpec]) -> PackedRun:
    """The blocks of a run that has ended, with the frames of these projections that exist.

    Raises EpochscopeError if the run is damaged or has no epochs.
    """
    info = live.info(run) or {}
    _require_small(run, projections)
    header, epochs = _epochs(run)
    blocks = {"epochs": epochs}
    blocks |= {frames_block(projection): _frames(run, projection, header) for projection in projections}
    blocks["colors"] = _colors(run)
    left_out = [tr("colors by a feature of the data")]
    if "neighbors" in info["provides"]:
        neighbors = _neighbors(run)
        if neighbors:
            blocks["neighbors"] = neighbors
        else:
            info["provides"] = [name for name in info["provides"] if name != "neighbors"]
            left_out.append(tr("the list of a point's neighbors"))
    if sprite := info.get("sprite"):  # one sheet is handed over
        sprite["pictured"] = min(sprite["pictured"], sprite["tiles"])
        if sprite["pictured"] < info["m"]:
            left_out.append(tr("pictures of points beyond the first {n:,}", n=sprite["pictured"]))
    return PackedRun(info, header, blocks, sheet_bytes(run.folder, 0), tuple(left_out))


def _require_small(run: Run, projections: Sequence[ProjectionSpec]) -> None:
    """Raises EpochscopeError for a run that no browser would open from one page."""
    tables = [run.epochs(), *(run.frames(projection.name).lines() for projection in projections)]
    total = sum(size for lines in tables for line in lines for _, size in line["at"].values())
    if total > _MOST_BYTES:
        raise EpochscopeError(
            f"{run.title} holds {size_words(total)} for browsers, more than one page can show "
            f"({size_words(_MOST_BYTES)}): train it on fewer points or for fewer epochs, or export it as a zip."
        )


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _epochs(run: Run) -> tuple[dict[str, Any], bytes]:
    """The header that all bundles of the run share, and the block of its epochs."""
    taken: list[Taken] = []
    while True:
        header, body = unpacked(live.bundle(run, epochs=len(taken), projection="", frames=0))
        taken += [Taken(line, body) for line in header["epochs"]]
        if not header["epochs"] or len(taken) == header["recorded"]:
            break
    common = {**header, "live": False, "epochs": [], "frames": []}
    return common, _compressed(folded(common, epochs=taken))


def _frames(run: Run, projection: ProjectionSpec, common: dict[str, Any]) -> bytes:
    """The block of a projection: its last frame of each epoch, in the order of epochs."""
    taken: list[Taken] = []
    while True:
        message = live.bundle(run, epochs=common["recorded"], projection=projection.name, frames=len(taken))
        header, body = unpacked(message)
        if not header["frames"]:
            break
        taken += [Taken(line, body) for line in header["frames"]]
    by_epoch = {one.line["epoch"]: one for one in taken}
    return _compressed(folded(common, frames=[by_epoch[epoch] for epoch in sorted(by_epoch)]))


def _colors(run: Run) -> bytes:
    folder, lines = Folder(), []
    for line in run.epochs():
        known = questions.reply(run, "hues", {"epoch": str(line["epoch"])})
        made = {"epoch": line["epoch"], "match": known["match"], "numbers": known["numbers"], "at": {}}
        if known["entropy"] is not None:
            folder.add("entropy", bytes(known["entropy"]), "bytes", into(made["at"], "entropy"))
        lines.append(made)
    return _compressed(folder.packed({"lines": lines}))


def _neighbors(run: Run) -> bytes | None:
    """The neighbors of the drawn points at each epoch; None where they would take too much."""
    folder, lines, total = Folder(), [], 0
    before: dict[str, int | None] = {}
    for line in run.epochs():
        made: dict[str, Any] = {"epoch": line["epoch"], "at": {}}
        for name, sent in (("neighbors", "places"), ("weights", "weights"), ("neighbor_js", "divergences")):
            since = line["has"].get(name)
            if since is None or before.get(name) == since:
                continue
            before[name] = since
            array = run.array(line["epoch"], name)
            if array is None:
                continue
            data = _as_words(array, places=name == "neighbors").tobytes()
            total += len(data)
            if total > _MOST_NEIGHBOR_BYTES or len(array) >= NO_NEIGHBOR:
                return None
            made["width"] = array.shape[1]
            folder.add(sent, data, "words", into(made["at"], sent))
        lines.append(made)
    return _compressed(folder.packed({"lines": lines}))


def _as_words(array: np.ndarray, *, places: bool) -> np.ndarray:
    """Places of drawn points, or numbers in thousandths, as uint16."""
    finite = np.isfinite(array.astype(np.float64))
    values = np.where(finite, array, -1).astype(np.float64)
    if places:
        return np.where(finite, np.where(values < 0, NONE, values), NO_NEIGHBOR).astype("<u2")
    return np.where(finite, np.clip(np.rint(values * _THOUSANDTHS), 0, NO_NEIGHBOR), NONE).astype("<u2")
