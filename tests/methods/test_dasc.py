"""DASC step by step: what C lowers, the diagonal, the labels, the critic and its clipping, the cap on points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.subspaces import affinity, strongest
from epochscope.methods.dasc import method as dasc
from epochscope.methods.shared.spectral import leading_rows, spectral_labels
from epochscope.nets.device import generator
from epochscope.types import EpochscopeError, Snapshot
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_rand_score

from tests.support.quick_runs import Points, quick, snapshots


def run(points: Points, **more: Any) -> list[Snapshot]:
    return snapshots(dasc.METHOD, points, quick(dasc.METHOD, **more))


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [snapshot for snapshot in run(points, **more) if snapshot.phase == "cluster"]


def finished(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def blocks(noise: float) -> tuple[torch.Tensor, np.ndarray]:
    truth = np.repeat(np.arange(3), [10, 20, 30])
    a = torch.tensor((truth[:, None] == truth).astype(np.float32))
    return affinity(a + noise * torch.rand(60, 60, generator=generator(0))), truth


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_blocks_are_found_as_by_scikit_learn(noise: float) -> None:
    a, truth = blocks(noise)
    before = torch.zeros(60, dtype=torch.long)
    labels = finished(spectral_labels(a, before, 3, 5, generator(0))).numpy()
    theirs = SpectralClustering(3, affinity="precomputed", random_state=0).fit(a.numpy().astype(float)).labels_
    assert adjusted_rand_score(labels, truth) == 1.0
    assert adjusted_rand_score(labels, theirs) == 1.0


def test_ids_stay_with_their_points() -> None:
    a, truth = blocks(0.1)
    for names in ([2, 0, 1], [1, 2, 0]):
        before = torch.tensor(np.array(names)[truth])
        assert torch.equal(finished(spectral_labels(a, before, 3, 3, generator(0))), before)


@pytest.mark.parametrize("k", [1, 5])
def test_eigenvectors_for_one_cluster_and_for_as_many_as_points(k: int) -> None:
    rows = leading_rows(affinity(torch.rand(5, 5, generator=generator(0))), k)
    torch.testing.assert_close(rows.square().sum(dim=1), torch.ones(5))


def test_labels_are_k_means_at_first_and_spectral_every_so_often(
    digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spy(a: torch.Tensor, before: torch.Tensor, *rest: Any) -> Any:
        asked.append(a)
        return spectral_labels(a, before, *rest)

    monkeypatch.setattr(dasc, "spectral_labels", spy)
    found = clustering(digits, cluster__epochs=5, every=2, cluster__steps=3)
    assert len(asked) == 3  # epochs 2, 4 and the last
    distance = ((found[0].z[:, None] - found[0].centers[None]) ** 2).sum(axis=2)
    assert (found[0].labels == distance.argmin(axis=1)).mean() > 0.95
    np.testing.assert_array_equal(found[1].labels, found[0].labels)
    for snapshot in found:
        for cluster in np.unique(snapshot.labels):
            mean = snapshot.z[snapshot.labels == cluster].mean(axis=0)
            np.testing.assert_allclose(snapshot.centers[cluster], mean, atol=1e-4)


def last_c(points: Points, monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[np.ndarray, list[Snapshot]]:
    seen = []
    monkeypatch.setattr(dasc, "strongest", lambda c, rho: seen.append(c.numpy().copy()) or strongest(c, rho))
    found = clustering(points, **more)
    return seen[-1], found


def test_the_diagonal_may_be_held_at_zero(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    free, _ = last_c(digits, monkeypatch, diagonal=True, cluster__steps=5)
    held, _ = last_c(digits, monkeypatch, diagonal=False, cluster__steps=5)
    assert np.abs(np.diag(free)).max() > 1e-3
    assert not np.diag(held).any()
    assert np.abs(held).max() > 1e-3


def test_losses_fall_and_c_gathers_inside_clusters(blobs: Points) -> None:
    found = clustering(blobs, cluster__epochs=8, cluster__steps=10, pretrain__epochs=10, every=4)
    terms = [sum(snapshot.losses.values()) for snapshot in found[2:]]
    assert terms[-1] < terms[0]
    assert set(found[1].losses) == {"reconstruction", "size of C", "self expression"}
    assert found[-1].measures["share of |C| inside clusters"] > 0.3  # 0.25 at random


def test_the_critic_begins_late_and_its_weights_are_clipped(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Spy(dasc.Adversary):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(dasc, "Adversary", Spy)
    found = clustering(digits, critic__after=2, critic__bound=0.01, critic__ahead=4, cluster__epochs=4)
    assert ["critic score" in snapshot.measures for snapshot in found] == [False, False, True, True, True]
    assert max(float(weight.detach().abs().max()) for weight in made[0].D.parameters()) <= 0.01
    without = clustering(digits, critic__on=False, cluster__epochs=4)
    assert not any("critic score" in snapshot.measures for snapshot in without)


def test_the_critic_learns_to_tell_codes_from_mixtures_and_encoders_lower_its_score() -> None:
    hp = quick(dasc.METHOD, critic__bound=0.3, critic__lr=1e-2, net__d=2)
    rng = generator(0)
    adversary = dasc.Adversary(hp, rng)
    z = torch.randn(60, 2, generator=rng) * 3
    now = dasc.Expressed(z, torch.zeros(60, 60), torch.zeros(60, dtype=torch.long), 1, torch.ones(1, 60))
    before = float(adversary.score(now, hp).detach())
    for _ in range(60):
        adversary.learn(now, hp)
    after = adversary.score(now, hp)
    assert float(after.detach()) > before + 0.05
    nearer = now._replace(z=0.2 * z)  # codes that lie as close as their mixtures
    assert float(adversary.score(nearer, hp).detach()) < 0.5 * float(after.detach())


def test_too_many_points_are_refused_in_one_sentence() -> None:
    x = torch.zeros(2001, 3)
    with pytest.raises(EpochscopeError, match=r"at most 2,000 points, but this data set has 2,001: choose fewer"):
        next(dasc.METHOD.run(x, 2, quick(dasc.METHOD), generator(0)))


def test_the_picture_of_c_is_ordered_by_cluster(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    c, found = last_c(digits, monkeypatch, cluster__steps=5)
    picture, labels = found[-1].extra["affinity"], found[-1].labels
    assert picture.shape == (128, 128)
    order = np.argsort(labels, kind="stable")
    a = (np.abs(c) + np.abs(c).T) / 2
    rows = [order[[i for i in range(200) if i * 128 // 200 == block]] for block in (0, 77)]
    assert picture[0, 77] == pytest.approx(a[np.ix_(rows[0], rows[1])].mean(), rel=1e-3)


def test_the_papers_weight_of_c_is_that_of_pixels_in_our_unit() -> None:
    hp = dasc.METHOD.start("as in the paper")
    z = torch.randn(20, 5, generator=generator(0), dtype=torch.float64)
    c = torch.randn(20, 20, generator=generator(1), dtype=torch.float64)
    theirs, ours = (dasc.expression_terms(c, length * z) for length in (19_396**0.5, 1.0))
    loss = 1.0 * theirs.size + 0.2 * theirs.expression
    assert float(hp.lambda_1 * ours.size + hp.lambda_2 * ours.expression) == pytest.approx(
        float(loss) / 19_396, rel=0.01
    )


def test_labels_are_found_more_often_once_the_critic_takes_part() -> None:
    hp = dasc.DascParams().but({"every": 5, "critic.after": 20, "critic.every": 1})
    assert [hp.labels_every(epoch) for epoch in (1, 20, 21)] == [5, 5, 1]
    assert hp.but({"critic.on": False}).labels_every(21) == 5
    assert dasc.DascParams().labels_every(500) == 5
