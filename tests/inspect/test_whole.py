"""What the Inspect page shows of all points: counted by hand on a few points, and against other ways to count."""

import itertools

import numpy as np
import pytest
from epochscope.formulas.metrics import accuracy
from epochscope.inspect import whole
from hypothesis import given, settings
from hypothesis import strategies as st

TRUTH = np.array([0, 0, 0, 1, 1, 2])
LABELS = np.array([2, 2, 0, 0, 0, 1])


def test_confusion_in_the_order_of_the_match():
    found = whole.confusion(truth=TRUTH, labels=LABELS, classes=3, k=4)
    assert found.clusters == [2, 0, 1, 3]
    assert found.classes == [0, 1, 2]
    assert found.matched == 3
    assert found.counts.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0]]
    assert found.accuracy == pytest.approx(5 / 6)


def test_of_very_many_clusters_only_those_with_points_have_a_column():
    labels = np.array([70, 70, 3, 3, 3, 50])
    found = whole.confusion(truth=TRUTH, labels=labels, classes=3, k=100)
    assert sorted(found.clusters) == [3, 50, 70]
    assert found.matched == 3
    assert len(whole.confusion(truth=TRUTH, labels=labels % 4, classes=3, k=4).clusters) == 4


def test_fewer_clusters_than_classes_leave_classes_without_one():
    found = whole.confusion(truth=TRUTH, labels=np.array([1, 1, 1, 0, 0, 0]), classes=3, k=2)
    assert found.clusters == [1, 0]
    assert found.classes == [0, 1, 2]
    assert found.counts.tolist() == [[3, 0], [0, 2], [0, 1]]


def test_one_cluster_for_all_stands_for_one_class_only():
    found = whole.confusion(truth=TRUTH, labels=np.full(6, 3), classes=3, k=4)
    assert found.matched == 1
    assert found.clusters[0] == 3
    assert found.accuracy == pytest.approx(0.5)
    assert whole.match(truth=TRUTH, labels=np.full(6, 3), classes=3, k=4).tolist() == [-1, -1, -1, 0]


def test_points_without_a_class_have_no_say():
    truth = np.array([-1, 0, 1])
    found = whole.confusion(truth=truth, labels=np.array([0, 1, 0]), classes=2, k=2)
    assert found.counts.sum() == 2
    assert found.accuracy == 1
    of = whole.match(truth=truth, labels=np.array([0, 1, 0]), classes=2, k=2)
    assert of.tolist() == [1, 0]
    assert whole.mistakes(truth=truth, labels=np.array([1, 0, 0]), of=of).tolist() == [False, True, False]
    nobody = whole.confusion(truth=np.full(3, -1), labels=np.array([0, 1, 0]), classes=2, k=2)
    assert (nobody.counts.sum(), nobody.matched, nobody.accuracy) == (0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10_000))
def test_the_diagonal_is_the_best_of_all_matches_and_the_accuracy(classes, k, seed):
    rng = np.random.default_rng(seed)
    truth, labels = rng.integers(0, classes, 30), rng.integers(0, k, 30)
    found = whole.confusion(truth=truth, labels=labels, classes=classes, k=k)
    side = max(classes, k)
    table = np.zeros((side, side), int)
    np.add.at(table, (truth, labels), 1)
    best = max(sum(table[order[j], j] for j in range(side)) for order in itertools.permutations(range(side)))
    assert np.trace(found.counts) == best  # what is left over has nothing in common, else the match were not the best
    assert found.accuracy == pytest.approx(best / 30)
    assert found.accuracy == pytest.approx(accuracy(truth=truth, predicted=labels))
    assert found.counts.sum() == 30
    of = whole.match(truth=truth, labels=labels, classes=classes, k=k)
    assert whole.mistakes(truth=truth, labels=labels, of=of).mean() == pytest.approx(1 - best / 30)


def test_flow_counts_every_point_once_and_names_large_moves():
    before, after = np.repeat([0, 1, 2], [50, 40, 10]), np.concatenate([np.repeat([0, 1], [49, 1]), np.full(50, 1)])
    found = whole.flow(before=before, after=after, k=3, epochs=(3, 9))
    assert found.counts.tolist() == [[49, 1, 0], [0, 40, 0], [0, 10, 0]]
    assert found.moved == 11
    assert found.matters(2, 1)
    assert not found.matters(0, 1)
    assert not found.matters(1, 1)


def test_confidence_splits_right_from_wrong():
    q = np.array([[0.96, 0.04], [0.62, 0.38], [0.5, 0.5], [np.nan, np.nan]], np.float16)
    found = whole.confidence(q, np.array([False, True, False, True]))
    assert (sum(found.right), sum(found.wrong)) == (2, 2)
    assert found.right[19] == 1
    assert found.wrong[12] == 1
    assert whole.confidence(q, None).wrong is None


def test_sharpening_counts_all_entries_and_finds_the_median():
    q = np.array([[0.7, 0.3], [0.7, 0.3], [0.4, 0.6]])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]])
    found = whole.sharpening(q, p)
    b = whole.SHARPENING_BINS
    assert found.counts.sum() == 6
    assert found.median[int(0.7 * b)] == pytest.approx(0.85)
    assert found.median[0] is None
    assert found.up == pytest.approx(2 / 3)
    same = whole.sharpening(q, q)
    assert np.trace(same.counts) == 6
    assert same.up == 0


def test_frequencies():
    q = np.array([[0.7, 0.3], [0.1, 0.9]])
    found = whole.frequencies(np.array([0, 1, 1, 1]), 2, q)
    assert found.hard == [0.25, 0.75]
    assert found.soft == pytest.approx([0.4, 0.6])
    assert found.wanted is None


def test_a_cluster_has_the_hue_of_its_class_and_others_the_first_that_are_free():
    assert whole.hues(np.array([1, 2, 0, -1, -1])) == (1, 2, 0, 3, 4)
    assert whole.hues(np.array([-1, 0])) == (1, 0)
    assert whole.hues(np.array([4, -1, -1])) == (4, 0, 1)
