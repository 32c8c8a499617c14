"""The gradients of a loss of several trainings, by a program that is recorded once (`recording`).

A loss that comes again with the same shapes and numbers is done again from the operations that it and its way back
consisted of at first. A loss that cannot be recorded is computed as usual each time.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import torch
from torch import Tensor

from epochscope.formulas.stacking import stacking
from epochscope.nets.recording import NotRecorded, Values, recorded

MOST = 8
"""Programs that are kept, those that were used last."""

Named = Mapping[str, Tensor]
Found = tuple[Mapping[str, Tensor | None], Named]
"""The gradients of the weights by name, None where the loss does not depend on one; and the terms of the loss."""


class Slopes:
    """The recorded programs of some trainings that advance together."""

    def __init__(self, weights: Named) -> None:
        """`weights`: the stacked ones, whose memory stays where it is."""
        self._weights = weights
        self._kept: OrderedDict[Hashable, tuple[Callable[..., Values], list[str]]] = OrderedDict()
        self.refused = ""  # why nothing is recorded any more

    def of(self, loss: Callable[..., Any], inputs: tuple[Tensor, ...], apart: Named, kind: Hashable) -> Found:
        """Of a loss of one training, stacked inputs, and numbers that differ. `kind`: whatever else makes it another
        loss than one before.
        """
        key = (kind, tuple((one.shape, one.dtype) for one in inputs))
        given = [*inputs, *apart.values()]
        if key in self._kept:
            self._kept.move_to_end(key)
            program, names = self._kept[key]
            return self._named(program(*given), names)
        names: list[str] = []

        def work() -> Values:
            with stacking():
                found = torch.vmap(loss)(dict(self._weights), inputs, dict(apart))
                slopes = torch.autograd.grad(found.total.sum(), list(self._weights.values()), allow_unused=True)
            names[:] = found.terms
            return [*slopes, *(one.detach() for one in found.terms.values())]

        if self.refused:
            return self._named(work(), names)
        try:
            found, program = recorded(work, given, list(self._weights.values()))
        except NotRecorded as error:
            self.refused = str(error)
            logging.getLogger(__name__).warning("A loss is not recorded, and computed as usual: %s", self.refused)
            return self._named(work(), names)
        self._kept[key] = program, names
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return self._named(found, names)

    def __len__(self) -> int:
        return len(self._kept)

    def _named(self, found: Values, names: list[str]) -> Found:
        slopes, terms = found[: len(self._weights)], found[len(self._weights) :]
        return dict(zip(self._weights, slopes, strict=True)), dict(zip(names, terms, strict=True))  # type: ignore[arg-type]
