"""The public contract finds what is broken: k-means, spoiled in one way each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from epochscope.methods import kmeans
from epochscope.methods.base import Method, MethodParams, Preset
from epochscope.params import param
from epochscope.testing import check_method
from epochscope.types import Snapshot

QUICK = {"restarts": 2, "epochs": 5}


def changed(change: Callable[[Snapshot], Snapshot | None]) -> Method:
    """k-means whose snapshots of clustering are changed; None leaves one out."""

    def run(x, k, hp, rng):
        for step in kmeans.run(x, k, hp, rng):
            spoiled = change(step) if isinstance(step, Snapshot) and step.phase == "cluster" else step
            if spoiled is not None:
                yield spoiled

    return kmeans.METHOD._replace(run=run)


def shared_randomness(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, z=snapshot.z + np.float32(torch.rand(())))


def without_ticks(x, k, hp, rng):
    return (step for step in kmeans.run(x, k, hp, rng) if isinstance(step, Snapshot))


def with_labels(x, k, hp, rng, truth):
    return kmeans.run(x, k, hp, rng)


def fixed_seed(x, k, hp, rng):
    return kmeans.run(x, k, hp, rng.manual_seed(3))


def one_cluster(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, labels=np.zeros_like(snapshot.labels))


def writes_into_z(x, k, hp, rng):
    for step in kmeans.run(x, k, hp, rng):
        if isinstance(step, Snapshot):
            buffer = step.z.copy()
            yield replace(step, z=buffer)
            buffer += 1
        else:
            yield step


@dataclass(frozen=True)
class Wordless(MethodParams):
    epochs: int = param(5, 1, 9)
    restarts: int = param(2, 1, 9)


BROKEN = {
    "a Snapshot is no method": (Snapshot(phase="", z=np.zeros((1, 1))), "not a Method"),
    "key": (kmeans.METHOD._replace(key="my method"), "its key 'my method'"),
    "provides": (kmeans.METHOD._replace(provides=frozenset({"entropy"})), "may provide nothing but"),
    "preset": (kmeans.METHOD._replace(presets=(Preset("p", {"epoch": 3}, "Here."),)), "no parameter 'epoch'"),
    "words": (kmeans.METHOD._replace(params=Wordless, presets=(Preset("p", {}, "Here."),)), "no label"),
    "labels go in": (kmeans.METHOD._replace(run=with_labels), r"it must take \(x, k, hp, rng\)"),
    "no tick": (kmeans.METHOD._replace(run=without_ticks), "never yields a Progress"),
    "plan": (kmeans.METHOD._replace(plan=lambda hp: {"cluster": hp.epochs}), "but its plan says"),
    "too long": (kmeans.METHOD._replace(plan=lambda hp: {"restarts": 0, "cluster": 1}), "its plan allows"),
    "NaN": (changed(lambda s: replace(s, z=s.z * np.nan)), "z of a snapshot has NaN"),
    "loss": (changed(lambda s: replace(s, losses={"inertia": np.inf})), "'inertia' of a snapshot is inf"),
    "shape": (changed(lambda s: replace(s, centers=s.centers[1:])), "centers has the shape"),
    "undeclared": (changed(lambda s: replace(s, extra={"mixing": np.full(len(s.centers), 0.1)})), "does not declare"),
    "lacking": (changed(lambda s: replace(s, centers=None)), "lacks"),
    "unknown extra": (changed(lambda s: replace(s, extra={"mine": s.z})), "no name of OPTIONAL_ARRAYS"),
    "shared generator": (changed(shared_randomness), "torch's generator"),
    "one seed for all": (kmeans.METHOD._replace(run=fixed_seed), "seeds 0 and 1 give the same"),
    "all in one": (changed(one_cluster), "finds an ACC of 0.25"),
    "written into": (kmeans.METHOD._replace(run=writes_into_z), "changed while training went on"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named_in_a_sentence(name: str) -> None:
    method, sentence = BROKEN[name]
    with pytest.raises(AssertionError, match=sentence):
        check_method(method, QUICK)


def test_the_whole_method_passes() -> None:
    check_method(kmeans.METHOD, QUICK)
