"""Points that are placed among landmarks."""

import numpy as np
from epochscope.projections import landmarks
from epochscope.projections.landmarks import placed


def test_points_are_placed_where_their_neighbors_are(monkeypatch):
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, (3000, 2))
    turn = np.array([[0.0, 2.0], [-2.0, 0.0]])
    xy = placed(z[1000:], z[:1000], z[:1000] @ turn)
    apart = np.linalg.norm(xy - z[1000:] @ turn, axis=1)
    assert xy.dtype == np.float32
    assert np.median(apart) < 0.05  # of a square of side 4, in which landmarks are 0.13 apart
    assert apart.max() < 0.35, "at the edge all neighbors lie on one side"
    monkeypatch.setattr(landmarks, "_ROWS", 7)
    assert np.array_equal(xy[:50], placed(z[1000:1050], z[:1000], z[:1000] @ turn))
    scaled = placed(1e-3 * z[1000:], 1e-3 * z[:1000], z[:1000] @ turn)
    np.testing.assert_allclose(scaled, xy, atol=1e-4)


def test_equal_codes_have_one_place_and_that_of_a_landmark_is_its_own():
    rng = np.random.default_rng(1)
    z, xy = rng.normal(size=(30, 4)), rng.normal(size=(30, 2)).astype(np.float32)
    assert np.array_equal(placed(z[[3, 3, 7]], z, xy), xy[[3, 3, 7]])
    assert len(np.unique(placed(np.repeat(z[:1] + 0.1, 5, axis=0), z, xy), axis=0)) == 1
    assert placed(z[:0], z, xy).shape == (0, 2)
    assert np.array_equal(placed(np.ones((2, 4)), np.ones((3, 4)), np.zeros((3, 2))), np.zeros((2, 2)))
