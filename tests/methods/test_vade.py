"""VaDE: its bound against naive loops and finite differences, where gamma comes from, what a live change does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.mixture import assignment_entropy, cluster_given_prior, code_entropy, code_given_cluster
from epochscope.methods import vade
from epochscope.methods.shared.mixtures import Mixture
from epochscope.methods.vade import (
    EXACT,
    MEAN,
    ONCE,
    PER_DIMENSION,
    SAMPLE,
    Model,
    Terms,
    log_gamma,
    terms_of,
    warmed_up,
)
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, Unit
from epochscope.nets.device import generator
from epochscope.nets.likelihood import BERNOULLI, Bernoulli, Gaussian
from epochscope.nets.training import descend
from epochscope.nets.variational import Code
from epochscope.types import EpochscopeError, Snapshot
from sklearn.mixture import GaussianMixture

from tests.support.quick_runs import Points, quick, snapshots
from tests.support.training import steps_by

AS_IS = Unit(0.0, 1.0)


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [s for s in snapshots(vade.METHOD, points, quick(vade.METHOD, **more)) if s.phase == "cluster"]


def hyper(**more: Any) -> Any:
    return vade.VadeParams().but({name.replace("__", "."): value for name, value in more.items()})


def small(seed: int = 0, n: int = 6, f: int = 5, k: int = 3, d: int = 2) -> tuple[Model, torch.Tensor]:
    """A model in float64 with every parameter away from its start, and points in 0..1."""
    rng = generator(seed)
    net = Autoencoder(f, AutoencoderParams(widths="7", d=d), rng)

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=rng, dtype=torch.float64)

    model = Model(net.double(), Mixture(torch.zeros(k).double(), draw(k, d), draw(k, d)), rng).double()
    with torch.no_grad():
        model.pi.copy_(draw(k))
    return model, torch.rand(n, f, generator=rng, dtype=torch.float64)


def naive(model: Model, x: torch.Tensor, eps: torch.Tensor, *, bernoulli: bool) -> list[dict[str, float]]:
    """The five terms of each point in plain numbers, constants d/2 log 2 pi left out."""
    code = model.f(x)
    out = model.g(code.m + (code.log_s2 / 2).exp() * eps).tolist()
    m, s2, x_, noise = code.m.tolist(), code.log_s2.exp().tolist(), x.tolist(), eps.tolist()
    raw, mu, var = model.pi.tolist(), model.mu.tolist(), model.log_var.exp().tolist()
    pi = [math.exp(value) / sum(math.exp(other) for other in raw) for value in raw]
    rows = []
    for i in range(len(x_)):
        z = [m[i][d] + math.sqrt(s2[i][d]) * noise[i][d] for d in range(len(m[i]))]
        joint = [
            pi[c]
            * math.prod(
                math.exp(-((z[d] - mu[c][d]) ** 2) / (2 * var[c][d])) / math.sqrt(2 * math.pi * var[c][d])
                for d in range(len(z))
            )
            for c in range(len(pi))
        ]
        gamma = [value / sum(joint) for value in joint]
        if bernoulli:
            a = [1 / (1 + math.exp(-value)) for value in out[i]]
            rec = -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for t, p in zip(x_[i], a, strict=True))
        else:
            rec = sum((t - p) ** 2 for t, p in zip(x_[i], out[i], strict=True)) / 2
        fit = [
            sum(math.log(var[c][d]) + (s2[i][d] + (m[i][d] - mu[c][d]) ** 2) / var[c][d] for d in range(len(z))) / 2
            for c in range(len(pi))
        ]
        rows.append(
            {
                "reconstruction": rec,
                "code_given_cluster": sum(g * value for g, value in zip(gamma, fit, strict=True)),
                "cluster_given_prior": -sum(g * math.log(p) for g, p in zip(gamma, pi, strict=True)),
                "entropy_of_assignment": -sum(g * math.log(g) for g in gamma),
                "entropy_of_code": sum(1 + math.log(value) for value in s2[i]) / 2,
            }
        )
    return rows


def noise_of(x: torch.Tensor, d: int, seed: int) -> torch.Tensor:
    return torch.empty(len(x), d, dtype=x.dtype).normal_(generator=generator(seed))


@pytest.mark.parametrize("bernoulli", [True, False])
def test_all_five_terms_equal_a_naive_loop(bernoulli: bool) -> None:
    model, x = small()
    terms = terms_of(model, x, noise_of(x, 2, 7), Bernoulli(AS_IS) if bernoulli else Gaussian(AS_IS), hyper().quirks)
    by_hand = naive(model, x, noise_of(x, 2, 7), bernoulli=bernoulli)
    for name, value in terms._asdict().items():
        np.testing.assert_allclose(value.detach(), [row[name] for row in by_hand], rtol=1e-9, err_msg=name)
    signs = dict.fromkeys(by_hand[0], 1) | {"entropy_of_assignment": -1, "entropy_of_code": -1}
    total = np.mean([sum(signs[name] * value for name, value in row.items()) for row in by_hand])
    assert terms.loss().item() == pytest.approx(total)
    rec = np.mean([row["reconstruction"] for row in by_hand])
    assert terms.loss(5.0, 0.1).item() == pytest.approx(5 * rec + 0.1 * (total - rec))


@pytest.mark.parametrize("name", ["pi", "mu", "log_var"])
def test_gradients_flow_through_gamma_as_finite_differences_say(name: str) -> None:
    model, x = small()
    eps = noise_of(x, 2, 7)

    def loss() -> float:
        rows = naive(model, x, eps, bernoulli=True)
        return float(np.mean([sum(r.values()) - 2 * (r["entropy_of_assignment"] + r["entropy_of_code"]) for r in rows]))

    weight = getattr(model, name)
    slope = torch.autograd.grad(terms_of(model, x, eps, Bernoulli(AS_IS), hyper().quirks).loss(), weight)[0]
    by_hand = torch.zeros_like(weight)
    for at in range(weight.numel()):
        sides = []
        for step in (1e-5, -2e-5):
            with torch.no_grad():
                weight.view(-1)[at] += step
            sides.append(loss())
        with torch.no_grad():
            weight.view(-1)[at] += 1e-5
        by_hand.view(-1)[at] = (sides[0] - sides[1]) / 2e-5
    torch.testing.assert_close(slope, by_hand, atol=1e-7, rtol=1e-5)
    assert slope.abs().max() > 1e-3


def test_the_exact_e_step_lowers_the_loss_below_that_of_any_other_gamma() -> None:
    model, x = small(n=40)
    code, mixture = model.f(x), model.mixture

    def beside_reconstruction(log_q: torch.Tensor) -> torch.Tensor:
        gamma = log_q.exp()
        terms = Terms(
            torch.zeros(len(x), dtype=x.dtype),
            code_given_cluster(gamma, code.m, code.log_s2, mixture.mu, mixture.log_var),
            cluster_given_prior(gamma, mixture.log_pi),
            assignment_entropy(log_q),
            code_entropy(code.log_s2),
        )
        return terms.loss()

    exact = log_gamma(code.m, mixture, hyper(quirks__gamma_from=EXACT).quirks, code)
    least = beside_reconstruction(exact)
    others = [log_gamma(code.m, mixture, hyper(quirks__gamma_from=MEAN).quirks, code)]
    others += [log_gamma(code.drawn(generator(seed)), mixture, hyper().quirks, code) for seed in range(3)]
    others += [(exact + 0.01 * torch.randn(exact.shape, generator=generator(s))).log_softmax(dim=1) for s in range(9)]
    assert all(least < beside_reconstruction(other) for other in others)


def test_gamma_comes_from_where_it_is_asked_for() -> None:
    model, x = small()
    code, mixture = model.f(x), model.mixture
    z = code.drawn(generator(1))
    gamma = {
        choice: log_gamma(z, mixture, hyper(quirks__gamma_from=choice).quirks, code) for choice in (SAMPLE, MEAN, EXACT)
    }
    torch.testing.assert_close(gamma[MEAN], log_gamma(code.m, mixture, hyper().quirks))
    torch.testing.assert_close(
        gamma[SAMPLE], log_gamma(z, mixture, hyper(quirks__gamma_from=EXACT).quirks)
    )  # not training
    narrow = Code(code.m, torch.full_like(code.m, -60.0))
    torch.testing.assert_close(log_gamma(z, mixture, hyper(quirks__gamma_from=EXACT).quirks, narrow), gamma[MEAN])
    assert len({round(value[0, 0].item(), 6) for value in gamma.values()}) == 3


def test_pi_counted_once_per_dimension_is_pi_to_the_power_d() -> None:
    model, x = small(d=4)
    code, mixture = model.f(x), model.mixture
    once, often = (log_gamma(code.m, mixture, hyper(quirks__pi_counts=how).quirks) for how in (ONCE, PER_DIMENSION))
    torch.testing.assert_close(often, (once + 3 * mixture.log_pi).log_softmax(dim=1))
    even = mixture._replace(log_pi=torch.full((3,), -math.log(3), dtype=torch.float64))
    once, often = (log_gamma(code.m, even, hyper(quirks__pi_counts=how).quirks) for how in (ONCE, PER_DIMENSION))
    torch.testing.assert_close(once, often)


def test_what_is_shown_comes_from_the_means_and_the_mixture_shown(digits: Points) -> None:
    for s in clustering(digits):
        gmm = GaussianMixture(digits.k, covariance_type="diag")
        gmm.weights_, gmm.means_, gmm.covariances_ = s.extra["mixing"], s.centers, s.extra["spread"] ** 2
        gmm.precisions_cholesky_ = 1 / s.extra["spread"]
        np.testing.assert_allclose(s.q, gmm.predict_proba(s.z), atol=1e-4)
        np.testing.assert_array_equal(s.labels, s.q.argmax(axis=1))
        assert s.extra["spread"].max() <= math.exp(3) * 1.001
        np.testing.assert_allclose(s.extra["reconstructions"][0], digits.x[:12], atol=1e-6)
        for name in ("decoded_centers", "samples", "reconstructions"):
            assert s.extra[name].min() >= -1e-6  # digits are pixels: a Bernoulli likelihood
            assert s.extra[name].max() <= 1 + 1e-6


def test_it_starts_with_equal_shares_and_learns_them(digits: Points) -> None:
    run = clustering(digits, cluster__epochs=5, cluster__lr_mixture=0.05)
    np.testing.assert_allclose(run[0].extra["mixing"], 0.1, atol=1e-6)
    assert np.ptp(run[-1].extra["mixing"]) > 0.02


def test_the_bound_rises(digits: Points) -> None:
    run = clustering(digits, cluster__epochs=15, cluster__warmup=0, pretrain__epochs=10)
    course = [s.losses["negative ELBO"] for s in run[1:]]
    assert course[-1] < course[0] - 1
    assert dict(run[0].losses) == {}
    for s in run[1:]:
        parts = dict(s.losses)
        total = parts.pop("negative ELBO")
        entropies = parts.pop("entropy of assignment") + parts.pop("entropy of code")
        assert total == pytest.approx(sum(parts.values()) - entropies, rel=1e-4)


def test_warm_up_and_decay() -> None:
    assert [warmed_up(t, 4) for t in (0.0, 1.0, 3.0, 4.0, 9.0)] == [0, 0.25, 0.75, 1, 1]
    assert warmed_up(0.0, 0) == 1
    steps = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)]}], lr=1.0)
    hp = vade.ClusterParams(lr=1e-2, lr_mixture=1e-3, decay=0.5, decay_every=10)
    rates = []
    for epoch in (0, 9, 10, 29, 30, 2999):
        vade.set_rates(steps, hp, epoch)
        rates.append([group["lr"] for group in steps.param_groups])
    assert np.allclose(rates, np.outer([1, 1, 0.5, 0.25, 0.125, 0.1], [1e-2, 1e-3]))


def test_the_weight_of_the_prior_grows_within_an_epoch(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    weights: list[float] = []
    loss = Terms.loss

    def spy(self: Terms, reconstruction: float = 1.0, prior: float = 1.0) -> torch.Tensor:
        weights.append(prior)
        return loss(self, reconstruction, prior)

    monkeypatch.setattr(vade.Terms, "loss", spy)
    run = clustering(digits, cluster__epochs=3, cluster__warmup=2)  # 4 steps per epoch
    assert weights[::2] == pytest.approx([1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1, 1, 1, 1])
    assert [s.measures["weight of the prior"] for s in run] == pytest.approx([0, 0.5, 1, 1])


def drive(points: Points, hp: Any, changed: Any) -> list[Snapshot]:
    """VaDE, with the params changed when clustering begins."""
    run, found, answer = vade.METHOD.run(points.x, points.k, hp, generator(0)), [], None
    while True:
        try:
            step = run.send(answer)
        except StopIteration:
            return found
        answer = None
        if isinstance(step, Snapshot) and step.phase == "cluster":
            found.append(step)
            answer = changed if len(found) == 1 else None


def test_live_changes_take_hold_at_once(digits: Points) -> None:
    names = {"reconstruction", "cluster.lr", "cluster.lr_mixture", "pretrain.lr"}
    assert vade.VadeParams.live_names() == names
    hp = quick(vade.METHOD, cluster__warmup=0)
    usual = drive(digits, hp, None)
    still = drive(digits, hp, hp.but({"cluster.lr_mixture": 1e-6}))
    assert (
        np.abs(still[-1].centers - still[0].centers).max() < 1e-4 < np.abs(usual[-1].centers - usual[0].centers).max()
    )
    slow = drive(digits, hp, hp.but({"cluster.lr": 1e-6}))
    assert np.abs(slow[1].z - slow[0].z).max() < 1e-2 < np.abs(usual[1].z - usual[0].z).max()
    heavy = drive(digits, hp, hp.but({"reconstruction": 100.0}))
    assert heavy[-1].losses["reconstruction"] < usual[-1].losses["reconstruction"]


def test_bernoulli_on_data_outside_0_to_1_is_one_clear_sentence(blobs: Points) -> None:
    with pytest.raises(EpochscopeError, match="scale the data into"):
        next(vade.METHOD.run(blobs.x, 4, quick(vade.METHOD, likelihood=BERNOULLI), generator(0)))


def test_training_that_blows_up_ends_with_a_sentence(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vade, "take_step", steps_by(lambda steps, loss: descend(steps, loss * float("nan"))))
    with pytest.raises(EpochscopeError, match="codes at epoch 1 of phase cluster: lower lr"):
        clustering(digits)


def test_wild_learning_rates_do_not_make_nan(digits: Points) -> None:
    """Limits on variances, logarithms and short gradients hold where the released code ended in NaN."""
    run = clustering(digits, cluster__lr=0.1, cluster__lr_mixture=1.0, cluster__warmup=0, cluster__epochs=5)
    assert all(np.isfinite(s.losses["negative ELBO"]) for s in run[1:])
