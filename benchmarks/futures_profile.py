"""Where the time of many seeds goes, and what the arithmetic alone takes: `python -m benchmarks.futures --profile`.

All numbers are seconds of one processor (of the thread that works), so that others on the machine disturb them less.
The arithmetic alone: the products of all layers and the optimizer, timed with nothing around them, of all members, on
the cores there are. No way to train the members can be faster than that.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import torch
from epochscope.futures import training as futures_training
from epochscope.nets import steps, together
from epochscope.nets.device import cores, threads

_SECONDS = 0.4  # for each bare timing
_ALONE, _STEPS, _BETWEEN, _TOLD, _WRITTEN = "step alone", "steps", "between steps", "scores and places", "written"


class Kind(NamedTuple):
    """Steps that are alike."""

    shapes: tuple[tuple[int, ...], ...]  # of what they train
    batch: int


class Parts:
    """Seconds of one processor by part of the work, from all threads."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.layers: Counter[Kind] = Counter()  # steps of each kind
        self._lock, self._inner = threading.Lock(), threading.local()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose time counts as this part, without that of parts within."""

        def call(*args: Any, **more: Any) -> Any:
            outer, self._inner.spent = getattr(self._inner, "spent", 0.0), 0.0
            began = time.thread_time()
            try:
                return function(*args, **more)
            finally:
                spent = time.thread_time() - began
                with self._lock:
                    self.seconds[name] += spent - self._inner.spent
                    self.calls[name] += 1
                self._inner.spent = outer + spent

        return call

    def seen(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function that takes a step alone; what the step trains is noted."""

        def call(step: Any) -> Any:
            shapes = tuple(tuple(one.shape) for group in step.optimizer.param_groups for one in group["params"])
            self.layers[Kind(shapes, len(step.inputs[0]))] += 1
            return function(step)

        return call

    @contextmanager
    def watching(self) -> Iterator[Parts]:
        """Context in which a run alone and futures are timed."""
        kind = futures_training._Training
        with (
            patch.object(steps, "_alone", self.timed(_ALONE, self.seen(steps._alone))),
            patch.object(together, "take_together", self.timed(_STEPS, together.take_together)),
            patch.object(together, "_go_on", self.timed(_BETWEEN, together._go_on)),
            patch.object(kind, "see", self.timed(_TOLD, kind.see)),
            patch.object(kind, "flush", self.timed(_WRITTEN, kind.flush)),
        ):
            yield self


def best(work: Callable[[], Any]) -> float:
    """Seconds of one processor that `work` takes: the least of many times, since whatever disturbs makes it longer."""
    work()
    took, until = [], time.perf_counter() + _SECONDS
    while time.perf_counter() < until or len(took) < 5:
        began = time.thread_time()
        work()
        took.append(time.thread_time() - began)
    return min(took)


def products(kind: Kind, members: int, *, batched: bool = False) -> float:
    """The products of one step of so many members: of each layer x W^T, and the two of its way back."""
    layers, batch = [shape for shape in kind.shapes if len(shape) == 2], kind.batch
    made = [
        (torch.randn(members, batch, f), torch.randn(members, d, f), torch.randn(members, batch, d)) for d, f in layers
    ]

    def stacked() -> None:
        for place, (x, weight, slope) in enumerate(made):
            torch.bmm(x, weight.transpose(1, 2))
            if place:  # nobody asks for the gradient of the data
                torch.bmm(slope, weight)
            torch.bmm(slope.transpose(1, 2), x)

    def each() -> None:
        for place, (x, weight, slope) in enumerate(made):
            for i in range(members):
                torch.mm(x[i], weight[i].t())
                if place:
                    torch.mm(slope[i], weight[i])
                torch.mm(slope[i].t(), x[i])

    return best(stacked if batched else each)


def descents(kind: Kind, members: int) -> float:
    """The optimizer's part of one step of so many members, in one call."""
    theta = [torch.randn(shape, requires_grad=True) for _ in range(members) for shape in kind.shapes]
    for one in theta:
        one.grad = torch.randn_like(one)
    return best(torch.optim.Adam(theta, lr=1e-4, fused=True).step)


def profile(alone: Callable[[], Any], many: Callable[[], Any], members: int) -> list[str]:
    """The table, line by line. `alone` trains one run, `many` trains all members."""
    parts = Parts()
    with parts.watching():
        began = time.process_time()
        alone()
        whole = time.process_time() - began
        kinds = dict(parts.layers)
        began = time.process_time()
        many()
        all_of_them = time.process_time() - began
    with threads(1):
        bare = {kind: [products(kind, 1), descents(kind, 1)] for kind in kinds}
    mm = sum(kinds[kind] * bare[kind][0] for kind in kinds)
    adam = sum(kinds[kind] * bare[kind][1] for kind in kinds)
    least = floor(kinds, members)
    rows = [
        ("one run: its steps", parts.seconds[_ALONE], ""),
        ("one run: all else", whole - parts.seconds[_ALONE], "codes of all points, k-means, scores, what is stored"),
        ("one run: in all", whole, f"{sum(kinds.values()):,} steps"),
        (f"{members} members: steps together", parts.seconds[_STEPS], f"{parts.calls[_STEPS]:,} batched steps"),
        (f"{members} members: between steps", parts.seconds[_BETWEEN], "draws, codes of all points, k-means"),
        (f"{members} members: scores and places", parts.seconds[_TOLD], ""),
        (f"{members} members: written", parts.seconds[_WRITTEN], ""),
        (f"{members} members: in all", all_of_them, f"{all_of_them / whole:.1f} times one run"),
        ("bare: products of one member", mm, f"{mm / parts.seconds[_ALONE]:.0%} of the steps of one run"),
        ("bare: optimizer of one member", adam, ""),
    ]
    table = [f"  {name:36} {seconds:8.3f} s  {note}".rstrip() for name, seconds, note in rows]
    return [
        *table,
        f"  Arithmetic alone, {members} members on {cores()} cores: {least:.3f} s, {least / whole:.1f} times one run.",
    ]


def steps_of(alone: Callable[[], Any]) -> dict[Kind, int]:
    """How many steps of each kind a run takes."""
    parts = Parts()
    with parts.watching():
        alone()
    return dict(parts.layers)


def floor(kinds: Mapping[Kind, int], members: int) -> float:
    """Seconds of the products and the optimizer of all members in the fastest way found here, a group on each core."""
    group = -(-members // cores())
    with threads(1):
        return sum(
            count * (min(products(kind, group), products(kind, group, batched=True)) + descents(kind, group))
            for kind, count in kinds.items()
        )
