"""What a run is trained with: other versions, another processor or another number of threads may round differently."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from epochscope import __version__
from epochscope.text import sanitize


def made_with(device: str) -> dict[str, Any]:
    """Versions, device, threads, precision and processor of this process, as info.json keeps them."""
    return {
        "epochscope": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device,
        "threads": torch.get_num_threads(),
        "precision": torch.get_float32_matmul_precision(),  # of matrix products
        "cpu": processor(),
    }


@functools.cache
def processor() -> str:
    """The name of the processor; where the system does not tell it, its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return sanitize(next(names, "") or platform.processor() or platform.machine(), 100)


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In words, what is not the same here as it was there. What one of them does not tell is not named."""
    return [f"{name} {then[name]} then, {value} now" for name, value in now.items() if then.get(name, value) != value]
