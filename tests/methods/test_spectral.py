"""Spectral clustering: eigenvectors against scipy, the graph in parts, all pairs by hand, the width that is kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.graph import gaussian_affinity, normalized_adjacency
from epochscope.methods import spectral
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.types import EpochscopeError
from scipy.linalg import eigh
from sklearn.metrics import adjusted_rand_score

from tests.support.quick_runs import quick, snapshots


def test_rows_are_those_of_the_exact_eigenvectors(digits: Points) -> None:
    run = snapshots(spectral.METHOD, digits, quick(spectral.METHOD, rounds=200))
    turning = [s for s in run if s.phase == "eigenvectors"]
    last = turning[-1]
    S = normalized_adjacency(last.extra["neighbors"], last.extra["weights"]).toarray()
    values, vectors = eigh(S)
    rows = vectors[:, ::-1][:, : digits.k]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(last.z @ last.z.T, rows @ rows.T, atol=1e-3)  # whatever the signs and turns
    assert last.measures["eigenvalue k"] == pytest.approx(values[-digits.k], abs=1e-5)
    gap = values[-digits.k] - values[-digits.k - 1]
    assert last.measures["gap after eigenvalue k"] == pytest.approx(gap, abs=1e-4)
    residuals = [s.measures["residual of the eigenvectors"] for s in turning]
    assert residuals[-1] < 1e-4 < residuals[0]
    assert len(turning) <= spectral.SHOWN + 1


def test_a_ring_around_a_heap_is_two_clusters() -> None:
    """Which k-means on the points themselves cannot find."""
    angle = torch.linspace(0, 6.28, 150)
    ring = torch.stack([angle.cos(), angle.sin()], dim=1)
    x = torch.cat([ring, 0.2 * torch.randn(150, 2, generator=generator(0))])
    truth = np.repeat([0, 1], 150)
    for joins in (spectral.NEIGHBORS, spectral.ALL):
        hp = quick(spectral.METHOD, graph__joins=joins)
        last = snapshots(spectral.METHOD, Points(x, truth, 2), hp)[-1]
        assert adjusted_rand_score(truth, last.labels) > 0.95
        for k in (0, 1):
            found = last.extra["decoded_centers"][k]
            np.testing.assert_allclose(found, x[last.labels == k].mean(dim=0), atol=1e-5)


def test_the_affinity_of_all_pairs_by_hand() -> None:
    x = torch.randn(6, 3, generator=generator(1), dtype=torch.float64)
    d = (x[:, None] - x).square().sum(dim=2)
    found = gaussian_affinity(d, 0.7)
    for i in range(6):
        for j in range(6):
            by_hand = 0.0 if i == j else np.exp(-float(((x[i] - x[j]) ** 2).sum()) / (2 * 0.7**2))
            assert float(found[i, j]) == pytest.approx(by_hand)


def test_of_all_widths_the_one_with_the_tightest_clusters_is_kept(digits: Points) -> None:
    hp = quick(spectral.METHOD, graph__joins=spectral.ALL, graph__widths=5)
    run = snapshots(spectral.METHOD, digits._replace(x=digits.x[:120]), hp)
    tried = [s for s in run if s.phase == "eigenvectors"]
    widths = [s.measures["width σ"] for s in tried]
    np.testing.assert_allclose(np.divide(widths[1:], widths[:-1]), 2**0.5, rtol=1e-6)
    best = min(tried, key=lambda s: s.measures["inertia at this width"])
    assert dict(run[-1].measures) == dict(best.measures)
    np.testing.assert_array_equal(run[-1].z, best.z)


def test_a_matrix_of_too_many_pairs_is_refused_and_too_few_points_for_the_neighbors() -> None:
    hp = spectral.METHOD.params().but({"graph.joins": spectral.ALL})
    with pytest.raises(EpochscopeError, match="at most 5000 points, or join nearest neighbors"):
        hp.check(n=5001, f=2, k=3)
    with pytest.raises(EpochscopeError, match="lower the number of neighbors"):
        spectral.METHOD.params().check(n=10, f=2, k=3)
