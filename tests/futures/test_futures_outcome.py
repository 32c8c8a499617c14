"""What many futures say together: agreement, basins, the map, the sentences."""

import numpy as np
import pytest
from epochscope.formulas.metrics import ari
from epochscope.futures.outcome import Labelings, basins, outcome, pairwise_ari, placed, told
from sklearn.metrics import adjusted_rand_score


def labelings(seed: int = 0) -> Labelings:
    """Six members: four end alike up to the names of clusters, two in another labeling; all start at random."""
    rng = np.random.default_rng(seed)
    one, other = np.repeat(np.arange(4), 50), np.tile(np.arange(4), 50)
    ends = [np.roll(np.arange(4), i)[one] for i in range(4)] + [other, 3 - other]
    return Labelings(np.arange(6), rng.integers(0, 4, (6, 200)), np.stack(ends))


def test_agreement_is_the_ari_of_scikit_learn_and_knows_points_in_no_cluster():
    some = np.random.default_rng(1).integers(-1, 3, (4, 60))
    found = pairwise_ari(some)
    for i in range(4):
        for j in range(4):
            assert found[i, j] == pytest.approx(adjusted_rand_score(some[i], some[j]))


def test_ends_fall_into_basins_the_largest_first():
    found = outcome(labelings())
    assert found.basin.tolist() == [0, 0, 0, 0, 1, 1]
    assert found.between_ends[0, 1] == 1
    assert abs(found.between_ends[0, 5]) < 0.1
    assert found.own[2] == pytest.approx(ari(truth=labelings().start[2], predicted=labelings().end[2]))
    assert basins(np.ones((1, 1))).tolist() == [0]


def test_distances_on_the_map_are_those_between_labelings():
    found = outcome(labelings())
    ends = found.places[1]
    apart = np.linalg.norm(ends[:, None] - ends[None], axis=2)
    assert apart[0, 1] < 0.2
    assert apart[0, 5] > 0.5
    two = placed(np.array([[0.0, 0.4], [0.4, 0.0]]))
    assert np.linalg.norm(two[0] - two[1]) == pytest.approx(0.4)
    assert placed(np.zeros((3, 3))).tolist() == [[0.0, 0.0]] * 3


def test_the_sentences_name_basins_agreement_and_the_range_of_scores():
    words = " ".join(told(outcome(labelings()), np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])))
    assert "2, of 4, 2 members" in words
    assert "ACC from 0.500 to 1.000, median 0.750" in words
    same = Labelings(np.arange(3), *(np.tile(np.repeat(np.arange(2), 20), (3, 1)) for _ in range(2)))
    assert "all 3 end in one" in told(outcome(same), None)[0]
    assert told(outcome(Labelings(same.members[:1], same.start[:1], same.end[:1])), None) == []
