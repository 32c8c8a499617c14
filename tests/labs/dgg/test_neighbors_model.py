"""The graph's four choices: against scikit-learn and plain counting."""

from collections import Counter

import numpy as np
import pytest
from epochscope.labs.dgg.steps.neighbors import model as lab
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors


@pytest.fixture(scope="module")
def known():
    return lab.pools()


def test_the_pool_of_the_data_is_that_of_scikit_learn(known):
    x = load_digits().data / 16
    d, _ = NearestNeighbors(n_neighbors=100).fit(x).kneighbors()
    np.testing.assert_allclose(known.of[lab.EUCLIDEAN].d.numpy(), d**2, atol=1e-4)


def test_purity_and_hubs_are_what_one_counts(known):
    found = lab.judged(known, 3)
    assert list(found) == list(lab.CHOICES)
    for (distance, _), one in found.items():
        pool = known.of[distance].j.numpy()
        assert one.j.shape == (1797, 20)
        same = sum(known.truth[i] == known.truth[j] for i, row in enumerate(one.j) for j in row)
        assert one.purity == pytest.approx(same / one.j.size)
        times = Counter(one.j.ravel().tolist())
        assert lab.hub(one) == max(times.values())
        assert [times[i] for i in range(1797)] == one.in_degree.tolist()
        assert all(set(row) <= set(pool[i]) and len(set(row)) == 20 for i, row in enumerate(one.j))


def test_nearest_are_the_first_of_the_pool_and_a_draw_is_reproducible(known):
    first, again, other = (lab.judged(known, lot) for lot in (1, 1, 2))
    nearest, drawn = (lab.SIAMESE, lab.NEAREST), (lab.SIAMESE, lab.RANDOM)
    np.testing.assert_array_equal(first[nearest].j, known.of[lab.SIAMESE].j[:, :20])
    np.testing.assert_array_equal(first[drawn].j, again[drawn].j)
    assert (first[drawn].j != other[drawn].j).any()


def test_purity_by_rank_adds_up(known):
    by_rank = lab.purity_by_rank(known)
    found = lab.judged(known, 1)
    for distance, line in by_rank.items():
        assert line.shape == (100,)
        assert line[:20].mean() == pytest.approx(found[distance, lab.NEAREST].purity)
        assert line.mean() == pytest.approx(found[distance, lab.RANDOM].purity, abs=0.01)


def test_what_holds_on_the_digits(known):
    claims = lab.claims(lab.judged(known, 1))
    found = lab.judged(known, 1)
    assert [claim.holds for claim in claims[:2]] == [True, True]
    assert claims[3].holds  # far out, the learned distance is the purer one
    gap = found[lab.EUCLIDEAN, lab.NEAREST].purity - found[lab.SIAMESE, lab.NEAREST].purity
    assert claims[2].residual == pytest.approx(max(0, gap))
    swapped = {choice: found[choice[0], lab.RANDOM if choice[1] == lab.NEAREST else lab.NEAREST] for choice in found}
    assert not any(claim.holds for claim in lab.claims(swapped)[:2])
