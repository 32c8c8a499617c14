"""Which points are drawn, and the named scalings."""

import numpy as np
import pytest
from epochscope.data.draw import drawn, origin_note
from epochscope.data.scaling import (
    COUNTS,
    HELP,
    LOG_RATIO,
    ROOT,
    TFIDF,
    VARIED,
    VARIED_COUNTS,
    likelihood,
    scaled,
    scaled_points,
)
from epochscope.types import EpochscopeError
from scipy.stats import gmean
from sklearn.feature_extraction.text import TfidfTransformer


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


COUNTED = np.random.default_rng(0).poisson(0.7, (40, 12)).astype(np.float32)
COUNTED[3] = 0


def test_counts_are_brought_to_the_median_sum_before_the_logarithm():
    made = np.expm1(scaled(COUNTED, COUNTS))
    sums = COUNTED.sum(axis=1)
    median = np.median(sums[sums > 0])
    np.testing.assert_allclose(made.sum(axis=1), np.where(sums > 0, median, 0), rtol=1e-5)
    np.testing.assert_allclose(made[0] * sums[0], COUNTED[0] * median, rtol=1e-5, atol=1e-5)


def test_of_many_counted_features_the_most_variable_are_kept_in_their_order():
    x = np.random.default_rng(1).poisson(np.linspace(0.1, 3, VARIED + 50), (30, VARIED + 50)).astype(np.float32)
    made, features = scaled_points(x, VARIED_COUNTS)
    whole = scaled(x, COUNTS)
    assert features is not None
    assert (np.diff(features) > 0).all()
    np.testing.assert_array_equal(made, whole[:, features])
    left = np.setdiff1d(np.arange(x.shape[1]), features)
    assert len(left) == 50
    assert whole[:, left].var(axis=0, dtype=float).max() <= made.var(axis=0, dtype=float).min()
    few = scaled_points(COUNTED, VARIED_COUNTS)
    assert few.features is None
    np.testing.assert_array_equal(few.x, scaled(COUNTED, COUNTS))


def test_words_get_the_weights_of_scikit_learn():
    expected = TfidfTransformer(sublinear_tf=True).fit_transform(COUNTED).toarray()
    np.testing.assert_allclose(scaled(COUNTED, TFIDF), expected, rtol=1e-5, atol=1e-7)


def test_shares_are_compared_by_their_ratios_or_roots():
    x = np.random.default_rng(2).dirichlet(np.ones(5), 20).astype(np.float32)
    np.testing.assert_allclose(scaled(x, LOG_RATIO), np.log(x / gmean(x, axis=1)[:, None]), atol=1e-4)
    np.testing.assert_allclose(scaled(100 * x, LOG_RATIO), scaled(x, LOG_RATIO), atol=1e-4)
    np.testing.assert_allclose(scaled(100 * x, ROOT), np.sqrt(x), atol=1e-6)
    x[:, 2] = 0
    assert np.isfinite(scaled(x, LOG_RATIO)).all()


@pytest.mark.parametrize("scaling", [COUNTS, VARIED_COUNTS, TFIDF, LOG_RATIO, ROOT])
def test_a_scaling_without_a_meaning_for_the_values_is_refused_in_a_sentence(scaling):
    with pytest.raises(EpochscopeError, match=r"is for values of 0 or more, but the data hold -1\.5: choose another"):
        scaled(COUNTED - 1.5, scaling)
    if scaling == TFIDF:
        with pytest.raises(EpochscopeError, match=r"whole numbers of words, but the data hold \d\.5"):
            scaled(COUNTED + 0.5, scaling)
