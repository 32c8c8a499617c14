"""What the types of epochscope.runs.format.schema cannot say: how the parts of a run fit each other.

Sizes against settings, epochs against those before them, bytes against the sizes of the run. Each check raises
ValueError with what is wrong; the reader says where.
"""

from __future__ import annotations

from typing import Any

from epochscope.runs.format.arrays import AXES
from epochscope.runs.format.schema import MOST_EPOCHS, EpochLine, FrameLine, Info, ParamChange


def check_info(info: Info, k: int) -> None:
    """The sizes of info.json against each other and against the settings. Raises ValueError."""
    _ask(info["k"] == k, f"k is {info['k']}, but the run has {k} clusters")
    _ask(info["m"] <= info["n"], f"{info['m']} of {info['n']} points cannot be drawn")
    _ask(info["r"] <= info["m"], f"{info['r']} rows of {info['m']} drawn points cannot be shown")


def _ask(good: bool, otherwise: str) -> None:
    if not good:
        raise ValueError(otherwise)


_EDGES, _ARROWS, _PLANE, _EXAMPLES, _TILES = 20_000, 300, 2000, 24, 100  # at most (epochscope.runs.training.packing)


def channel_bytes(name: str, info: Info) -> tuple[int, int]:
    """How many bytes a channel of an epoch may have: (fewest, most). Raises ValueError for one that is not known."""
    m, r, k = info["m"], info["r"], info["k"]
    pixels = info["f"] if info.get("decodes") else 0
    known = {
        "labels": (m, m),
        "confidence": (m, m),
        "q": (r * k, r * k),
        "p": (r * k, r * k),
        "pi": (r * k, r * k),
        "pull": (4 + m, 4 + m),
        "edges": (8, 8 + 4 * _EDGES),
        "edge_weights": (4, 4 + _EDGES),
        "edge_js": (4, 4 + _EDGES),
        "field": (1, 1_000_000),
        "field_codes": (12, 12 + 4 * _PLANE),
        "field_prior": (12, 12 + 4 * _PLANE),
        "affinity": (4, 4 + 1_000_000),
        "decoded_centers": (0, _TILES * pixels),
        "samples": (0, _TILES * 8 * pixels),
        "reconstructions": (0, 2 * _EXAMPLES * pixels),
        "cross_reconstructions": (0, 3 * _EXAMPLES * pixels),
    }
    _ask(name in known, f"there is no channel {name[:40]!r}")
    return known[name]


def check_epoch(line: EpochLine, before: list[Any], info: Info | None) -> None:
    """A line of epochs.jsonl against those before it and against the sizes of the run. Raises ValueError."""
    epoch = len(before)
    _ask(line["epoch"] == epoch, f"epoch {line['epoch']} stands in the place of epoch {epoch}")
    for array, since in line["has"].items():
        _ask(array in AXES, f"there is no array {array[:40]!r}")
        _ask(since <= epoch, f"{array} is said to be of the later epoch {since}")
    for channel, since in line.get("held", {}).items():
        _ask(since < epoch and channel in before[since]["at"], f"{channel} is not among the bytes of epoch {since}")
    if info is None:
        return
    n, k = info["n"], info["k"]
    sizes = line.get("sizes")
    if sizes is not None:
        _ask(len(sizes) == k and sum(sizes) == n, f"sizes are not those of {n} points in {k} clusters")
    if (mixing := line.get("mixing")) is not None:
        _ask(len(mixing) == k, f"mixing has {len(mixing)} weights for {k} clusters")
    if (entropy := line.get("entropy")) is not None:
        _ask(sum(entropy) <= n, "entropy counts more points than there are")
    for channel, (_, size) in line["at"].items():
        fewest, most = channel_bytes(channel, info)
        _ask(fewest <= size <= most, f"{channel} has {size} bytes instead of {fewest} to {most}")


def check_param_change(line: ParamChange, before: list[Any], info: Info | None) -> None:
    """A line of marks.jsonl. Raises ValueError."""
    _ask(not line["at"], "a changed parameter has no bytes")
    _ask(len(before) < MOST_EPOCHS, "there are more changes than epochs")


def check_frame(line: FrameLine, before: list[Any], info: Info | None) -> None:
    """A line of frames.jsonl against the sizes of the run. Raises ValueError."""
    at = line["at"]
    _ask("xy" in at, "the points are missing")
    _ask(len(before) < 2 * MOST_EPOCHS, "there are more frames than epochs")
    _ask(at["xy"][1] % 4 == 0, "half a point")
    _ask(("forces" in at) == ("force_scale" in line), "forces and their scale come together")
    if info is None:
        return
    m, k = info["m"], info["k"]
    known = {"xy": (4, 4 * m), "centers": (4 * k, 4 * k), "ellipses": (12 * k, 12 * k), "forces": (4, 4 * _ARROWS)}
    for name, (_, size) in at.items():
        fewest, most = known.get(name, (0, -1))
        _ask(fewest <= size <= most and size % 4 == 0, f"{name[:40]} has {size} bytes")
