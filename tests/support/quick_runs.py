"""Quick settings for the tests of methods, and what a run leaves behind."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from epochscope.methods.base import Method
from epochscope.nets.device import generator
from epochscope.types import Snapshot, Tick

QUICK = {
    "net.widths": "32-48",
    "net.d": 4,
    "pretrain.epochs": 3,
    "pretrain.layer_epochs": 2,
    "pretrain.batch": 64,
    "cluster.epochs": 3,
    "cluster.batch": 64,
    "cluster.restarts": 3,
    "restarts": 3,
    "graph.J": 5,
    "classifier.epochs": 10,
    "siamese.epochs": 2,
    "critic.after": 1,
    "cluster.steps": 5,
}


class Points(NamedTuple):
    x: torch.Tensor
    truth: np.ndarray
    k: int


def quick(method: Method, *, preset: str = "", **more: Any) -> Any:
    """The method's params with small nets and few epochs; `more` by dotted names with __ for the dot."""
    hp = method.start(preset) if preset else method.params()
    values = QUICK | {name.replace("__", "."): value for name, value in more.items()}
    return hp.but({name: value for name, value in values.items() if name in hp.flat()})


def brief(method: Method, *, preset: str = "", **more: Any) -> Any:
    """The same, where it does not matter how well a discriminator knows its trade."""
    hp = quick(method, preset=preset, **more)
    ahead = hp.flat().get("critic.ahead", 0)
    return hp.but({"critic.ahead": 30}) if ahead > 30 else hp


def steps(method: Method, points: Points, hp: Any, seed: int = 0) -> list[Snapshot | Tick]:
    return list(method.run(points.x, points.k, hp, generator(seed)))


def snapshots(method: Method, points: Points, hp: Any, seed: int = 0) -> list[Snapshot]:
    return [step for step in steps(method, points, hp, seed) if isinstance(step, Snapshot)]


def arrays(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """Every array a snapshot holds, by name."""
    named = {name: getattr(snapshot, name) for name in ("z", "q", "p", "labels", "centers")} | dict(snapshot.extra)
    return {name: value for name, value in named.items() if value is not None}


def same(left: list[Snapshot], right: list[Snapshot]) -> bool:
    """Bit for bit, losses included."""
    if [s.phase for s in left] != [s.phase for s in right]:
        return False
    for a, b in zip(left, right, strict=True):
        one, other = arrays(a), arrays(b)
        if dict(a.losses) != dict(b.losses) or one.keys() != other.keys():
            return False
        if not all(np.array_equal(one[name], other[name]) for name in one):
            return False
    return True


def clustering(points: Points, module: Any, **more: Any) -> list[Snapshot]:
    """The snapshots of the method of a module from the start of clustering on."""
    found = snapshots(module.METHOD, points, quick(module.METHOD, **more))
    return [snapshot for snapshot in found if snapshot.phase == "cluster"]


def target_by_hand(z: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """DEC's P (n x k) for codes (n x d) and centers (k x d), in numpy."""
    q = 1 / (1 + ((z[:, None, :].astype(float) - mu[None]) ** 2).sum(axis=2))
    q /= q.sum(axis=1, keepdims=True)
    p = q**2 / q.sum(axis=0)
    return p / p.sum(axis=1, keepdims=True)
