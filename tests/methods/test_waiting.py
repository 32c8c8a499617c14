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

WAIT_FOR_A_SIZE = {
    "spectralnet": "its Siamese network leaves out equal points (weighted instead, the shown loss rounds otherwise)",
    "dcc": "its optimizer with two rates counts steps on the host: no device is waited for",
}
"""Methods that must know a number between steps, and what for."""

MORE_STEPS = {"imsat": {"cluster.batch": 50}}
"""So that there are three steps in an epoch of few points."""


LOOKS = (
    "aten._local_scalar_dense",
    "aten.item",
    "aten.nonzero",
    "aten.masked_select",
    "aten.unique",
    "aten._unique",
    "aten.bincount",
    "aten.repeat_interleave.Tensor",
    "aten.equal",
)
"""Reads of a number, and what must know numbers to say how large its result is."""


def _to_host(name: str, args: tuple[Any, ...], given: Mapping[str, Any]) -> bool:
    """Whether something is copied to the host; a copy of another type stays where it is."""
    other = given.get("dtype") not in (None, args[0].dtype) if args and isinstance(args[0], torch.Tensor) else False
    return name.startswith("aten._to_copy") and not other and torch.device(given.get("device") or "meta").type == "cpu"


def _by_mask(name: str, args: tuple[Any, ...]) -> bool:
    """Whether rows are chosen by a mask: how many there are is a number."""
    return name.startswith(("aten.index.", "aten.index_put")) and any(
        one is not None and one.dtype == torch.bool for one in args[1]
    )


class Waits(TorchDispatchMode):
    """Counts the operations that make the host wait for a device, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name, given = str(func), dict(kwargs or {})
        if name.startswith(LOOKS) or _to_host(name, args, given) or _by_mask(name, args):
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
    "key",
    [
        pytest.param(key, marks=pytest.mark.xfail(reason=WAIT_FOR_A_SIZE[key])) if key in WAIT_FOR_A_SIZE else key
        for key in WITH_A_NETWORK
    ],
)
def test_no_step_within_an_epoch_waits_for_a_number(key: str) -> None:
    more = MORE_STEPS.get(key, {})
    seen, steps = waits_of(
        key, {"pretrain.epochs": 1, "cluster.epochs": 1, "critic.after": 0, "critic.ahead": 2} | more
    )
    assert steps >= 3
    assert not seen


@pytest.mark.parametrize(
    "look",
    [
        lambda t: t.sum().item(),
        lambda t: bool(t.any()),
        lambda t: t.to("cpu", copy=True),
        lambda t: t.unique(),
        lambda t: t.nonzero(),
        lambda t: t[t > 0],
    ],
)
def test_the_counter_sees_what_waits(look: Any) -> None:
    with Waits() as waits:
        look(torch.ones(3))
    assert sum(waits.seen.values()) == 1
