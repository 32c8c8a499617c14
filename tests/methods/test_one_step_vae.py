"""One-step VAE: its loss against torch.distributions, Bayes' rule as its optimum, the start of the means."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from epochscope.methods import one_step_vae
from epochscope.nets.device import generator
from epochscope.nets.variational import Code
from epochscope.testing import Points
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from tests.support.quick_runs import clustering

SHORT = {"cluster__epochs": 1, "cluster__batch": 256}


def some(k: int = 3, d: int = 2, n: int = 5) -> tuple[Code, torch.Tensor, torch.Tensor]:
    rng = generator(1)
    code = Code(torch.randn(n, d, generator=rng), 0.5 * torch.randn(n, d, generator=rng))
    return code, torch.randn(n, k, generator=rng).log_softmax(dim=1), torch.randn(k, d, generator=rng)


def test_the_terms_are_those_of_the_distributions() -> None:
    code, log_p, mu = some()
    terms = one_step_vae.terms_of(torch.arange(5.0), code, log_p, mu)
    even = Categorical(probs=torch.full((3,), 1 / 3))
    for i in range(5):
        q = Independent(Normal(code.m[i], (code.log_s2[i] / 2).exp()), 1)
        apart = [float(kl_divergence(q, Independent(Normal(center, torch.ones(2)), 1))) for center in mu]
        expected = float(log_p[i].exp() @ torch.tensor(apart))
        assert float(terms.divergence_from_the_clusters[i]) == pytest.approx(expected, rel=1e-4)
        uneven = float(kl_divergence(Categorical(logits=log_p[i]), even))
        assert float(terms.divergence_from_even_clusters[i]) == pytest.approx(uneven, rel=1e-3, abs=1e-6)
    assert terms.reconstruction.tolist() == [0, 1, 2, 3, 4]


def test_bayes_rule_lowers_the_loss_most() -> None:
    code, log_p, mu = some()
    best = one_step_vae.bayes(code.m, mu)

    def lost(log_p: torch.Tensor) -> torch.Tensor:
        terms = one_step_vae.terms_of(torch.zeros(5), code, log_p, mu)
        return terms.divergence_from_the_clusters + terms.divergence_from_even_clusters

    least = lost(best.log())
    assert bool((lost(log_p) >= least).all())
    for step in torch.randn(20, *best.shape, generator=generator(4)):
        assert bool((lost((best.log() + 0.1 * step).log_softmax(dim=1)) >= least - 1e-6).all())


def test_the_loss_has_the_weights(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    lowered, real = [], one_step_vae.descend
    monkeypatch.setattr(one_step_vae, "descend", lambda steps, loss: lowered.append(loss.item()) or real(steps, loss))
    found = clustering(digits, one_step_vae, **SHORT, reconstruction=0.3, balance=2.0)
    terms = found[1].losses
    parts = [
        terms[name] for name in ("reconstruction", "divergence from the clusters", "divergence from even clusters")
    ]
    assert lowered == pytest.approx([0.3 * parts[0] + parts[1] + 2 * parts[2]], rel=1e-5)
    assert terms["negative bound"] == pytest.approx(sum(parts), rel=1e-5)


def test_without_a_deviation_the_means_begin_at_the_origin_and_nothing_is_sure(digits: Points) -> None:
    start, after = clustering(digits, one_step_vae, **SHORT, spread=0.0)
    assert not start.centers.any()
    np.testing.assert_allclose(start.p, 1 / digits.k, rtol=1e-6)
    assert after.centers.any()
    apart = clustering(digits, one_step_vae, **SHORT, spread=2.0)[0]
    assert np.abs(apart.centers).max() > 1


def test_p_is_what_bayes_rule_says_of_the_codes_shown(digits: Points) -> None:
    last = clustering(digits, one_step_vae, **SHORT)[-1]
    square = ((last.z[:, None].astype(float) - last.centers) ** 2).sum(axis=2)
    expected = np.exp(-0.5 * (square - square.min(axis=1, keepdims=True)))
    np.testing.assert_allclose(last.p, expected / expected.sum(axis=1, keepdims=True), atol=1e-5)
    elsewhere = last.measures["points that Bayes' rule puts elsewhere"]
    assert elsewhere == pytest.approx(np.mean(last.q.argmax(axis=1) != last.p.argmax(axis=1)))
    np.testing.assert_allclose(last.extra["mixing"], last.q.mean(axis=0), atol=1e-6)
    assert (last.extra["spread"] == 1).all()
    assert math.isfinite(last.losses["negative bound"])
