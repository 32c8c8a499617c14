"""Which neighbors: the nearest 20 or 20 drawn from the nearest 100, in the data or in the codes of a Siamese network.

Labels serve only to judge: no choice here has seen them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from epochscope.formulas.graph import Neighbors, random_of
from epochscope.labs.dgg.model.digits import digits
from epochscope.labs.shared.model import Claim, to_end
from epochscope.language import marked, tr
from epochscope.methods.dgg.params import DggParams
from epochscope.nets.neighbors import search
from epochscope.nets.siamese import siamese

J, POOL = 20, 100
EUCLIDEAN, SIAMESE = marked("Euclidean"), marked("Siamese")
NEAREST, RANDOM = marked("nearest 20"), marked("20 of 100")
CHOICES = tuple((distance, choice) for distance in (EUCLIDEAN, SIAMESE) for choice in (NEAREST, RANDOM))
_SETTINGS: dict[str, Any] = {
    "net.widths": "256-128",
    "net.d": 10,
    "siamese.epochs": 20,
    "siamese.batch": 256,
    "siamese.lr": 1e-3,
}

Choice = tuple[str, str]
"""A distance and how neighbors are chosen."""


class Pools(NamedTuple):
    """All digits, and the 100 nearest of each by either distance."""

    truth: Int[np.ndarray, " n"]
    images: UInt8[np.ndarray, "n h w"]
    of: Mapping[str, Neighbors]


class Judged(NamedTuple):
    """One choice: its neighbors, nearest first, and what it is worth."""

    j: Int[np.ndarray, "n 20"]
    purity: float  # share of all neighbors that have the label of their point
    in_degree: Int[np.ndarray, " n"]  # whose neighbor a point is, how often


def pools(seed: int = 0) -> Pools:
    """Trains the Siamese network of the method, small, on all 1,797 digits."""
    x, truth, images = digits()
    hp = DggParams().but(_SETTINGS)
    rng = torch.Generator().manual_seed(seed)
    _, codes = to_end(siamese(x, hp, rng))
    pools_by_distance = {EUCLIDEAN: to_end(search(x, POOL)), SIAMESE: to_end(search(codes, POOL))}
    return Pools(truth, images, pools_by_distance)


def judged(known: Pools, lot: int) -> dict[Choice, Judged]:
    """All four choices; `lot` decides which 20 are drawn."""
    judged_choices: dict[Choice, Judged] = {}
    for distance, pool in known.of.items():
        drawn = random_of(pool, J, torch.Generator().manual_seed(lot))
        for choice, j in ((NEAREST, pool.j[:, :J]), (RANDOM, drawn.j)):
            judged_choices[distance, choice] = _judged(j.numpy(), known.truth)
    return judged_choices


def _judged(j: Int[np.ndarray, "n j"], truth: Int[np.ndarray, " n"]) -> Judged:
    return Judged(j, float((truth[j] == truth[:, None]).mean()), np.bincount(j.ravel(), minlength=len(truth)))


def purity_by_rank(known: Pools) -> dict[str, Float[np.ndarray, " 100"]]:
    """For each distance: how many of all points have their own label at the r-th nearest."""
    return {
        distance: (known.truth[pool.j.numpy()] == known.truth[:, None]).mean(axis=0)
        for distance, pool in known.of.items()
    }


def claims(of: Mapping[Choice, Judged]) -> list[Claim]:
    """What one would say of the four choices; each may fail on this data or with this draw."""
    return [
        *(
            _at_least(
                tr("Nearest purer than drawn: {distance}", distance=tr(distance)),
                of[distance, NEAREST].purity,
                of[distance, RANDOM].purity,
            )
            for distance in (EUCLIDEAN, SIAMESE)
        ),
        *(
            _at_least(
                tr("Siamese purer than Euclidean: {choice}", choice=tr(choice)),
                of[SIAMESE, choice].purity,
                of[EUCLIDEAN, choice].purity,
            )
            for choice in (NEAREST, RANDOM)
        ),
        *(
            _at_least(
                tr("Hub smaller where drawn: {distance}", distance=tr(distance)), *(hub(of[distance, c]) for c in _BOTH)
            )
            for distance in (EUCLIDEAN, SIAMESE)
        ),
    ]


_BOTH = (NEAREST, RANDOM)


def hub(one: Judged) -> int:
    """How many points have the most popular one for a neighbor."""
    return int(one.in_degree.max())


def _at_least(says: str, more: float, less: float) -> Claim:
    return Claim(says, max(0.0, less - more), 0.0)
