"""epochscope: watch deep clustering happen, epoch by epoch."""

import os
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Before torch is imported: idle OpenMP threads must sleep. Spinning ones slow a training run up to 30-fold as soon as a
# browser or a projection wants the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> Any:
    """`from epochscope import Recorder`, and torch is loaded only then."""
    if name == "Recorder":
        return import_module("epochscope.recorder").Recorder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
