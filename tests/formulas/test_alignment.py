"""Cluster ids that stay and frames that do not spin."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from epochscope.formulas.alignment import match_clusters, procrustes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_matching_keeps_most_points_at_their_id(rows):
    previous, labels = np.array(rows).T
    best = match_clusters(previous=previous, labels=labels, k=4)
    assert sorted(best) == [0, 1, 2, 3]
    kept = np.sum(best[labels] == previous)
    assert kept == max(np.sum(np.array(names)[labels] == previous) for names in permutations(range(4)))


def test_matching_undoes_a_renaming():
    previous = np.random.default_rng(0).integers(0, 6, 100)
    names = np.array([3, 5, 0, 1, 4, 2])
    labels = names[previous]
    best = match_clusters(previous=previous, labels=labels, k=6)
    assert np.array_equal(best[labels], previous)
    q = np.eye(6)[labels]
    assert np.array_equal(q[:, np.argsort(best)].argmax(axis=1), previous)


def test_clusters_without_points_keep_their_ids():
    zeros = np.zeros(5, dtype=int)
    assert match_clusters(previous=zeros, labels=zeros, k=5).tolist() == [0, 1, 2, 3, 4]
    # 0 became 2: the two exchange their names, 1 and 3 have no reason to move
    assert match_clusters(previous=zeros, labels=zeros + 2, k=4).tolist() == [2, 1, 0, 3]


@given(angle=st.floats(0, 6.28), mirrored=st.booleans(), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_procrustes_undoes_rotation_mirror_and_shift(angle, mirrored, seed):
    reference = np.random.default_rng(seed).normal(size=(20, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = reference @ turn @ np.diag([1.0, -1.0 if mirrored else 1.0]) + [5, -3]
    aligned = procrustes(points=moved, reference=reference)
    np.testing.assert_allclose(aligned.points, reference, atol=1e-9)
    np.testing.assert_allclose(moved @ aligned.rotation + aligned.shift, aligned.points, atol=1e-9)


def test_procrustes_equals_scipy_and_never_scales():
    rng = np.random.default_rng(0)
    points, reference = rng.normal(size=(2, 30, 2))
    aligned = procrustes(points=points, reference=reference)
    peer, _ = orthogonal_procrustes(points - points.mean(axis=0), reference - reference.mean(axis=0))
    np.testing.assert_allclose(aligned.rotation, peer, atol=1e-12)
    grown = procrustes(points=3 * reference, reference=reference)
    np.testing.assert_allclose(grown.points.std(axis=0), 3 * reference.std(axis=0))


def test_procrustes_of_one_spot_is_finite():
    aligned = procrustes(points=np.zeros((4, 2)), reference=np.ones((4, 2)))
    assert np.array_equal(aligned.points, np.ones((4, 2)))
