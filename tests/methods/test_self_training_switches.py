"""The switches of DEC and IDEC that show what goes wrong: they reach the training, and do what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import (
    conflated_mu_gradient,
    free_target_kl_gradients,
    kl,
    student_t,
    student_t_kl_gradients,
    target,
)
from epochscope.methods import dec, idec
from epochscope.methods.shared import self_training
from epochscope.methods.shared.self_training import (
    ALL_POINTS,
    CONFLATED,
    CONSTANT_P,
    EACH_BATCH,
    FREE_P,
    RIGHT,
    SelfTrainingParams,
    Targets,
    batch_target,
    forces,
    mu_error_term,
)
from epochscope.nets.device import generator
from epochscope.types import Snapshot

from tests.support.quick_runs import Points, clustering, quick, snapshots, target_by_hand
from tests.support.training import steps_by

both = pytest.mark.parametrize("module", [dec, idec], ids=["dec", "idec"])
FREE, BATCH = SelfTrainingParams(p_is=FREE_P), SelfTrainingParams(p_from=EACH_BATCH)


def scattered(n: int = 200, k: int = 4, d: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    rng = generator(0)
    z = torch.randn(n, d, generator=rng, dtype=torch.float64)
    return z, torch.randn(k, d, generator=rng, dtype=torch.float64)


def slopes(p: torch.Tensor, q: torch.Tensor, z: torch.Tensor, mu: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(len(q) * kl(p, q), [z, mu])


@pytest.mark.parametrize("nu", [0.5, 1.0, 3.0])
def test_free_p_of_all_points_has_the_exact_gradient_where_the_batch_is_all_points(nu: float) -> None:
    z, mu = (t.requires_grad_() for t in scattered())
    q = student_t(z, mu, nu)
    targets = Targets(every=0)
    targets.update(q.detach())
    p = batch_target(q, *targets.of(torch.arange(len(z))), len(z), FREE)
    torch.testing.assert_close(p.detach(), target(q.detach()))
    for found, closed in zip(slopes(p, q, z, mu), free_target_kl_gradients(z, mu, nu), strict=True):
        torch.testing.assert_close(found, closed.detach(), rtol=0, atol=1e-9)


def test_free_p_of_all_points_in_batches_adds_up_to_about_that_gradient() -> None:
    z, mu = scattered(400)
    targets, rng = Targets(every=0), generator(1)
    targets.update(student_t(z, mu))
    total = torch.zeros_like(z)
    for _ in range(60):
        for rows in torch.randperm(len(z), generator=rng).split(100):
            part, centers = z[rows].requires_grad_(), mu.clone().requires_grad_()
            q = student_t(part, centers)
            p = batch_target(q, *targets.of(rows), len(z), FREE)
            torch.testing.assert_close(p.detach(), targets.p[rows])  # in value the P of all points
            total[rows] += slopes(p, q, part, centers)[0] / 60
    exact = free_target_kl_gradients(z, mu).z
    constant = student_t_kl_gradients(z, mu, targets.p).z
    assert (total - exact).norm() < 0.1 * exact.norm()
    assert (constant - exact).norm() > exact.norm()


def test_p_of_each_batch_with_and_without_gradient() -> None:
    z, mu = (t.requires_grad_() for t in scattered(30))
    q = student_t(z, mu)
    targets, rows = Targets(every=0), torch.arange(30)
    targets.update(student_t(*scattered(200)))
    p = batch_target(q, *targets.of(rows), 200, BATCH)
    assert not p.requires_grad
    torch.testing.assert_close(p, target(q.detach()))
    for found, closed in zip(slopes(p, q, z, mu), student_t_kl_gradients(z, mu, p), strict=True):
        torch.testing.assert_close(found, closed.detach(), rtol=0, atol=1e-9)
    q = student_t(z, mu)
    p = batch_target(q, *targets.of(rows), 200, SelfTrainingParams(p_from=EACH_BATCH, p_is=FREE_P))
    for found, closed in zip(slopes(p, q, z, mu), free_target_kl_gradients(z, mu), strict=True):
        torch.testing.assert_close(found, closed.detach(), rtol=0, atol=1e-9)


def test_the_slip_changes_the_gradient_of_the_centers_alone() -> None:
    z, mu = (t.requires_grad_() for t in scattered(30))
    q = student_t(z, mu, 3.0)
    p = target(q.detach())
    slip = mu_error_term(z, mu, p, 3.0, SelfTrainingParams(mu_gradient=CONFLATED))
    assert slip.item() == 0.0
    for_z, for_mu = torch.autograd.grad(30 * (kl(p, q) + slip), [z, mu])
    torch.testing.assert_close(for_z, student_t_kl_gradients(z, mu, p, 3.0).z.detach(), rtol=0, atol=1e-9)
    torch.testing.assert_close(for_mu, conflated_mu_gradient(z, mu, p, 3.0).detach(), rtol=0, atol=1e-9)
    assert not mu_error_term(z, mu, p, 3.0, SelfTrainingParams()).requires_grad


@both
def test_the_switches_reach_the_training(module: Any, digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    gradients: list[list[torch.Tensor]] = []
    monkeypatch.setattr(module, "kl", lambda p, q: seen.append((p, q)) or kl(p, q))

    def spy(steps: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        theta = steps.param_groups[0]["params"]
        gradients.append(list(torch.autograd.grad(loss, theta)))

    monkeypatch.setattr(self_training, "take_step", steps_by(spy))

    def first(**switches: str) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        seen.clear(), gradients.clear()
        clustering(digits, module, cluster__epochs=1, **{f"cluster__{name}": to for name, to in switches.items()})
        return *seen[0], gradients[0]

    p, q, right = first(p_is=CONSTANT_P, p_from=ALL_POINTS, mu_gradient=RIGHT)
    assert not p.requires_grad
    free, _, slope = first(p_is=FREE_P)
    assert free.requires_grad
    torch.testing.assert_close(free.detach(), p)
    assert not any(torch.allclose(a, b, rtol=1e-2) for a, b in ((slope[0], right[0]), (slope[-1], right[-1])))
    batch, _, _ = first(p_from=EACH_BATCH)
    torch.testing.assert_close(batch, target(q.detach()))
    assert not torch.allclose(batch, p)
    _, _, slope = first(mu_gradient=CONFLATED)
    assert all(torch.equal(a, b) for a, b in zip(slope[:-1], right[:-1], strict=True))
    assert not torch.allclose(slope[-1], right[-1], rtol=1e-2)


@pytest.fixture(scope="module")
def overlapping() -> Points:
    """Four groups in the plane that touch: far apart, even a free P keeps them (P = Q there, too)."""
    rng = generator(4)
    corners = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]).repeat_interleave(32, dim=0)
    x = corners + 0.8 * torch.randn(128, 2, generator=rng)
    return Points(x, np.repeat(np.arange(4), 32), 4)


@pytest.mark.parametrize("module", [dec, pytest.param(idec, marks=pytest.mark.slow)], ids=["dec", "idec"])
@pytest.mark.parametrize("p_from", [ALL_POINTS, EACH_BATCH])
def test_a_constant_p_sharpens_and_a_free_p_dissolves(module: Any, overlapping: Points, p_from: str) -> None:
    more: dict[str, Any] = {"net__d": 2, "pretrain__epochs": 30, "pretrain__lr": 3e-3, "gamma": 2.0}
    more |= {"cluster__epochs": 100, "cluster__tol": 0.0, "cluster__p_from": p_from}
    more |= {"cluster__optimizer": "sgd", "cluster__lr": 0.1}

    def certain(p_is: str) -> tuple[float, float, float]:
        run = clustering(overlapping, module, cluster__p_is=p_is, **more)  # 200 steps
        sure = [snapshot.q.max(axis=1).mean() for snapshot in run]
        return sure[0], sure[-1], run[-1].losses["kl"] - run[1].losses["kl"]

    before, after, _ = certain(CONSTANT_P)
    assert after > before + 0.1
    before, after, change = certain(FREE_P)
    assert after < before - 0.1
    assert change < 0  # and yet the loss falls


def test_a_switch_turned_during_the_run_acts_at_once(digits: Points) -> None:
    hp = quick(dec.METHOD, cluster__tol=0.0)
    for name, to in (("p_is", FREE_P), ("p_from", EACH_BATCH), ("mu_gradient", CONFLATED)):
        run, begun, answer = dec.METHOD.run(digits.x, digits.k, hp, generator(0)), [], None
        while len(begun) < 2:
            step, answer = run.send(answer), None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                begun.append(step)
                answer = hp.but({f"cluster.{name}": to})
        usual = clustering(digits, dec, cluster__tol=0.0)
        assert np.array_equal(begun[0].z, usual[0].z)
        assert not np.array_equal(begun[1].centers, usual[1].centers), name


@both
@pytest.mark.parametrize("p_is", [CONSTANT_P, FREE_P])
def test_forces_are_minus_the_slope_of_the_divergence_at_the_snapshot(module: Any, digits: Points, p_is: str) -> None:
    for snapshot in clustering(digits, module, cluster__p_is=p_is, nu=2.0)[:2]:
        z = torch.tensor(snapshot.z, dtype=torch.float64, requires_grad=True)
        mu = torch.tensor(snapshot.centers, dtype=torch.float64)
        q = student_t(z, mu, 2.0)
        p = target(q) if p_is == FREE_P else torch.tensor(snapshot.p, dtype=torch.float64)
        (slope,) = torch.autograd.grad(len(z) * kl(p, q), z)
        np.testing.assert_allclose(snapshot.extra["forces"], -slope, atol=1e-4)
    hp = module.METHOD.params(nu=2.0, cluster=SelfTrainingParams(p_is=p_is))
    downhill = z + 1e-3 * forces(z, mu, p, hp)
    q = student_t(downhill, mu, 2.0)
    assert kl(target(q) if p_is == FREE_P else p, q) < kl(p, student_t(z, mu, 2.0))


def test_measures_by_hand(digits: Points) -> None:
    for snapshot in clustering(digits, dec):
        assert snapshot.measures["mean of the largest q"] == pytest.approx(snapshot.q.max(axis=1).mean(), rel=1e-5)
        assert snapshot.measures["clusters in use"] == len(set(snapshot.labels.tolist()))
        norm = np.sqrt((snapshot.z**2).sum(axis=1)).mean()
        assert snapshot.measures["mean norm of the codes"] == pytest.approx(norm, rel=1e-5)


def test_the_p_shown_is_that_of_all_points_whatever_is_trained_on(digits: Points) -> None:
    for switches in ({"cluster__p_from": EACH_BATCH}, {"cluster__p_is": FREE_P}, {"cluster__mu_gradient": CONFLATED}):
        for snapshot in snapshots(dec.METHOD, digits, quick(dec.METHOD, **switches)):
            if snapshot.phase == "cluster":
                np.testing.assert_allclose(snapshot.p, target_by_hand(snapshot.z, snapshot.centers), atol=1e-5)
