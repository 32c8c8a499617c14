"""Which points are drawn, and the named scalings."""

import numpy as np
import pytest
from epochscope.data.draw import drawn, origin_note
from epochscope.data.scaling import HELP, likelihood, scaled
from epochscope.types import EpochscopeError


def test_a_larger_n_only_adds_points_and_all_are_drawn_once():
    assert drawn(50, 20, 3).tolist() == drawn(50, 99, 3)[:20].tolist()
    assert sorted(drawn(50, 99, 3)) == list(range(50))
    assert drawn(50, 20, 4).tolist() != drawn(50, 20, 3).tolist()


def test_the_origin_is_honest_about_the_number():
    assert origin_note("who", 5, 5) == "who"
    assert origin_note("who", 5_000, 6_000).startswith(
        "who (NOT the whole set: these files contain 5,000 points, 6,000 were"
    )


def test_scalings_with_a_feature_that_never_changes():
    x = np.array([[1, 7], [3, 7], [8, 7]], dtype=np.float32)
    for name in HELP:
        got = scaled(x, name)
        assert got.dtype == np.float32
        assert np.isfinite(got).all()
        assert likelihood(name) == ("unit interval" if "[0,1]" in name else "real")
    np.testing.assert_allclose(scaled(x, "min-max to [0,1]"), [[0, 0], [2 / 7, 0], [1, 0]], rtol=1e-6)
    np.testing.assert_allclose(scaled(x, "standardize")[:, 1], 0)
    np.testing.assert_allclose(scaled(x, "times 0.5 (DGG)"), x / 2)
    with pytest.raises(EpochscopeError, match="There is no scaling 'none'"):
        scaled(x, "none")
