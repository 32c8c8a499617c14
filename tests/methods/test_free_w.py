"""Free W: which rows a step moves and by how much, how it collapses, and what each remedy does."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import free_w
from epochscope.nets.device import generator
from epochscope.nets.training import batches
from epochscope.testing.trial import arrays
from epochscope.types import EpochscopeError, Snapshot
from scipy.special import softmax

from tests.support.quick_runs import Points, quick, snapshots

METHOD = free_w.METHOD
BARE = {"w_start": "uniform", "entropy": False, "w_lr": 0.5}
ENTROPY, GAP = "row entropy of W (nats)", "smallest gap between centers"


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [s for s in snapshots(METHOD, points, quick(METHOD, **more)) if s.phase == "cluster"]


def squared(z: np.ndarray, u: np.ndarray) -> np.ndarray:
    return ((z[:, None].astype(float) - u[None]) ** 2).sum(axis=2)


def one_step(points: Points, **more: Any) -> tuple[Snapshot, Snapshot]:
    """Before and after a single gradient step on all points."""
    start, end = clustering(points, cluster__batch=4096, cluster__epochs=1, **more)
    return start, end


def test_a_step_on_logits_and_centers_by_hand(digits: Points) -> None:
    start, end = one_step(digits, entropy=False, w_lr=30.0)
    n, w, d = len(start.z), start.q.astype(float), squared(start.z, start.centers)
    slope = w * (d - (w * d).sum(axis=1, keepdims=True)) / n
    np.testing.assert_allclose(end.q, softmax(np.log(w) - 30 * slope, axis=1), atol=1e-5)
    pull = 2 * (w.sum(axis=0)[:, None] * start.centers - w.T @ start.z) / n
    np.testing.assert_allclose(end.centers, start.centers - 0.5 * pull, atol=1e-4)
    assert end.losses == {"expected distance": pytest.approx((w * d).sum(axis=1).mean(), rel=1e-5)}


def test_a_projected_step_by_hand(digits: Points) -> None:
    start, end = one_step(digits, w_step="projected", entropy=False, w_lr=1.0)
    moved = start.q - squared(start.z, start.centers) / len(start.z)
    for row, w in zip(moved, end.q, strict=True):
        inside = w > 0
        t = (row[inside].sum() - 1) / inside.sum()
        np.testing.assert_allclose(w, np.maximum(row - t, 0), atol=1e-5)
    np.testing.assert_allclose(end.q.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("w_step", ["softmax of logits", "projected"])
def test_only_rows_in_the_batch_move(w_step: str, digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def first_batch(*args: Any) -> Any:
        seen.extend(islice(batches(*args), 1))
        return iter(seen)

    monkeypatch.setattr(free_w, "batches", first_batch)
    start, end = clustering(digits, w_step=w_step, w_start="uniform", cluster__epochs=1)
    changed = (start.q != end.q).any(axis=1)
    assert np.flatnonzero(changed).tolist() == sorted(seen[0].tolist())
    assert len(seen[0]) == 64


@pytest.mark.parametrize("entropy", [True, False])
def test_exact_w_is_the_softmax_or_the_nearest_center(entropy: bool, digits: Points) -> None:
    for snapshot in clustering(digits, w_step="exact", entropy=entropy):
        d = squared(snapshot.z, snapshot.centers)
        start = np.sort(squared(snapshot.z, clustering(digits)[0].centers), axis=1)
        alpha = 3 / np.median(start[:, 1] - start[:, 0])
        w = softmax(-alpha * d, axis=1) if entropy else np.eye(digits.k)[d.argmin(axis=1)]
        np.testing.assert_allclose(snapshot.q, w, atol=0.02 if entropy else 0)


def test_with_entropy_free_w_becomes_soft_k_means(digits: Points) -> None:
    """The centers stand still; W, from uniform, goes to softmax(-alpha d)."""
    points = digits._replace(x=digits.x[:50], k=3)
    more = {"w_start": "uniform", "w_lr": 5.0, "cluster__lr": 1e-6, "cluster__batch": 64, "alpha": 1.0}
    free = clustering(points, cluster__epochs=60, **more)
    exact = clustering(points, cluster__epochs=1, w_step="exact", **more)[0]
    assert np.abs(free[0].q - exact.q).max() > 0.3
    np.testing.assert_allclose(free[-1].q, exact.q, atol=2e-3)
    hard = clustering(points, cluster__epochs=60, entropy=False, **more)[-1]
    assert hard.measures[ENTROPY] < 0.1 < exact.measures[ENTROPY]


def test_the_collapse(digits: Points) -> None:
    run = snapshots(METHOD, digits, METHOD.start("the collapse").but({"cluster.epochs": 60}))[1:]
    assert run[-1].measures[GAP] < 0.02 * run[0].measures[GAP]
    np.testing.assert_allclose(run[-1].q, 1 / digits.k, atol=0.01)
    pictures = run[-1].extra["decoded_centers"]
    np.testing.assert_allclose(pictures, np.tile(digits.x.mean(dim=0), (digits.k, 1)), atol=0.15)


@pytest.mark.parametrize(
    "remedy",
    [
        {"w_start": "softmax(-α d)"},
        {"w_lr": 300.0},
        {"w_step": "exact"},
        {"w_start": "softmax(-α d)", "w_lr": 100.0, "entropy": True},
    ],
)
def test_each_remedy_keeps_the_centers_apart(remedy: dict[str, Any], blobs: Points) -> None:
    bare, better = (clustering(blobs, cluster__epochs=20, **(BARE | more)) for more in ({}, remedy))
    assert bare[-1].measures[GAP] < 0.05 * bare[0].measures[GAP]
    assert bare[-1].measures[ENTROPY] > 0.99 * np.log(blobs.k)
    assert better[-1].measures[GAP] > 0.5 * better[0].measures[GAP]
    assert better[-1].measures["clusters in use"] == blobs.k


def test_without_constraint_it_runs_away_and_says_so(blobs: Points) -> None:
    steps = []
    hp = quick(METHOD, w_step="unconstrained", entropy=False, w_lr=1.0, cluster__epochs=100)
    run = METHOD.run(blobs.x, blobs.k, hp, generator(0))
    with pytest.raises(EpochscopeError, match=r"^Unconstrained W diverged at epoch \d+: w ranges from -.* choose"):
        steps.extend(run)
    found = [step for step in steps if isinstance(step, Snapshot) and step.phase == "cluster"]
    assert len(found) > 2
    lowest = [snapshot.measures["smallest w"] for snapshot in found]
    assert lowest[0] >= 0 > lowest[-1]
    for snapshot in found:  # what is shown stays a distribution
        assert all(np.isfinite(value).all() for value in arrays(snapshot).values())
        np.testing.assert_allclose(snapshot.q.sum(axis=1), 1, atol=1e-5)


def test_entropy_without_a_constraint_is_refused_at_once_and_on_the_way(blobs: Points) -> None:
    with pytest.raises(EpochscopeError, match="rows are distributions"):
        clustering(blobs, w_step="unconstrained")
    hp = quick(METHOD, w_step="unconstrained", entropy=False, w_lr=1e-3)
    run = METHOD.run(blobs.x, blobs.k, hp, generator(0))
    while not (isinstance(step := next(run), Snapshot) and step.phase == "cluster"):
        pass
    with pytest.raises(EpochscopeError, match="rows are distributions"):
        run.send(hp.but({"entropy": True}))


def test_live_changes_take_hold_at_once(digits: Points) -> None:
    assert METHOD.params.live_names() == {"alpha", "w_lr", "entropy", "cluster.lr"}
    hp = quick(METHOD)

    def drive(changed: Any) -> list[Snapshot]:
        run, found, answer = METHOD.run(digits.x, digits.k, hp, generator(0)), [], None
        while True:
            try:
                step = run.send(answer)
            except StopIteration:
                return found
            answer = None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                found.append(step)
                answer = changed if len(found) == 1 else None

    usual, frozen, plain = drive(None), drive(hp.but({"w_lr": 1e-4})), drive(hp.but({"entropy": False}))
    assert np.abs(frozen[1].q - frozen[0].q).max() < 1e-3 < np.abs(usual[1].q - usual[0].q).max()
    assert set(usual[1].losses) == {"expected distance", "free energy"}
    assert set(plain[1].losses) == {"expected distance"}
    assert plain[-1].measures[ENTROPY] < usual[-1].measures[ENTROPY]
    small, large = (drive(hp.but({"alpha": alpha}))[-1].measures[ENTROPY] for alpha in (1.0, 30.0))
    assert large < small


def test_a_rate_that_is_too_large_ends_with_a_sentence(blobs: Points) -> None:
    for w_step in ("softmax of logits", "projected", "exact"):
        with pytest.raises(EpochscopeError, match=r"at epoch .* lower lr"):
            clustering(blobs._replace(k=1), w_step=w_step, cluster__lr=10.0, cluster__epochs=30)


def test_logits_reach_any_size_without_nan(blobs: Points) -> None:
    for w_step in ("softmax of logits", "projected"):
        last = clustering(blobs, w_step=w_step, w_lr=1e4, entropy=False)[-1]
        assert np.isfinite(last.q).all()
        assert torch.isfinite(torch.tensor(last.centers)).all()
