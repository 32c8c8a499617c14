"""What the types of epochscope.runs.format.schema cannot say: how the parts of a run fit each other.

Sizes against settings, epochs against those before them, bytes against the sizes of the run. Each check raises
ValueError with what is wrong; the reader says where.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from epochscope.runs.format.arrays import AXES
from epochscope.runs.format.channels import CHANNELS, LINE_NUMBERS, byte_range, count_range
from epochscope.runs.format.schema import MOST_EPOCHS, EpochLine, FrameLine, Info, ParamChange


def check_info(info: Info, k: int, *, grows: bool) -> None:
    """The sizes of info.json against each other and against the settings. Raises ValueError.

    `grows`: whether the run may have got more clusters than it began with.
    """
    _ask(info["k"] == k or (grows and info["k"] > k), f"k is {info['k']}, but the run has {k} clusters")
    _ask(info["m"] <= info["n"], f"{info['m']} of {info['n']} points cannot be drawn")
    _ask(info["r"] <= info["m"], f"{info['r']} rows of {info['m']} drawn points cannot be shown")


def _ask(good: bool, otherwise: str) -> None:
    if not good:
        raise ValueError(otherwise)


MOST_EPOCH_BYTES = 64_000_000
"""Of all channels of an epoch together: it travels as a whole."""
_ARROWS = 300  # forces of a frame at most (epochscope.runs.training.projection_frames)


def channel_bytes(name: str, info: Info, k: int) -> tuple[int, int]:
    """How many bytes a channel of an epoch with k clusters may have: (fewest, most). Raises ValueError if unknown."""
    _ask(name in CHANNELS, f"there is no channel {name[:40]!r}")
    pixels = info["f"] if info.get("decodes") else 0
    return byte_range(CHANNELS[name], {"m": info["m"], "r": info["r"], "k": k, "f": pixels})


def _check_line_numbers(line: Mapping[str, Any], info: Info, k: int) -> None:
    """Lengths and sums of the lists of numbers in a line of k clusters."""
    for name, declared in LINE_NUMBERS.items():
        numbers = line.get(name)
        if numbers is None:
            continue
        fewest, most = count_range(declared.length, {"k": k})
        bounds = f"{most}" if fewest == most else f"{fewest} to {most}"
        _ask(fewest <= len(numbers) <= most, f"{name} has {len(numbers)} numbers instead of {bounds}")
        if declared.counts:
            points = info["n"] - (line.get("unassigned", 0) if declared.partition else 0)
            all_points = sum(numbers) == points if declared.partition else sum(numbers) <= points
            _ask(all_points, f"{name} counts {sum(numbers)} of {info['n']} points")


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
    k = line.get("k", info["k"])
    _ask(k <= info["k"], f"it has {k} clusters, and the run {info['k']}")
    _check_line_numbers(line, info, k)
    for channel, (_, size) in line["at"].items():
        fewest, most = channel_bytes(channel, info, k)
        _ask(fewest <= size <= most, f"{channel} has {size} bytes instead of {fewest} to {most}")
    size = sum(size for _, size in line["at"].values())
    _ask(size <= MOST_EPOCH_BYTES, f"its channels have {size:,} bytes, more than {MOST_EPOCH_BYTES:,}")


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
    known = {"xy": (4, 4 * m), "centers": (4, 4 * k), "ellipses": (12, 12 * k), "forces": (4, 4 * _ARROWS)}
    for name, (_, size) in at.items():
        fewest, most = known.get(name, (0, -1))
        _ask(fewest <= size <= most and size % 4 == 0, f"{name[:40]} has {size} bytes")
