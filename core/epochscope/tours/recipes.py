"""Settings, seeds and parameter changes of the runs of the tours, which `python -m assets.tours` trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from epochscope.runs.format.spec import RunSpec


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
        spec = RunSpec(self.dataset, self.method, self.k, self.seed)
        hp = spec.algorithm.start(self.preset).but(self.params)
        return RunSpec(self.dataset, self.method, self.k, self.seed, self.data, hp.flat(), self.preset)


_QUICK, _PAPER = "quick demo", "as in the paper"
_TOUCHING = {"n": 300, "k": 4, "spread": 2.0, "seed": 2}
_MOONS = {"n": 300, "noise": 0.06, "seed": 0}
_SHORT = {"pretrain.epochs": 4, "cluster.epochs": 12, "cluster.tol": 0.0, "cluster.lr": 3e-4, "net.d": 2}
_GAME = {"pretrain.epochs": 8, "cluster.epochs": 12}
_LONE = {"n": 300, "k": 3, "spread": 1.0, "imbalance": 50.0, "seed": 4}
_SOFT = {"alpha": 1.0, "standardize": "no", "start": "random points", "cluster.epochs": 12, "cluster.lr": 0.2}
_SHARPER = {5: {"alpha": 10.0}}

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
}
