"""One cluster, counted by hand."""

import numpy as np
import pytest
from epochscope.inspect import cluster

TRUTH = np.array([0, 0, 1, 1, -1])
LABELS = [None, np.array([0, 0, 0, 1, 1]), np.array([1, 0, 0, 0, 1]), np.array([1, 1, 1, 1, 1])]


def test_growth_and_purity():
    found = cluster.growth(LABELS, 0, TRUTH, 2)
    assert found.epochs == [1, 2, 3]
    assert found.share == pytest.approx([0.6, 0.6, 0])
    assert found.purity == [pytest.approx(2 / 3), pytest.approx(2 / 3), None]
    assert found.largest == [0, 1, None]
    assert cluster.growth(LABELS, 0, None, 0).purity == [None, None, None]


def test_origin_counts_members_and_losses():
    found = cluster.origin(LABELS[1], LABELS[2], 0, 2)
    assert found.came == [(0, 2), (1, 1)]
    assert found.went == [(1, 1)]
    everything = cluster.origin(LABELS[1], LABELS[3], 1, 2)
    assert everything.came == [(0, 3), (1, 2)]
    assert everything.went == []


def test_the_surest_and_the_most_doubtful_members():
    labels = np.array([0, 1, 0, 0])
    q = np.array([[0.6, 0.4], [0.1, 0.9], [0.9, 0.1], [0.7, 0.3]])
    found = cluster.ends(labels, 0, 2, q=q, z=None, centers=None)
    assert [place for place, _ in found.most] == [2, 3]
    assert [place for place, _ in found.least] == [0, 3]
    assert found.most[0][1] == pytest.approx(0.9)
    z, centers = np.array([[1.0], [5.0], [0.5], [3.0]]), np.array([[0.0], [5.0]])
    near = cluster.ends(labels, 0, 1, q=None, z=z, centers=centers)
    assert near.most == [(2, 0.5)]
    assert near.least == [(3, 3.0)]
    assert cluster.ends(labels, 0, 1, q=None, z=z, centers=None).most == []
    assert cluster.ends(labels, 5, 1, q=None, z=z, centers=np.zeros((6, 1))).most == []
