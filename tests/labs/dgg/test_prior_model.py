"""The prior of a point: against a constrained optimizer and plain loops."""

import math

import numpy as np
import pytest
import torch
from epochscope.labs.dgg.steps.prior import model as lab
from scipy.optimize import minimize

CASES = [(rows, shares) for rows in lab.PRESETS.values() for shares in lab.SHARES.values()]


def loop(pi, of):
    """F as the paper writes it."""
    return sum(
        float(of.w[j]) * sum(float(of.gamma[k] + of.gamma_j[j, k]) * math.log(pi[k]) for k in range(lab.K))
        for j in range(len(of.w))
    )


@pytest.mark.parametrize(("rows", "shares"), CASES)
def test_the_derived_prior_is_what_an_optimizer_finds(rows, shares):
    of = lab.given(rows, shares)
    known = lab.priors(of)
    best = minimize(
        lambda pi: -loop(pi, of), np.full(3, 1 / 3), method="SLSQP", bounds=[(1e-6, 1)] * 3,
        constraints={"type": "eq", "fun": lambda pi: pi.sum() - 1}, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    np.testing.assert_allclose(known.derived, best.x, atol=1e-4)
    assert float(lab.objective(known.derived, of)) >= -best.fun - 1e-9
    for pi in known.derived, known.normalized:
        assert float(lab.objective(pi, of)) == pytest.approx(loop(pi.tolist(), of))


@pytest.mark.parametrize(("rows", "shares"), CASES)
def test_what_holds(rows, shares):
    of = lab.given(rows, shares)
    claims = lab.claims(of, lab.priors(of))
    assert [claim.holds for claim in claims] == [True, False, True, True, True, False]
    printed = sum(
        sum(float(w) * float(of.gamma[k]) for w in of.w)
        / sum(float(w) * float(of.gamma[k] + other[k]) for w, other in zip(of.w, of.gamma_j, strict=True))
        for k in range(lab.K)
    )
    assert claims[1].residual == pytest.approx(abs(printed - 1))


def test_another_prior_that_is_better_would_be_found():
    of = lab.given(lab.PRESETS["neighbors disagree"], [1.0, 1.0, 1.0])
    worse = lab.priors(of)._replace(derived=torch.full((3,), 1 / 3, dtype=torch.float64))
    assert [claim.holds for claim in lab.claims(of, worse)][2:5] == [False, False, False]


def test_what_the_caption_says_of_the_printed_formula():
    agree = lab.priors(lab.given(lab.PRESETS["all agree"], [1.0, 1.0, 1.0]))
    np.testing.assert_allclose(agree.printed, 0.5)
    undecided = lab.given(lab.PRESETS["the point is undecided"], [1.0, 1.0, 1.0])
    known = lab.priors(undecided)
    assert int((undecided.w @ undecided.gamma_j).argmax()) == int(known.derived.argmax()) == int(known.printed.argmin())


def test_a_place_in_the_triangle_and_its_distribution_are_one():
    gamma = torch.tensor([[0.5, 0.3, 0.2], [0.01, 0.01, 0.98], [1 / 3, 1 / 3, 1 / 3]], dtype=torch.float64)
    np.testing.assert_allclose(lab.from_plane(lab.to_plane(gamma)), gamma, atol=1e-12)
    outside = torch.tensor([[-2.0, -1.0], [3.0, 0.1], [0.5, 9.0], [0.5, -1.0]], dtype=torch.float64)
    back = lab.from_plane(outside)
    np.testing.assert_allclose(back.sum(dim=1), 1)
    assert (back >= 0.0099).all()
    assert back.argmax(dim=1).tolist()[:3] == [0, 1, 2]
    np.testing.assert_allclose(lab.given(lab.PRESETS["all agree"], [2.0, 1.0, 1.0]).w, [0.5, 0.25, 0.25])


def test_the_landscape_is_highest_at_the_derived_prior():
    of = lab.given(lab.PRESETS["neighbors disagree"], [0.6, 0.3, 0.1])
    x, y, below = lab.landscape(of)
    peak = np.unravel_index(np.nanargmax(below.numpy()), below.shape)
    spot = lab.to_plane(lab.priors(of).derived)
    assert float(x[peak[1]]) == pytest.approx(float(spot[0]), abs=0.02)
    assert float(y[peak[0]]) == pytest.approx(float(spot[1]), abs=0.02)
    assert float(np.nanmax(below)) <= 0
    assert torch.isnan(below[-1, 0])
