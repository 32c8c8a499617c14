"""The identity behind DGG's bound: each number against integrals that numpy and scipy do by themselves."""

import numpy as np
import pytest
import torch
from epochscope.labs.dgg.model import tiny as model
from epochscope.labs.dgg.steps.identity import model as lab
from scipy.special import logsumexp
from scipy.stats import norm

POINTS = (0, 50, 119)


@pytest.fixture(scope="module")
def tiny():
    return model.trained()


@pytest.fixture(scope="module")
def found(tiny):
    over = lab.lattice(tiny)
    return {i: lab.evaluate(tiny, over, i) for i in POINTS}


def log_likelihood(tiny, z, i):
    """ln p(x_i|z) by plain matrix products: x in 0..1 are shares of white."""
    h = z
    layers = [layer for layer in tiny.model.net.decoder if isinstance(layer, torch.nn.Linear)]
    for place, layer in enumerate(layers):
        h = h @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        h = np.maximum(h, 0) if place < len(layers) - 1 else h
    x = np.rint(tiny.images[i].ravel() / 255 * 16) / 16
    return (x * -np.logaddexp(0, -h) + (1 - x) * -np.logaddexp(0, h)).sum(axis=1)


def grid(tiny, step):
    m, s = tiny.m.numpy(), np.exp(tiny.log_s2.numpy() / 2)
    low, high = (m - 8 * s).min(axis=0) - 4, (m + 8 * s).max(axis=0) + 4
    u, v = (np.arange(a + 0.31 * step, b, step) for a, b in zip(low, high, strict=True))
    return np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)


def log_normal(z, m, log_s2):
    return norm.logpdf(z, m, np.exp(log_s2 / 2)).sum(axis=1)


def log_joint(tiny, z, i):
    prior = [
        log_normal(z, mu, log_var) + log_pi
        for mu, log_var, log_pi in zip(tiny.mu.numpy(), tiny.log_var.numpy(), tiny.log_pi[i].numpy(), strict=True)
    ]
    return np.stack(prior, axis=1) + log_likelihood(tiny, z, i)[:, None]


def log_q(tiny, z, j):
    return log_normal(z, tiny.m[j].numpy(), tiny.log_s2[j].numpy())[:, None] + tiny.log_gamma[j].numpy()


@pytest.mark.parametrize("i", POINTS)
def test_ln_p_and_the_bound_g_are_those_of_another_lattice(tiny, found, i):
    step = 0.1
    z = grid(tiny, step)
    joint = log_joint(tiny, z, i)
    log_p = logsumexp(joint) + 2 * np.log(step)
    assert found[i].log_p == pytest.approx(log_p, abs=3e-4)

    def kl(a, b):
        return step**2 * float((np.exp(a) * (a - b)).sum())

    own = log_q(tiny, z, i)
    for place, j in enumerate(tiny.j[i].tolist()):
        other = log_q(tiny, z, j)
        g = (kl(own, joint - log_p) + kl(other, joint - log_p)) / 2
        middle = np.logaddexp(own, other) - np.log(2)
        assert float(found[i].g[place]) == pytest.approx(g, abs=3e-4)
        assert float(found[i].js[place]) == pytest.approx((kl(own, middle) + kl(other, middle)) / 2, abs=1e-7)
        assert float(found[i].gap[place]) == pytest.approx(kl(middle, joint - log_p), abs=3e-4)


@pytest.mark.parametrize("i", POINTS)
def test_what_training_computes_is_the_expectation_it_stands_for(tiny, found, i):
    """E_q[ln p(x_i,z,c) - ln q(z,c|x_j)], nothing in closed form."""
    step = 0.1
    z = grid(tiny, step)
    joint = log_joint(tiny, z, i)
    expected = [
        step**2 * float((np.exp(q) * (joint - q)).sum()) for q in (log_q(tiny, z, j) for j in [i, *tiny.j[i].tolist()])
    ]
    known = found[i]
    assert known.own_bound == pytest.approx(expected[0], abs=3e-4)
    for place, value in enumerate(expected[1:]):
        assert known.pair_bound(place) == pytest.approx(value, abs=3e-4)
        assert -float(known.pair[place].loss()) == pytest.approx((expected[0] + value) / 2, abs=3e-4)
    whole = (expected[0] + float(tiny.w[i].numpy() @ expected[1:])) / 2
    assert -float(known.whole.loss()) == pytest.approx(whole, abs=3e-4)


