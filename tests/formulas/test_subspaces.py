"""Self-expression against the closed form, a greedy loop, block loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.subspaces import (
    affinity,
    block_means,
    expression_terms,
    members,
    normalized_affinity,
    random_mixtures,
    share_inside,
    strongest,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import laplacian


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def matrix(n: int = 12, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, n, generator=rng(seed), dtype=torch.float64)


def test_the_terms_are_smallest_at_the_closed_form_of_ridge_regression():
    """l1 ||C||^2 + l2/2 ||CZ - Z||^2 has its minimum at C = l2 Z Z^T (l2 Z Z^T + 2 l1 I)^-1."""
    z, l1, l2 = torch.randn(9, 4, generator=rng(), dtype=torch.float64), 0.7, 2.0
    gram = l2 * z @ z.T
    best = (gram @ torch.linalg.inv(gram + 2 * l1 * torch.eye(9, dtype=torch.float64))).requires_grad_()
    size, expression = expression_terms(best, z)
    (l1 * size + l2 * expression).backward()
    assert float(best.grad.abs().max()) < 1e-10


def test_the_terms_are_sums_over_all_entries():
    c, z = matrix(5), torch.randn(5, 3, generator=rng(1), dtype=torch.float64)
    size, expression = expression_terms(c, z)
    assert float(size) == pytest.approx(float((c.numpy() ** 2).sum()))
    by_hand = 0.0
    for i in range(5):
        restored = sum(c[i, j].item() * z[j].numpy() for j in range(5))
        by_hand += 0.5 * float(((restored - z[i].numpy()) ** 2).sum())
    assert float(expression) == pytest.approx(by_hand)


@given(st.integers(0, 100), st.floats(0.05, 1.0))
@settings(max_examples=30, deadline=None)
def test_the_strongest_entries_are_taken_one_by_one_until_they_exceed_the_share(seed, share):
    c = matrix(8, seed)
    expected = np.zeros((8, 8))
    for column in range(8):
        magnitude, total = np.abs(c[:, column].numpy()), 0.0
        for row in np.argsort(-magnitude):
            expected[row, column] = magnitude[row]
            total += magnitude[row]
            if total > share * magnitude.sum():
                break
    np.testing.assert_allclose(strongest(c, share).numpy(), expected)


def test_the_affinity_is_symmetric_and_its_normal_form_is_that_of_scipy():
    a = affinity(matrix().abs())
    assert torch.equal(a, a.T)
    a.fill_diagonal_(0)
    theirs = np.eye(12) - laplacian(a.numpy(), normed=True)
    np.testing.assert_allclose(normalized_affinity(a), theirs, atol=1e-12)
    lonely = torch.zeros(3, 3)
    assert torch.equal(normalized_affinity(lonely), lonely)


@pytest.mark.parametrize(("n", "b"), [(12, 4), (13, 4), (10, 10), (7, 1)])
def test_blocks_are_means_over_their_points(n: int, b: int):
    a, order = matrix(n), torch.randperm(n, generator=rng(2))
    parts = [order[[i for i in range(n) if i * b // n == block]] for block in range(b)]
    expected = np.array([[a[one][:, other].mean().item() for other in parts] for one in parts])
    np.testing.assert_allclose(block_means(a, order, b), expected, atol=1e-12)


def test_share_inside_counts_pairs_of_the_same_cluster():
    labels = torch.tensor([0, 0, 1, 1])
    assert share_inside(torch.ones(4, 4), labels) == pytest.approx(0.5)
    assert share_inside(torch.block_diag(torch.ones(2, 2), -torch.ones(2, 2)), labels) == 1.0
    assert share_inside(torch.zeros(4, 4), labels) == 0.0


def test_mixtures_lie_among_the_codes_of_one_cluster_each():
    labels = torch.tensor([0, 0, 0, 3, 3])
    z = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [10.0, 10.0], [10.0, 12.0]], dtype=torch.float64)
    false = random_mixtures(z, members(labels, 4, z), 200, rng())
    assert false.shape == (400, 2)  # two clusters have no points
    first, second = false[:200], false[200:]
    assert bool((first >= 0).all())
    assert float(first.sum(dim=1).max()) <= 1 + 1e-12  # inside the triangle
    torch.testing.assert_close(second[:, 0], torch.full((200,), 10.0, dtype=torch.float64))
    assert 10 <= float(second[:, 1].min()) < float(second[:, 1].max()) <= 12
    torch.testing.assert_close(first.mean(dim=0), z[:3].mean(dim=0), atol=0.05, rtol=0)
