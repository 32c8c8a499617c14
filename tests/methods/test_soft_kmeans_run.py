"""Soft k-means step by step: its gradients, its NaN, what alpha does, and in which units all that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.soft_kmeans import free_energy_gradient, gradient
from epochscope.methods import soft_kmeans
from epochscope.nets.device import generator
from epochscope.testing.trial import arrays
from epochscope.types import EpochscopeError, Snapshot
from sklearn.cluster import KMeans

from tests.support.quick_runs import Points, quick, snapshots

METHOD = soft_kmeans.METHOD


def params(**more: Any) -> Any:
    return quick(METHOD, **more)


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [snapshot for snapshot in snapshots(METHOD, points, params(**more)) if snapshot.phase == "cluster"]


def drive(points: Points, hp: Any, answers: Callable[[int], Any]) -> list[Snapshot]:
    """The snapshots of clustering; `answers` says which params are sent back after which of them."""
    run, found, answer = METHOD.run(points.x, points.k, hp, generator(0)), [], None
    while True:
        try:
            step = run.send(answer)
        except StopIteration:
            return found
        answer = None
        if isinstance(step, Snapshot) and step.phase == "cluster":
            found.append(step)
            answer = answers(len(found) - 1)


def squared(z: np.ndarray, u: np.ndarray) -> np.ndarray:
    return ((z[:, None].astype(float) - u[None]) ** 2).sum(axis=2)


def outlier(points: Points, row: int) -> Points:
    x = points.x.clone()
    x[row] += 60
    return points._replace(x=x)


def test_w_follows_from_the_centers_shown(blobs: Points) -> None:
    for snapshot in clustering(blobs):
        e = np.exp(-snapshot.measures["alpha"] * squared(snapshot.z, snapshot.centers))
        w = e / e.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(snapshot.q, w, atol=1e-5)
        entropy = -(w * np.log(w.clip(1e-300))).sum(axis=1).mean()
        assert snapshot.measures["row entropy of W (nats)"] == pytest.approx(entropy, abs=1e-5)
        assert snapshot.measures["rows that would underflow"] == 0
        assert snapshot.measures["clusters in use"] == len(set(snapshot.labels))


@pytest.mark.parametrize(
    ("mode", "slope"), [("through W", gradient), ("stop-gradient W", free_energy_gradient), ("free energy", None)]
)
def test_a_step_goes_down_the_gradient_of_its_mode(mode: str, slope: Any, digits: Points) -> None:
    start, end = clustering(digits, gradient=mode, alpha=1.0, cluster__batch=4096, cluster__epochs=1)
    x, u = torch.tensor(start.z).double(), torch.tensor(start.centers).double()
    step = (slope or free_energy_gradient)(x, u, start.measures["alpha"]) / len(x)
    np.testing.assert_allclose(end.centers, u - 0.5 * step, atol=1e-5)
    d = squared(start.z, start.centers)
    assert end.losses["expected distance"] == pytest.approx((start.q * d).sum(axis=1).mean(), rel=1e-5)
    energy = -np.log(np.exp(-start.measures["alpha"] * d).sum(axis=1)).mean() / start.measures["alpha"]
    assert end.losses["free energy"] == pytest.approx(energy, rel=1e-5)


def test_free_energy_and_stopped_gradient_take_the_same_way_and_through_w_another(digits: Points) -> None:
    free, stopped, through = (
        clustering(digits, gradient=mode, alpha=1.0)[-1].centers
        for mode in ("free energy", "stop-gradient W", "through W")
    )
    np.testing.assert_allclose(free, stopped, atol=1e-4)
    assert np.abs(through - stopped).max() > 0.05


def test_losses_fall(digits: Points) -> None:
    for mode, loss in (("through W", "expected distance"), ("free energy", "free energy")):
        run = clustering(digits, gradient=mode, cluster__epochs=10)
        assert run[-1].losses[loss] < run[1].losses[loss]


def test_the_naive_softmax_ends_with_the_row_that_broke_it(blobs: Points) -> None:
    far, found = outlier(blobs, 17), []
    more = {"softmax": "naive", "alpha_per": "squared distance", "start": "random points", "standardize": "no"}
    run = METHOD.run(far.x, far.k, params(alpha=10.0, **more), generator(0))
    with pytest.raises(EpochscopeError) as raised:
        found.extend(run)
    said = str(raised.value)
    assert said.startswith("NaN in W at epoch 0: the normalizer of row 17 underflows (0/0)")
    assert said.endswith("is 0 in float32; lower alpha, or choose the stable softmax.")
    assert all(
        np.isfinite(value).all() for step in found if isinstance(step, Snapshot) for value in arrays(step).values()
    )
    stable = clustering(far, alpha=10.0, **(more | {"softmax": "stable"}))
    assert stable[0].measures["rows that would underflow"] == 1
    assert all(np.isfinite(snapshot.q).all() for snapshot in stable)


def test_alpha_raised_on_the_way_breaks_the_naive_softmax_in_the_next_epoch(blobs: Points) -> None:
    hp = params(softmax="naive", cluster__epochs=3)
    seen: list[int] = []
    with pytest.raises(EpochscopeError, match="NaN in W at epoch 2: the normalizer of row") as raised:
        drive(blobs, hp, lambda epoch: seen.append(epoch) or (hp.but({"alpha": 1000.0}) if epoch == 1 else None))
    assert seen == [0, 1]
    before = clustering(blobs, cluster__epochs=1)[-1]
    d = squared(before.z, before.centers)
    row = int(str(raised.value).split(" of row ")[1].split()[0])
    assert 1000 / 3 * before.measures["alpha"] * d[row].min() > 80  # the row that is named is one that is far


def test_the_count_foretells_it_in_both_modes(blobs: Points) -> None:
    hp = params(cluster__epochs=3)
    counts = [s.measures["rows that would underflow"] for s in drive(blobs, hp, lambda _: hp.but({"alpha": 1000.0}))]
    assert counts[0] == 0 < counts[1]
    naive = clustering(blobs, softmax="naive")
    for one, other in zip(naive, clustering(blobs), strict=True):
        np.testing.assert_allclose(one.q, other.q, atol=1e-5)
        assert one.measures["rows that would underflow"] == other.measures["rows that would underflow"] == 0


def test_what_is_not_finite_ends_with_a_sentence(blobs: Points) -> None:
    with pytest.raises(EpochscopeError, match=r"in the centers at epoch .* lower lr"):
        clustering(blobs._replace(k=1), cluster__lr=10.0, cluster__epochs=30)
    with pytest.raises(EpochscopeError, match=r"in the data at epoch 0 .* check the scaling of the data"):
        clustering(blobs._replace(x=blobs.x / 0))


def test_large_alpha_is_k_means(digits: Points) -> None:
    run = clustering(digits, alpha=1000.0, standardize="all features alike", cluster__epochs=20)
    for snapshot in run:
        assert (snapshot.q.max(axis=1) > 0.999).mean() > 0.97  # a few points lie between two centers
        assert np.array_equal(snapshot.labels, squared(snapshot.z, snapshot.centers).argmin(axis=1))
    fit = KMeans(digits.k, init=run[0].centers, n_init=1).fit(run[0].z)
    assert squared(run[-1].z, run[-1].centers).min(axis=1).sum() == pytest.approx(fit.inertia_, rel=0.03)


def test_small_alpha_brings_all_centers_together(digits: Points) -> None:
    run = clustering(digits, alpha=0.01, cluster__epochs=15)
    gaps = [snapshot.measures["smallest gap between centers"] for snapshot in run]
    assert gaps[-1] < 0.05 * gaps[0]
    assert run[-1].measures["row entropy of W (nats)"] == pytest.approx(np.log(digits.k), abs=1e-3)
    np.testing.assert_allclose(run[-1].centers, np.tile(run[-1].z.mean(axis=0), (digits.k, 1)), atol=0.6)


def test_repulsion_is_counted_where_it_is_weighed(digits: Points) -> None:
    start = clustering(digits, alpha=1.0)[0]
    d = squared(start.z, start.centers)
    away = d > (start.q * d).sum(axis=1, keepdims=True) + 1 / start.measures["alpha"]
    share = (start.q * away).sum(axis=1).mean()
    assert 0 < share < 0.5
    assert start.measures["share of W that repels"] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("standardize", ["each feature", "all features alike", "no"])
def test_centers_are_shown_in_units_of_the_data(standardize: str, digits: Points) -> None:
    last = clustering(digits._replace(k=1), standardize=standardize, cluster__batch=4096)[-1]
    np.testing.assert_allclose(last.extra["decoded_centers"], digits.x.mean(dim=0)[None], atol=1e-5)
    if standardize == "each feature":
        constant = (digits.x == digits.x[0]).all(dim=0).numpy()
        assert constant.any()
        assert not last.z[:, constant].any()
        np.testing.assert_allclose(last.z[:, ~constant].std(axis=0), 1, rtol=1e-4)
    elif standardize == "all features alike":
        assert last.z.std() == pytest.approx(1, rel=1e-4)
    else:
        assert np.array_equal(last.z, digits.x)


def test_alpha_per_median_gap_does_not_depend_on_the_unit_of_the_data(digits: Points) -> None:
    one, other = (clustering(digits._replace(x=c * digits.x), standardize="no")[0] for c in (1, 16))
    np.testing.assert_allclose(one.q, other.q, atol=1e-4)
    assert one.measures["alpha"] == pytest.approx(256 * other.measures["alpha"], rel=1e-4)
    nearest = np.sort(squared(one.z, one.centers), axis=1)
    assert one.measures["alpha"] == pytest.approx(3 / np.median(nearest[:, 1] - nearest[:, 0]), rel=0.01)
    plain = clustering(digits, alpha_per="squared distance", alpha=0.25)[0]
    assert plain.measures["alpha"] == 0.25


def test_live_changes_take_hold_at_once(digits: Points) -> None:
    hp = params()
    assert METHOD.params.live_names() == {"alpha", "gradient", "softmax", "cluster.lr"}
    usual = drive(digits, hp, lambda _: None)
    slow = drive(digits, hp, lambda epoch: hp.but({"cluster.lr": 1e-6}) if epoch == 1 else None)
    assert np.array_equal(slow[1].centers, usual[1].centers)
    assert np.abs(slow[2].centers - slow[1].centers).max() < 1e-4 < np.abs(usual[2].centers - usual[1].centers).max()
    soft = drive(digits, hp, lambda epoch: hp.but({"alpha": 0.3}) if epoch == 1 else None)
    assert soft[2].measures["alpha"] == pytest.approx(0.1 * usual[2].measures["alpha"])
    assert soft[2].measures["row entropy of W (nats)"] > usual[2].measures["row entropy of W (nats)"] + 0.5


def test_starts(digits: Points, blobs: Points) -> None:
    drawn = clustering(digits, start="random points")[0]
    assert squared(drawn.z, drawn.centers).min(axis=0).max() < 1e-8  # each is a point
    numbers = clustering(digits, start="random numbers", standardize="no")[0]
    assert abs(numbers.centers.std() - 1) < 0.1
    with pytest.raises(EpochscopeError, match="of the 4 points drawn as centers are distinct"):
        clustering(blobs._replace(x=blobs.x[:2].repeat(20, 1)), start="random points")


def test_one_array_of_points_serves_all_epochs(digits: Points) -> None:
    run = snapshots(METHOD, digits, params())
    assert all(snapshot.z is run[0].z for snapshot in run)
