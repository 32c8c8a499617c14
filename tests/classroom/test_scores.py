"""Predictions against what happened, compared with plain loops over everybody."""

import numpy as np
import pytest
from epochscope.classroom.lesson import (
    Answered,
    Asked,
    Joined,
    Lesson,
    Option,
    Outcome,
    Plan,
    Question,
    Revealed,
    Trained,
    after,
)
from epochscope.classroom.outcomes import joined, last
from epochscope.classroom.scores import FALLS, RISES, STAYS, judged, middle, tally, trend
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

OPTIONS = tuple(Option(name) for name in "abc")
PLAN = Plan("ABCDEF", "A class", 0.0, {}, (4, 5, 6), (Question("joins", "?", "", OPTIONS), Question("score", "?", "")))


def lesson(key, predictions, truth) -> Lesson:
    found = Lesson(PLAN)
    marks = [f"{place:064x}" for place in range(len(predictions))]
    events = [Joined(mark, f"S{place}") for place, mark in enumerate(marks)]
    events += [Asked(key), *(Answered(m, key, v) for m, v in zip(marks, predictions, strict=True) if v is not None)]
    for event in (*events, Trained("x"), Revealed(Outcome({key: tuple(truth)}))):
        found = after(found, event, 100)
    return found


ROUND = st.integers(0, 100).map(lambda one: one / 100)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | ROUND, max_size=9), st.lists(st.none() | ROUND, min_size=3, max_size=3))
def test_who_is_near_by_counting(predictions, truth):
    found = judged(lesson("score", predictions, truth), "score")
    expected = {}
    for place, guess in enumerate(predictions):
        if guess is not None:
            own = truth[place % 3]
            expected[f"S{place}"] = None if own is None else abs(guess - own)
    assert {one.name: one.distance for one in found} == expected
    for one in found:
        nearer = [d for d in expected.values() if d is not None and one.distance is not None and d < one.distance]
        assert one.rank == (None if one.distance is None else 1 + len(nearer))
        assert one.seed == (4, 5, 6)[int(one.name[1:]) % 3]
    ranks = [one.rank if one.rank is not None else 99 for one in found]
    assert ranks == sorted(ranks)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.integers(0, 2), max_size=9),
    st.lists(st.none() | st.integers(0, 2), min_size=3, max_size=3),
)
def test_who_is_right_by_counting(predictions, truth):
    counted = tally(lesson("joins", predictions, truth), "joins")
    assert counted.predicted == [sum(one == place for one in predictions) for place in range(3)]
    assert counted.happened == [sum(one == place for one in truth) for place in range(3)]
    pairs = [(guess, truth[place % 3]) for place, guess in enumerate(predictions) if guess is not None]
    assert counted.right == sum(guess == own for guess, own in pairs)
    assert counted.judged == sum(own is not None for _, own in pairs)


def test_before_it_is_told_nobody_is_right():
    found = Lesson(PLAN)
    for event in (Joined("a" * 64, "A"), Asked("joins"), Answered("a" * 64, "joins", 1)):
        found = after(found, event, 9)
    assert tally(found, "joins") == ([0, 1, 0], [0, 0, 0], 0, 0)
    (one,) = judged(found, "joins")
    assert (one.happened, one.distance, one.rank) == (None, None, None)


@pytest.mark.parametrize(("difference", "answer"), [(-0.2, FALLS), (-0.004, STAYS), (0.0, STAYS), (0.006, RISES)])
def test_the_trend(difference, answer):
    assert trend(difference) == answer


def test_the_middle_of_what_is_there():
    assert middle([0.1, None, 0.5, 0.2]) == 0.2
    assert middle([None]) is None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_group_that_a_point_has_joined(data):
    """Against the assignment that scipy finds for the table of shared points; where it is not unique, its worth."""
    n, k = 40, 4
    ids = st.lists(st.integers(0, k - 1), min_size=n, max_size=n)
    reference, labels = np.array(data.draw(ids)), np.array(data.draw(ids))
    shared = np.array([[np.sum((labels == a) & (reference == b)) for b in range(k)] for a in range(k)])
    rows, columns = linear_sum_assignment(-shared)
    best = shared[rows, columns].sum()
    found = {a: joined(reference, labels, int(np.flatnonzero(labels == a)[0]), k) for a in set(labels.tolist())}
    assert len(set(found.values())) == len(found)
    assert sum(shared[a, b] for a, b in found.items()) == best


def test_a_point_in_no_cluster_has_joined_nothing():
    assert joined(np.array([0, 1, 1]), np.array([-1, 1, 0]), 0, 2) is None


def test_the_last_acc_of_a_member():
    assert last(np.array([np.nan, 0.25, 0.75, np.nan])) == 0.75
    assert last(np.array([np.nan])) is None
