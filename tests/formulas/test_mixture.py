"""Mixtures against scikit-learn and torch.distributions, the terms of the bounds against Monte Carlo and quadrature."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from epochscope.formulas import mixture
from epochscope.formulas.mixture import (
    assignment_divergence,
    assignment_entropy,
    code_entropy,
    code_given_cluster,
    log_density,
    log_expected_responsibilities,
    log_normal,
    log_responsibilities,
    mixture_pulls,
    moments,
    resized,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal


class Case(NamedTuple):
    z: torch.Tensor
    log_pi: torch.Tensor
    mu: torch.Tensor
    log_var: torch.Tensor


def case(seed: int = 0, n: int = 20, k: int = 4, d: int = 3) -> Case:
    rng = torch.Generator().manual_seed(seed)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=rng, dtype=torch.float64)

    return Case(2 * draw(n, d), draw(k).log_softmax(dim=0), draw(k, d), draw(k, d))


def by_torch(c: Case) -> MixtureSameFamily:
    parts = Independent(Normal(c.mu, (c.log_var / 2).exp()), 1)
    return MixtureSameFamily(Categorical(logits=c.log_pi), parts)


def by_scikit_learn(c: Case) -> GaussianMixture:
    gmm = GaussianMixture(len(c.mu), covariance_type="diag")
    gmm.weights_, gmm.means_, gmm.covariances_ = c.log_pi.exp().numpy(), c.mu.numpy(), c.log_var.exp().numpy()
    gmm.precisions_cholesky_ = gmm.covariances_**-0.5
    return gmm


@pytest.fixture(params=["cube", "products"])
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Few points take one road to the distances, many another."""
    if request.param == "products":
        monkeypatch.setattr(mixture, "_CELLS", 0)
    return request.param


@pytest.mark.usefixtures("road")
def test_densities_and_responsibilities_are_those_of_the_libraries() -> None:
    c = case()
    torch.testing.assert_close(
        log_normal(c.z, c.mu, c.log_var), by_torch(c).component_distribution.log_prob(c.z[:, None])
    )
    torch.testing.assert_close(log_density(*c), by_torch(c).log_prob(c.z))
    np.testing.assert_allclose(log_responsibilities(*c).exp(), by_scikit_learn(c).predict_proba(c.z.numpy()), atol=1e-9)
    np.testing.assert_allclose(log_density(*c), by_scikit_learn(c).score_samples(c.z.numpy()), atol=1e-9)
    single = Case(*(t.float() for t in c))
    np.testing.assert_allclose(
        log_responsibilities(*single).exp(), by_scikit_learn(c).predict_proba(c.z.numpy()), atol=1e-5
    )


@pytest.mark.usefixtures("road")
def test_gradients_are_those_of_torch_distributions() -> None:
    c = case()
    leaves = [t.clone().requires_grad_() for t in (c.z, c.mu, c.log_var)]
    z, mu, log_var = leaves
    ours = torch.autograd.grad(log_density(z, c.log_pi, mu, log_var).sum(), leaves)
    theirs = torch.autograd.grad(by_torch(Case(z, c.log_pi, mu, log_var)).log_prob(z).sum(), leaves)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_code_given_cluster_is_the_expected_log_density_by_quadrature() -> None:
    """E over q(z|x) = N(m, s^2), one dimension after the other, by Gauss-Hermite: exact for a square."""
    c = case(n=5)
    log_s2 = case(seed=1, n=5).z
    gamma = log_responsibilities(*c).exp()
    node, weight = np.polynomial.hermite_e.hermegauss(8)
    total = torch.zeros(5, dtype=torch.float64)
    for i in range(5):
        for k in range(4):
            for d in range(3):
                at = c.z[i, d] + torch.tensor(node) * (log_s2[i, d] / 2).exp()
                density = Normal(c.mu[k, d], (c.log_var[k, d] / 2).exp()).log_prob(at)
                total[i] += gamma[i, k] * (torch.tensor(weight) / math.sqrt(2 * math.pi) * density).sum()
    constant = 3 / 2 * math.log(2 * math.pi)
    torch.testing.assert_close(code_given_cluster(gamma, c.z, log_s2, c.mu, c.log_var), -total - constant)


def test_expected_responsibilities_are_those_of_the_expected_densities_by_quadrature() -> None:
    c = case(n=5)
    log_s2 = case(seed=1, n=5).z
    node, weight = np.polynomial.hermite_e.hermegauss(8)
    shares = torch.tensor(weight) / math.sqrt(2 * math.pi)
    expected = c.log_pi.repeat(5, 1)
    for d in range(3):
        at = c.z[:, d, None] + (log_s2[:, d, None] / 2).exp() * torch.tensor(node)
        density = Normal(c.mu[:, d], (c.log_var[:, d] / 2).exp()).log_prob(at[:, :, None])  # points, nodes, clusters
        expected += torch.einsum("ntk,t->nk", density, shares)
    gamma = log_expected_responsibilities(c.z, log_s2, *c[1:])
    torch.testing.assert_close(gamma, expected.log_softmax(dim=1))


def test_code_entropy_is_that_of_torch() -> None:
    log_s2 = case().z
    constant = 3 / 2 * math.log(2 * math.pi)
    by_library = Independent(Normal(torch.zeros_like(log_s2), (log_s2 / 2).exp()), 1).entropy()
    torch.testing.assert_close(code_entropy(log_s2), by_library - constant)


