"""V, JS and the two encoder losses against quadrature over known densities, finite differences and torch's own BCE."""

from __future__ import annotations

import math

import pytest
import torch
from epochscope.formulas.adversarial import (
    discriminator_loss,
    encoder_loss,
    js_estimate,
    optimal_logit,
    share_right,
    value,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

GRID = torch.linspace(-30, 30, 12_001, dtype=torch.float64)
STEP = float(GRID[1] - GRID[0])
CHANCE = -2 * math.log(2)

gaussians = st.tuples(st.floats(-3, 3), st.floats(0.4, 2.5))


def log_density(mean: float, sd: float) -> torch.Tensor:
    return -0.5 * ((GRID - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))


def integral(integrand: torch.Tensor) -> float:
    return float(integrand.sum()) * STEP  # exact to rounding for smooth functions that vanish at both ends


def value_by_quadrature(log_p: torch.Tensor, log_q: torch.Tensor, logit: torch.Tensor) -> float:
    """ln D = -ln(1 + e^-l) and ln(1 - D) = -ln(1 + e^l), written out anew."""
    zero = torch.zeros_like(logit)
    return -integral(log_p.exp() * torch.logaddexp(zero, -logit) + log_q.exp() * torch.logaddexp(zero, logit))


def js_by_quadrature(log_p: torch.Tensor, log_q: torch.Tensor) -> float:
    p, q = log_p.exp(), log_q.exp()
    half = ((p + q) / 2).clamp(min=1e-300)
    return integral(torch.xlogy(p, p) - torch.xlogy(p, half) + torch.xlogy(q, q) - torch.xlogy(q, half)) / 2


@given(gaussians, gaussians)
@settings(max_examples=40, deadline=None)
def test_v_at_the_best_discriminator_is_twice_js_less_2_ln_2(one, other):
    log_p, log_q = log_density(*one), log_density(*other)
    best = optimal_logit(log_p=log_p, log_q=log_q)
    seen = log_p.exp() + log_q.exp() > 1e-290
    torch.testing.assert_close(best[seen].sigmoid(), (log_p.exp() / (log_p.exp() + log_q.exp()))[seen])
    v = value_by_quadrature(log_p, log_q, best)
    assert v == pytest.approx(2 * js_by_quadrature(log_p, log_q) + CHANCE, abs=1e-7)
    assert js_estimate(v) == pytest.approx(js_by_quadrature(log_p, log_q), abs=1e-7)
    assert -1e-9 <= js_estimate(v) <= math.log(2) + 1e-9


@given(gaussians, gaussians, st.floats(-3, 3), st.floats(0.2, 3))
@settings(max_examples=40, deadline=None)
def test_any_other_discriminator_gives_less(one, other, shift, slope):
    log_p, log_q = log_density(*one), log_density(*other)
    logit = optimal_logit(log_p=log_p, log_q=log_q)
    best, worse = (value_by_quadrature(log_p, log_q, answer) for answer in (logit, slope * logit + shift))
    assert worse <= best + 1e-9
    if abs(shift) > 0.1:
        assert worse < best


def test_identical_gaussians_cannot_be_told_apart():
    log_p = log_density(0.7, 1.3)
    logit = optimal_logit(log_p=log_p, log_q=log_p)
    assert not logit.any()  # D = 1/2
    assert value_by_quadrature(log_p, log_p, logit) == pytest.approx(-1.3863, abs=1e-4)


def test_value_of_samples_comes_to_the_integral():
    mean_p, sd_p, mean_q, sd_q = 0.0, 1.0, 1.5, 0.7
    rng = torch.Generator().manual_seed(0)
    n = 400_000

    def logit(z: torch.Tensor) -> torch.Tensor:
        log_p, log_q = (
            -0.5 * ((z - m) / s) ** 2 - math.log(s * math.sqrt(2 * math.pi))
            for m, s in ((mean_p, sd_p), (mean_q, sd_q))
        )
        return optimal_logit(log_p=log_p, log_q=log_q)

    draws, codes = (m + s * torch.randn(n, generator=rng, dtype=torch.float64) for m, s in ((0.0, 1.0), (1.5, 0.7)))
    v = float(value(real=logit(draws), fake=logit(codes)))
    assert v == pytest.approx(
        2 * js_by_quadrature(log_density(mean_p, sd_p), log_density(mean_q, sd_q)) + CHANCE, abs=5e-3
    )


logits = st.lists(st.floats(-40, 40), min_size=1, max_size=8).map(lambda v: torch.tensor(v, dtype=torch.float64))


@given(logits, logits, st.floats(0.5, 1.0))
@settings(max_examples=60, deadline=None)
def test_losses_are_binary_cross_entropy(real, fake, smoothing):
    bce = binary_cross_entropy_with_logits
    expected = bce(real, torch.full_like(real, smoothing)) + bce(fake, torch.zeros_like(fake))
    torch.testing.assert_close(discriminator_loss(real=real, fake=fake, smoothing=smoothing), expected)
    torch.testing.assert_close(-value(real=real, fake=fake), discriminator_loss(real=real, fake=fake))
    torch.testing.assert_close(encoder_loss(fake, saturating=False), bce(fake, torch.ones_like(fake)))
    torch.testing.assert_close(encoder_loss(fake, saturating=True), -bce(fake, torch.zeros_like(fake)))


@given(st.floats(-30, 30))
@settings(max_examples=60, deadline=None)
def test_slopes_of_the_encoder_losses_are_d_and_one_less_d(logit):
    at, h = torch.tensor([logit], dtype=torch.float64), 1e-5
    d = float(torch.sigmoid(at))
    for saturating, slope in ((True, -d), (False, -(1 - d))):
        rise = encoder_loss(at + h, saturating=saturating) - encoder_loss(at - h, saturating=saturating)
        assert float(rise) / (2 * h) == pytest.approx(slope, abs=1e-6)


def test_a_sure_discriminator_gives_finite_numbers():
    sure = torch.tensor([-1e4, 1e4])
    for loss in (value(real=sure, fake=sure), discriminator_loss(real=sure, fake=sure, smoothing=0.9)):
        assert bool(torch.isfinite(loss))
    assert bool(torch.isfinite(encoder_loss(sure, saturating=True)))
    assert bool(torch.isfinite(encoder_loss(sure, saturating=False)))


def test_share_right_counts_both_sides_alike():
    real, fake = torch.tensor([1.0, 2.0, -1.0, 3.0]), torch.tensor([-1.0, 0.0])
    assert share_right(real=real, fake=fake) == pytest.approx((0.75 + 0.75) / 2)
    assert share_right(real=torch.zeros(7), fake=torch.zeros(3)) == 0.5
