"""The growing sharpness of deep k-means, against numbers worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from epochscope.formulas.annealing import annealed_alphas
from hypothesis import given
from hypothesis import strategies as st


def test_the_forty_values_of_the_paper() -> None:
    alphas = annealed_alphas(40)
    assert len(alphas) == 40
    assert alphas[0] == 0.1
    assert alphas[1] / alphas[0] == pytest.approx(4.2321, abs=1e-4)  # 2^(1 / (ln 2)^2)
    assert alphas[1:6] == pytest.approx([0.423, 0.752, 1.078, 1.409, 1.748], abs=1e-3)
    assert (alphas[9], alphas[19], alphas[39]) == pytest.approx((3.24, 8.37, 28.1326), abs=5e-3)
    exponent = sum(1 / math.log(m) ** 2 for m in range(2, 41))  # all steps at once
    assert alphas[-1] == pytest.approx(0.1 * 2**exponent)


@given(count=st.integers(1, 100), first=st.floats(1e-3, 10))
def test_alpha_grows_by_ever_smaller_factors_and_the_first_is_its_unit(count: int, first: float) -> None:
    alphas = annealed_alphas(count, first)
    assert len(alphas) == count
    factors = [after / before for before, after in pairwise(alphas)]
    assert all(later < earlier for earlier, later in pairwise(factors))
    assert all(factor > 1 for factor in factors)
    assert alphas == pytest.approx([10 * first * alpha for alpha in annealed_alphas(count)])
