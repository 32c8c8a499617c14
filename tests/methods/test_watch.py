"""Watched clustering: when it ends, to which epoch it returns, what it leaves alone; first clusters by its sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import target
from epochscope.methods import METHODS, dec
from epochscope.methods.base import MethodParams
from epochscope.methods.shared import first_labels
from epochscope.methods.shared.first_labels import (
    BEST_OF_THREE,
    FROM_CODES,
    FROM_GRAPH_OF_DATA,
    LEARNED_EPOCHS,
    LEARNED_FROM_GRAPH,
    first_clusters,
)
from epochscope.methods.shared.self_training import Targets
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.testing.trial import same
from epochscope.types import AGREEMENT, BACK, Progress, Snapshot
from sklearn.datasets import make_moons

from tests.support.quick_runs import quick, snapshots, steps

TRUTH = np.repeat(np.arange(4), 30)
X = torch.tensor(10 * TRUTH[:, None], dtype=torch.float32) + torch.rand(120, 2, generator=generator(0))


@dataclass(frozen=True)
class Watched(MethodParams):
    watch: WatchParams = watch_group()


def spoiled(share: float) -> np.ndarray:
    """The right labels, but for a share of the points, spread over all groups."""
    wrong = np.random.default_rng(0).permutation(120) < 120 * share
    return np.where(wrong, (TRUTH + 1) % 4, TRUTH)


def trained(course: Sequence[np.ndarray], **watch: Any) -> tuple[list[Snapshot], list[Any]]:
    """A pretraining epoch, then clustering with these labels epoch by epoch; also the answers that arrived."""
    answers: list[Any] = []

    def run(x: Any, k: int, hp: Any, rng: Any) -> Any:
        yield Snapshot(phase="pretrain", z=x.numpy())
        for labels in course:
            yield Progress(1, 1)
            answers.append((yield Snapshot(phase="cluster", z=x.numpy(), labels=labels)))

    hp = Watched().but({"watch.neighbors": 10, "watch.patience": 2, **{f"watch.{n}": v for n, v in watch.items()}})
    found, answer = [], None
    process = watched(run)(X, 4, hp, generator(0))
    while True:
        try:
            step = process.send(answer)
        except StopIteration:
            return found, answers
        answer = None
        if isinstance(step, Snapshot):
            found.append(step)
            answer = len(found)


def signs(found: Sequence[Snapshot]) -> list[float]:
    return [step.measures[AGREEMENT] for step in found if step.phase == "cluster"]


def test_worse_epochs_end_it_and_it_returns_to_the_best() -> None:
    course = [spoiled(share) for share in (0.3, 0.1, 0.2, 0.3, 0.0)]
    found, _ = trained(course)
    assert len(found) == 1 + 4 + 1  # the fifth epoch is never reached
    assert found[-1].measures[BACK] == 2
    np.testing.assert_array_equal(found[-1].labels, course[1])
    assert found[-1].z is found[2].z
    assert signs(found)[-1] == max(signs(found))
    assert all(BACK not in step.measures for step in found[:-1])


def test_a_last_epoch_that_is_worse_is_followed_by_the_best_one_within_the_plan() -> None:
    course = [spoiled(share) for share in (0.0, 0.1)]
    found, _ = trained(course, patience=5)
    np.testing.assert_array_equal(found[-1].labels, course[0])
    hp = Watched().but({"watch.neighbors": 10})
    plan = watched_plan(lambda _: {"pretrain": 0, "cluster": 1})
    assert plan(hp) == {"pretrain": 0, "cluster": 2}
    assert plan(Watched()) == {"pretrain": 0, "cluster": 1}
    assert len([step for step in found if step.phase == "cluster"]) == plan(hp)["cluster"] + 1


def test_it_does_not_return_for_a_small_fall_and_worse_epochs_have_to_be_in_a_row() -> None:
    found, _ = trained([spoiled(share) for share in (0.2, 0.0, 0.1, 0.0, 0.1, 0.0)])
    assert len(found) == 1 + 6
    assert BACK not in found[-1].measures
    found, _ = trained([spoiled(0.2), spoiled(0.0), spoiled(0.02), spoiled(0.02)], fall=0.2, settled=0.0)
    assert BACK not in found[-1].measures


def test_without_a_gain_it_returns_to_its_start_though_nothing_fell() -> None:
    course = [spoiled(share) for share in (0.1, 0.11, 0.1, 0.09)]
    found, _ = trained(course, gain=0.1, fall=0.5, settled=0.0)
    assert found[-1].measures[BACK] == 1
    np.testing.assert_array_equal(found[-1].labels, course[0])


def test_too_many_epochs_without_a_gain_end_it() -> None:
    course = [spoiled(share) for share in (0.3, 0.1, *[0.11, 0.1] * 6)]
    found, _ = trained(course, idle=3, fall=0.5, settled=0.0, gain=0.05)
    assert len(found) == 1 + 2 + 3
    assert BACK not in found[-1].measures


def test_settled_labels_end_it() -> None:
    found, _ = trained([spoiled(0.2), *[spoiled(0.1)] * 8])
    assert len(found) == 1 + 2 + 2
    assert BACK not in found[-1].measures


def test_parameters_that_are_changed_on_the_way_reach_the_method() -> None:
    _, answers = trained([spoiled(share) for share in (0.3, 0.2, 0.1)])
    assert answers == [2, 3, 4]


@pytest.mark.parametrize("key", [key for key in METHODS if "watch.neighbors" in METHODS[key].params().flat()])
def test_every_watched_method_has_the_sign_in_its_epochs_and_is_itself_otherwise(key: str, digits: Points) -> None:
    method = METHODS[key]
    plain = snapshots(method, digits, quick(method))
    again = snapshots(method, digits, quick(method, watch__neighbors=10, watch__patience=100))
    assert all(AGREEMENT not in step.measures for step in plain)
    clustering = [step for step in again if step.phase == "cluster"]
    assert all(-1 < step.measures[AGREEMENT] < 1 for step in clustering)
    before = [step for step in again if step.phase != "cluster"]
    assert same(before, plain[: len(before)])
    assert same(again, snapshots(method, digits, quick(method, watch__neighbors=10, watch__patience=100)))


def test_a_search_for_neighbors_can_be_stopped(digits: Points) -> None:
    ticks = [
        step.doing
        for step in steps(dec.METHOD, digits, quick(dec.METHOD, watch__neighbors=5))
        if isinstance(step, Progress)
    ]
    assert "neighbors to be watched" in ticks


def ended(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_the_best_of_three_is_the_one_with_which_neighbors_agree() -> None:
    codes = torch.rand(120, 2, generator=generator(1)) + 0.5 * torch.tensor(TRUTH % 2)[:, None]  # groups are lost
    by_codes, best = (
        ended(first_clusters(choice, codes, 4, 5, generator(0), x=X)) for choice in (FROM_CODES, BEST_OF_THREE)
    )
    judge = ended(first_labels.judge_of(X, 10, generator(0)))
    assert judge.of(best.labels.numpy()) >= judge.of(by_codes.labels.numpy())
    good = ended(first_clusters(BEST_OF_THREE, X, 4, 5, generator(0), x=X))
    assert len(np.unique(np.stack([TRUTH, good.labels.numpy()]), axis=1).T) == 4
    nearest = (codes[:, None] - best.centers).square().sum(2).argmin(1)
    assert torch.equal(best.labels, nearest)


def test_clusters_of_the_graph_need_not_be_round() -> None:
    points, moon = make_moons(300, noise=0.04, random_state=0)
    codes = torch.tensor(points, dtype=torch.float32)
    by_codes, by_graph = (
        ended(first_clusters(choice, codes, 2, 5, generator(0), x=codes)) for choice in (FROM_CODES, FROM_GRAPH_OF_DATA)
    )
    means = torch.stack([codes[moon == label].mean(dim=0) for label in (0, 1)])

    def apart(centers: torch.Tensor) -> float:
        return min(float((means[order] - centers).abs().max()) for order in ([0, 1], [1, 0]))

    assert apart(by_graph.centers) < 0.02
    assert apart(by_codes.centers) > 0.1
    assert torch.equal(by_graph.labels, torch.cdist(codes, by_graph.centers).argmin(dim=1))


@pytest.mark.parametrize("key", ["dec", "idec"])
def test_clusters_of_the_graph_that_are_learned_are_the_target_of_the_first_epochs(
    key: str, digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_classes(*_: Any) -> Any:
        yield Progress(1, 1)
        return None, torch.tensor(digits.truth)

    monkeypatch.setattr(first_labels, "_by_graph", of_classes)
    values = {"start": LEARNED_FROM_GRAPH, "cluster__epochs": LEARNED_EPOCHS, "cluster__tol": 0.05}
    course = [s for s in snapshots(METHODS[key], digits, quick(METHODS[key], **values)) if s.phase == "cluster"]
    for step in course[:LEARNED_EPOCHS]:
        np.testing.assert_array_equal(step.p, np.eye(digits.k)[digits.truth])
    last = course[LEARNED_EPOCHS]
    np.testing.assert_allclose(np.asarray(last.p), target(torch.tensor(last.q)), atol=1e-6)


def test_labels_that_settle_toward_a_given_target_end_nothing() -> None:
    q, targets = torch.tensor([[0.9, 0.1], [0.2, 0.8]]), Targets(0)
    targets.given = torch.eye(2)
    targets.update(q)
    targets.update(q)
    assert targets.change == 0
    assert not targets.converged(0.001)
    targets.given = None
    assert targets.converged(0.001)


def test_without_room_for_all_neighbors_the_graph_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_labels, "_MOST_PRODUCTS", 1.0)
    monkeypatch.setattr(first_labels, "spectral_embedding", lambda *_: pytest.fail("the graph was built"))
    found = ended(first_clusters(BEST_OF_THREE, X, 4, 5, generator(0), x=X))
    assert len(np.unique(np.stack([TRUTH, found.labels.numpy()]), axis=1).T) == 4
