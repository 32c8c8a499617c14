"""The lab on the adversarial clustering loss, against scipy's quadrature and plain counting."""

import math

import numpy as np
import pytest
import torch
from epochscope.labs.adversarial import model as lab
from scipy.integrate import quad
from scipy.stats import norm


def p_and_q(game):
    def p(z):
        return (norm.pdf(z, *game.left) + norm.pdf(z, *game.right)) / 2

    return p, lambda z: norm.pdf(z, *game.codes)


def integral(f):
    return quad(f, -14, 14, points=[-3.5, -2, 0, 2, 3.5], limit=400, epsabs=1e-12)[0]


def log(x):
    return math.log(x) if x > 0 else -745.0


@pytest.mark.parametrize("name", lab.PRESETS)
def test_js_and_the_best_value_are_those_of_an_adaptive_quadrature(name):
    game = lab.PRESETS[name]
    p, q = p_and_q(game)
    js = integral(lambda z: sum(d * log(2 * d / (p(z) + q(z))) / 2 for d in (p(z), q(z)) if d > 0 and p(z) + q(z) > 0))
    of = lab.densities(game)
    assert lab.js(of) == pytest.approx(js, abs=1e-8)
    assert lab.value(lab.best(of), of) == pytest.approx(2 * js - 2 * math.log(2), abs=1e-8)


def test_equal_densities_cannot_be_told_apart():
    of = lab.densities(lab.PRESETS["codes as they should be"])
    assert lab.value(lab.best(of), of) == pytest.approx(-1.3863, abs=1e-4)
    np.testing.assert_allclose(lab.best(of).numpy(), 0, atol=1e-9)


def test_value_of_a_given_discriminator_is_its_expected_logarithm():
    game = lab.PRESETS["codes between two clusters"]
    p, q = p_and_q(game)
    of = lab.densities(game)
    expected = integral(lambda z: p(z) * -math.log1p(math.exp(-z)) + q(z) * -math.log1p(math.exp(z)))
    assert lab.value(of.z, of) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", lab.PRESETS)
def test_what_holds_before_any_learning(name):
    of = lab.densities(lab.PRESETS[name])
    held = [claim.holds for claim in lab.claims(of, lab.Learner().logit())]
    same = name == "codes as they should be"
    assert held == [True, True, False, True, same]


def test_a_learner_touches_the_bound_from_below():
    of = lab.densities(lab.PRESETS["codes between two clusters"])
    learner, limit = lab.Learner(), lab.value(lab.best(of), of)
    before = lab.value(learner.logit(), of)
    for _ in range(15):
        learner.learn(of)
        assert lab.value(learner.logit(), of) <= limit + 1e-9
    assert learner.steps == 15 * lab.STEPS
    assert before < limit - 0.1
    assert lab.value(learner.logit(), of) > limit - 0.02
    assert lab.claims(of, learner.logit())[2].holds


def test_slopes_are_those_of_differences():
    logit, h = torch.linspace(-6, 6, 25, dtype=torch.float64), 1e-6
    found = lab.slopes(logit)
    for slope, loss in (
        (found.saturating, lambda x: np.log(1 - 1 / (1 + np.exp(-x)))),
        (found.other, lambda x: -np.log(1 / (1 + np.exp(-x)))),
    ):
        expected = (loss(logit.numpy() + h) - loss(logit.numpy() - h)) / (2 * h)
        np.testing.assert_allclose(slope.numpy(), expected, atol=1e-6)


def test_each_of_the_family_sees_its_own_two_distributions():
    game = lab.PRESETS["codes far from both"]
    seen = {asked.method: asked.of for asked in lab.family(game)}
    assert list(seen) == ["GAN", "AAE", "DASC", "DCAN"]
    for of in seen.values():
        assert float(of.dz * of.p.sum()) == pytest.approx(1, abs=1e-9)
        assert float(of.dz * of.q.sum()) == pytest.approx(1, abs=1e-9)
    mean = {method: float(of.dz * (of.z * of.p).sum()) for method, of in seen.items()}
    assert mean == pytest.approx({"GAN": -2.5, "AAE": 0, "DASC": 0, "DCAN": -1.5}, abs=1e-9)
    distance = seen["DASC"]
    assert float(distance.dz * (distance.z * distance.q).sum()) == pytest.approx(5)
