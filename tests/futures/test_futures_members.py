"""Each member of the futures is the run with its seed, up to the rounding of sums; what ends or fails ends alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets import slopes
from epochscope.nets.device import cores, generator
from epochscope.nets.recording import recorded
from epochscope.nets.together import advanced
from epochscope.testing import Points, trial
from epochscope.types import EpochscopeError, Snapshot

QUICK = {"net.widths": "24-16", "net.d": 4, "pretrain.batch": 64, "pretrain.epochs": 2, "cluster.batch": 64}
SHORT = {
    "ae_kmeans": {name: value for name, value in QUICK.items() if not name.startswith("cluster.")} | {"restarts": 2},
    "dec": QUICK | {"cluster.epochs": 3, "cluster.tol": 0.0, "cluster.restarts": 2},
    "idec": QUICK | {"cluster.epochs": 3, "cluster.tol": 0.0, "cluster.restarts": 2},
    "dkm": QUICK | {"cluster.epochs": 3, "cluster.alpha": 1.0, "cluster.restarts": 2},
    "vade": QUICK | {"cluster.epochs": 3, "cluster.restarts": 2},
}


@pytest.fixture(scope="module")
def digits() -> Points:
    return trial.digits()


def runs(
    points: Points, key: str, seeds: range, values: dict[str, Any], apart: dict[str, list[Any]] | None = None
) -> Any:
    method = METHODS[key]
    x = torch.as_tensor(points.x)
    for i, seed in enumerate(seeds):
        own = {name: some[i] for name, some in (apart or {}).items()}
        hp = method.params().but(values | own).suited("unit interval")
        yield method.run(x, points.k, hp, generator(seed))


def alone(some: Any) -> list[list[Snapshot]]:
    return [[step for step in steps if isinstance(step, Snapshot)] for steps in some]


def together(some: Any) -> tuple[list[list[Snapshot]], dict[int, Exception | None]]:
    generators, ends = list(some), {}
    seen: list[list[Snapshot]] = [[] for _ in generators]
    rounds = advanced(generators, lambda i, one: seen[i].append(one), ends.__setitem__)
    for _ in rounds:
        pass
    return seen, ends


def assert_equal(many: list[list[Snapshot]], one: list[list[Snapshot]]) -> None:
    """Bit for bit."""
    assert [len(each) for each in many] == [len(each) for each in one]
    for mine, wanted in zip(many, one, strict=True):
        for a, b in zip(mine, wanted, strict=True):
            assert a.has == b.has
            for name in a.has & {"z", "q", "p", "labels", "centers"}:
                np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=f"{a.phase} {name}")
            assert a.losses == pytest.approx(dict(b.losses), rel=1e-5)


def assert_alike(many: list[list[Snapshot]], one: list[list[Snapshot]]) -> None:
    assert [len(each) for each in many] == [len(each) for each in one]
    for mine, wanted in zip(many, one, strict=True):
        for a, b in zip(mine, wanted, strict=True):
            assert a.phase == b.phase
            np.testing.assert_allclose(a.z, b.z, atol=2e-3 * np.abs(b.z).max())
            assert a.losses == pytest.approx(dict(b.losses), rel=2e-3, abs=1e-4)
            if b.labels is not None:
                assert np.mean(a.labels == b.labels) >= 0.99


_LONGER = [pytest.param(key, marks=pytest.mark.slow) for key in ("ae_kmeans", "dkm", "idec")]


@pytest.mark.parametrize("key", ["dec", "vade", *_LONGER])
def test_members_are_the_runs_alone(digits: Points, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(slopes, "recorded", lambda *about: made.append(0) or recorded(*about))
    assert METHODS[key].together
    many, ends = together(runs(digits, key, range(3), SHORT[key]))
    assert ends == {0: None, 1: None, 2: None}
    assert 0 < len(made) <= 4 * cores(), "of each phase a program for whole batches, and one for the last of an epoch"
    same = assert_equal if torch.backends.mkl.is_available() else assert_alike  # other libraries may round otherwise
    same(many, alone(runs(digits, key, range(3), SHORT[key])))
    assert not np.allclose(many[0][-1].z, many[1][-1].z)


def test_a_grid_has_other_numbers_in_each_member(digits: Points) -> None:
    apart = {"gamma": [0.0, 0.1, 5.0], "nu": [1.0, 3.0, 0.5]}
    many, _ = together(runs(digits, "idec", range(3), SHORT["idec"], apart))
    assert_alike(many, alone(runs(digits, "idec", range(3), SHORT["idec"], apart)))


def test_who_has_converged_ends_and_the_others_go_on(digits: Points) -> None:
    values = SHORT["dec"] | {"cluster.epochs": 12, "cluster.tol": 0.05, "cluster.lr": 3e-4}
    one = alone(runs(digits, "dec", range(4), values))
    assert len({len(each) for each in one}) > 1, "they end at different epochs"
    many, _ = together(runs(digits, "dec", range(4), values))
    assert_alike(many, one)


@pytest.mark.slow
def test_who_fails_fails_alone(digits: Points) -> None:
    apart = {"cluster.lr": [1e-3, 1e-3, 10.0], "lam": [0.1, 0.1, 1000.0]}
    values = SHORT["dkm"] | {"cluster.optimizer": "sgd"}
    one = []
    for steps in runs(digits, "dkm", range(3), values, apart):
        try:
            one.append(alone([steps])[0])
        except EpochscopeError as error:
            one.append(str(error))
    many, ends = together(runs(digits, "dkm", range(3), values, apart))
    failed = [i for i, each in enumerate(one) if isinstance(each, str)]
    assert failed == [2]
    assert [i for i, error in ends.items() if error] == failed
    assert "NaN or infinity" in str(ends[2])
    assert_alike(many[:2], one[:2])
