"""What a reconstruction is scored by, against torch.distributions; how "by the data" is resolved."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from epochscope.methods.base import MethodParams
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.device import generator
from epochscope.nets.likelihood import (
    BERNOULLI,
    BY_DATA,
    GAUSSIAN,
    Bernoulli,
    Gaussian,
    likelihood_of,
    likelihood_param,
)
from epochscope.nets.pretrain import END_TO_END, LAYERWISE, PretrainParams, pretrain
from epochscope.params import group
from epochscope.types import EpochscopeError, Snapshot
from torch.nn.functional import mse_loss


@dataclass(frozen=True)
class Hp(MethodParams):
    likelihood: str = likelihood_param()
    net: AutoencoderParams = group(AutoencoderParams, "Network", widths="16-24", d=3)
    pretrain: PretrainParams = group(PretrainParams, "Pretraining", batch=32, epochs=3, layer_epochs=2)


def points(seed: int = 0, n: int = 30, f: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    rng = generator(seed)
    return torch.rand(n, f, generator=rng, dtype=torch.float64), torch.randn(n, f, generator=rng, dtype=torch.float64)


def test_bernoulli_is_the_density_of_torch_and_takes_the_data_back_to_their_unit() -> None:
    x, out = points()
    unit = unit_of(x, center=True)
    likelihood = Bernoulli(unit)
    by_torch = torch.distributions.Bernoulli(logits=3 * out, validate_args=False).log_prob(x).sum(dim=1)
    torch.testing.assert_close(likelihood.nll(3 * out, unit.of(x)), -by_torch)
    torch.testing.assert_close(likelihood.error(3 * out, unit.of(x)), -by_torch.sum() / x.numel())
    torch.testing.assert_close(likelihood.shown(out), 1 / (1 + (-out).exp()))


def test_gaussian_is_the_density_of_torch_up_to_its_constant() -> None:
    x, out = points()
    unit = unit_of(x, center=True)
    likelihood = Gaussian(unit)
    normal = torch.distributions.Normal(out, 1.0)
    constant = normal.log_prob(out).sum(dim=1)
    by_torch = normal.log_prob(unit.of(x)).sum(dim=1) - constant
    torch.testing.assert_close(likelihood.nll(out, unit.of(x)), -by_torch)
    assert torch.equal(likelihood.error(out, unit.of(x)), mse_loss(out, unit.of(x)))  # as in methods without a choice
    torch.testing.assert_close(likelihood.shown(unit.of(x)), x)


def test_extreme_outputs_stay_finite() -> None:
    x = torch.tensor([[0.0, 1.0]])
    unit = unit_of(x, center=True)
    for out in (torch.full((1, 2), 1e3), torch.full((1, 2), -1e3)):
        for likelihood in (Bernoulli(unit), Gaussian(unit)):
            assert likelihood.nll(out, unit.of(x)).isfinite().all()


def test_by_the_data_means_what_the_data_set_says() -> None:
    assert Hp().suited("unit interval").likelihood == BERNOULLI
    assert Hp().suited("real").likelihood == GAUSSIAN
    assert Hp().suited("count").likelihood == GAUSSIAN
    assert Hp(likelihood=GAUSSIAN).suited("unit interval").likelihood == GAUSSIAN  # what somebody chose stays
    assert MethodParams().suited("real") == MethodParams()  # a method without the choice


def test_without_a_data_set_it_is_read_off_the_points() -> None:
    x, _ = points()
    unit = unit_of(x, center=True)
    assert isinstance(likelihood_of(BY_DATA, x, unit), Bernoulli)
    assert isinstance(likelihood_of(BY_DATA, x.round(), unit), Bernoulli)  # 0 and 1 themselves are inside
    assert isinstance(likelihood_of(BY_DATA, 1.01 * x / x.max(), unit), Gaussian)
    assert isinstance(likelihood_of(BY_DATA, x - 0.5, unit), Gaussian)
    assert isinstance(likelihood_of(GAUSSIAN, x, unit), Gaussian)


def test_bernoulli_outside_0_to_1_is_one_clear_sentence() -> None:
    x, _ = points()
    with pytest.raises(EpochscopeError, match=r"within 0\.\.1, but these reach from .* choose a Gaussian"):
        likelihood_of(BERNOULLI, x * 16, unit_of(x, center=True))


@pytest.mark.parametrize("schedule", [END_TO_END, LAYERWISE])
def test_pretraining_lowers_the_error_it_is_given(schedule: str) -> None:
    x, _ = points(n=100, f=12)
    x = (x > 0.5).float()
    hp, rng = Hp().but({"pretrain.schedule": schedule, "pretrain.epochs": 30, "pretrain.lr": 3e-3}), generator(1)
    unit = unit_of(x, center=True)
    net, likelihood = Autoencoder(12, hp.net, rng), Bernoulli(unit)
    run = pretrain(net, unit.of(x), hp, rng, likelihood.error)
    seen = [step.losses["reconstruction"] for step in run if isinstance(step, Snapshot) and step.losses]
    assert seen[-1] < 0.69  # cross-entropy of a coin is log 2
    shown = likelihood.shown(net.decode(net.encode(unit.of(x))))
    assert 0 <= shown.min() <= shown.max() <= 1
    assert (shown - x).abs().mean() < 0.45
