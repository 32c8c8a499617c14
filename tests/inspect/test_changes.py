"""What changed between two epochs: what is counted adds up to the accuracy, and what cost most comes first."""

import numpy as np
import pytest
from epochscope.inspect import changes as about
from epochscope.inspect.changes import GAINED, LOST, NEITHER
from epochscope.inspect.query import matching

#                 0  1  2  3  4  5  6  7
TRUTH = np.array([0, 0, 0, 1, 1, 1, 2, -1])
BEFORE = np.array([0, 0, 1, 1, 1, 0, 2, 2])
AFTER = np.array([0, 1, 0, 1, 0, 2, 2, 0])
NAN = np.full(8, np.nan)


def found(turned=NAN, confidence=NAN, truth=TRUTH):
    one, two = (about.verdict(labels, truth, classes=3, k=3) for labels in (BEFORE, AFTER))
    return one, two, about.changes(one, two, truth, turned, confidence)


def test_lost_points_come_first_then_those_turned_over_most():
    turned = np.array([9, 0.1, 0.2, 9, 0.4, 0.3, 9, np.nan])
    _, _, made = found(turned)
    assert made.rows.tolist() == [4, 1, 5, 7, 2]
    assert made.effect.tolist() == [LOST, LOST, NEITHER, NEITHER, GAINED]
    assert np.isnan(made.turned[3])
    sure = np.array([0, 0.9, 0, 0, 0.5, 0.2, 0, 0.7])
    assert found(confidence=sure)[2].rows.tolist() == [1, 4, 7, 5, 2]


def test_the_counts_explain_the_accuracy():
    rng = np.random.default_rng(1)
    for _ in range(50):
        truth, old, new = (rng.integers(0, 4, 60) for _ in range(3))
        one, two = (about.verdict(labels, truth, classes=4, k=4) for labels in (old, new))
        made = about.changes(one, two, truth, np.full(60, np.nan), np.full(60, np.nan))
        lost = made.count(LOST) + len(made.lost_in_place)
        gained = made.count(GAINED) + len(made.gained_in_place)
        assert two.right(truth).sum() - one.right(truth).sum() == gained - lost
        assert set(made.rows) == set(np.flatnonzero(old != new))


def test_a_cluster_that_stands_for_another_class_costs_points_that_did_not_move():
    truth = np.array([0, 0, 0, 1, 1, 1, 1])
    before, after = np.array([0, 0, 0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 0, 0, 1])
    one, two = (about.verdict(labels, truth, classes=2, k=2) for labels in (before, after))
    made = about.changes(one, two, truth, np.full(7, np.nan), np.full(7, np.nan))
    assert (one.of.tolist(), two.of.tolist()) == ([0, 1], [1, 0])
    assert made.lost_in_place.tolist() == [0, 1, 6]
    assert made.gained_in_place.tolist() == [3, 4]


def test_without_classes_there_is_no_effect():
    _, _, made = found(truth=None)
    assert set(made.effect) == {NEITHER}
    assert made.rows.tolist() == [1, 2, 4, 5, 7]


def test_turned_over_is_a_divergence():
    q = np.array([[0.5, 0.5], [1, 0], [0.2, 0.8]])
    later = np.array([[0.5, 0.5], [0.5, 0.5], [0.8, 0.2]])
    by_hand = 0.2 * np.log(0.2 / 0.8) + 0.8 * np.log(0.8 / 0.2)
    assert about.turned_over(q, later) == pytest.approx([0, np.log(2), by_hand], abs=1e-4)


def test_lines_ask_for_what_is_known():
    one, two, _ = found()
    confidence = np.linspace(0, 0.7, 8)
    facts = about.Facts(two, one, TRUTH, ["a", "b", "c"], confidence, NAN, NAN, NAN)
    names = about.columns(facts)
    assert set(names) == set(about.NAMES) - {"entropy", "moved", "turned"}
    assert np.flatnonzero(matching("lost", names)).tolist() == [1, 4]
    assert np.flatnonzero(matching("changed and class = b", names)).tolist() == [4, 5]
    assert np.flatnonzero(matching("was = 2 and cluster = 0", names)).tolist() == [7]
    assert np.flatnonzero(matching("right or gained", names)).tolist() == np.flatnonzero(two.right(TRUTH)).tolist()
    bare = about.Facts(None, None, None, [], NAN, NAN, NAN, NAN)
    assert set(about.columns(bare)) == {"row"}
