"""projector.safetensors: the network of a learned projection, beside its frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from epochscope.files import write_whole
from epochscope.runs.format import schema
from epochscope.runs.format.schema import DamagedError

NAME = "projector.safetensors"
_WRONG = (SafetensorError, ValueError, TypeError, KeyError, OverflowError, MemoryError)


def write(folder: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Stores the tensors of a network in the folder of its frames. Raises OSError."""
    write_whole(folder / NAME, save({name: np.ascontiguousarray(tensor) for name, tensor in weights.items()}))


def read(folder: Path) -> dict[str, np.ndarray] | None:
    """The tensors that are stored there; None if there are none. Raises DamagedError if they make no network."""
    path = folder / NAME
    try:
        weights = load(schema.read_bytes(path))
        _check(weights)
    except FileNotFoundError:
        return None
    except _WRONG as error:
        raise DamagedError(
            f"{path} is damaged ({' '.join(str(error).split())[:200]}); delete it, and it is learned again."
        ) from None
    return weights


def _check(weights: Mapping[str, np.ndarray]) -> None:
    """Raises ValueError unless the tensors fit each other and hold finite numbers."""
    d, h = len(weights["middle"]), len(weights["b0"])
    shapes = {"middle": (d,), "scale": (1,), "linear": (d, 2), "w0": (d, h), "b0": (h,), "w1": (h, h), "b1": (h,)}
    for name, shape in {**shapes, "w2": (h, 2)}.items():
        tensor = weights[name]
        if tensor.shape != shape or tensor.dtype not in (np.float32, np.float64):
            raise ValueError(f"{name} is {tensor.dtype} {tensor.shape} instead of {shape}")
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    if not weights["scale"][0] > 0:
        raise ValueError("scale is not positive")
