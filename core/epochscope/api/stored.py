"""A run in one file: results, history, settings and weights, as safetensors (no pickle)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from epochscope.api.parts import RESULTS, About, Parts
from epochscope.api.points import Scaling
from epochscope.api.rule import Rule
from epochscope.files import write_whole
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.api.run import TrainedRun

_HEADER, _FORMAT, _NEW_ID = "epochscope", 1, "new_id"


class _Header(msgspec.Struct):
    """What stands in the header of the file."""

    format: int
    about: About
    scaling: str | None
    history: dict[str, dict[str, float | str | None]]  # column -> epoch -> value
    epochs: list[int]  # whose weights are in the file


def save(path: Path, run: Parts) -> Path:
    """Writes the file at once, in place of one that may be there. Raises EpochscopeError if it cannot be written."""
    from safetensors.numpy import save as as_bytes

    path = path if path.suffix else path.with_suffix(".safetensors")
    tensors = {f"result.{name}": value for name, value in run.results.items()}
    if run.scaling:
        tensors |= {"scaling.shift": run.scaling.shift, "scaling.width": run.scaling.width}
    for epoch, rule in run.rules.items():
        tensors |= {f"epoch.{epoch}.{name}": value for name, value in {**rule.weights, _NEW_ID: rule.new_id}.items()}
    table = json.loads(run.history.to_json(orient="columns", double_precision=15))
    header = _Header(_FORMAT, run.about, run.scaling.name if run.scaling else None, table, sorted(run.rules))
    whole = {name: np.ascontiguousarray(value) if value.ndim else value for name, value in tensors.items()}
    try:
        write_whole(path, as_bytes(whole, {_HEADER: msgspec.json.encode(header).decode()}))
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be written ({error.strerror or error}).") from None
    return path


def load(path: str | Path) -> TrainedRun:
    """The run that `run.save` wrote: results, history, settings and weights, so that it assigns new points.

    `at` and `show` need the run folder, too, if it is on this machine. Raises EpochscopeError for any other file.
    """
    import pandas as pd

    from epochscope.api.run import TrainedRun

    tensors, header = _read(Path(path))
    try:
        rules = {epoch: _rule(tensors, epoch, str(header.about.settings["method"])) for epoch in header.epochs}
        scaling = None
        if header.scaling is not None:
            scaling = Scaling(header.scaling, tensors["scaling.shift"], tensors["scaling.width"])
        history = pd.DataFrame(header.history)
        history.index = history.index.astype(int).rename("epoch")
    except (KeyError, ValueError) as error:
        raise _broken(Path(path), f"{error} is missing or wrong") from None
    results = {name: tensors[f"result.{name}"] for name in RESULTS if f"result.{name}" in tensors}
    return TrainedRun(Parts(header.about, results, rules, scaling, history))


def _rule(tensors: Mapping[str, np.ndarray], epoch: int, method: str) -> Rule:
    prefix = f"epoch.{epoch}."
    parts = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    return Rule(method, parts, parts.pop(_NEW_ID))


def _read(path: Path) -> tuple[dict[str, np.ndarray], _Header]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            if (header := (file.metadata() or {}).get(_HEADER)) is None:
                raise _broken(path, "it was not written by run.save")
            known = msgspec.json.decode(header, type=_Header)
            if known.format > _FORMAT:
                raise _broken(path, f"it has the format {known.format} of a newer epochscope: update epochscope")
            return {name: file.get_tensor(name) for name in list(file.keys())}, known
    except FileNotFoundError:
        raise EpochscopeError(f"There is no file {path}.") from None
    except (SafetensorError, msgspec.MsgspecError, OSError) as error:
        raise _broken(path, " ".join(str(error).split())[:200]) from None


def _broken(path: Path, why: str) -> EpochscopeError:
    return EpochscopeError(f"{path} is no run that can be loaded: {why}.")
