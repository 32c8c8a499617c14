"""Selections in links: they come back as they were, and garbage is one sentence."""

import contextlib

import numpy as np
import pytest
from epochscope.inspect.links import MOST_LETTERS, letters_as_places, places_as_letters
from epochscope.types import EpochscopeError
from hypothesis import given, settings
from hypothesis import strategies as st


@given(st.integers(1, 9000), st.floats(0, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_places_come_back(count, share, seed):
    places = np.flatnonzero(np.random.default_rng(seed).random(count) < share)
    letters = places_as_letters(places, count)
    if len(places):
        assert letters_as_places(letters, count).tolist() == places.tolist()
    else:
        assert letters == ""


def test_few_points_take_few_letters_and_too_many_none():
    assert len(places_as_letters(np.array([4999]), 5000)) <= 4
    assert len(places_as_letters(np.arange(0, 5000, 2), 5000)) <= 850  # 5,000 bits
    far = np.arange(0, 70_000, 17)
    assert places_as_letters(far, 70_000) == ""
    assert len(places_as_letters(far[:900], 70_000)) <= MOST_LETTERS


@given(st.text(alphabet="mdAZaz09_-=%é\x00", max_size=60))
@settings(max_examples=200, deadline=None)
def test_garbage_is_some_places_or_one_sentence(letters):
    with contextlib.suppress(EpochscopeError):
        places = letters_as_places(letters, 50)
        assert 0 <= places[0] <= places[-1] < 50
        assert (np.diff(places) > 0).all()


@pytest.mark.parametrize("letters", ["", "m", "d", "x" * 9, "d" + "_" * 1000, "m" + "A" * 3000, "m____________"])
def test_what_no_selection_wrote(letters):
    with pytest.raises(EpochscopeError):
        letters_as_places(letters, 50)