def test_assignment_divergence_is_that_of_torch_with_one_prior_or_one_a_point() -> None:
    c = case()
    gamma, prior = log_responsibilities(*c).exp(), case(seed=1, d=4).z.log_softmax(dim=1)
    for log_prior in (c.log_pi, prior):
        library = torch.distributions.kl_divergence(Categorical(probs=gamma), Categorical(logits=log_prior))
        torch.testing.assert_close(assignment_divergence(gamma.log(), log_prior), library)
    torch.testing.assert_close(assignment_entropy(gamma.log()), Categorical(probs=gamma).entropy())
    certain = torch.where(torch.eye(4, dtype=torch.bool), 0.0, -1e9).double().requires_grad_()  # 0 log 0 = 0
    divergence = assignment_divergence(certain, c.log_pi)
    torch.testing.assert_close(divergence, -c.log_pi)
    assert torch.autograd.grad(divergence.sum(), certain)[0].isfinite().all()


def test_the_bound_is_below_the_density_and_touches_it_at_the_exact_posterior() -> None:
    """With q(z) a point, the terms add up to -log p(z) at gamma = posterior, and to more at any other gamma."""
    c = case()
    nearly = torch.full_like(c.z, -60.0)  # s = 1e-13
    constant = 3 / 2 * math.log(2 * math.pi)

    def bound(gamma: torch.Tensor) -> torch.Tensor:
        fit = code_given_cluster(gamma, c.z, nearly, c.mu, c.log_var) + constant
        return -fit - assignment_divergence(gamma.log(), c.log_pi)

    posterior = log_responsibilities(*c).exp()
    torch.testing.assert_close(bound(posterior), log_density(*c))
    for seed in range(5):
        other = (log_responsibilities(*c) + case(seed, d=4).z).softmax(dim=1)
        assert (bound(other) < log_density(*c) + 1e-9).all()


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_away_everything_stays_finite_and_so_do_gradients(dtype: torch.dtype) -> None:
    c = Case(*(t.to(dtype) for t in case()))
    z = (1e3 * c.z.sign()).requires_grad_()
    mu, log_var = c.mu.clone().requires_grad_(), torch.full_like(c.mu, -6.0).requires_grad_()
    log_gamma = log_responsibilities(z, c.log_pi, mu, log_var)
    gamma = log_gamma.exp()
    terms = [
        log_gamma,
        log_normal(z, mu, log_var),
        log_density(z, c.log_pi, mu, log_var),
        code_given_cluster(gamma, z, torch.full_like(z, 6.0), mu, log_var),
        assignment_divergence(log_gamma, c.log_pi),
    ]
    assert all(term.isfinite().all() for term in terms)
    torch.testing.assert_close(gamma.sum(dim=1), torch.ones_like(gamma[:, 0]))
    for slope in torch.autograd.grad(sum(term.sum() for term in terms[2:]), [z, mu, log_var]):
        assert slope.isfinite().all()


def test_both_roads_lead_to_the_same_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    c = case(n=50, k=6, d=8)
    z, mu = c.z + 1000, c.mu + 1000  # far from the origin, where the products alone would cancel
    exact = log_normal(z, mu, c.log_var)
    monkeypatch.setattr(mixture, "_CELLS", 0)
    torch.testing.assert_close(log_normal(z, mu, c.log_var), exact)
    single = log_normal(z.float(), mu.float(), c.log_var.float())
    torch.testing.assert_close(single.double(), exact, rtol=1e-4, atol=1e-2)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), k=st.integers(1, 6), d=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_properties(seed: int, n: int, k: int, d: int) -> None:
    c = case(seed, n, k, d)
    gamma = log_responsibilities(*c).exp()
    torch.testing.assert_close(gamma.sum(dim=1), torch.ones(n, dtype=torch.float64))
    assert (assignment_divergence(log_responsibilities(*c), c.log_pi) >= -1e-12).all()
    order = torch.randperm(k, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(
        log_responsibilities(c.z, c.log_pi[order], c.mu[order], c.log_var[order]).exp(), gamma[:, order]
    )
    moved = log_responsibilities(c.z + 7, c.log_pi, c.mu + 7, c.log_var).exp()
    torch.testing.assert_close(moved, gamma)
    scaled = log_responsibilities(3 * c.z, c.log_pi, 3 * c.mu, c.log_var + 2 * math.log(3)).exp()
    torch.testing.assert_close(scaled, gamma)  # the unit of the codes does not matter
    assert (
        log_density(*c) <= (c.log_pi + log_normal(c.z, c.mu, c.log_var)).max(dim=1).values + math.log(k) + 1e-9
    ).all()


def test_moments_of_the_whole_are_those_of_torch() -> None:
    c = case()
    mean, var = moments(c.log_pi, c.mu, c.log_var)
    torch.testing.assert_close(mean, by_torch(c).mean)
    torch.testing.assert_close(var, by_torch(c).variance)


def test_resized_codes_have_the_size_of_the_mixture_and_their_directions() -> None:
    c = case()
    m, v = moments(*c[1:])
    near, far = (resized(size * (c.z - m) + m, *c[1:]) for size in (0.01, 7.0))
    torch.testing.assert_close(near, far)  # how large they were is forgotten
    assert float((near - m).square().sum(dim=1).mean()) == pytest.approx(float(v.sum()))
    ratio = (near - m) / (c.z - m)
    torch.testing.assert_close(ratio, torch.full_like(ratio, float(ratio[0, 0])))
    assert bool(torch.isfinite(resized(m.expand(3, -1), *c[1:])).all())


def test_the_pulls_of_the_clusters_add_up_to_minus_the_gradient_with_gamma_held():
    z, log_pi, mu, log_var = case()
    gamma = log_responsibilities(z, log_pi, mu, log_var).exp()
    m = z.clone().requires_grad_()
    (slope,) = torch.autograd.grad(code_given_cluster(gamma, m, torch.zeros_like(z), mu, log_var).sum(), m)
    torch.testing.assert_close(mixture_pulls(gamma, z, mu, log_var).sum(dim=1), -slope)
