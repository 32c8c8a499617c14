"""VAE and VAED: the terms they lower, the silence of a dimension, which divergence is trained, what theta does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.divergences import Normals, normal_js, normal_kl
from epochscope.methods import vae, vaed
from epochscope.methods.shared.mixtures import Mixture
from epochscope.nets.device import generator
from epochscope.nets.variational import Code
from epochscope.testing import Points
from torch.distributions import Normal, kl_divergence

from tests.support.quick_runs import clustering, quick, snapshots

SHORT = {"pretrain__epochs": 2, "cluster__restarts": 1, "restarts": 1, "cluster__epochs": 2}


def test_the_loss_is_minus_the_bound_with_its_weight(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    lowered, real = [], vae.descend
    monkeypatch.setattr(vae, "descend", lambda steps, loss: lowered.append(loss.item()) or real(steps, loss))
    hp = quick(vae.METHOD, reconstruction=0.3, pretrain__epochs=1, pretrain__batch=256)
    first, after = snapshots(vae.METHOD, digits, hp)[:2]
    assert dict(first.losses) == {}
    terms = after.losses
    assert lowered == pytest.approx([0.3 * terms["reconstruction"] + terms["divergence from the prior"]], rel=1e-5)
    total = terms["reconstruction"] + terms["divergence from the prior"]
    assert terms["negative bound"] == pytest.approx(total, rel=1e-5)


def test_a_heavy_prior_silences_dimensions(digits: Points) -> None:
    more = {"pretrain__epochs": 25, "pretrain__lr": 3e-3, "net__widths": "16"}
    heavy, usual = (
        [
            s
            for s in snapshots(vae.METHOD, digits, quick(vae.METHOD, reconstruction=weight, **more))
            if s.phase == "pretrain"
        ]
        for weight in (0.01, 1.0)
    )
    assert heavy[-1].measures["dimensions in use"] < usual[-1].measures["dimensions in use"] == 4
    assert heavy[-1].measures["deviation of a code"] == pytest.approx(1, abs=0.1)
    assert heavy[-1].losses["divergence from the prior"] < 0.1 * usual[-1].losses["divergence from the prior"]


def test_the_clusters_are_those_of_the_means(digits: Points) -> None:
    run = snapshots(vae.METHOD, digits, quick(vae.METHOD, **SHORT))
    last = run[-1]
    means = [s for s in run if s.phase == "pretrain"][-1].z
    np.testing.assert_array_equal(last.z, means)
    inside = [means[last.labels == k] for k in range(digits.k)]
    np.testing.assert_allclose(last.centers, [points.mean(axis=0) for points in inside], atol=1e-4)
    for k, points in enumerate(inside):
        if len(points) > 1:
            np.testing.assert_allclose(last.extra["spread"][k], points.std(axis=0, ddof=1), rtol=1e-2, atol=1e-4)


def theta_and_code() -> tuple[Mixture, torch.Tensor, Code]:
    rng = generator(3)
    mixture = Mixture(torch.zeros(3), torch.randn(3, 2, generator=rng), 0.3 * torch.randn(3, 2, generator=rng))
    return mixture, torch.tensor([2, 0, 1, 2]), Code(*(torch.randn(4, 2, generator=rng) for _ in range(2)))


def test_the_divergence_is_from_the_own_cluster_to_the_code() -> None:
    theta, own, code = theta_and_code()
    found = vaed.between(theta, own, code, vaed.KL, draws=1, rng=generator(0))
    for i, k in enumerate(own):
        p = Normal(theta.mu[k], (theta.log_var[k] / 2).exp())
        q = Normal(code.m[i], (code.log_s2[i] / 2).exp())
        assert float(found[i]) == pytest.approx(float(kl_divergence(p, q).sum()), rel=1e-4)


def test_lemma_1_is_had_from_draws_and_ends_at_ln_2() -> None:
    theta, own, code = theta_and_code()
    found = vaed.between(theta, own, code, vaed.JS, draws=4000, rng=generator(0))
    p, q = Normals(theta.mu[own], theta.log_var[own]), Normals(code.m, code.log_s2)
    again = normal_js(p, q, torch.randn(2, 4000, 4, 2, generator=generator(9)))
    torch.testing.assert_close(found, again, atol=0.03, rtol=0.05)
    assert float(found.max()) < math.log(2) + 0.01
    assert bool((found <= (normal_kl(p, q) + normal_kl(q, p)) / 4 + 0.02).all())  # JS is at most a quarter of both KL


@pytest.mark.parametrize("measure", [vaed.KL, vaed.JS])
def test_the_loss_of_vaed_has_the_chosen_divergence(
    measure: str, digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered: list[float] = []

    def spy(steps: Any, loss: torch.Tensor, longest: float) -> None:
        lowered.append(loss.item())

    monkeypatch.setattr(vaed, "descend", spy)
    more = {**SHORT, "measure": measure, "lambda_3": 2.0, "reconstruction": 0.5, "cluster__batch": 256}
    found = clustering(digits, vaed, **more)
    terms = found[1].losses
    total = 0.5 * terms["reconstruction"] + terms["divergence from the prior"]
    assert lowered[0] == pytest.approx(total + 2 * terms["divergence from the cluster"], rel=1e-5)
    assert terms["weighted divergence"] == pytest.approx(2 * terms["divergence from the cluster"], rel=1e-5)
    shown = found[0].measures["KL from the cluster" if measure == vaed.KL else "JS from the cluster"]
    assert terms["divergence from the cluster"] == pytest.approx(shown, rel=0.1)  # nothing was trained meanwhile


def test_without_em_the_clusters_stay_as_they_began(digits: Points) -> None:
    still, moved = (clustering(digits, vaed, **SHORT, cluster__rounds=rounds) for rounds in (0, 3))
    np.testing.assert_array_equal(still[0].centers, still[-1].centers)
    assert not np.array_equal(moved[0].centers, moved[-1].centers)
