"""Hard assignment in blocks is that in one operation."""

import pytest
import torch
from epochscope.formulas import hard_assignment
from epochscope.formulas.hard_assignment import nearest_centers, sums_of_clusters

N, D, K = 103, 5, 7


@pytest.fixture
def points():
    rng = torch.Generator().manual_seed(0)
    return torch.randn(N, D, generator=rng), torch.randn(K, D, generator=rng), torch.randint(K - 1, (N,), generator=rng)


@pytest.mark.parametrize("most", [10**9, 4 * K * 10, 1], ids=["one operation", "ten rows at once", "one row at once"])
def test_against_loops(points, most, monkeypatch):
    monkeypatch.setattr(hard_assignment, "MOST_CELLS", most)
    z, mu, labels = points
    nearest, sums = nearest_centers(z, mu), sums_of_clusters(z, labels, K)
    distance = torch.cdist(z.double(), mu.double()).square()
    assert nearest.labels.tolist() == distance.argmin(dim=1).tolist()
    assert torch.allclose(nearest.d.double(), distance.min(dim=1).values, atol=1e-5)
    for j in range(K):
        assert int(sums.sizes[j]) == int((labels == j).sum())
        assert torch.allclose(sums.z[j], z[labels == j].sum(dim=0), atol=1e-5)
    assert sums.z[K - 1].tolist() == [0.0] * D  # the cluster without points


def test_the_first_of_equally_near_centers_as_in_one_operation(monkeypatch):
    z, mu = torch.zeros(9, 2), torch.ones(4, 2)
    assert nearest_centers(z, mu).labels.tolist() == [0] * 9
    monkeypatch.setattr(hard_assignment, "MOST_CELLS", 1)
    assert nearest_centers(z, mu).labels.tolist() == [0] * 9
