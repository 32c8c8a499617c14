"""The discriminator's network: its layers and its randomness."""

from __future__ import annotations

import pytest
import torch
from epochscope.nets.critic import Critic, CriticParams
from epochscope.nets.device import generator
from epochscope.types import EpochscopeError
from torch import nn


def test_layers_are_m_128_128_1_with_leaky_relu() -> None:
    critic = Critic(10, CriticParams().hidden, generator(0))
    linear = [layer for layer in critic.layers if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(10, 128), (128, 128), (128, 1)]
    assert [layer.negative_slope for layer in critic.layers if isinstance(layer, nn.LeakyReLU)] == [0.2, 0.2]
    assert isinstance(critic.layers[-1], nn.Linear)  # a logit
    assert critic(torch.zeros(4, 10)).shape == (4,)


def test_weights_come_from_the_given_generator_alone() -> None:
    before = torch.get_rng_state()
    one, same, other = (Critic(3, [8], generator(seed)).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["layers.0.weight"], other["layers.0.weight"])


def test_bad_widths_are_refused_in_words() -> None:
    with pytest.raises(EpochscopeError, match="widths must be text like '128-128'"):
        CriticParams(widths="128-")
