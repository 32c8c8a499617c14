"""Pseudo-labels against the same search over single points, in loops."""

from __future__ import annotations

import numpy as np
import pytest
from epochscope.formulas.pseudo_labels import pseudo_labels, smallest_class


def by_loops(labels: np.ndarray, sure: np.ndarray, k: int, strong: int, weak: int) -> np.ndarray:
    n = len(labels)
    agree = np.array([[int((labels[i] == labels[j]).sum()) for j in range(n)] for i in range(n)])
    there, found = set(np.flatnonzero(sure).tolist()), np.full(n, -1)
    for c in range(k):
        if not there:
            break
        top = max(there, key=lambda i: (len([j for j in there if agree[i, j] >= strong]), [-v for v in labels[i]]))
        members = [j for j in there if agree[top, j] >= strong]
        found[members] = c
        there -= {j for j in there for i in members if agree[i, j] >= weak}
    return found


@pytest.mark.parametrize(("strong", "weak"), [(3, 1), (3, 2), (2, 1)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_classes_are_those_of_the_search_over_points(strong: int, weak: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=60)
    labels = np.stack([np.where(rng.random(60) < 0.3, rng.integers(4, size=60), truth) for _ in range(3)], axis=1)
    sure = rng.random(60) < 0.8
    found = pseudo_labels(labels, sure, 4, strong=strong, weak=weak)
    np.testing.assert_array_equal(found, by_loops(labels, sure, 4, strong, weak))


def test_cluster_numbers_of_a_network_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=(50, 4)) // 2 + (np.arange(50) % 2)[:, None] * 2
    other = np.stack([rng.permutation(5)[column] for column in labels.T], axis=1)
    sure = np.ones(50, bool)
    one, two = (pseudo_labels(each, sure, 2, strong=4, weak=1) for each in (labels, other))
    assert (one >= 0).sum() == (two >= 0).sum()


def test_nobody_is_sure_and_classes_without_points() -> None:
    labels = np.zeros((5, 2), int)
    assert (pseudo_labels(labels, np.zeros(5, bool), 3, strong=2, weak=1) == -1).all()
    found = pseudo_labels(labels, np.ones(5, bool), 3, strong=2, weak=1)
    assert found.tolist() == [0] * 5
    assert (smallest_class(found, 3), smallest_class(found, 1)) == (0, 5)
