"""Settings, seeds and parameter changes of the runs of the tours, which `python -m assets.tours` trains.

What belongs to such a run is made with it: its branches, what was tried against a finding, other seeds of it, and the
explanation of a move. So all of it was computed by one machine, and agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from epochscope.methods import METHODS
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve


class Recipe(NamedTuple):
    """The settings of one run."""

    dataset: str
    method: str
    k: int
    seed: int
    data: Mapping[str, Any]
    preset: str
    params: Mapping[str, Any]  # where they differ from the preset
    moves: Mapping[int, Mapping[str, Any]] = {}  # epoch -> live parameters that change after it

    @property
    def spec(self) -> RunSpec:
        """The RunSpec of these settings."""
        hp = METHODS[self.method].start(self.preset).but(self.params)
        plain = RunSpec(self.dataset, self.method, self.k, self.seed, self.data, hp.flat(), self.preset)
        return resolve(plain).spec


class BranchRecipe(NamedTuple):
    """A branch of a run of RECIPES."""

    parent: str
    changes: Mapping[str, Any]  # from the start of its last phase on


class TrialRecipe(NamedTuple):
    """What is tried against a finding of a run of RECIPES (epochscope.runs.library.cures)."""

    run: str
    finding: str  # its kind


class FuturesRecipe(NamedTuple):
    """Other seeds of a run of RECIPES, trained together (epochscope.futures)."""

    run: str
    seeds: range


_QUICK, _PAPER = "quick demo", "as in the paper"
_TOUCHING = {"n": 300, "k": 4, "spread": 2.0, "seed": 2}
_MOONS = {"n": 300, "noise": 0.06, "seed": 0}
_SHORT = {"pretrain.epochs": 4, "cluster.epochs": 12, "cluster.tol": 0.0, "cluster.lr": 3e-4, "net.d": 2}
_GAME = {"pretrain.epochs": 8, "cluster.epochs": 12}
_LONE = {"n": 300, "k": 3, "spread": 1.0, "imbalance": 50.0, "seed": 4}
_SOFT = {"alpha": 1.0, "standardize": "no", "start": "random points", "cluster.epochs": 12, "cluster.lr": 0.2}
_SHARPER = {5: {"alpha": 10.0}}
_WHAT_IF = {"pretrain.epochs": 4, "cluster.epochs": 5, "net.d": 4}

RECIPES: dict[str, Recipe] = {
    "tour-dec": Recipe("digits", "dec", 10, 1, {}, _QUICK, {"pretrain.epochs": 6, "cluster.epochs": 7, "net.d": 5}),
    "tour-detached": Recipe("blobs", "dec", 4, 0, _TOUCHING, _QUICK, _SHORT),
    "tour-not-detached": Recipe(
        "blobs", "dec", 4, 0, _TOUCHING, _QUICK, {**_SHORT, "cluster.p_is": "differentiated too (wrong)"}
    ),
    "tour-naive": Recipe("unbalanced", "soft_kmeans", 3, 2, _LONE, _PAPER, {**_SOFT, "softmax": "naive"}, _SHARPER),
    "tour-stable": Recipe("unbalanced", "soft_kmeans", 3, 2, _LONE, _PAPER, _SOFT, _SHARPER),
    "tour-vade": Recipe("moons", "vade", 2, 1, _MOONS, _QUICK, _GAME),
    "tour-dgg": Recipe("moons", "dgg", 2, 1, _MOONS, _QUICK, _GAME),
    "tour-collapse": Recipe(
        "blobs",
        "dec",
        5,
        0,
        {"n": 300, "k": 5, "spread": 1.5, "seed": 2},
        _QUICK,
        {"pretrain.epochs": 4, "cluster.epochs": 14, "cluster.tol": 0.0, "cluster.lr": 0.05},
    ),
    "tour-what-if": Recipe("digits", "dec", 10, 1, {}, _QUICK, _WHAT_IF),
    "tour-cured": Recipe(
        "blobs",
        "dec",
        4,
        0,
        {"n": 150, "k": 4, "spread": 1.2, "seed": 2},
        _QUICK,
        {
            "pretrain.epochs": 4,
            "cluster.epochs": 6,
            "cluster.tol": 0.0,
            "net.d": 2,
            "cluster.p_is": "differentiated too (wrong)",
        },
    ),
}
BRANCHES: dict[str, BranchRecipe] = {"tour-what-if-nu": BranchRecipe("tour-what-if", {"nu": 5.0})}
TRIALS: dict[str, TrialRecipe] = {"tour-cure": TrialRecipe("tour-cured", "fell")}
"""By the beginning of the ids of its branches."""
FUTURES: dict[str, FuturesRecipe] = {"tour-seeds": FuturesRecipe("tour-what-if", range(16))}
EXPLAINED = ("tour-what-if",)
"""Runs of which a move is explained: that of the point which came to the right cluster in the first epoch of clustering
and moved farthest meanwhile."""
