"""Label-free measures against scikit-learn, scipy and naive loops."""

import numpy as np
import pytest
from epochscope.formulas.label_free import across, agreements, choice, sample_rows, silhouette, within
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score


def some_labels(runs: int, n: int = 120) -> np.ndarray:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, n)
    noise = [np.where(rng.random(n) < share, rng.integers(-1, 6, n), truth) for share in np.linspace(0, 1, runs - 2)]
    return np.stack([*noise, np.zeros(n, int), np.arange(n)])  # one part, and a part for each point


def test_agreements_of_all_pairs_are_those_of_scikit_learn():
    labels = some_labels(7)
    found = agreements(labels)
    for a, one in enumerate(labels):
        for b, other in enumerate(labels):
            assert found.ari[a, b] == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)
            assert found.nmi[a, b] == pytest.approx(normalized_mutual_info_score(one, other), abs=1e-12)


def test_silhouette_is_that_of_scikit_learn_on_the_drawn_points():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 3, 300)
    z = rng.normal(size=(300, 2)).astype(np.float32) + 4 * labels[:, None].astype(np.float32)
    z[7] = np.nan
    rows = [i for i in range(300) if labels[i] >= 0 and i != 7]
    assert silhouette(z, labels) == pytest.approx(silhouette_score(z[rows], labels[rows]), abs=1e-5)
    few = np.array(rows)[sample_rows(len(rows), 50)]
    assert silhouette(z, labels, most=50) == pytest.approx(silhouette_score(z[few], labels[few]), abs=1e-5)
    assert silhouette(z, np.zeros(300, int)) is None
    assert silhouette(z[:6], np.arange(6)) is None
    assert silhouette(z[:3], np.full(3, -1)) is None


def test_means_within_and_across_groups_are_those_of_a_loop():
    group = ["dec", "vade", "dec", "kmeans", "dec", "vade"]
    rng = np.random.default_rng(1)
    matrix = rng.random((6, 6))
    inside, outside = within(matrix, group), across(matrix, group)
    for i, name in enumerate(group):
        own = [matrix[i, j] for j in range(6) if j != i and group[j] == name]
        assert (np.isnan(inside[i]) and not own) or inside[i] == pytest.approx(np.mean(own))
        means = [np.mean([matrix[i, j] for j in range(6) if group[j] == g]) for g in set(group) - {name}]
        assert outside[i] == pytest.approx(np.mean(means))
    assert np.isnan(across(matrix, ["dec"] * 6)).all()


def test_a_choice_is_the_run_with_the_highest_value():
    measure, acc = np.array([0.2, 0.9, np.nan, 0.4, 0.9]), np.array([0.5, 0.6, 0.99, 0.8, 0.7])
    found = choice(measure, acc)
    assert found is not None
    assert found.correlation == pytest.approx(spearmanr([0.2, 0.9, 0.4, 0.9], [0.5, 0.6, 0.8, 0.7]).statistic)
    assert (found.chosen, found.median, found.best, found.runs) == (pytest.approx(0.65), pytest.approx(0.65), 0.8, 4)
    level = choice(np.ones(3), np.array([0.1, 0.2, 0.6]))
    assert level is not None
    assert (level.correlation, level.chosen) == (None, pytest.approx(0.3))
    assert choice(np.array([0.1, np.nan, 0.2]), np.array([0.1, 0.2, 0.3])) is None
