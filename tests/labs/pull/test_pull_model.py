"""The lab on DEC's gradients: each number against a loop or differences that know nothing of the closed forms."""

import math

import numpy as np
import pytest
import torch
from epochscope.labs.pull import model as pull

NUS = [0.1, 1.0, 3.0, 100.0]


def naive_q(z, mu, nu):
    kernel = [
        [(1 + sum((a - b) ** 2 for a, b in zip(x, m, strict=True)) / nu) ** (-(nu + 1) / 2) for m in mu] for x in z
    ]
    return [[value / sum(row) for value in row] for row in kernel]


def naive_p(q):
    f = [sum(row[j] for row in q) for j in range(len(q[0]))]
    weights = [[value**2 / f[j] for j, value in enumerate(row)] for row in q]
    return [[value / sum(row) for value in row] for row in weights]


def naive_loss(z, mu, nu, p=None):
    q = naive_q(z, mu, nu)
    p = naive_p(q) if p is None else p
    return sum(a * math.log(a / b) for ps, qs in zip(p, q, strict=True) for a, b in zip(ps, qs, strict=True))


def slopes(z, mu, nu, p):
    """Differences of the naive loss by every coordinate of points and centers."""
    flat, h = np.concatenate([np.array(z), np.array(mu)]), 1e-6
    found = np.zeros_like(flat)
    for i, d in np.ndindex(flat.shape):
        up, down = flat.copy(), flat.copy()
        up[i, d] += h
        down[i, d] -= h
        both = [naive_loss(x[: len(z)].tolist(), x[len(z) :].tolist(), nu, p) for x in (up, down)]
        found[i, d] = (both[0] - both[1]) / (2 * h)
    return found


@pytest.mark.parametrize("nu", NUS)
@pytest.mark.parametrize("name", pull.PRESETS)
def test_both_gradients_descend_the_loss_that_is_written_down(name, nu):
    z, mu = pull.PRESETS[name]
    found = pull.forces(z, mu, nu)
    p = naive_p(naive_q(z.tolist(), mu.tolist(), nu))
    for gradients, target in ((found.closed, p), (found.free, None)):
        expected = slopes(z.tolist(), mu.tolist(), nu, target)
        both = torch.cat([gradients.z, gradients.mu]).numpy()
        np.testing.assert_allclose(both, expected, atol=3e-7 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("name", pull.PRESETS)
def test_what_is_true_holds_and_what_is_wrong_does_not(name):
    z, mu = pull.PRESETS[name]
    held = [claim.holds for claim in pull.claims(z, mu, 1.0, pull.forces(z, mu, 1.0))]
    assert held == [True, True, True, False, False, True, True]


@pytest.mark.parametrize("nu", NUS)
def test_q_is_the_softmax_of_t_and_both_steps_of_the_proof_hold(nu, monkeypatch):
    z, mu = pull.PRESETS["three groups"]
    q = torch.tensor(naive_q(z.tolist(), mu.tolist(), nu), dtype=torch.float64)
    torch.testing.assert_close(pull.logits(z, mu, nu).softmax(dim=1), q)
    assert max(pull.proof_gaps(z, mu, nu)) < 1e-9
    monkeypatch.setattr(pull, "logits", lambda z, mu, nu: -pull.squared_distances(z, mu))  # no longer that of Q
    assert min(pull.proof_gaps(z, mu, nu)) > 1e-3


def test_a_claim_about_no_number_does_not_hold():
    assert not pull.Claim("", float("nan"), 1.0).holds


@pytest.mark.parametrize("j", [0, 1, 2])
def test_terms_add_up_to_the_paper_s_factor_and_give_both_gradients(j):
    z, mu = pull.PRESETS["three groups"]
    taken, found = pull.terms(z, mu, 3.0, j), pull.forces(z, mu, 3.0)
    torch.testing.assert_close(taken.kept + taken.lost, taken.whole)
    kernel = 1 / (1 + (z - mu[j]).square().sum(dim=1) / 3.0)
    for factor, gradient in ((taken.whole, found.closed.mu[j]), (taken.kept, found.conflated[j])):
        torch.testing.assert_close(-(4 / 3) * ((kernel * factor)[:, None] * (z - mu[j])).sum(dim=0), gradient)


def test_one_descent_sharpens_the_other_dissolves():
    constant = free = pull.PRESETS["three groups"]
    before = pull.sureness(constant, 1.0)
    for _ in range(150):
        constant = pull.descend(constant, 1.0, 0.05, free=False)
        free = pull.descend(free, 1.0, 0.05, free=True)
    assert pull.sureness(constant, 1.0) > 0.85 > before > 0.5 > pull.sureness(free, 1.0)


def test_both_descents_lower_what_they_descend():
    z, mu = place = pull.PRESETS["one large group, one small"]
    q = torch.tensor(naive_q(z.tolist(), mu.tolist(), 1.0), dtype=torch.float64)
    p = torch.tensor(naive_p(q.tolist()), dtype=torch.float64)
    for free, target in ((False, p), (True, None)):
        down = pull.descend(place, 1.0, 0.001, free=free)
        assert pull.loss(*down, 1.0, target) < pull.loss(*place, 1.0, target)


def test_a_step_from_coinciding_places_throws_nothing_away():
    place = pull.Place(torch.zeros(3, 2).double(), torch.tensor([[1e-3, 0.0], [-1e-3, 0.0]]).double())
    for _ in range(20):
        place = pull.descend(place, 0.1, 0.3, free=True)
        assert place.z.isfinite().all()
        assert place.mu.abs().max() < 20


def test_the_kernel_s_limit_is_the_gaussian():
    z, mu = pull.PRESETS["three groups"]
    gaps = [pull.gaussian_gap(z, mu, nu) for nu in (1.0, 10.0, 100.0, 1e4, 1e7)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.05
    assert gaps[-1] < 1e-6
