"""A stand-in for CUDA graphs on the CPU: the operations of a function, on fixed places, done again without it.

As with a graph, nothing of Python runs at a replay: a number that was read or a branch that was taken while recording
is there for good. Recording leaves no trace in these places: what was written is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

READS = ("aten._local_scalar_dense", "aten.item")


class Tape(TorchDispatchMode):
    """Records operations; `replay` does them again."""

    def __init__(self) -> None:
        super().__init__()
        self._done: list[tuple[Any, Any, Any, Any]] = []
        self._before: dict[int, tuple[Tensor, Tensor]] = {}
        self.replays = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if str(func).startswith(READS):
            raise RuntimeError("operation not permitted when stream is capturing")
        given = dict(kwargs or {})
        if func._schema.is_mutable:
            self._keep(tree_leaves((args, given)))
        out = func(*args, **given)
        self._done.append((func, args, given, out))
        return out

    def _keep(self, leaves: list[Any]) -> None:
        for one in leaves:
            if isinstance(one, Tensor) and one.data_ptr() not in self._before:
                self._before[one.data_ptr()] = one, one.detach().clone()

    def put_back(self) -> None:
        """Every place as it was before the recording."""
        with torch.no_grad():
            for place, values in reversed(self._before.values()):
                place.detach().copy_(values)
        self._before.clear()

    def replay(self) -> None:
        """Does all operations again, on the same places."""
        self.replays += 1
        with torch.no_grad():
            for func, args, given, out in self._done:
                again = func(*args, **given)
                if not func._schema.is_mutable:
                    for place, values in zip(tree_leaves(out), tree_leaves(again), strict=True):
                        if isinstance(place, Tensor) and place.data_ptr() != values.data_ptr():
                            place.detach().copy_(values)


class Recorder:
    """Captures steps on tapes, and keeps these."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []

    def __call__(self, work: Callable[[], None]) -> Tape:
        with Tape() as tape:
            work()
        tape.put_back()
        self.tapes.append(tape)
        return tape
