"""DKM step by step: its loss and gradients, both schedules, what lambda and alpha do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.annealing import annealed_alphas
from epochscope.methods import dkm
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.device import generator
from epochscope.nets.pretrain import pretrain
from epochscope.types import Progress, Snapshot

from tests.support.quick_runs import Points, quick, snapshots, steps
from tests.support.training import steps_by

schedules = pytest.mark.parametrize("schedule", [dkm.PRETRAINED, dkm.ANNEALED])


def params(**more: Any) -> Any:
    return quick(dkm.METHOD, **{"cluster__alphas": 3, "cluster__alpha_epochs": 2} | more)


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [s for s in snapshots(dkm.METHOD, points, params(**more)) if s.phase == "cluster"]


def naive_loss(x: np.ndarray, theta: list[np.ndarray], lam: float, alpha: float) -> float:
    """Both terms by loops over points and clusters; theta = weights and biases, layer by layer, then the centers."""
    *layers, mu = theta
    half = len(layers) // 2
    total = 0.0
    for point in x:
        h = point
        for i in range(0, len(layers), 2):
            h = layers[i] @ h + layers[i + 1]
            if i == half - 2:
                z = h
            elif i < len(layers) - 2:
                h = np.maximum(h, 0)
        d = [float(((z - center) ** 2).sum()) for center in mu]
        kernel = [np.exp(-alpha * (value - min(d))) for value in d]
        total += ((point - h) ** 2).sum() + lam * sum(w * v for w, v in zip(kernel, d, strict=True)) / sum(kernel)
    return total / len(x)


@pytest.mark.parametrize(("lam", "alpha"), [(1.0, 2.0), (0.0, 2.0), (5.0, 1000.0)])
def test_gradients_of_network_and_centers_agree_with_finite_differences(
    blobs: Points, lam: float, alpha: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]] = []

    def spy(steps: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        theta = steps.param_groups[0]["params"]
        seen.append((loss, [weight.detach().clone() for weight in theta], list(torch.autograd.grad(loss, theta))))

    monkeypatch.setattr(dkm, "take_step", steps_by(spy))
    monkeypatch.setattr(dkm, "Autoencoder", lambda *args: Autoencoder(*args).double())
    points = blobs._replace(x=blobs.x[:40].double())
    clustering(points, lam=lam, cluster__alpha=alpha, cluster__batch=40, cluster__epochs=1, net__widths="6-5")
    x = points.x - points.x.mean()
    x = (x / x.square().mean().sqrt()).numpy()
    loss, theta, slopes = seen[0]
    weights = [weight.numpy() for weight in theta]
    assert float(loss.detach()) == pytest.approx(naive_loss(x, weights, lam, alpha), rel=1e-9)
    rng, eps = np.random.default_rng(0), 1e-6
    for weight, slope in zip(weights, slopes, strict=True):
        at = tuple(rng.integers(size) for size in weight.shape)
        ends = []
        for side in (eps, -eps):
            weight[at] += side
            ends.append(naive_loss(x, weights, lam, alpha))
            weight[at] -= side
        assert float(slope[at]) == pytest.approx((ends[0] - ends[1]) / (2 * eps), rel=1e-4, abs=1e-6)


def test_lambda_zero_is_a_plain_autoencoder(digits: Points) -> None:
    cluster = clustering(digits, lam=0.0, cluster__epochs=2)
    assert all(np.array_equal(snapshot.centers, cluster[0].centers) for snapshot in cluster)
    hp, rng = params(), generator(0)
    x = digits.x - digits.x.mean()
    x = x / x.square().mean().sqrt()
    net = Autoencoder(x.shape[1], hp.net, rng)
    list(pretrain(net, x, hp, rng))
    list(best_of_restarts(net.encode(x), digits.k, hp.cluster.restarts, rng))
    adam = torch.optim.Adam(net.parameters(), lr=hp.cluster.lr)
    for epoch in (1, 2):
        for rows in torch.randperm(len(x), generator=rng).split(hp.cluster.batch):
            adam.zero_grad()
            (net(x[rows]) - x[rows]).square().sum(dim=1).mean().backward()
            adam.step()
        np.testing.assert_allclose(cluster[epoch].z, net.encode(x), atol=1e-4)


def test_network_and_centers_move_together(digits: Points) -> None:
    begun, *_, ended = clustering(digits)
    assert not np.allclose(begun.z, ended.z, atol=1e-3)
    assert not np.allclose(begun.centers, ended.centers, atol=1e-3)
    assert not np.allclose(begun.extra["decoded_centers"], ended.extra["decoded_centers"], atol=1e-3)


@schedules
def test_the_plan_holds_in_both_schedules(digits: Points, schedule: str) -> None:
    hp = params(schedule=schedule)
    run = snapshots(dkm.METHOD, digits, hp)
    counts = {phase: sum(s.phase == phase for s in run) for phase in dict.fromkeys(s.phase for s in run)}
    assert counts == {phase: epochs + 1 for phase, epochs in dkm.METHOD.plan(hp).items()}
    assert list(counts) == (["pretrain", "cluster"] if schedule == dkm.PRETRAINED else ["start", "cluster"])
    assert run[0].labels is None
    paper = dkm.METHOD.params(schedule=dkm.ANNEALED)
    assert dkm.METHOD.plan(paper) == {"start": 0, "cluster": 200}


def test_alpha_grows_after_its_epochs_and_is_constant_after_pretraining(
    digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, real = [], dkm.weights
    monkeypatch.setattr(dkm, "weights", lambda d, alpha: used.append(alpha) or real(d, alpha))
    run = clustering(digits, schedule=dkm.ANNEALED, cluster__alpha_1=0.05)
    one, two, three = annealed_alphas(3, 0.05)
    assert [s.measures["alpha"] for s in run] == [one, one, one, two, two, three, three]
    steps_of_an_epoch = 4  # 200 points in batches of 64
    for epoch, alpha in enumerate([one, one, two, two, three, three]):
        first = 1 + epoch * (steps_of_an_epoch + 1)
        assert used[first : first + steps_of_an_epoch] == [alpha] * steps_of_an_epoch
    run = clustering(digits, cluster__alpha=10_000.0)
    assert {s.measures["alpha"] for s in run} == {10_000.0}
    assert all(s.measures["entropy of W"] < 0.05 for s in run)  # hard in all but name


@schedules
def test_q_is_the_softmax_of_the_distances_and_labels_are_the_nearest_centers(digits: Points, schedule: str) -> None:
    for snapshot in clustering(digits, schedule=schedule, cluster__alpha=0.7):
        d = ((snapshot.z[:, None].astype(float) - snapshot.centers[None]) ** 2).sum(axis=2)
        w = np.exp(-snapshot.measures["alpha"] * d)
        w /= w.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(snapshot.q, w, atol=1e-5)
        assert np.array_equal(snapshot.labels, d.argmin(axis=1))
        assert snapshot.measures["entropy of W"] == pytest.approx(
            -(w * np.log(w + 1e-300)).sum(axis=1).mean(), abs=1e-4
        )
        assert snapshot.measures["mean norm of the codes"] == pytest.approx(
            np.sqrt((snapshot.z**2).sum(axis=1)).mean(), rel=1e-4
        )


def test_centers_start_at_k_means_or_where_asked(digits: Points) -> None:
    begun = clustering(digits)[0]
    hp, rng = params(), generator(0)
    x = digits.x - digits.x.mean()
    x = x / x.square().mean().sqrt()
    net = Autoencoder(x.shape[1], hp.net, rng)
    list(pretrain(net, x, hp, rng))
    search = best_of_restarts(net.encode(x), digits.k, hp.cluster.restarts, rng)
    while True:
        try:
            next(search)
        except StopIteration as end:
            np.testing.assert_array_equal(begun.centers, end.value.centers)
            break

    unit, wide = (
        clustering(digits, schedule=dkm.ANNEALED, cluster__start=start)[0] for start in (dkm.UNIFORM, dkm.AS_WIDE)
    )
    assert np.abs(unit.centers).max() <= 1 < 1.1 * np.abs(unit.centers).max()
    z = wide.z
    np.testing.assert_allclose(wide.centers, z.mean(axis=0) + 3**0.5 * z.std(axis=0) * unit.centers, atol=1e-5)


def test_losses_are_sums_over_features_and_means_over_the_points_of_the_epoch(
    digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkm, "take_step", steps_by(lambda steps, loss: None))  # the network stays as it is
    begun, after, *_ = clustering(digits, lam=3.0, cluster__alpha=1.0)
    assert dict(begun.losses) == {}
    assert set(after.losses) == {"summed reconstruction", "weighted distance", "lambda weighted distance"}
    d = ((begun.z[:, None] - begun.centers[None]) ** 2).sum(axis=2)
    assert after.losses["weighted distance"] == pytest.approx((begun.q * d).sum(axis=1).mean(), rel=1e-4)
    assert after.losses["lambda weighted distance"] == pytest.approx(3 * after.losses["weighted distance"], rel=1e-5)
    some = begun.extra["reconstructions"]
    assert some.shape == (2, 12, digits.x.shape[1])
    np.testing.assert_allclose(some[0], digits.x[:12], atol=1e-5)  # in the unit of the data
    x = digits.x - digits.x.mean()
    of_some = ((some[1] - some[0]) ** 2).sum(axis=1).mean() / float(x.square().mean())
    assert 0.5 < after.losses["summed reconstruction"] / of_some < 2


def test_live_changes_take_hold_at_once(digits: Points) -> None:
    hp = params()
    assert dkm.METHOD.params.live_names() == {"lam", "cluster.alpha", "cluster.lr", "pretrain.lr"}
    moved = {}
    for name, change in {"none": {}, "alpha": {"cluster.alpha": 0.5}, "lam": {"lam": 0.0}}.items():
        run, found, answer = dkm.METHOD.run(digits.x, digits.k, hp, generator(0)), [], None
        while len(found) < 2:
            step, answer = run.send(answer), None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                found.append(step)
                answer = hp.but(change)
        moved[name] = found
    assert moved["alpha"][1].measures["alpha"] == 0.5
    assert moved["alpha"][1].measures["entropy of W"] > moved["none"][1].measures["entropy of W"]
    assert np.array_equal(moved["lam"][1].centers, moved["none"][0].centers)
    assert not np.array_equal(moved["none"][1].centers, moved["none"][0].centers)


def test_large_lambda_draws_codes_to_their_centers(digits: Points) -> None:
    def spread(lam: float) -> float:
        last = clustering(digits, lam=lam, cluster__epochs=6)[-1]
        return float(((last.z - last.centers[last.labels]) ** 2).sum(axis=1).mean())

    assert spread(30.0) < 0.3 * spread(0.0)


@schedules
def test_same_seed_same_bits_and_ticks_in_both_schedules(digits: Points, schedule: str) -> None:
    hp = params(schedule=schedule)
    one, other = (clustering(digits, schedule=schedule)[-1] for _ in range(2))
    assert np.array_equal(one.z, other.z)
    assert np.array_equal(one.centers, other.centers)
    ticks = [step for step in steps(dkm.METHOD, digits, hp) if isinstance(step, Progress)]
    assert all(1 <= tick.done <= tick.total for tick in ticks)
