"""The shortcut of the matching gives what the full search gives."""

import numpy as np
import pytest
from epochscope.formulas.matching import best_matching, most_matched
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

tables = st.integers(1, 6).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 4)))


@given(tables)
def test_it_is_the_full_search(gain):
    rows, columns = linear_sum_assignment(gain, maximize=True)
    assert best_matching(gain).tolist() == columns.tolist()
    assert most_matched(gain) == gain[rows, columns].sum()


@pytest.mark.parametrize("k", [1, 7, 300])
def test_where_each_row_has_its_own_best_column_nothing_is_searched(k, monkeypatch):
    order = np.random.default_rng(0).permutation(k)
    gain = np.random.default_rng(1).integers(0, 5, (k, k)) + 9 * np.eye(k, dtype=np.int64)[order]
    monkeypatch.setattr("epochscope.formulas.matching.linear_sum_assignment", None)
    assert best_matching(gain).tolist() == order.tolist()
    assert most_matched(gain) == gain[np.arange(k), order].sum()
