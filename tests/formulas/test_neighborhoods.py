"""Neighborhoods of rows, against a search by sorting, and what a permutation does to them."""

import numpy as np
import pytest
from epochscope.formulas.neighborhoods import (
    nearest_rows,
    same_class_chance,
    same_class_share,
    shared_neighbors,
    structure,
)

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(200, 5))


def test_nearest_rows_are_those_of_a_full_search():
    distance = np.linalg.norm(Z[:, None] - Z, axis=2)
    np.fill_diagonal(distance, np.inf)
    expected = np.sort(np.argsort(distance, axis=1)[:, :10], axis=1)
    for scale in (1, 1e150, 1e-150):
        assert (np.sort(nearest_rows(scale * Z), axis=1) == expected).all()


def test_a_permutation_keeps_neighbors_by_chance_only():
    near = nearest_rows(Z)
    assert shared_neighbors(near, near) == 1
    assert shared_neighbors(near, nearest_rows(Z[RNG.permutation(200)])) == pytest.approx(10 / 199, abs=0.02)
    assert shared_neighbors(near, nearest_rows(np.tanh(Z[:, :3] @ RNG.normal(size=(3, 4))))) > 0.15


def test_structure_is_one_for_independent_columns_and_small_for_clusters():
    clusters = 10 * RNG.normal(size=(4, 5))[np.arange(200) % 4] + Z
    assert structure(Z, nearest_rows(Z), RNG) == pytest.approx(1, abs=0.1)
    assert structure(clusters, nearest_rows(clusters), RNG) < 0.6
    assert structure(Z[:, :1], nearest_rows(Z[:, :1]), RNG) == 1
    assert structure(np.zeros((200, 3)), nearest_rows(np.zeros((200, 3))), RNG) == 1


def test_shares_of_the_same_class():
    near = np.array([[1], [0], [3], [2], [0]])
    assert same_class_share(near, np.array([0, 0, 1, 2, -1])) == 0.5
    assert np.isnan(same_class_share(near, np.full(5, -1)))
    assert same_class_chance(np.array([0, 0, 1, 2, -1])) == pytest.approx(6 / 16)
    assert np.isnan(same_class_chance(np.array([-1])))
