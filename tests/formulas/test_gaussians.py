"""Divergences of Gaussians against sums over the plane and torch's own distributions."""

import math

import numpy as np
import pytest
import torch
from epochscope.formulas.gaussians import Gaussian, gaussian_js, gaussian_kl, kl_of_mixture, pair_bound
from scipy.special import rel_entr
from scipy.stats import multivariate_normal
from torch.distributions import Independent, Normal, kl_divergence

PAIRS = [((0, 0), (4, 1), (3, 0), (4, 1)), ((0, 0), (4, 1), (2, 2), (1, 4)), ((0, 1), (0.5, 0.5), (1, -1), (3, 0.25))]


def gaussians(pair):
    m, s2, n, t2 = (torch.tensor(v, dtype=torch.float64) for v in pair)
    return Gaussian(m, s2), Gaussian(n, t2)


@pytest.mark.parametrize("pair", PAIRS)
def test_kl_is_that_of_torch(pair):
    a, b = gaussians(pair)
    theirs = kl_divergence(*(Independent(Normal(g.m, g.s2.sqrt()), 1) for g in (a, b)))
    torch.testing.assert_close(gaussian_kl(a, b), theirs)


@pytest.mark.parametrize("pair", PAIRS)
def test_js_is_the_integral_over_the_plane(pair):
    a, b = gaussians(pair)
    line = np.arange(-17, 17, 0.04)
    z = np.stack(np.meshgrid(line, line), axis=-1)
    p, q = (multivariate_normal(g.m.numpy(), g.s2.numpy()).pdf(z) for g in (a, b))
    middle = (p + q) / 2
    integrand = np.nan_to_num(rel_entr(p, middle) + rel_entr(q, middle), posinf=0) / 2  # where densities underflow
    assert float(gaussian_js(a, b)) == pytest.approx(integrand.sum() * 0.04**2, abs=1e-9)


@pytest.mark.parametrize(
    ("s2_i", "s2_j", "expected"),
    [((4, 1), (4, 1), (0.221, 0.416, 0.527)), ((4, 1), (1, 4), (0.390, 0.382, 0.390)), ((1, 1), (4, 4), (0.397,) * 3)],
)
def test_js_of_known_cases_at_distance_three(s2_i, s2_j, expected):
    for degrees, js in zip((0, 45, 90), expected, strict=True):
        angle = math.radians(degrees)
        a, b = gaussians(((0, 0), s2_i, (3 * math.cos(angle), 3 * math.sin(angle)), s2_j))
        assert float(gaussian_js(a, b)) == pytest.approx(js, abs=6e-4)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_bound_of_a_pair_is_js_and_a_gap(pair):
    a, b = gaussians(pair)
    for p in (a, b, Gaussian((a.m + b.m) / 2, (a.s2 + b.s2) / 2)):
        torch.testing.assert_close(pair_bound(a, b, p), gaussian_js(a, b) + kl_of_mixture(a, b, p), rtol=0, atol=1e-8)


def test_many_means_at_once_are_one_after_the_other():
    a = Gaussian(torch.zeros(2).double(), torch.tensor([4.0, 1.0]).double())
    means = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)).double()
    one = torch.stack([gaussian_js(a, Gaussian(m, a.s2), 0.2) for m in means])
    torch.testing.assert_close(gaussian_js(a, Gaussian(means, a.s2), 0.2), one)
