"""Quick settings for the tests of methods, and what a run leaves behind."""

from __future__ import annotations

from typing import Any

import numpy as np
from epochscope import testing
from epochscope.methods.base import Method
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.types import Progress, Snapshot

QUICK = {name: value for name, value in testing.QUICK.items() if name != "critic.ahead"}


def quick(method: Method, *, preset: str = "", **more: Any) -> Any:
    """The method's params with small nets and few epochs; `more` by dotted names with __ for the dot."""
    hp = method.start(preset) if preset else method.params()
    values = QUICK | {name.replace("__", "."): value for name, value in more.items()}
    return hp.but({name: value for name, value in values.items() if name in hp.flat()})


def steps(method: Method, points: Points, hp: Any, seed: int = 0) -> list[Snapshot | Progress]:
    return list(method.run(points.x, points.k, hp, generator(seed)))


def snapshots(method: Method, points: Points, hp: Any, seed: int = 0) -> list[Snapshot]:
    return [step for step in steps(method, points, hp, seed) if isinstance(step, Snapshot)]


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
