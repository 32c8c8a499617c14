"""The values that flow through the program: a data set, a snapshot of a method, a breath between two steps.

numpy only. Everything here is frozen, and frozen means frozen: arrays are marked read-only.
Sizes in annotations: n points, f features, d latent dimensions, k clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Literal

import numpy as np
from jaxtyping import Float, Integer, UInt8

Likelihood = Literal["unit interval", "real", "count"]
"""What a feature can be: decides which reconstruction loss is right (BCE needs the unit interval)."""


class EpochscopeError(Exception):
    """Anything a user can put right. The message is one sentence: what, where, what to do."""


def _freeze(value: object) -> object:
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Points to cluster. The labels (`truth`) serve for scores and colours only: no method ever sees them."""

    key: str
    title: str
    x: Float[np.ndarray, "n f"]
    truth: Integer[np.ndarray, " n"] | None = None  # 0 .. len(class_names) - 1
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    scaling: str  # the named step from the file to x, e.g. "divide by 255"
    likelihood: Likelihood
    pictures: UInt8[np.ndarray, "n h w"] | None = None  # what a person would look at, 0 = black
    origin: str = ""  # who made it, where it came from
    licence: str = ""

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, _freeze(getattr(self, item.name)))

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Tick:
    """A method's breath between two gradient steps: here a run may be paused or stopped.

    done / total is the share of the current epoch that is behind; `doing` names the step if it is not an epoch.
    """

    done: int
    total: int
    doing: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """State of a method at one epoch, over ALL points, in data order. It has no number of its own: `record` counts."""

    phase: str  # "pretrain", "cluster", ...
    z: Float[np.ndarray, "n d"]  # what is clustered: the codes, or the data themselves
    q: Float[np.ndarray, "n k"] | None = None  # soft assignments
    p: Float[np.ndarray, "n k"] | None = None  # target distribution
    labels: Integer[np.ndarray, " n"] | None = None  # hard assignments; from q where not given
    centers: Float[np.ndarray, "k d"] | None = None  # in the space of z
    losses: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.labels is None and self.q is not None:
            object.__setattr__(self, "labels", self.q.argmax(axis=1))
        for item in fields(self):
            object.__setattr__(self, item.name, _freeze(getattr(self, item.name)))
        object.__setattr__(self, "losses", MappingProxyType(dict(self.losses)))
        object.__setattr__(self, "extra", MappingProxyType({k: _freeze(v) for k, v in self.extra.items()}))

    @property
    def has(self) -> frozenset[str]:
        """Names of what this snapshot holds; a figure can be drawn if its `needs` are among them."""
        named = {"z", "q", "p", "labels", "centers"}
        return frozenset(name for name in named if getattr(self, name) is not None) | frozenset(self.extra)
