"""What a method is, and the few leaves that all methods share."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.params import Params
from core.types import Snapshot, Tick

Steps = Generator[Snapshot | Tick, Any, None]
"""What `run` returns. A yielded Snapshot may be answered with new (live) params; a Tick is only a place to pause or stop."""


class Preset(NamedTuple):
    """Values for one purpose, and where they come from."""

    title: str
    values: Mapping[str, Any]  # dotted names, on top of the defaults
    source: str


class Method(NamedTuple):
    """One algorithm of the list METHODS.

    `run(x, k, hp, rng)` yields a Snapshot before training (the start) and one after each epoch of each phase, with Ticks
    between the gradient steps. `hp = (yield snapshot) or hp` takes live changes. It never sees labels. Closing it ends it.
    """

    key: str
    title: str
    cite: str  # authors, title, place, year
    about: str  # two sentences in words a student knows
    params: type[Params]
    provides: frozenset[str]  # Snapshot fields and names in `extra` that its last phase fills
    plan: Callable[[Any], dict[str, int]]  # params -> the most epochs each phase will take, in order
    run: Callable[[Float[Tensor, "n f"], int, Any, torch.Generator], Steps]
    presets: tuple[Preset, ...]


def batches(n: int, size: int, rng: torch.Generator) -> Iterator[Int[Tensor, " b"]]:
    """Row indices of one shuffled pass over n points; the last batch may be smaller, none is empty."""
    yield from torch.randperm(n, generator=rng, device=rng.device).split(size)
