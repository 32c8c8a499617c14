"""Dispersion by hand."""

import numpy as np
import pytest
from epochscope.formulas.dispersion import MedianRange, median_range, rms_distance


def test_rms_distance_by_hand():
    assert rms_distance(np.array([[3.0, 0.0], [-3.0, 0.0]])) == pytest.approx(3)
    assert rms_distance(np.full((4, 2), 7.0)) == 0
    assert rms_distance(np.zeros((0, 2))) == 0


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([0.7], (0.7, 0.7, 0.7)), ([0.9, 0.1, 0.4], (0.4, 0.1, 0.9)), ([4, 1, 3, 2], (2.5, 1, 4))],
)
def test_median_and_range_by_hand(values, wanted):
    assert median_range(values) == MedianRange(*wanted)
