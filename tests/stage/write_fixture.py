"""Writes the bundle that the browser's decoder is tested with: `python -m tests.stage.write_fixture`.

`tests/stage/bundle.bin` is the message, `bundle.json` says what is in it, `declared.json` how what is in it is read,
`folded.bin` is the same message folded. A test checks that Python still writes them so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from epochscope.portable.folding import Taken, folded
from epochscope.runs.training.packing import Packer, quantized
from epochscope.server import live
from epochscope.server.bundle import Bundle, unpacked

FOLDER = Path(__file__).parent
POINTS, CLUSTERS, NEIGHBORS = 6, 3, 2


def _arrays(epoch: int) -> dict[str, np.ndarray]:
    """Arrays of an epoch as a run stores them."""
    rng = np.random.default_rng(epoch)
    q = rng.dirichlet(np.ones(CLUSTERS), POINTS).astype(np.float32)
    return {
        "labels": q.argmax(axis=1),
        "q": q,
        "p": rng.dirichlet(np.ones(CLUSTERS), POINTS).astype(np.float32),
        "pi": rng.dirichlet(np.ones(CLUSTERS), POINTS).astype(np.float32),
        "forces": rng.normal(size=(POINTS, 4)).astype(np.float32),
        "weights": rng.uniform(0, 1, (POINTS, NEIGHBORS)).astype(np.float32),
        "neighbor_js": rng.uniform(0, 0.69, (POINTS, NEIGHBORS)).astype(np.float32),
        "field": rng.uniform(0, 1, 16).astype(np.float32),
        "field_codes": rng.normal(size=(5, 2)).astype(np.float32),
        "field_prior": rng.normal(size=(4, 2)).astype(np.float32),
        "affinity": rng.uniform(0, 1, (4, 4)).astype(np.float32),
    }


def _floats(values: np.ndarray) -> list[float]:
    return values.astype(float).ravel().tolist()


def fixture() -> tuple[bytes, dict[str, Any]]:
    """The message, and what the decoder should find in it."""
    places = np.array([[1, 2], [0, -1], [3, 4], [2, 5], [-1, 5], [3, 4]])  # -1: a neighbor that is not drawn
    pack, body = Packer(), Bundle()
    header: dict[str, Any] = {"status": {"state": "done"}, "live": False, "epochs": [], "frames": [], "marks": []}
    expected: dict[str, Any] = {"epochs": [], "frames": []}
    for epoch in (0, 1):
        arrays = {**_arrays(epoch), "neighbors": places}
        new, held = pack(epoch, arrays)
        at = {name: body.add(data) for name, data in new.items()}
        line = {"epoch": epoch, "phase": "cluster", "seconds": 0.5, "scores": {"acc": 0.25 * epoch}, "sizes": [3, 2, 1]}
        header["epochs"].append({**line, "at": at, "held": held})
        expected["epochs"].append(
            {**line, "held": held, "arrays": {key: _floats(each) for key, each in arrays.items()}}
        )
        xy = np.random.default_rng(10 + epoch).normal(size=(POINTS, 2))
        centers = np.random.default_rng(20 + epoch).normal(size=(CLUSTERS, 2))
        packed = quantized(xy, centers)
        header["frames"].append(
            {
                "epoch": epoch,
                "center": packed.center,
                "scale": packed.scale,
                "seconds": 0.1,
                "at": body.add(packed.values[:POINTS].tobytes()),
                "at_centers": body.add(packed.values[POINTS:].tobytes()),
            }
        )
        expected["frames"].append({"epoch": epoch, "xy": _floats(xy), "centers": _floats(centers)})
    return body.packed(header), expected


def declared_parts(message: bytes) -> dict[str, Any]:
    """What the server declares of the channels and lists of numbers in the message."""
    whole = live.declared()
    header, _ = unpacked(message)
    used = {name for line in header["epochs"] for name in (*line["at"], *line)}
    return {kind: {name: how for name, how in table.items() if name in used} for kind, table in whole.items()}


def folded_message(message: bytes) -> bytes:
    """The message, folded."""
    header, body = unpacked(message)
    epochs, frames = ([Taken(line, body) for line in header[name]] for name in ("epochs", "frames"))
    return folded(header, epochs, frames)


def main() -> None:
    """Writes all four files."""
    message, expected = fixture()
    (FOLDER / "declared.json").write_text(json.dumps(declared_parts(message), indent=1) + "\n")
    (FOLDER / "bundle.bin").write_bytes(message)
    (FOLDER / "folded.bin").write_bytes(folded_message(message))
    (FOLDER / "bundle.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
