"""Scores against brute force over all maps and against scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from epochscope.formulas.metrics import accuracy, ari, contingency, hungarian_map, nmi, one_cluster_accuracy
from epochscope.types import EpochscopeError
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40).map(
    lambda rows: np.array(rows, dtype=np.int64).T
)


def naive_accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    size = max(truth.max(), predicted.max()) + 1
    return max(np.mean(np.array(names)[predicted] == truth) for names in permutations(range(size)))


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_scores_equal_their_oracles(rows):
    truth, predicted = rows
    assert accuracy(truth=truth, predicted=predicted) == pytest.approx(naive_accuracy(truth, predicted))
    assert nmi(truth=truth, predicted=predicted) == pytest.approx(
        normalized_mutual_info_score(truth, predicted, average_method="arithmetic"), abs=1e-9
    )
    assert ari(truth=truth, predicted=predicted) == pytest.approx(adjusted_rand_score(truth, predicted), abs=1e-9)
    best = hungarian_map(truth=truth, predicted=predicted)
    assert np.mean(best[predicted] == truth) == pytest.approx(accuracy(truth=truth, predicted=predicted))


@given(pairs, st.permutations(range(5)))
@settings(max_examples=40, deadline=None)
def test_names_of_clusters_do_not_matter(rows, names):
    truth, predicted = rows
    renamed = np.array(names)[predicted]
    for score in (accuracy, nmi, ari):
        assert score(truth=truth, predicted=renamed) == pytest.approx(score(truth=truth, predicted=predicted))


def test_contingency_counts_and_pads():
    truth, predicted = np.array([0, 0, 1, 1]), np.array([2, 2, 2, 0])
    expected = np.zeros((3, 3), dtype=int)
    for cluster, name in zip(predicted, truth, strict=True):
        expected[cluster, name] += 1
    assert np.array_equal(contingency(truth=truth, predicted=predicted), expected)


def test_more_clusters_than_classes_and_fewer():
    assert accuracy(truth=np.array([0, 0, 1, 1]), predicted=np.array([0, 1, 2, 3])) == 0.5
    assert accuracy(truth=np.array([0, 1, 2, 3]), predicted=np.array([0, 0, 1, 1])) == 0.5
    assert accuracy(truth=np.array([0, 0, 1, 1]), predicted=np.array([7, 7, 3, 3])) == 1.0  # ids with gaps


def test_all_in_one_cluster():
    digits = np.repeat(np.arange(10), [6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958])  # MNIST
    assert len(digits) == 70_000
    assert one_cluster_accuracy(digits) == pytest.approx(0.112529, abs=1e-6)
    assert accuracy(truth=digits, predicted=np.full_like(digits, 4)) == one_cluster_accuracy(digits)
    assert nmi(truth=digits, predicted=np.zeros_like(digits)) == 0
    assert ari(truth=digits, predicted=np.zeros_like(digits)) == pytest.approx(0)
    assert ari(truth=digits, predicted=digits) == 1


def test_small_label_types_do_not_overflow():
    truth = np.arange(200, dtype=np.uint8)
    assert accuracy(truth=truth, predicted=truth[::-1].copy()) == 1.0


@pytest.mark.parametrize("labels", [np.array([-1, 0]), np.array([0, 10**9]), np.array([], dtype=int)])
def test_labels_that_cannot_be_scored_are_refused(labels):
    with pytest.raises(EpochscopeError):
        accuracy(truth=np.zeros_like(labels), predicted=labels)
