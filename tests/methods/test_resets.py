"""Resets (BRB): what they do to weights, centers and the optimizer, when they come; they are off by default."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import dcn, dec, idec
from epochscope.methods.shared import resets
from epochscope.methods.shared.resets import ResetParams, labels_by, reset, reset_trained, soft_reset
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.testing import Points
from torch import nn

from tests.support.quick_runs import clustering

all_three = pytest.mark.parametrize("module", [dec, idec, dcn], ids=lambda module: module.METHOD.key)


def net_for(f: int) -> Autoencoder:
    return Autoencoder(f, AutoencoderParams(widths="16-12", d=3), generator(0))


def test_weights_become_a_mean_of_themselves_and_fresh_ones_in_all_layers_but_the_last() -> None:
    net = net_for(8)
    layers = [layer for layer in net.encoder if isinstance(layer, nn.Linear)]
    for layer in layers:
        layer.bias.data += 1.0
    before = [(layer.weight.clone(), layer.bias.clone()) for layer in layers]
    soft_reset(net.encoder, 0.8, generator(5))
    rng = generator(5)
    for layer, (weight, bias) in zip(layers[:-1], before[:-1], strict=True):
        fresh = torch.empty_like(weight).normal_(0, layer.in_features**-0.5, generator=rng)
        torch.testing.assert_close(layer.weight, 0.8 * weight + 0.2 * fresh)
        torch.testing.assert_close(layer.bias, 0.8 * bias)
    assert torch.equal(layers[-1].weight, before[-1][0])
    assert torch.equal(layers[-1].bias, before[-1][1])


def finished(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_without_a_change_of_weights_the_same_clusters_are_found_under_the_same_numbers(blobs: Points) -> None:
    net, order = net_for(8), torch.tensor([2, 0, 3, 1])
    z = net.encode(blobs.x)
    found = finished(reset(net, blobs.x, z[:4], ResetParams(keep=1.0), restarts=5, rng=generator(1)))
    again = finished(reset(net, blobs.x, found[order], ResetParams(keep=1.0), restarts=5, rng=generator(2)))
    torch.testing.assert_close(again, found[order], atol=0.02, rtol=0.02)
    assert (labels_by(z, again) == labels_by(z, found[order])).float().mean() > 0.97


def test_the_optimizer_forgets_the_gradients_of_the_centers_alone(blobs: Points) -> None:
    net = net_for(8)
    mu = nn.Parameter(net.encode(blobs.x)[:4])
    steps = torch.optim.Adam([*net.encoder.parameters(), mu])
    (net.encoder(blobs.x).square().sum() + mu.square().sum()).backward()
    steps.step()
    hp = dec.METHOD.params().but({"resets.every": 1, "cluster.restarts": 2})
    finished(reset_trained(net, blobs.x, mu, steps, hp=hp, rng=generator(0)))
    assert not steps.state[mu]["exp_avg"].any()
    assert not steps.state[mu]["exp_avg_sq"].any()
    assert steps.state[mu]["step"] == 1
    assert steps.state[next(net.encoder.parameters())]["exp_avg"].any()


@all_three
def test_they_come_every_so_many_epochs_and_change_what_follows(
    module: Any, digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[float] = []
    monkeypatch.setattr(
        resets, "soft_reset", lambda encoder, keep, rng: done.append(keep) or soft_reset(encoder, keep, rng)
    )
    short = {"pretrain__epochs": 1, "cluster__restarts": 1, "cluster__epochs": 5}
    if module is not dcn:
        short["cluster__tol"] = 0.0
    plain = clustering(digits, module, **short)
    assert done == []
    changed = clustering(digits, module, resets__every=2, resets__keep=0.7, **short)
    assert done == [0.7, 0.7]  # after epochs 2 and 4
    assert len(changed) == len(plain) == 6
    for epoch in range(3):
        np.testing.assert_array_equal(changed[epoch].z, plain[epoch].z)
    assert not np.array_equal(changed[3].z, plain[3].z)


@all_three
def test_they_are_off_by_default(module: Any) -> None:
    for preset in module.METHOD.presets:
        assert module.METHOD.start(preset.title).resets.every == 0
    assert not ResetParams().due(20)
    assert [epoch for epoch in range(7) if ResetParams(every=3).due(epoch)] == [3, 6]
