"""Recorded runs of many points without any training: clouds that part from epoch to epoch."""

from __future__ import annotations

import numpy as np
from epochscope import Recorder


def clouds(n: int, epochs: int, *, k: int = 10, d: int = 10, name: str = "clouds", neighbors: int = 0) -> str:
    """Records a run of n points in k clouds, which move apart; its id. `neighbors`: edges of each point, at random."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, k, n)
    noise = rng.normal(size=(n, d)).astype(np.float32)
    middles = rng.normal(size=(k, d)).astype(np.float32)
    j = {"neighbors": rng.integers(0, n, (n, neighbors))} if neighbors else {}
    with Recorder(name, truth=truth, k=k, epochs=epochs) as recorder:
        for epoch in range(epochs):
            z = noise + middles[truth] * (0.5 + 3 * epoch / max(1, epochs - 1))
            far = ((z[:, None, :2] - middles[None, :, :2] * (1 + 3 * epoch / epochs)) ** 2).sum(axis=2)
            q = 1 / (1 + far)
            recorder.log(z=z, q=q / q.sum(axis=1, keepdims=True), losses={"loss": 1 / (1 + epoch)}, extra=j)
        assert recorder.run
    return recorder.run
