"""The spectral map against double loops, numpy's eigenvalues and scikit-learn's neighbors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.graph import margins_contrastive, nearest
from epochscope.formulas.spectral_map import (
    batch_affinity,
    laplacian,
    reached,
    smallest,
    sparse_affinity,
    spectral_loss,
    turn_of,
)
from epochscope.nets.device import generator
from sklearn.neighbors import kneighbors_graph


def points(n: int, d: int = 3) -> torch.Tensor:
    return torch.randn(n, d, generator=generator(0), dtype=torch.float64)


def test_affinity_is_that_of_scikit_learn_s_graph() -> None:
    h = points(40)
    distance = kneighbors_graph(h.numpy(), 4, mode="distance").toarray()
    a = np.where(distance > 0, np.exp(-(distance**2) / (2 * 0.7**2)), 0)
    np.testing.assert_allclose(batch_affinity(h, 4, 0.7).numpy(), (a + a.T) / 2, atol=1e-9)
    found = nearest(h, 4)
    np.testing.assert_allclose(
        sparse_affinity(found.j.numpy(), found.d.numpy(), 0.7).toarray(), (a + a.T) / 2, atol=1e-9
    )


def test_loss_is_the_double_sum_and_the_trace() -> None:
    W, y = batch_affinity(points(20), 3, 1.0), points(20, 4)
    by_hand = sum(W[a, b] * (y[a] - y[b]).square().sum() for a in range(20) for b in range(20)) / 40
    D = torch.diag(W.sum(dim=1))
    torch.testing.assert_close(spectral_loss(W, y), by_hand)
    torch.testing.assert_close(spectral_loss(W, y), torch.trace(y.T @ (D - W) @ y) / 20)


def test_turned_outputs_are_orthonormal_and_span_the_same() -> None:
    y = points(50, 4) @ torch.tensor(np.random.default_rng(1).standard_normal((4, 4)))
    Y = y @ turn_of(y)
    torch.testing.assert_close(Y.T @ Y, 50 * torch.eye(4, dtype=torch.float64), atol=1e-3, rtol=0)
    assert np.linalg.matrix_rank(np.hstack([y.numpy(), Y.numpy()])) == 4


def test_outputs_that_depend_on_each_other_have_a_finite_turn() -> None:
    y = torch.ones(10, 3)
    assert torch.isfinite(turn_of(y)).all()
    assert torch.isfinite(turn_of(torch.zeros(10, 3))).all()


@pytest.mark.parametrize("n", [60, 700])
def test_eigenvalues_are_numpy_s_and_no_output_is_below_them(n: int) -> None:
    found = nearest(points(n), 5)
    L = laplacian(sparse_affinity(found.j.numpy(), found.d.numpy(), 0.5))
    values, vectors = np.linalg.eigh(L.toarray())
    np.testing.assert_allclose(smallest(L, 4), values[:4], atol=1e-6)
    np.testing.assert_allclose(reached(L, n**0.5 * vectors[:, :4]), values[:4], atol=1e-9)
    y = points(n, 4)
    assert (reached(L, (y @ turn_of(y)).numpy()) > values[:4]).all()


def test_loss_of_pairs_with_two_margins() -> None:
    d = torch.tensor([0.0, 0.25, 0.25, 4.0])
    found = margins_contrastive(d, torch.tensor([True, True, False, False]))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.45**2, 0.25, 0.0]))
