"""What the files of futures may hold, as epochscope.runs.format.schema for those of runs: types, bounds, lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NotRequired, Optional, TypedDict

import numpy as np
from msgspec import Meta
from safetensors import SafetensorError, safe_open

from epochscope.files import opened, reason, require_file
from epochscope.runs.format import schema
from epochscope.types import EpochscopeError

MOST_MEMBERS = 1000
_MOST_BYTES = 50_000_000  # of a file of text
_MOST_VALUES = 1_000_000_000  # of an array
_WRONG = (OSError, SafetensorError, ValueError, TypeError, KeyError, MemoryError, OverflowError)


class Format(TypedDict):
    """What a file of any format says."""

    format: Annotated[int, Meta(ge=1, le=2**31)]


class MemberFile(TypedDict):
    """One of the futures in futures.json."""

    label: schema.Line
    k: Annotated[int, Meta(ge=1, le=schema.MOST_CLUSTERS)]
    seed: schema.Seed
    params: schema.Scalars


class FuturesFile(TypedDict):
    """futures.json"""

    title: schema.Line
    created: schema.Moment
    spec: dict[str, Any]  # checked by RunSpec
    members: Annotated[list[MemberFile], Meta(min_length=1, max_length=MOST_MEMBERS)]


class Status(schema.Status):
    """status.json"""

    training: NotRequired[schema.Count]  # members that have not ended


class Info(TypedDict):
    """info.json"""

    n: Annotated[int, Meta(ge=1, le=schema.MOST_POINTS)]
    f: Annotated[int, Meta(ge=1, le=2**31)]
    m: Annotated[int, Meta(ge=1, le=schema.MOST_DRAWN)]
    k: Annotated[int, Meta(ge=1, le=schema.MOST_CLUSTERS)]
    classes: Annotated[list[schema.Line], Meta(max_length=10_000)]
    plan: Annotated[dict[schema.Name, schema.Count], Meta(max_length=50)]
    made_with: NotRequired[schema.Scalars]


class EpochLine(TypedDict):
    """A line of epochs.jsonl."""

    epoch: schema.Epoch
    phase: schema.Name
    members: Annotated[list[schema.Count], Meta(min_length=1, max_length=MOST_MEMBERS)]
    scores: Annotated[dict[schema.Name, list[Optional[schema.Finite]]], Meta(max_length=20)]  # noqa: UP045  # as there
    digests: NotRequired[Annotated[list[schema.Name], Meta(max_length=MOST_MEMBERS)]]


def content(path: Path) -> bytes:
    """The content of a file of text. Raises OSError, and ValueError where it is too long."""
    with opened(path) as file:
        found = file.read(_MOST_BYTES + 1)
    if len(found) > _MOST_BYTES:
        raise ValueError("it is too long")
    return found


def read(path: Path, kind: Any) -> Any:
    """A file as `kind`; None where there is none. Raises EpochscopeError where it does not fit."""
    try:
        return schema.parsed(content(path), kind)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise damaged(path, error) from None


def damaged(path: Path, error: Exception) -> EpochscopeError:
    """What to say of a file that does not fit."""
    words = reason(error) if isinstance(error, OSError) else " ".join(str(error).split())[:200] or "it does not fit"
    return EpochscopeError(f"{path} is missing or damaged ({words}); train these futures again.")


def check_line(line: Mapping[str, Any], epoch: int, members: int) -> None:
    """Raises ValueError where the line of an epoch does not fit its place or the number of members."""
    named = line["members"]
    if line["epoch"] != epoch:
        raise ValueError(f"it is epoch {line['epoch']} instead of {epoch}")
    if max(named) >= members or len(set(named)) != len(named):
        raise ValueError("it names members that are not there, or one of them twice")
    if any(len(values) != len(named) for values in line["scores"].values()):
        raise ValueError("its scores are not those of its members")
    if len(line.get("digests", ())) not in (0, len(named)):
        raise ValueError("its digests are not those of its members")


def read_arrays(path: Path, shapes: Mapping[str, Sequence[int | None]], optional: Sequence[str] = ()) -> dict[str, Any]:
    """Whole numbers by name, each of this shape (None: any length). Raises EpochscopeError where they do not fit."""
    found: dict[str, np.ndarray] = {}
    try:
        require_file(path)
        with safe_open(path, "np") as file:
            there = set(file.keys())
            for name, wanted in shapes.items():
                if name in optional and name not in there:
                    continue
                part = file.get_slice(name)
                _check_header(name, part.get_dtype(), part.get_shape(), wanted)
                found[name] = file.get_tensor(name)
    except _WRONG as error:
        raise damaged(path, error) from None
    return found


def _check_header(name: str, dtype: str, shape: Sequence[int], wanted: Sequence[int | None]) -> None:
    if dtype not in ("I8", "U8", "I16", "U16", "I32", "I64"):
        raise ValueError(f"{name} are {dtype} instead of whole numbers")
    if len(shape) != len(wanted) or any(b not in (None, a) for a, b in zip(shape, wanted, strict=True)):
        raise ValueError(f"the shape of {name} is {tuple(shape)}")
    if float(np.prod([float(size) for size in shape])) > _MOST_VALUES:
        raise ValueError(f"{name} are too many")
