"""The scale of the published code: the three lines themselves, in numpy, on an array (batch, 21)."""

import math

import numpy as np
import pytest
import torch
from epochscope.labs.dgg.steps.scale import model as lab


@pytest.fixture
def d():
    return lab.distances(torch.randn(90, 6, generator=torch.Generator().manual_seed(3)), 30)


def published(dist):
    """dist_temp, _ = torch.sort(dist); sigma = dist_temp[11]; exp(-dist / sigma)."""
    with np.errstate(invalid="ignore"):
        return np.exp(-dist / np.sort(dist)[11])


def test_weights_are_those_of_the_published_lines_once_normalized(d):
    of = lab.batch(d)
    raw = published(of.d.numpy())
    assert np.isnan(raw[:, 0]).all()
    np.testing.assert_allclose(of.published, raw[:, 1:] / raw[:, 1:].sum(axis=1, keepdims=True), rtol=1e-9)
    np.testing.assert_array_equal(of.picked, np.sort(of.d.numpy())[11])


def test_a_local_scale_is_that_of_the_tenth_neighbor(d):
    of = lab.batch(d)
    for i in (0, 7, 29):
        raw = [math.exp(-float(d[i, j]) / float(d[i, 9])) for j in range(20)]
        np.testing.assert_allclose(of.local[i], np.array(raw) / sum(raw), rtol=1e-9)


def test_what_holds(d):
    claims = lab.claims(lab.batch(d))
    assert [claim.holds for claim in claims] == [True, False, False, False, False, True, True]
    picked = np.sort(d[11].numpy())
    assert claims[1].residual == pytest.approx(picked.max() / np.append(picked, 0).mean())
    assert math.isnan(claims[2].residual)


def test_another_point_in_the_twelfth_place_changes_the_others_weights(d):
    first, second = lab.batch(d), lab.batch(d, 25)
    np.testing.assert_array_equal(first.d[[11, 25]], second.d[[25, 11]])
    rest = [i for i in range(30) if i not in (11, 25)]
    np.testing.assert_array_equal(first.d[rest], second.d[rest])
    np.testing.assert_array_equal(first.local[rest], second.local[rest])
    assert float((first.published[rest] - second.published[rest]).abs().max()) > 1e-3
    rise = np.diff(first.published.numpy(), axis=1).max() * 20
    assert lab.claims(first)[3].residual == pytest.approx(rise)


def test_a_batch_of_one_row_repeated_has_a_scale_that_depends_on_nobody():
    row = torch.linspace(1, 3, 20, dtype=torch.float64)
    claims = lab.claims(lab.batch(row.expand(15, -1).clone()))
    assert claims[4].holds
