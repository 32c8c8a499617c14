"""The network: its layers, its randomness, its texts."""

from __future__ import annotations

import pytest
import torch
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.device import compute_device, generator
from epochscope.types import EpochscopeError
from torch import nn


def linear_sizes(net: nn.Sequential) -> list[tuple[int, int]]:
    return [(layer.in_features, layer.out_features) for layer in net if isinstance(layer, nn.Linear)]


def test_default_is_the_network_of_the_papers() -> None:
    net = Autoencoder(784, AutoencoderParams(), generator(0))
    assert linear_sizes(net.encoder) == [(784, 500), (500, 500), (500, 2000), (2000, 10)]
    assert linear_sizes(net.decoder) == [(10, 2000), (2000, 500), (500, 500), (500, 784)]
    for half in (net.encoder, net.decoder):
        assert [type(layer) for layer in half][1::2] == [nn.ReLU] * 3
        assert isinstance(half[-1], nn.Linear)  # linear code, linear output


@pytest.mark.parametrize(("widths", "d"), [("7", 2), ("30-20", 3), ("5-4-3-4-5-6", 8)])
def test_shapes_follow_the_text(widths: str, d: int) -> None:
    net = Autoencoder(9, AutoencoderParams(widths=widths, d=d), generator(0))
    x = torch.rand(11, 9)
    assert net.encode(x).shape == (11, d)
    assert net(x).shape == (11, 9)
    assert net.decode(net.encode(x)).shape == (11, 9)
    assert not net.encode(x).requires_grad


@pytest.mark.parametrize("widths", ["", "500-", "-500", "0-10", "500,500", "10-10-10-10-10-10-10", "12345", "a"])
def test_bad_widths_are_refused_in_words(widths: str) -> None:
    with pytest.raises(EpochscopeError, match="widths must be text like '500-500-2000'"):
        AutoencoderParams(widths=widths)


def test_weights_come_from_the_given_generator_alone() -> None:
    hp = AutoencoderParams(widths="20-30", d=3)
    before = torch.get_rng_state()
    one = Autoencoder(9, hp, generator(7)).state_dict()
    torch.rand(5)
    other, third = (Autoencoder(9, hp, generator(seed)).state_dict() for seed in (7, 8))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["encoder.0.weight"], third["encoder.0.weight"])
    torch.set_rng_state(before)
    Autoencoder(9, hp, generator(7))
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_have_variance_one_over_fan_in_and_biases_are_zero() -> None:
    net = Autoencoder(784, AutoencoderParams(), generator(0))
    for layer in [*net.encoder[::2], *net.decoder[::2]]:
        assert float(layer.weight.detach().std()) == pytest.approx(layer.in_features**-0.5, rel=0.05)
        assert not layer.bias.any()


def test_a_device_is_found_and_a_generator_lives_on_it() -> None:
    device = compute_device()
    assert generator(3, device).device.type == device.type
    assert torch.equal(torch.rand(4, generator=generator(3)), torch.rand(4, generator=generator(3)))


@pytest.mark.parametrize("center", [True, False])
def test_the_unit_of_the_data_makes_their_mean_square_one_and_can_be_undone(center: bool) -> None:
    x = 3.0 + 2.0 * torch.rand(50, 4, generator=generator(0))
    unit = unit_of(x, center=center)
    inside = unit.of(x)
    assert float(inside.square().mean()) == pytest.approx(1.0, rel=1e-5)
    assert (abs(float(inside.mean())) < 1e-5) == center
    torch.testing.assert_close(unit.back(inside), x)


def test_data_that_are_all_zero_have_a_unit_too() -> None:
    x = torch.zeros(5, 3)
    assert torch.equal(unit_of(x, center=True).of(x), x)
