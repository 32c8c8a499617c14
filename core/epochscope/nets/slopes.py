"""The gradients of a loss of several trainings, by a program that is recorded once.

What autograd, torch.vmap and Python add to an operation costs more than many of the operations. So a loss that comes
again with the same shapes and numbers is traced into the operations that it and its way back consist of. They are the
same, in the same order, so their numbers have the same bits. A loss that cannot be traced is computed as before.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from epochscope.formulas.stacking import stacking

SEEN_BEFORE = 3
"""Times that a loss is computed as usual before it is traced, which takes as long as some twenty steps."""
MOST = 8
"""Programs that are kept, those that were used last; as many kinds of steps are counted eight times over."""

_tracing = threading.Lock()  # torch's tracer puts its own functions into classes that all threads use, and back

Named = Mapping[str, Tensor]
Found = tuple[Mapping[str, Tensor | None], Named]
"""The gradients of the weights by name, None where the loss does not depend on one; and the terms of the loss."""


class Slopes:
    """The recorded programs of some trainings that advance together."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Program] = OrderedDict()
        self._seen: OrderedDict[Hashable, int] = OrderedDict()
        self.refused = ""  # why nothing is recorded any more

    def of(
        self, loss: Callable[..., Any], weights: Named, inputs: tuple[Tensor, ...], apart: Named, kind: Hashable
    ) -> Found:
        """Of a loss of one training, stacked weights and inputs, and numbers that differ. `kind`: whatever else makes
        it another loss than one before.
        """
        key = (kind, tuple((one.shape, one.dtype) for one in inputs))
        if key not in self._kept and not (self._is_due(key) and self._add(key, loss, weights, inputs, apart)):
            return _slopes(loss, weights, inputs, apart)
        self._kept.move_to_end(key)
        return self._kept[key].run(weights, inputs, apart)

    def __len__(self) -> int:
        return len(self._kept)

    def _is_due(self, key: Hashable) -> bool:
        self._seen[key] = seen = self._seen.pop(key, 0) + 1
        if len(self._seen) > 8 * MOST:
            self._seen.popitem(last=False)
        return seen > SEEN_BEFORE and not self.refused

    def _add(self, key: Hashable, *call: Any) -> bool:
        try:
            self._kept[key] = _Program(*call)
        except Exception as error:  # whatever the tracer of torch cannot follow: an operation that asks for a number
            self.refused = str(error) or type(error).__name__
            logging.getLogger(__name__).warning("A loss is not recorded, and computed as usual: %s", self.refused)
            return False
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return True


def _slopes(loss: Callable[..., Any], weights: Named, inputs: tuple[Tensor, ...], apart: Named) -> Found:
    with stacking():
        found = torch.vmap(loss)(dict(weights), inputs, dict(apart))
        slopes = torch.autograd.grad(found.total.sum(), list(weights.values()), allow_unused=True)
    return dict(zip(weights, slopes, strict=True)), {name: one.detach() for name, one in found.terms.items()}


class _Program:
    """The operations of a loss and its way back, and the names of what comes out."""

    def __init__(self, loss: Callable[..., Any], weights: Named, inputs: tuple[Tensor, ...], apart: Named) -> None:
        self._weights, self._apart = list(weights), list(apart)
        self._terms: list[str] = []

        def work(values: Sequence[Tensor], inputs: tuple[Tensor, ...], numbers: Sequence[Tensor]) -> Any:
            named = dict(zip(self._weights, values, strict=True))
            slopes, terms = _slopes(loss, named, inputs, dict(zip(self._apart, numbers, strict=True)))
            self._terms = list(terms)
            return list(slopes.values()), list(terms.values())

        with _tracing:
            traced = make_fx(work)(list(weights.values()), inputs, list(apart.values()))
        for node in reversed(traced.graph.nodes):  # autograd's copies of what it keeps, which nobody changes
            if node.target is torch.ops.aten.detach.default:
                node.replace_all_uses_with(node.args[0])
                traced.graph.erase_node(node)
        traced.graph.eliminate_dead_code()
        traced.recompile()
        self._traced = traced

    def run(self, weights: Named, inputs: tuple[Tensor, ...], apart: Named) -> Found:
        with torch.no_grad():
            slopes, terms = self._traced(list(weights.values()), inputs, list(apart.values()))
        return dict(zip(self._weights, slopes, strict=True)), dict(zip(self._terms, terms, strict=True))
