"""Runs in a folder of their own, and a method small enough to watch every step of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from epochscope import methods
from epochscope.methods.base import Method, MethodParams, Preset
from epochscope.params import param
from epochscope.runs.format.spec import RunSpec
from epochscope.types import Progress, Snapshot


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


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


@pytest.fixture
def count_spec(monkeypatch) -> Callable[..., RunSpec]:
    """A RunSpec of the counting method on digits; keywords are its parameters."""
    monkeypatch.setitem(methods.METHODS, "count", COUNT)

    def spec(k: int = 4, seed: int = 0, **params) -> RunSpec:
        return RunSpec("digits", "count", k, seed, params=params)

    return spec
