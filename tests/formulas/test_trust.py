"""Trust in a picture: against loops over all pairs, and against scikit-learn's trustworthiness where both agree."""

import numpy as np
import pytest
from epochscope.formulas import trust as formulas
from epochscope.formulas.trust import excess_motion, neighborhoods, stretched, trust
from sklearn.manifold import trustworthiness


def shares(z: np.ndarray, xy: np.ndarray, j: int) -> list[float]:
    """One point at a time, by sorting all others."""
    found = []
    for i in range(len(z)):
        others = [o for o in range(len(z)) if o != i]
        in_codes = sorted(others, key=lambda o: ((z[o] - z[i]) ** 2).sum())[:j]
        in_plane = sorted(others, key=lambda o: ((xy[o] - xy[i]) ** 2).sum())[:j]
        found.append(len(set(in_codes) & set(in_plane)) / j)
    return found


@pytest.mark.parametrize("brute", [True, False])
@pytest.mark.parametrize("j", [1, 5, 15])
def test_trust_is_the_share_of_neighbors_that_are_kept(monkeypatch, brute, j):
    monkeypatch.setattr(formulas, "_BRUTE", 10**9 if brute else 0)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(120, 6))
    xy = z[:, :2] + 0.3 * rng.normal(size=(120, 2))
    expected = shares(z, xy, j)
    assert trust(neighborhoods(z, xy, 120, j)) == pytest.approx(expected)
    assert trust(neighborhoods(1e3 * z + 7, xy, 40, j)) == pytest.approx(expected[:40])
    assert trust(neighborhoods(1e200 * z, 1e-200 * xy, 40, j)) == pytest.approx(expected[:40])


def test_it_agrees_with_trustworthiness_at_both_ends_and_in_the_order_of_pictures():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(200, 2))
    pictures = [z, z + 0.1 * rng.normal(size=z.shape), z + rng.normal(size=z.shape), rng.normal(size=z.shape)]
    ours = [trust(neighborhoods(z, xy, 200)).mean() for xy in pictures]
    theirs = [trustworthiness(z, xy, n_neighbors=15) for xy in pictures]
    assert ours[0] == theirs[0] == 1
    assert ours == sorted(ours, reverse=True)
    assert theirs == sorted(theirs, reverse=True)
    assert ours[3] == pytest.approx(15 / 199, abs=0.02)  # by chance


@pytest.mark.parametrize("brute", [True, False])
def test_points_that_share_a_place_are_equally_near(monkeypatch, brute):
    monkeypatch.setattr(formulas, "_BRUTE", 10**9 if brute else 0)
    heap = np.zeros((50, 3))
    assert trust(neighborhoods(heap, np.zeros((50, 2)), 50)).tolist() == [1] * 50
    halves = np.repeat([[0.0, 0, 0], [1, 1, 1]], 25, axis=0)
    assert trust(neighborhoods(halves, halves[:, :2], 50)).tolist() == [1] * 50
    assert trust(neighborhoods(heap[:1], heap[:1, :2], 1)).tolist() == [1]  # no neighbors
    assert trust(neighborhoods(halves[24:26], halves[24:26, :2], 2)).tolist() == [1, 1]


def test_stretched_pairs_are_neighbors_farther_apart_than_half_of_all_pairs():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cut = np.stack([angle, np.zeros(100)], axis=1)  # a circle cut open: its ends are neighbors
    pairs, count = stretched(neighborhoods(circle, cut, 100, 4), cut, most=2)
    expected = {(i, o % 100) for i in range(100) for o in (i - 2, i - 1, i + 1, i + 2) if abs(i - o % 100) > 50}
    assert count == len({tuple(sorted(pair)) for pair in expected}) == 3
    assert pairs.tolist()[0] == [0, 99]
    assert len(pairs) == 2
    none, count = stretched(neighborhoods(circle, circle, 100, 4), circle, most=5)
    assert (len(none), count) == (0, 0)


def test_excess_motion_is_what_points_move_beyond_their_codes():
    rng = np.random.default_rng(3)
    z, xy = rng.normal(size=(60, 4)), 10 * rng.normal(size=(60, 2))
    z_next, xy_next = z + 0.1 * rng.normal(size=z.shape), xy + 3 * rng.normal(size=xy.shape)

    def spread(rows: np.ndarray) -> float:
        return float(np.sqrt(((rows - rows.mean(axis=0)) ** 2).sum() / len(rows)))

    total = 0.0
    for i in range(60):
        in_plane = float(np.hypot(*(xy_next[i] - xy[i]))) / spread(xy)
        total += max(0.0, in_plane - float(np.sqrt(((z_next[i] - z[i]) ** 2).sum())) / spread(z))
    assert excess_motion(z, z_next, xy, xy_next) == pytest.approx(total / 60)
    assert excess_motion(z, z + 1, xy, xy) == 0
    assert excess_motion(z, z, np.zeros((60, 2)), np.zeros((60, 2))) == 0
