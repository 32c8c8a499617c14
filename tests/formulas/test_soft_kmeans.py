"""Weights, losses and gradients of soft k-means against naive loops, autograd, finite differences and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.soft_kmeans import (
    attraction,
    best_w,
    bracket,
    distance,
    free_energy,
    free_energy_gradient,
    free_energy_of,
    gradient,
    logit_gradient,
    median_gap,
    naive_weights,
    on_simplex,
    repelled,
    row_entropy,
    smallest_gap,
    underflow_limit,
    underflows,
    weights,
)
from epochscope.nets.device import denormals_flushed
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog, minimize
from scipy.spatial.distance import pdist
from scipy.special import softmax
from scipy.stats import entropy
from sklearn.metrics import pairwise_distances_argmin

ALPHAS = [0.1, 1.0, 4.0]
seeds = st.integers(0, 10_000)


def points(seed: int = 0, n: int = 12, k: int = 4, f: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(size, f, generator=rng, dtype=torch.float64) for size in (n, k))


def naive_rows(x: torch.Tensor, u: torch.Tensor, alpha: float) -> list[tuple[list[float], list[float]]]:
    """d and w of each point, number by number."""
    rows = []
    for point in x.tolist():
        d = [sum((a - b) ** 2 for a, b in zip(point, center, strict=True)) for center in u.tolist()]
        e = [math.exp(-alpha * one) for one in d]
        rows.append((d, [one / sum(e) for one in e]))
    return rows


def naive_loss(x: torch.Tensor, u: torch.Tensor, alpha: float) -> float:
    return sum(a * b for d, w in naive_rows(x, u, alpha) for a, b in zip(d, w, strict=True))


def naive_free_energy(x: torch.Tensor, u: torch.Tensor, alpha: float) -> float:
    return sum(-math.log(sum(math.exp(-alpha * one) for one in d)) / alpha for d, _ in naive_rows(x, u, alpha))


def finite_differences(loss, at: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    slope = torch.zeros_like(at)
    for index in range(at.numel()):
        step = torch.zeros_like(at)
        step.view(-1)[index] = eps
        slope.view(-1)[index] = (loss(at + step) - loss(at - step)) / (2 * eps)
    return slope


@pytest.mark.parametrize("alpha", ALPHAS)
def test_weights_and_losses_equal_naive_loops(alpha):
    x, u = points()
    d = squared_distances(x, u)
    w = torch.tensor([row for _, row in naive_rows(x, u, alpha)], dtype=torch.float64)
    torch.testing.assert_close(weights(d, alpha), w)
    torch.testing.assert_close(naive_weights(d, alpha), w)
    assert float(distance(d, w)) == pytest.approx(naive_loss(x, u, alpha) / len(x))
    assert float(free_energy(d, alpha)) == pytest.approx(naive_free_energy(x, u, alpha) / len(x))
    assert float(free_energy_of(d, w, alpha)) == pytest.approx(naive_free_energy(x, u, alpha) / len(x))
    np.testing.assert_allclose(row_entropy(w), entropy(w.numpy(), axis=1))


def test_the_naive_softmax_of_a_point_far_from_all_centers_is_zero_by_zero():
    x = torch.tensor([[3.0, -3.0], [0.0, 1.0]])
    u = torch.tensor([[0.0, 0.0], [5.0, 5.0], [-5.0, 5.0]])
    d = squared_distances(x, u)
    assert d[0].tolist() == [18, 68, 128]
    assert naive_weights(d, 10.0)[0].isnan().all()
    assert naive_weights(d, 10.0)[1].tolist() == [1, 0, 0]
    assert underflows(d, 10.0).tolist() == [True, False]
    assert weights(d, 10.0)[0].tolist() == [1, 0, 0]
    assert not underflows(d.double(), 10.0).any()  # exp(-180) is no problem there
    u.requires_grad_()
    d = squared_distances(x, u)
    for loss in (distance(d, weights(d, 10.0)), free_energy(d, 10.0)):
        assert torch.autograd.grad(loss, u, retain_graph=True)[0].isfinite().all()


@pytest.mark.parametrize(("dtype", "safe", "lost"), [(torch.float32, 87.0, 104.1), (torch.float64, 708.0, 746.0)])
def test_where_the_normalizer_underflows(dtype, safe, lost):
    d = torch.tensor([[safe, 9e4], [lost, 9e4]], dtype=dtype)
    for alpha in (1.0, 100.0):
        assert underflows(d / alpha, alpha).tolist() == [False, True]
        assert naive_weights(d / alpha, alpha).isnan().any(dim=1).tolist() == [False, True]


def test_a_training_thread_that_flushes_subnormal_numbers_underflows_earlier():
    d = torch.tensor([[86.0, 9e4], [95.0, 9e4]])
    assert underflows(d, 1.0).tolist() == [False, False]
    with denormals_flushed():
        assert underflows(d, 1.0).tolist() == naive_weights(d, 1.0).isnan().any(dim=1).tolist() == [False, True]


@given(seed=seeds, alpha=st.floats(0.01, 1000), size=st.floats(0.1, 30))
@settings(max_examples=60, deadline=None)
def test_a_row_underflows_exactly_where_its_naive_weights_are_nan(seed, alpha, size):
    x, u = points(seed)
    d = squared_distances(size * x, size * u).float()
    assert torch.equal(underflows(d, alpha), naive_weights(d, alpha).isnan().any(dim=1))
    assert weights(d, alpha).isfinite().all()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_gradient_through_the_weights(alpha):
    x, u = points()
    leaf = u.clone().requires_grad_()
    d = squared_distances(x, leaf)
    (by_autograd,) = torch.autograd.grad(len(x) * distance(d, weights(d, alpha)), leaf)
    torch.testing.assert_close(gradient(x, u, alpha), by_autograd, rtol=0, atol=1e-10)
    by_hand = finite_differences(lambda at: naive_loss(x, at, alpha), u)
    torch.testing.assert_close(gradient(x, u, alpha), by_hand, rtol=0, atol=1e-6)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_gradient_of_the_free_energy_is_that_of_the_distance_with_constant_weights(alpha):
    x, u = points()
    leaf = u.clone().requires_grad_()
    d = squared_distances(x, leaf)
    for loss in (free_energy(d, alpha), distance(d, weights(d, alpha).detach())):
        (by_autograd,) = torch.autograd.grad(len(x) * loss, leaf, retain_graph=True)
        torch.testing.assert_close(free_energy_gradient(x, u, alpha), by_autograd, rtol=0, atol=1e-10)
    by_hand = finite_differences(lambda at: naive_free_energy(x, at, alpha), u)
    torch.testing.assert_close(free_energy_gradient(x, u, alpha), by_hand, rtol=0, atol=1e-6)
    assert (gradient(x, u, alpha) - free_energy_gradient(x, u, alpha)).abs().max() > 0.01


@given(seed=seeds, alpha=st.floats(0.1, 3))
@settings(max_examples=25, deadline=None)
def test_a_point_repels_a_center_where_a_step_down_leads_away_from_it(seed, alpha):
    x, u = points(seed, n=1)
    d = squared_distances(x, u)
    slope = finite_differences(lambda at: naive_loss(x, at, alpha), u)
    outwards = (slope * (u - x)).sum(dim=1)  # of the loss, as the center moves away from the point
    away = repelled(d, weights(d, alpha), alpha)[0]
    clear = outwards.abs() > 1e-6
    assert torch.equal(away[clear], (outwards < 0)[clear])


def test_a_far_center_is_repelled_and_a_near_one_is_not():
    d = torch.tensor([[1.0, 4.0, 1.0 + 1e-3]])
    assert repelled(d, torch.tensor([[1.0, 0.0, 0.0]]), 1.0).tolist() == [[False, True, False]]  # 4 > 1 + 1/1
    assert not repelled(d, torch.tensor([[1.0, 0.0, 0.0]]), 0.1).any()  # 4 < 1 + 1/0.1


def test_large_alpha_is_hard_and_small_alpha_is_none():
    x, u = points(n=200, k=6)
    d = squared_distances(x, u)
    hard = torch.nn.functional.one_hot(torch.tensor(pairwise_distances_argmin(x.numpy(), u.numpy())), 6).double()
    torch.testing.assert_close(weights(d, 1e6), hard)
    torch.testing.assert_close(free_energy(d, 1e6), d.min(dim=1).values.mean(), rtol=1e-5, atol=0)
    torch.testing.assert_close(gradient(x, u, 1e6), 2 * (hard.sum(dim=0)[:, None] * u - hard.T @ x))
    torch.testing.assert_close(weights(d, 1e-9), torch.full_like(d, 1 / 6))


@given(seed=seeds, alpha=st.floats(0.01, 100), shift=st.lists(st.floats(-10, 10), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_order_of_the_centers_and_place_of_the_origin_do_not_matter(seed, alpha, shift):
    x, u = points(seed)
    order = torch.randperm(len(u), generator=torch.Generator().manual_seed(seed))
    w = weights(squared_distances(x, u), alpha)
    torch.testing.assert_close(weights(squared_distances(x, u[order]), alpha), w[:, order])
    torch.testing.assert_close(gradient(x, u[order], alpha), gradient(x, u, alpha)[order])
    by = torch.tensor(shift, dtype=torch.float64)
    torch.testing.assert_close(weights(squared_distances(x + by, u + by), alpha), w, rtol=0, atol=1e-8)
    torch.testing.assert_close(gradient(x + by, u + by, alpha), gradient(x, u, alpha), rtol=1e-6, atol=1e-6)


@given(seed=seeds, alpha=st.floats(0.05, 20))
@settings(max_examples=25, deadline=None)
def test_the_best_free_w_with_entropy_is_the_softmax(seed, alpha):
    """scipy is asked for the least of sum w d + 1/alpha sum w log w on the simplex."""
    d = torch.rand(1, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = minimize(
        lambda w: (w * d[0].numpy()).sum() - entropy(w) / alpha,
        np.full(4, 0.25),
        method="SLSQP",
        bounds=[(1e-12, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(found.x, weights(d, alpha)[0], atol=1e-4)
    assert found.fun == pytest.approx(float(free_energy(d, alpha)), abs=1e-8)


@given(seed=seeds, alpha=st.floats(0.05, 50))
@settings(max_examples=60, deadline=None)
def test_no_other_w_has_less_free_energy(seed, alpha):
    x, u = points(seed)
    d = squared_distances(x, u)
    other = torch.rand(d.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(dim=1)
    assert free_energy_of(d, other, alpha) >= free_energy(d, alpha) - 1e-12


def test_free_energy_of_a_hard_w_has_a_finite_gradient():
    w = torch.tensor([[1.0, 0.0, 0.0]], requires_grad=True)
    loss = free_energy_of(torch.tensor([[1.0, 2.0, 3.0]]), w, 2.0)
    assert loss.item() == 1.0
    assert torch.autograd.grad(loss, w)[0].isfinite().all()


@given(seed=seeds, k=st.integers(1, 8), size=st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_projection_equals_a_root_search(seed, k, size):
    v = size * torch.randn(5, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    for row, w in zip(v.numpy(), on_simplex(v).numpy(), strict=True):
        t = brentq(lambda t, v=row: np.maximum(v - t, 0).sum() - 1, row.min() - 2, row.max(), xtol=1e-13)
        np.testing.assert_allclose(w, np.maximum(row - t, 0), atol=1e-9)


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_projection_keeps_what_is_on_the_simplex_and_no_point_there_is_nearer(seed):
    rng = torch.Generator().manual_seed(seed)
    v = 2 * torch.randn(20, 5, generator=rng, dtype=torch.float64)
    inside = torch.randn(20, 5, generator=rng, dtype=torch.float64).softmax(dim=1)
    torch.testing.assert_close(on_simplex(inside), inside)
    assert ((v - on_simplex(v)).norm(dim=1) <= (v - inside).norm(dim=1) + 1e-12).all()


def test_projection_of_large_numbers_still_sums_to_one_and_nan_stays_nan():
    far = torch.tensor([[-1e6, -1e6 - 0.5, -3e6], [4e5, 0.0, 0.0]])
    torch.testing.assert_close(on_simplex(far), torch.tensor([[0.75, 0.25, 0.0], [1.0, 0.0, 0.0]]))
    assert on_simplex(torch.tensor([[torch.nan, 1.0]])).isnan().any()


def test_gaps():
    x, u = points(n=50, k=5)
    d = squared_distances(x, u)
    two = np.sort(d.numpy(), axis=1)[:, :2]
    gaps = np.sort(two[:, 1] - two[:, 0])
    assert gaps[24] <= median_gap(d) <= gaps[25]
    assert smallest_gap(u) == pytest.approx(pdist(u.numpy()).min())
    assert median_gap(d[:, :1]) == 1.0
    assert median_gap(torch.ones(3, 2)) == 1.0
    assert smallest_gap(u[[0, 1, 0]]) == 0.0
    assert smallest_gap(u[:1]) == math.inf


@pytest.mark.parametrize(("dtype", "number"), [(torch.float32, np.float32), (torch.float64, np.float64)])
def test_above_the_limit_numpy_s_exponential_is_zero_and_below_it_is_not(dtype, number):
    limit = underflow_limit(dtype)
    assert np.exp(number(-limit * (1 - 1e-6))) > 0
    assert np.exp(number(-limit * (1 + 1e-6))) == 0


def test_the_best_w_is_what_scipy_finds():
    """Without entropy the loss is linear in W: a linear program on the simplex."""
    d = torch.rand(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for row, w in zip(d.numpy(), best_w(d, 3.0, entropy=False).numpy(), strict=True):
        np.testing.assert_allclose(w, linprog(row, A_eq=np.ones((1, 4)), b_eq=[1.0]).x)
    torch.testing.assert_close(best_w(d, 3.0, entropy=True), torch.from_numpy(softmax(-3.0 * d.numpy(), axis=1)))


def test_the_bracket_is_negative_exactly_where_a_point_repels():
    x, u = points()
    d = squared_distances(x, u)
    w = weights(d, 2.0)
    expected = [[1 - 2.0 * (one - sum(a * b for a, b in zip(ds, ws, strict=True))) for one in ds]
                for ds, ws in naive_rows(x, u, 2.0)]  # fmt: skip
    np.testing.assert_allclose(bracket(d, w, 2.0), expected)
    assert torch.equal(bracket(d, w, 2.0) < 0, repelled(d, w, 2.0))


@pytest.mark.parametrize("alpha", [None, 0.5, 4.0])
def test_gradient_by_the_logits_of_a_free_w(alpha):
    x, u = points()
    d = squared_distances(x, u)
    a = torch.randn(d.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def loss(at: torch.Tensor) -> float:
        w = softmax(at.numpy(), axis=1)
        return float((w * d.numpy()).sum() - (0 if alpha is None else entropy(w, axis=1).sum() / alpha))

    torch.testing.assert_close(logit_gradient(d, a, alpha), finite_differences(loss, a), rtol=0, atol=1e-6)


def test_attraction_is_the_gradient_for_any_constant_w():
    x, u = points()
    w = torch.rand(len(x), len(u), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    by_hand = finite_differences(lambda at: float((w * squared_distances(x, at)).sum()), u)
    torch.testing.assert_close(attraction(x, u, w), by_hand, rtol=0, atol=1e-6)