@pytest.mark.parametrize("i", POINTS)
def test_the_identity_holds_with_one_half_and_not_as_printed(found, i):
    known = found[i]
    for place in range(model.J):
        claims = lab.claims(known, place)[:5]
        assert [claim.holds for claim in claims] == [True, True, True, True, False]
        fit = float(known.pair[place].code_given_cluster)  # what a factor of 2 adds
        assert claims[-1].residual == pytest.approx(abs(fit), abs=1e-3)
    assert known.log_p_error < 1e-3
    assert (known.g >= known.js - 1e-9).all()


def test_the_closed_form_errs_by_a_covariance_where_gamma_follows_z(tiny, found):
    """sum_k Cov_q(gamma_k(z), ln N(z; mu_k, sigma_k^2)), by draws."""
    (f2,) = tiny.model.f2
    rng = np.random.default_rng(0)
    sizes = []
    for i in POINTS:
        z = tiny.m[i].numpy() + np.exp(tiny.log_s2[i].numpy() / 2) * rng.standard_normal((200_000, 2))
        logits = z @ f2.weight.detach().numpy().T + f2.bias.detach().numpy()
        gamma = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
        fits = np.stack([log_normal(z, tiny.mu[k].numpy(), tiny.log_var[k].numpy()) for k in range(3)], axis=1)
        expected = sum(np.cov(gamma[:, k], fits[:, k])[0, 1] for k in range(3))
        assert float(found[i].excess[0]) == pytest.approx(expected, abs=0.01)
        sizes.append(float(found[i].excess[0]))
    assert max(sizes) > 0.01
    last = lab.claims(found[0], 2)[-1]
    assert last.residual == pytest.approx(abs(float(found[0].excess[0] + found[0].excess[3])) / 2)


def test_a_claim_fails_where_the_numbers_are_wrong(found):
    known = found[0]
    wrong = known._replace(log_p=known.log_p + 0.01)
    assert [claim.holds for claim in lab.claims(wrong, 0)[:5]] == [False, True, True, False, False]
    assert not lab.claims(known._replace(log_p=known.own_bound - 0.01), 0)[2].holds


def test_the_lattice_holds_all_mass_and_the_posterior_is_one(tiny, found):
    over = lab.lattice(tiny)
    for j in range(len(tiny.m)):
        mass = over.area * np.exp(log_normal(over.z.numpy(), tiny.m[j].numpy(), tiny.log_s2[j].numpy())).sum()
        assert mass == pytest.approx(1, abs=1e-9)
    assert over.area * float(found[50].posterior.sum()) == pytest.approx(1, abs=1e-9)


def test_the_small_model_has_learned_and_everything_is_a_distribution(tiny):
    labels = tiny.log_gamma.argmax(dim=1).numpy()
    counts = np.array([[((labels == k) & (tiny.truth == c)).sum() for k in range(3)] for c in model.CLASSES])
    assert counts.max(axis=0).sum() > 0.6 * len(labels)
    assert tiny.m.dtype == torch.float64
    for rows in (tiny.log_gamma.exp(), tiny.log_pi.exp(), tiny.w):
        np.testing.assert_allclose(rows.sum(dim=1), 1, atol=1e-12)
    assert not (tiny.j == torch.arange(len(tiny.j))[:, None]).any()
    images = tiny.decoded([0, 60])
    assert images.shape == (2, 8, 8)
    x = tiny.images[[0, 60]].astype(float)
    assert np.abs(images - x).mean() < np.abs(images[::-1] - x).mean()
