"""Steps of the augmented Lagrangian against a numeric minimum and scikit-learn's M step."""

from __future__ import annotations

import numpy as np
import torch
from epochscope.formulas.alternating import free_codes, mixture_of
from epochscope.nets.device import generator
from sklearn.mixture._gaussian_mixture import _estimate_gaussian_parameters


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def test_free_codes_are_the_minimum() -> None:
    f, u, mu = normal(6, 3), 0.3 * normal(6, 3, seed=1), normal(4, 3, seed=2)
    gamma, var = normal(6, 4, seed=3).softmax(dim=1), normal(4, 3, seed=4).exp()
    found = free_codes(f, u, gamma, mu=mu, var=var, rho=2.0)
    y = found.clone().requires_grad_()
    fit = 0.5 * (gamma[:, :, None] * (y[:, None] - mu).square() / var).sum()
    (fit + (y - f + u).square().sum()).backward()  # rho / 2 = 1
    torch.testing.assert_close(y.grad, torch.zeros_like(y), atol=1e-12, rtol=0)


def test_stiff_ties_keep_the_codes_and_loose_ones_go_to_the_centers() -> None:
    f, mu = normal(5, 2), normal(3, 2, seed=1)
    gamma = torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0, 1]]
    ones, zeros = torch.ones(3, 2, dtype=torch.float64), torch.zeros_like(f)
    torch.testing.assert_close(free_codes(f, zeros, gamma, mu=mu, var=ones, rho=1e12), f)
    torch.testing.assert_close(free_codes(f, zeros, gamma, mu=mu, var=ones, rho=1e-12), gamma @ mu)


def test_the_mixture_is_scikit_learn_s_m_step() -> None:
    y, gamma = normal(40, 3), normal(40, 4, seed=1).softmax(dim=1)
    pi, mu, var = mixture_of(y, gamma, torch.zeros(4, 3, dtype=torch.float64), torch.ones(4, 3, dtype=torch.float64))
    sizes, means, covariances = _estimate_gaussian_parameters(y.numpy(), gamma.numpy(), 0.0, "diag")
    np.testing.assert_allclose(pi, sizes / 40)
    np.testing.assert_allclose(mu, means)
    np.testing.assert_allclose(var, covariances)


def test_a_cluster_without_points_stays() -> None:
    gamma = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    pi, mu, var = mixture_of(torch.ones(2, 3), gamma, torch.full((2, 3), 7.0), torch.full((2, 3), 5.0))
    assert pi.tolist() == [1, 0]
    assert mu[1].tolist() == [7, 7, 7]
    assert var[1].tolist() == [5, 5, 5]
