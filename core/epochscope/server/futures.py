"""Futures for the browser: what is known from the start, and their epochs as bytes.

A message of epochs is a number of bytes (uint32, little-endian), a header of so many bytes (JSON, with spaces up to a
multiple of 4), and of each epoch that the header lists int16 numbers: places [member, m, 2], then, if it `has_labels`,
the clusters of the drawn points [member, m].
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from epochscope.futures.store import Futures
from epochscope.runs.format.spec import LIVE

_MOST_BYTES = 4_000_000  # of one message, about


def info(futures: Futures) -> dict[str, Any]:
    """Title, members, state, and once the data are loaded the sizes and the classes of the drawn points."""
    status, known = futures.status, futures.info
    about = {
        "title": futures.title,
        "members": [{"label": one.label, "seed": one.spec.seed} for one in futures.members],
        "status": status,
        "live": status["state"] in LIVE,
    }
    if known is None:
        return about
    truth = futures.points()["truth"]
    return about | {name: known[name] for name in ("n", "m", "k", "classes", "plan")} | {"truth": truth.tolist()}


def epochs_in(message: bytes) -> int:
    """How many epochs a message holds."""
    return len(json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])["epochs"])


def epochs(futures: Futures, start: int) -> bytes:
    """The epochs from number `start` on, as many as one message holds."""
    status = futures.status
    lines, blocks, size = [], [], 0
    for epoch in futures.epochs(start) if futures.info else []:
        found = futures.arrays(epoch.number)
        block = found.places.astype("<i2").tobytes()
        if found.labels is not None:
            block += found.labels[:, futures.points()["index"]].astype("<i2").tobytes()
        lines.append(
            {
                "epoch": epoch.number,
                "phase": epoch.phase,
                "members": epoch.members.tolist(),
                "has_labels": found.labels is not None,
                "scores": {
                    name: [None if np.isnan(one) else one for one in values.tolist()]
                    for name, values in epoch.scores.items()
                },
            }
        )
        blocks.append(block)
        size += len(block)
        if size > _MOST_BYTES:
            break
    last = not lines or lines[-1]["epoch"] + 1 >= status.get("epochs", 0)
    told = {"status": status, "live": status["state"] in LIVE, "last": last, "epochs": lines}
    header = json.dumps(told).encode()
    header += b" " * (-len(header) % 4)
    return b"".join([len(header).to_bytes(4, "little"), header, *blocks])
