"""Copies of what new points need, and the networks among them."""

import torch
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, Unit
from epochscope.nets.device import generator
from epochscope.nets.frozen import encoded, frozen, network


def test_copies_are_made_at_the_first_call_and_stay():
    net = Autoencoder(6, AutoencoderParams(widths="5-4", d=3), generator(0))
    x = torch.randn(20, 6, generator=generator(1))
    hand_out = frozen(unit=Unit(0.5, 2.0), encoder=net.encoder, inner=frozen(head=3), centers=x)
    with torch.no_grad():
        net.encoder[0].weight += 1  # before the first call: the copies are of the network as it is then
    weights = hand_out()
    before = net.encode(Unit(0.5, 2.0).of(x))
    torch.testing.assert_close(encoded(x, weights), before, rtol=0, atol=0)
    with torch.no_grad():
        net.encoder[0].weight += 1
        x += 1
    assert hand_out() is weights
    torch.testing.assert_close(encoded(x - 1, weights), before, rtol=1e-5, atol=1e-5)
    assert set(weights) == {
        "unit.origin", "unit.length", "head", "centers",
        *(f"encoder.{i}.{part}" for i in (0, 2, 4) for part in ("weight", "bias")),
    }  # fmt: skip
    assert (weights["head"].ndim, float(weights["head"])) == (0, 3.0)


def test_a_network_of_one_layer_has_no_relu():
    layer = torch.nn.Sequential(torch.nn.Linear(4, 2))
    x = torch.randn(7, 4, generator=generator(2))
    with torch.no_grad():
        torch.testing.assert_close(network(frozen(f=layer)(), "f")(x), layer(x), rtol=0, atol=0)
        assert (layer(x) < 0).any()
