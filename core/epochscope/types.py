"""The values that flow through the program: a data set, a snapshot of a method, a report of progress between snapshots.

numpy only. All of them are immutable: the classes are frozen and their arrays are marked read-only.
Sizes in annotations: n points, f features, d latent dimensions, k clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Integer, UInt8

Likelihood = Literal["unit interval", "real", "count"]
"""The range of the features, which decides the reconstruction loss (cross-entropy needs the unit interval)."""


class EpochscopeError(Exception):
    """An error that a user can put right. The message is one sentence: what is wrong, where, and what to do."""


def _freeze(value: object) -> object:
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Points to cluster. The labels (`truth`) are used for scores and colors only: no method ever sees them."""

    key: str
    title: str
    x: Float[np.ndarray, "n f"]
    truth: Integer[np.ndarray, " n"] | None = None  # 0 .. len(class_names) - 1
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    scaling: str  # the named step from the file to x, e.g. "divide by 255"
    likelihood: Likelihood
    pictures: UInt8[np.ndarray, "n h w *color"] | None = None  # each point as an image, gray (0 = black) or RGB
    origin: str = ""  # who made it, where it came from
    license: str = ""

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, _freeze(getattr(self, item.name)))

    def __len__(self) -> int:
        return len(self.x)


class OptionalArray(NamedTuple):
    """Description of one optional array. Axes: n points, k clusters, others as named."""

    axes: str  # e.g. "k d"; axis n is reduced to the drawn points, axis k is reordered when clusters are relabeled
    about: str  # in words a student knows


OPTIONAL_ARRAYS: Mapping[str, OptionalArray] = MappingProxyType(
    {
        "decoded_centers": OptionalArray(
            "k f", "each center as a point of the data, through the decoder where there is one"
        ),
        "spread": OptionalArray("k d", "standard deviation of each cluster in each direction of the code"),
        "mixing": OptionalArray("k", "mixing weight of each cluster; they sum to 1"),
        "pi": OptionalArray("n k", "prior of each point, formed by its neighbors; rows sum to 1"),
        "forces": OptionalArray("n d", "the force on each code: -dL/dz"),
        "neighbors": OptionalArray("n j", "row numbers of each point's neighbors; -1 in an empty place"),
        "weights": OptionalArray("n j", "weight of each neighbor; where they are averaged over, rows sum to 1"),
        "neighbor_js": OptionalArray(
            "n j", "JS divergence between the assignments of a point and of each neighbor, in nats"
        ),
        "samples": OptionalArray("k s f", "points generated from each cluster: drawn codes, decoded"),
        "reconstructions": OptionalArray(
            "two r f", "some points (first) and what the decoder makes of their codes (second)"
        ),
        "cross_reconstructions": OptionalArray(
            "three r f", "some points, a neighbor of each, and the neighbor's code decoded"
        ),
        "perturbed": OptionalArray(
            "three r f", "some points, the points moved by the perturbation, and the perturbation alone, enlarged"
        ),
        "spectrum": OptionalArray("s", "eigenvalues that the codes of all points reach, smallest first"),
        "field": OptionalArray(
            "g g", "output of the discriminator on a grid in the plane of the codes, 0 to 1; row 0 lowest"
        ),
        "field_box": OptionalArray("four", "left, right, bottom, top of that grid"),
        "field_codes": OptionalArray("m two", "codes in that plane: T = 0 for the discriminator"),
        "field_prior": OptionalArray("m two", "draws from the cluster distribution in that plane: T = 1"),
        "sample_numbers": OptionalArray("n u", "numbers of each point, one column each: a loss, a margin, a weight"),
        "affinity": OptionalArray(
            "b b", "affinity of the points (|C| made symmetric), ordered by cluster and averaged over b x b blocks"
        ),
    }
)
"""The optional arrays of a snapshot: every name allowed in `Snapshot.extra`."""


AGREEMENT, BACK = "agreement of neighbors", "back to epoch"
"""Measures of an epoch that is watched without labels: the sign, and, in the last one after a return, the number of the
epoch whose state it has again."""


@dataclass(frozen=True)
class Progress:
    """Progress between two snapshots, yielded after each gradient step: here a run may be paused or stopped.

    done / total is the finished share of the current epoch; `doing` names the task where it is not an epoch.
    """

    done: int
    total: int
    doing: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """State of a method at one epoch, over ALL points in data order. It has no epoch number: `record` counts epochs."""

    phase: str  # "pretrain", "cluster", ...
    z: Float[np.ndarray, "n d"]  # what is clustered: the codes, or the data themselves
    q: Float[np.ndarray, "n k"] | None = None  # soft assignments
    p: Float[np.ndarray, "n k"] | None = None  # target distribution
    labels: Integer[np.ndarray, " n"] | None = None  # hard assignments; from q where not given
    centers: Float[np.ndarray, "k d"] | None = None  # in the space of z
    losses: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)  # other numbers: a temperature, an entropy, a count
    extra: Mapping[str, object] = field(default_factory=dict)  # names and shapes: OPTIONAL_ARRAYS
    model: Callable[[], Mapping[str, Any]] | None = None  # what new points need; asked before the next step

    def __post_init__(self) -> None:
        if self.labels is None and self.q is not None:
            object.__setattr__(self, "labels", self.q.argmax(axis=1))
        for item in fields(self):
            object.__setattr__(self, item.name, _freeze(getattr(self, item.name)))
        for name in ("losses", "measures"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "extra", MappingProxyType({k: _freeze(v) for k, v in self.extra.items()}))

    @property
    def has(self) -> frozenset[str]:
        """Names of the arrays in this snapshot; a figure can be drawn if its `needs` are among them."""
        named = {"z", "q", "p", "labels", "centers"}
        return frozenset(name for name in named if getattr(self, name) is not None) | frozenset(self.extra)


OVERLAYS = {"graph": {"neighbors"}, "ellipses": {"spread", "centers"}, "pull": {"forces"}, "paths": {"centers"}}
"""What the stage can lay over the points of a run without being asked, and what the run must provide for it."""

NO_OVERLAY = "none"
"""What a link says instead of overlays where nothing is to lie over the points."""
