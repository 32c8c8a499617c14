"""What the callbacks share: codes of all points, in order, and the numbers that a framework has at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from epochscope.recorder import Recorder

Encode = Callable[[Any, Any], Any]
"""From the model and a batch of x to z, or to a dict of arrays by name as `Recorder.log` takes them (z, q, ...)."""


class CodeLog:
    """Logs the codes of x once an epoch. `x`: a tensor or an array of all points. `batch`: points at a time."""

    def __init__(self, recorder: Recorder, x: Any, encode: Encode, *, batch: int = 1024) -> None:
        self.recorder, self._x, self._encode, self._batch = recorder, x, encode, batch

    def __call__(self, model: Any, numbers: Mapping[str, Any]) -> None:
        """One epoch. `numbers`: by name; those that say "loss" are losses, other single ones measures; no others."""
        parts: list[Mapping[str, Any]] = []
        with torch.no_grad():
            for start in range(0, len(self._x), self._batch):
                made = self._encode(model, self._x[start : start + self._batch])
                parts.append(made if isinstance(made, Mapping) else {"z": made})
        arrays: dict[str, Any] = {
            name: torch.cat([torch.as_tensor(part[name]).detach().cpu() for part in parts]) for name in parts[0]
        }
        single = {name: float(value) for name, value in numbers.items() if _is_number(value)}
        losses = {name: value for name, value in single.items() if "loss" in name.lower()}
        measures = {name: value for name, value in single.items() if name not in losses}
        self.recorder.log(**arrays, losses=losses, measures=measures)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (hasattr(value, "numel") and value.numel() == 1)


def evaluated(log: CodeLog, module: torch.nn.Module, numbers: Mapping[str, Any]) -> None:
    """One epoch of a torch module, in evaluation mode meanwhile."""
    training = module.training
    module.eval()
    try:
        log(module, numbers)
    finally:
        module.train(training)
