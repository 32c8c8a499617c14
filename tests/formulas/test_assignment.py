"""Q, P and KL against naive loops; gradients against autograd and finite differences."""

from __future__ import annotations

import math

import pytest
import torch
from epochscope.formulas import assignment
from epochscope.formulas.assignment import (
    conflated_mu_gradient,
    free_target_kl_gradients,
    kl,
    log_student_t,
    squared_distances,
    student_t,
    student_t_kl_gradients,
    student_t_pulls,
    target,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NUS = [0.5, 1.0, 3.0, 10.0]


@pytest.fixture(autouse=True)
def _one_thread():
    """Threads cost tiny tensors more than they save, by far on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def codes(seed: int = 0, n: int = 12, k: int = 4, d: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(n, d, generator=rng, dtype=torch.float64)
    mu = torch.randn(k, d, generator=rng, dtype=torch.float64)
    p = torch.rand(n, k, generator=rng, dtype=torch.float64).softmax(dim=1)
    return z, mu, p


def naive_q(z: torch.Tensor, mu: torch.Tensor, nu: float) -> list[list[float]]:
    rows = []
    for point in z.tolist():
        kernel = []
        for center in mu.tolist():
            distance = sum((a - b) ** 2 for a, b in zip(point, center, strict=True))
            kernel.append((1 + distance / nu) ** (-(nu + 1) / 2))
        rows.append([value / sum(kernel) for value in kernel])
    return rows


def naive_p(q: list[list[float]]) -> list[list[float]]:
    rows = []
    for row in q:
        weight = [row[j] ** 2 / sum(other[j] for other in q) for j in range(len(row))]
        rows.append([value / sum(weight) for value in weight])
    return rows


def naive_kl_sum(p: list[list[float]], q: list[list[float]]) -> float:
    return sum(a * math.log(a / b) for row, other in zip(p, q, strict=True) for a, b in zip(row, other, strict=True))


def finite_differences(loss, at: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    slope = torch.zeros_like(at)
    for index in range(at.numel()):
        step = torch.zeros_like(at)
        step.view(-1)[index] = eps
        slope.view(-1)[index] = (loss(at + step) - loss(at - step)) / (2 * eps)
    return slope


def test_q_at_distances_zero_and_one():
    q = student_t(torch.tensor([[0.0]]), torch.tensor([[0.0], [1.0]]))
    torch.testing.assert_close(q, torch.tensor([[2 / 3, 1 / 3]]))


@pytest.mark.parametrize("nu", NUS)
def test_q_p_and_kl_equal_naive_loops(nu):
    z, mu, p = codes()
    q = naive_q(z, mu, nu)
    torch.testing.assert_close(student_t(z, mu, nu), torch.tensor(q, dtype=torch.float64))
    torch.testing.assert_close(log_student_t(z, mu, nu).exp(), torch.tensor(q, dtype=torch.float64))
    torch.testing.assert_close(target(student_t(z, mu, nu)), torch.tensor(naive_p(q), dtype=torch.float64))
    assert kl(p, student_t(z, mu, nu)).item() == pytest.approx(naive_kl_sum(p.tolist(), q) / len(z))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_sizes_take_another_road_to_the_same_distances(monkeypatch, dtype):
    z, mu, _ = codes(n=50, k=6, d=8)
    z, mu = z.to(dtype) + 1000, mu.to(dtype) + 1000  # far from the origin, where the expansion alone would cancel
    z[0] = mu[0]
    exact = (z.double()[:, None] - mu.double()[None]).square().sum(dim=2)
    monkeypatch.setattr(assignment, "_CELLS", 0)
    z.requires_grad_()
    mu.requires_grad_()
    d = squared_distances(z, mu)
    assert d.min() >= 0
    torch.testing.assert_close(d.detach().double(), exact, rtol=1e-5, atol=1e-4 if dtype == torch.float32 else 1e-9)
    dz, dmu = torch.autograd.grad(d.sum(), [z, mu])
    gap = z.detach()[:, None] - mu.detach()[None]
    torch.testing.assert_close(dz, 2 * gap.sum(dim=1), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(dmu, -2 * gap.sum(dim=0), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("nu", NUS)
def test_gradients_with_constant_target(nu):
    z, mu, p = codes()
    n = len(z)
    closed = student_t_kl_gradients(z, mu, p, nu)
    leaves = [z.clone().requires_grad_(), mu.clone().requires_grad_()]
    for_z, for_mu = torch.autograd.grad(n * kl(p, student_t(*leaves, nu)), leaves)
    torch.testing.assert_close(closed.z, for_z, rtol=0, atol=1e-8)
    torch.testing.assert_close(closed.mu, for_mu, rtol=0, atol=1e-8)
    by_hand = finite_differences(lambda at: naive_kl_sum(p.tolist(), naive_q(at, mu, nu)), z)
    torch.testing.assert_close(closed.z, by_hand, rtol=0, atol=1e-7)
    by_hand = finite_differences(lambda at: naive_kl_sum(p.tolist(), naive_q(z, at, nu)), mu)
    torch.testing.assert_close(closed.mu, by_hand, rtol=0, atol=1e-7)


@pytest.mark.parametrize("nu", NUS)
def test_the_conflated_gradient_lacks_exactly_the_terms_of_the_other_clusters(nu):
    """mu_j acts on every q_il through the sum below it; keeping l = j only gives p (1 - q) in place of p - q."""
    z, mu, p = codes()
    conflated, right = conflated_mu_gradient(z, mu, p, nu), student_t_kl_gradients(z, mu, p, nu).mu
    q = naive_q(z, mu, nu)
    for j in range(len(mu)):
        lost = torch.zeros_like(mu[0])
        for i in range(len(z)):
            gap = z[i] - mu[j]
            factor = -q[i][j] * (1 - float(p[i, j]))
            lost -= (nu + 1) / nu * factor / (1 + float(gap @ gap) / nu) * gap
        torch.testing.assert_close(right[j], conflated[j] + lost, rtol=0, atol=1e-10)

    for j in range(len(mu)):  # the author's own chain: dL/dq_ij dq_ij/dmu_j and nothing else
        weight = -p[:, j] / torch.tensor([row[j] for row in q], dtype=torch.float64)

        def own(at, j=j, weight=weight):
            return float(weight @ torch.tensor([row[j] for row in naive_q(z, at, nu)], dtype=torch.float64))

        torch.testing.assert_close(conflated[j], finite_differences(own, mu)[j], rtol=0, atol=1e-7)
    truth = finite_differences(lambda at: naive_kl_sum(p.tolist(), naive_q(z, at, nu)), mu)
    assert (conflated - truth).abs().max() > 0.1


def test_target_of_some_rows_with_the_sizes_of_all():
    q = student_t(*codes()[:2])
    torch.testing.assert_close(target(q[3:7], q.sum(dim=0)), torch.tensor(naive_p(q.tolist()))[3:7].double())
    assert not torch.allclose(target(q[3:7]), target(q)[3:7])


@pytest.mark.parametrize("nu", NUS)
def test_gradients_with_free_target(nu):
    z, mu, _ = codes()
    closed = free_target_kl_gradients(z, mu, nu)
    leaves = [z.clone().requires_grad_(), mu.clone().requires_grad_()]
    q = student_t(*leaves, nu)
    for_z, for_mu = torch.autograd.grad(len(z) * kl(target(q), q), leaves)
    torch.testing.assert_close(closed.z, for_z, rtol=0, atol=1e-8)
    torch.testing.assert_close(closed.mu, for_mu, rtol=0, atol=1e-8)

    def loss(at_z, at_mu):
        q = naive_q(at_z, at_mu, nu)
        return naive_kl_sum(naive_p(q), q)

    torch.testing.assert_close(closed.z, finite_differences(lambda at: loss(at, mu), z), rtol=0, atol=1e-7)
    torch.testing.assert_close(closed.mu, finite_differences(lambda at: loss(z, at), mu), rtol=0, atol=1e-7)


def test_constant_target_sharpens_and_free_target_dissolves():
    """The forgotten detach: the loss falls all the same, but clusters that overlap dissolve (far apart, they stay)."""
    rng = torch.Generator().manual_seed(0)
    corners = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]], dtype=torch.float64)
    blobs = corners.repeat_interleave(25, dim=0) + 0.5 * torch.randn(100, 2, generator=rng, dtype=torch.float64)

    def descend(free: bool) -> tuple[list[float], list[float]]:
        z, mu = blobs.clone(), corners.clone()
        certain, losses = [], []
        for _ in range(200):
            q = student_t(z, mu)
            certain.append(q.max(dim=1).values.mean().item())
            losses.append(kl(target(q), q).item())
            slope = free_target_kl_gradients(z, mu) if free else student_t_kl_gradients(z, mu, target(q))
            z, mu = z - 0.05 * slope.z, mu - 0.05 / 25 * slope.mu
        return certain, losses

    certain, _ = descend(free=False)
    assert certain[-1] > certain[0] + 0.1
    certain, losses = descend(free=True)
    assert certain[-1] < certain[0] - 0.1
    assert losses[-1] < losses[0]


@given(
    seed=st.integers(0, 10_000),
    nu=st.floats(0.25, 20.0),
    n=st.integers(1, 20),
    k=st.integers(1, 6),
    d=st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_properties(seed, nu, n, k, d):
    z, mu, _ = codes(seed, n, k, d)
    q = student_t(z, mu, nu)
    p = target(q)
    ones = torch.ones(n, dtype=torch.float64)
    torch.testing.assert_close(q.sum(dim=1), ones)
    torch.testing.assert_close(p.sum(dim=1), ones)
    assert kl(p, q) >= -1e-12
    assert kl(q, q).abs() < 1e-12
    order = torch.randperm(k, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(student_t(z, mu[order], nu), q[:, order])
    torch.testing.assert_close(target(q[:, order]), p[:, order])
    torch.testing.assert_close(student_t(z + 7, mu + 7, nu), q)
    slope = student_t_kl_gradients(z, mu, p, nu)
    torch.testing.assert_close(slope.z.sum(dim=0), -slope.mu.sum(dim=0))  # what pulls the points pushes the centers


def test_extremes_stay_finite():
    z, mu, _ = codes()
    z, mu = (1e6 * z).float(), (1e6 * mu).float()
    for nu in (0.1, 1.0, 100.0):
        q = student_t(z, mu, nu)
        assert q.isfinite().all()
        assert log_student_t(z, mu, nu).isfinite().all()
        assert target(q).isfinite().all()
    certain = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # the third cluster is empty: f = 0
    assert torch.equal(target(certain), certain)
    leaf = torch.full((2, 3), 1 / 3, requires_grad=True)
    loss = kl(certain, leaf)
    assert loss.item() == pytest.approx(math.log(3))
    loss.backward()
    assert leaf.grad.isfinite().all()


@pytest.mark.parametrize("nu", NUS)
def test_the_pulls_of_the_centers_add_up_to_the_force(nu):
    z, mu, p = codes()
    pulls = student_t_pulls(z, mu, p, nu)
    torch.testing.assert_close(pulls.sum(dim=1), -student_t_kl_gradients(z, mu, p, nu).z)
    i, j = 3, 1  # by hand
    w = 1 / (1 + (z[i] - mu[j]).square().sum() / nu)
    by_hand = (nu + 1) / nu * w * (p[i, j] - student_t(z, mu, nu)[i, j]) * (mu[j] - z[i])
    torch.testing.assert_close(pulls[i, j], by_hand)
