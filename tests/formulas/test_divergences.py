"""KL in closed form against torch's distributions; JS from draws against quadrature in the plane."""

from __future__ import annotations

import math

import pytest
import torch
from epochscope.formulas.divergences import Normals, normal_js, normal_kl
from epochscope.formulas.gaussians import Gaussian, gaussian_js
from epochscope.nets.device import generator
from torch.distributions import Independent, Normal, kl_divergence


def normals(n: int, d: int, seed: int) -> Normals:
    rng = generator(seed)
    return Normals(*(torch.randn(n, d, generator=rng, dtype=torch.float64) for _ in range(2)))


def library(one: Normals) -> Independent:
    return Independent(Normal(one.m, (one.log_s2 / 2).exp()), 1)


def test_kl_and_density_are_those_of_torch() -> None:
    p, q = normals(7, 5, 0), normals(7, 5, 1)
    torch.testing.assert_close(normal_kl(p, q), kl_divergence(library(p), library(q)))
    torch.testing.assert_close(p.log_density(q.m), library(p).log_prob(q.m))
    assert normal_kl(p, p).abs().max() < 1e-12


def test_js_of_many_draws_is_that_of_quadrature() -> None:
    s2 = torch.tensor([0.5, 2.0], dtype=torch.float64)
    p = Normals(torch.zeros(3, 2, dtype=torch.float64), s2.log().expand(3, 2))
    q = Normals(torch.tensor([[0.0, 0.0], [1.0, -0.5], [4.0, 3.0]]).double(), torch.zeros(3, 2, dtype=torch.float64))
    eps = torch.randn(2, 20_000, 3, 2, generator=generator(2), dtype=torch.float64)
    found = normal_js(p, q, eps)
    for i in range(3):
        exact = gaussian_js(Gaussian(p.m[i], s2), Gaussian(q.m[i], torch.ones(2, dtype=torch.float64)))
        assert float(found[i]) == pytest.approx(float(exact), abs=0.01)


def test_js_is_0_for_equal_ones_and_ln_2_for_those_far_apart() -> None:
    p, eps = normals(4, 3, 3), torch.randn(2, 8, 4, 3, generator=generator(4), dtype=torch.float64)
    torch.testing.assert_close(normal_js(p, p, eps), torch.zeros(4, dtype=torch.float64))
    far = Normals(p.m + 1e6, p.log_s2)
    torch.testing.assert_close(normal_js(p, far, eps), torch.full((4,), math.log(2), dtype=torch.float64))


def test_the_estimate_has_the_gradient_of_its_own_number() -> None:
    p, q = normals(2, 3, 5), normals(2, 3, 6)
    eps = torch.randn(2, 4, 2, 3, generator=generator(7), dtype=torch.float64)
    free = [t.clone().requires_grad_() for t in q]
    assert torch.autograd.gradcheck(lambda m, log_s2: normal_js(p, Normals(m, log_s2), eps), free)
