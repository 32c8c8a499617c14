"""The graph, the penalties and the clusters of DCC against scikit-learn, networkx-free loops and autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.continuous import (
    balance,
    components,
    degrees,
    edge_weights,
    geman_mcclure,
    line_weight,
    mutual_edges,
    rows_of,
    scales,
)
from sklearn.neighbors import NearestNeighbors


def graph(n: int = 40, j: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).standard_normal((n, 3))
    d, index = NearestNeighbors(n_neighbors=j + 1).fit(x).kneighbors(x)
    return x, index[:, 1:], d[:, 1:] ** 2


def test_edges_are_mutual_or_of_the_tree_and_each_point_has_one() -> None:
    _, index, d = graph()
    edges = mutual_edges(index, d)
    found = {tuple(edge) for edge in edges.tolist()}
    mutual = {(i, j) for i in range(40) for j in index[i].tolist() if i < j and i in index[j]}
    assert mutual <= found
    one_sided = {(min(i, j), max(i, j)) for i in range(40) for j in index[i].tolist()}
    assert found <= one_sided
    assert len(found) == len(edges)
    assert (degrees(edges, 40) >= 1).all()


def test_copies_of_a_point_have_edges() -> None:
    index = np.array([[1, 2], [0, 2], [0, 1]])
    assert mutual_edges(index, np.zeros((3, 2))).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_weights_and_balance_are_those_of_dense_matrices() -> None:
    x, index, d = graph()
    edges = mutual_edges(index, d)
    own, w = np.bincount(edges.ravel(), minlength=40), edge_weights(edges, 40)
    np.testing.assert_allclose(w, [own.mean() / np.sqrt(own[i] * own[j]) for i, j in edges])
    R = np.zeros((40, 40))
    R[edges[:, 0], edges[:, 1]] = w
    R += R.T
    largest = np.linalg.eigvalsh(np.diag(R.sum(axis=1)) - R)[-1]
    assert balance(x, edges, w) == pytest.approx(np.linalg.svd(x)[1][0] / (1 + largest))


def test_the_sparse_eigenvalue_is_the_dense_one() -> None:
    x, index, d = graph(300, 6)
    edges = mutual_edges(index, d)
    w = edge_weights(edges, 300)
    R = np.zeros((300, 300))
    R[edges[:, 0], edges[:, 1]] = w
    R += R.T
    largest = np.linalg.eigvalsh(np.diag(R.sum(axis=1)) - R)[-1]
    assert balance(x, edges, w) == pytest.approx(np.linalg.svd(x, full_matrices=False)[1][0] / (1 + largest), rel=1e-3)


def test_the_weight_of_an_edge_is_the_slope_of_its_penalty() -> None:
    d2 = torch.tensor([0.0, 0.5, 3.0, 100.0], requires_grad=True)
    geman_mcclure(d2, 2.0).sum().backward()
    np.testing.assert_allclose(line_weight(d2.detach().numpy(), 2.0), d2.grad, rtol=1e-4)
    assert float(geman_mcclure(d2.detach(), 2.0).max()) < 2


def test_scales_by_hand() -> None:
    z = np.array([[0.0], [1.0], [3.0], [6.0]])
    found = scales(z, np.array([[0, 1], [1, 2], [2, 3]]))
    assert (found.delta, found.delta2, found.sigma2) == (1, 0.5, 27)
    assert found.delta1 == pytest.approx(z.var())
    assert found.sigma1 == pytest.approx(16 * z.var())
    assert np.isfinite(scales(np.zeros((3, 2)), np.array([[0, 1], [1, 2]]))).all()


def test_clusters_are_chains_of_short_edges_the_largest_first() -> None:
    u = np.array([[0.0], [5.0], [5.1], [5.2], [0.1], [9.0]])
    edges = np.array([[0, 4], [1, 2], [2, 3], [3, 5], [4, 5]])
    assert components(u, edges, 0.2, 10).tolist() == [1, 0, 0, 0, 1, -1]
    assert components(u, edges, 0.2, 1).tolist() == [-1, 0, 0, 0, -1, -1]


def test_rows_hold_each_edge_once() -> None:
    edges = np.array([[0, 1], [0, 3], [2, 3]])
    rows = rows_of(edges, 4)
    assert rows.j.tolist() == [[1, 3], [-1, -1], [3, -1], [-1, -1]]
    assert rows.j[rows.place].tolist() == [1, 3, 3]
