"""A method small enough to watch every step of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from epochscope.methods.base import Method, MethodParams, Preset
from epochscope.params import param
from epochscope.types import Progress, Snapshot


@dataclass(frozen=True)
class CountParams(MethodParams):
    epochs: int = param(5, 1, 1000, label="epochs")
    gamma: float = param(0.1, 0.0, 10.0, live=True, symbol="γ", label="weight")
    fails_at: int = param(-1, -1, 1000, label="epoch at which it raises")


def _run(x, k, hp, rng):
    """Shuffles the cluster ids at each epoch: the recorder has to bring them back."""
    labels = np.arange(len(x)) % k
    for epoch in range(hp.epochs + 1):
        if epoch == hp.fails_at:
            raise RuntimeError("the weights\nfell off")
        q = np.eye(k, dtype=np.float32)[(labels + epoch) % k] * 0.9 + 0.1 / k
        centers = np.repeat(((np.arange(k) - epoch) % k).astype(np.float32)[:, None], 3, axis=1)
        z = np.full((len(x), 3), float(epoch), np.float32)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=z,
                q=q,
                p=q**2 / (q**2).sum(1, keepdims=True),
                centers=centers,
                losses={"gamma": hp.gamma},
            )
        ) or hp
        for step in range(3):
            yield Progress(step + 1, 3)


COUNT = Method(
    key="count",
    title="Count",
    cite="none",
    about="For tests.",
    params=CountParams,
    provides=frozenset({"z", "q", "p", "labels", "centers"}),
    plan=lambda hp: {"cluster": hp.epochs},
    run=_run,
    presets=(Preset("quick demo", {}, "none"),),
)
