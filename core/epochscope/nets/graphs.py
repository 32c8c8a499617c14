"""Steps of one training as recorded graphs: on a GPU, launching small operations costs more than doing them.

A step that comes again with the same shapes and numbers is captured as a CUDA graph and from then on done by one
launch. Nothing of Python runs in it any more, so whatever may change is an input (the batch, the learning rate of Adam)
or makes another graph (a hyperparameter, the size of the last batch). A step that cannot be captured stays as it is.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from epochscope import settings

SEEN_BEFORE = 10
"""Times that a step is done as usual before it is captured: libraries choose and load their kernels meanwhile."""
MOST = 8
"""Graphs that are kept for one training: each has activations of its own."""
_MOST_COUNTED = 64  # kinds of steps that are counted, so that a number that always changes costs no memory

Terms = Mapping[str, Tensor]
Work = Callable[[tuple[Tensor, ...]], Terms]
"""The step for these inputs, and the terms of its loss."""


@runtime_checkable
class Graph(Protocol):
    """Operations on fixed places in memory."""

    def replay(self) -> None:
        """Does all of them again."""


Capture = Callable[[Callable[[], None]], Graph]
"""Records what a function does with tensors, without having done it before the first replay."""

_here = threading.local()
_adding = threading.Lock()
_all: WeakKeyDictionary[torch.optim.Optimizer, Graphs] = WeakKeyDictionary()


def graphs_of(optimizer: torch.optim.Optimizer) -> Graphs | None:
    """The graphs of a training; None where its steps are done one operation after another."""
    capture = capture_on(optimizer.param_groups[0]["params"][0].device)
    if capture is None:
        return None
    with _adding:
        if (known := _all.get(optimizer)) is None:
            known = _all[optimizer] = Graphs(optimizer, capture)
        return known


def capture_on(device: torch.device) -> Capture | None:
    """How steps on this device are captured in this thread; None if they are not."""
    on_gpu = _on_cuda if device.type == "cuda" and not settings.EAGER() else None
    return getattr(_here, "capture", None) or on_gpu


@contextmanager
def captured_by(capture: Capture) -> Iterator[None]:
    """Context in which this thread captures steps in this way, whatever the device."""
    _here.capture = capture
    try:
        yield
    finally:
        _here.capture = None


class Graphs:
    """The captured steps of one optimizer, those that were used last."""

    def __init__(self, optimizer: torch.optim.Optimizer, capture: Capture) -> None:
        self._groups, self._capture = optimizer.param_groups, capture
        self._kept: OrderedDict[Hashable, _Captured] = OrderedDict()
        self._seen: OrderedDict[Hashable, int] = OrderedDict()
        self.refused = ""  # why nothing is captured any more

    def do(self, work: Work, inputs: tuple[Tensor, ...], kind: Hashable) -> Terms:
        """Does a step by its graph if there is one. `kind`: whatever makes it another step than one before."""
        if self.refused:
            return work(inputs)
        key = (kind, tuple((t.shape, t.dtype, t.device) for t in inputs), self._rates())
        if key not in self._kept and not (self._is_due(key) and self._add(key, work, inputs)):
            return work(inputs)
        self._kept.move_to_end(key)
        return self._kept[key].replay(inputs)

    def __len__(self) -> int:
        return len(self._kept)

    def _rates(self) -> tuple[float, ...]:
        """The learning rates that a graph would hold for good; Adam reads its own from memory."""
        return tuple(group["lr"] for group in self._groups if not isinstance(group["lr"], Tensor))

    def _is_due(self, key: Hashable) -> bool:
        self._seen[key] = seen = self._seen.pop(key, 0) + 1
        if len(self._seen) > _MOST_COUNTED:
            self._seen.popitem(last=False)
        return seen > SEEN_BEFORE

    def _add(self, key: Hashable, work: Work, inputs: tuple[Tensor, ...]) -> bool:
        try:
            self._kept[key] = _Captured(work, inputs, self._capture)
        except RuntimeError as error:  # an operation that asks the device for a number, memory that is not there
            self.refused = str(error) or type(error).__name__
            logging.getLogger(__name__).warning(
                "A step is not captured as a graph, and done as usual: %s", self.refused
            )
            return False
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return True


class _Captured:
    """A graph with the place of its inputs and of what comes out."""

    def __init__(self, work: Work, inputs: tuple[Tensor, ...], capture: Capture) -> None:
        self._inputs = tuple(t.clone() for t in inputs)
        self._terms: Terms = {}
        self._graph = capture(functools.partial(self._do, work))

    def _do(self, work: Work) -> None:
        self._terms = work(self._inputs)

    def replay(self, inputs: tuple[Tensor, ...]) -> Terms:
        for place, values in zip(self._inputs, inputs, strict=True):
            place.copy_(values)
        self._graph.replay()
        return self._terms


def _on_cuda(work: Callable[[], None]) -> Graph:
    graph = torch.cuda.CUDAGraph()
    # other threads may use the device meanwhile: what they do is no part of the graph and no reason to give up
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        work()
    return graph
