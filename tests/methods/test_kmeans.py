"""The k-means that all methods start from, against scikit-learn and by hand."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from epochscope.methods import kmeans
from epochscope.methods.shared.lloyd import best_of_restarts, lloyd
from epochscope.nets.device import generator
from epochscope.types import Progress
from sklearn.cluster import KMeans

from tests.support.quick_runs import Points, quick, snapshots


def restarted(points: Points, restarts: int, seed: int = 0):
    run, ticks = best_of_restarts(points.x, points.k, restarts, generator(seed)), []
    while True:
        try:
            ticks.append(next(run))
        except StopIteration as end:
            return end.value, ticks


def test_replay_ends_where_scikit_learn_ends(digits: Points) -> None:
    best, _ = restarted(digits, 5)
    *_, last = lloyd(digits.x, best.start)
    fit = KMeans(digits.k, init=best.start.numpy(), n_init=1, tol=0).fit(digits.x.numpy())
    assert last.inertia == pytest.approx(fit.inertia_, rel=1e-5)
    assert last.inertia == pytest.approx(best.inertia, rel=1e-2)
    np.testing.assert_allclose(last.mu, fit.cluster_centers_, atol=1e-4)


def test_inertia_never_rises_and_labels_are_the_nearest_centers(digits: Points) -> None:
    run = [s for s in snapshots(kmeans.METHOD, digits, quick(kmeans.METHOD)) if s.phase == "cluster"]
    inertia = [snapshot.losses["inertia"] for snapshot in run]
    assert all(after <= before * (1 + 1e-6) for before, after in pairwise(inertia))
    for snapshot in run:
        distance = ((snapshot.z[:, None] - snapshot.centers[None]) ** 2).sum(axis=2)
        assert np.array_equal(snapshot.labels, distance.argmin(axis=1))
        assert snapshot.losses["inertia"] == pytest.approx(distance.min(axis=1).sum(), rel=1e-5)


def test_more_restarts_are_never_worse_and_each_is_a_place_to_stop(digits: Points) -> None:
    one, few = restarted(digits, 1)[0], restarted(digits, 6)
    assert few[0].inertia <= one.inertia
    assert few[1] == [Progress(done, 6, "k-means restarts") for done in range(1, 7)]


def test_an_empty_cluster_moves_to_the_point_worst_served() -> None:
    x = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    states = list(lloyd(x, torch.tensor([[1.0], [99.0]])))
    assert states[0].labels.tolist() == [0, 0, 0, 0]
    assert states[1].mu.flatten().tolist() == [3.25, 10.0]
    assert states[-1].labels.tolist() == [0, 0, 0, 1]
    assert states[-1].mu.flatten().tolist() == [1.0, 10.0]


def test_the_limit_of_iterations_holds(digits: Points) -> None:
    hp = kmeans.KMeansParams(epochs=2, restarts=1)
    assert len(snapshots(kmeans.METHOD, digits, hp)) == 1 + 3  # before the restarts; start, iteration 1, iteration 2
    assert len(list(islice(lloyd(digits.x, digits.x[:10]), 3))) == 3


def test_points_are_handed_on_without_a_copy_per_epoch(digits: Points) -> None:
    run = snapshots(kmeans.METHOD, digits, quick(kmeans.METHOD))
    assert all(snapshot.z is run[0].z for snapshot in run)
