"""The plane in which a discriminator is drawn: against scikit-learn's PCA, and by its own promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.plane import box_of, grid_of, plane_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA


def cloud(n: int = 80, d: int = 5, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    stretch = torch.arange(d, 0, -1, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64)).Q
    return (torch.randn(n, d, generator=rng, dtype=torch.float64) * stretch) @ turn + 3


def test_codes_of_two_numbers_are_their_own_plane():
    z = cloud(d=2)
    plane = plane_of(z)
    assert torch.equal(plane.of(z), z)
    assert torch.equal(plane.back(z), z)


def test_the_plane_is_that_of_the_two_main_components():
    z = cloud()
    ours, theirs = plane_of(z).of(z).numpy(), PCA(2, svd_solver="full").fit_transform(z.numpy())
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-9)
    np.testing.assert_allclose(ours.mean(axis=0), 0, atol=1e-12)


@given(st.integers(0, 50), st.integers(3, 8))
@settings(max_examples=25, deadline=None)
def test_there_and_back_is_the_nearest_point_of_the_plane(seed, d):
    z = cloud(d=d, seed=seed)
    plane = plane_of(z)
    torch.testing.assert_close(plane.axes.T @ plane.axes, torch.eye(2, dtype=z.dtype))
    foot = plane.back(plane.of(z))
    torch.testing.assert_close(plane.of(foot), plane.of(z))
    torch.testing.assert_close((z - foot) @ plane.axes, torch.zeros(len(z), 2, dtype=z.dtype))  # at right angles


def test_successive_planes_do_not_flip_or_spin():
    z = cloud()
    before = plane_of(z)
    flipped = before._replace(axes=-before.axes.flip(1))
    after = plane_of(z + 0.01 * cloud(seed=1), flipped)
    assert float((after.axes - flipped.axes).abs().max()) < 0.1
    again = plane_of(z, flipped)  # the same plane, seen as before
    torch.testing.assert_close(again.axes, flipped.axes)


@pytest.mark.parametrize("z", [torch.zeros(7, 3), torch.ones(1, 4)])
def test_collapsed_codes_still_have_a_plane_and_a_box(z: torch.Tensor):
    plane = plane_of(z)
    box = box_of(plane.of(z))
    assert bool(torch.isfinite(plane.axes).all())
    assert box[0] < box[1]
    assert box[2] < box[3]


def test_the_grid_goes_from_left_to_right_and_from_bottom_to_top():
    grid = grid_of(torch.tensor([0.0, 2.0, 10.0, 14.0]), 3).reshape(3, 3, 2)
    assert grid[0].tolist() == [[0, 10], [1, 10], [2, 10]]
    assert grid[:, 0].tolist() == [[0, 10], [0, 12], [0, 14]]


def test_the_box_holds_all_points_with_a_margin():
    ab = torch.tensor([[0.0, 0.0], [10.0, 1.0]])
    torch.testing.assert_close(box_of(ab, margin=0.1), torch.tensor([-1.0, 11.0, -0.1, 1.1]))
