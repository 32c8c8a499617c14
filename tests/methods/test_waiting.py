"""No gradient step waits for a number: on an accelerator each such look stops the queue of kernels.

Counted are reads of single numbers (`.item()`, `float(...)`, `bool(...)`) and copies to the host, between the steps of
an epoch; what belongs to a snapshot, or to work between phases, may look at numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets.device import generator
from epochscope.testing import Trial
from epochscope.testing.trial import digits
from epochscope.types import Progress
from torch.utils._python_dispatch import TorchDispatchMode

WITH_A_NETWORK = [key for key, method in METHODS.items() if "net.widths" in method.params().flat()]

TO_BE_MENDED = ("dcn", "imsat", "spectralnet", "dcc")
"""Methods that fail here so far: they read numbers between steps, or have fewer than three steps an epoch."""


class Waits(TorchDispatchMode):
    """Counts the operations that make the host wait for a device, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name, given = str(func), dict(kwargs or {})
        to_host = name.startswith("aten._to_copy") and torch.device(given.get("device") or "meta").type == "cpu"
        if to_host or name.startswith(("aten._local_scalar_dense", "aten.item")):
            self.seen[name] += 1
        return func(*args, **given)


def waits_of(method_key: str, more: Mapping[str, Any]) -> tuple[Counter[str], int]:
    """What a short training waits for between its gradient steps, and how many of these steps there were."""
    trial, points = Trial(METHODS[method_key]), digits()
    run = trial.method.run(points.x, points.k, trial.short(more=more), generator(0))
    seen, steps = Counter[str](), 0
    within = False  # whether the last thing that came was a gradient step
    while True:
        with Waits() as waits:
            step = next(run, None)
        if step is None:
            return seen, steps
        is_step = isinstance(step, Progress) and not step.doing
        if is_step and within:
            seen += waits.seen
            steps += 1
        within = is_step


@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=[pytest.mark.xfail] * (key in TO_BE_MENDED)) for key in WITH_A_NETWORK]
)
def test_no_step_within_an_epoch_waits_for_a_number(key: str) -> None:
    seen, steps = waits_of(key, {"pretrain.epochs": 1, "cluster.epochs": 1, "critic.after": 0, "critic.ahead": 2})
    assert steps >= 3
    assert not seen


@pytest.mark.parametrize("look", [lambda t: t.sum().item(), lambda t: bool(t.any()), lambda t: t.to("cpu", copy=True)])
def test_the_counter_sees_what_waits(look: Any) -> None:
    with Waits() as waits:
        look(torch.ones(3))
    assert sum(waits.seen.values()) == 1
