"""The variational head: it begins with the codes of the autoencoder, and its variances stay within limits."""

from __future__ import annotations

import math

import torch
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.variational import LOG_VARIANCE_LIMIT, Code, Variational


def head(seed: int = 0) -> tuple[Autoencoder, Variational, torch.Tensor]:
    rng = generator(seed)
    net = Autoencoder(6, AutoencoderParams(widths="8-9", d=3), rng)
    return net, Variational(net, rng), torch.rand(20, 6, generator=rng)


def test_means_are_the_codes_of_the_autoencoder_and_weights_are_shared() -> None:
    net, f, x = head()
    torch.testing.assert_close(f.encode(x).m, net.encode(x))
    own = {id(weight) for weight in f.parameters()}
    assert {id(weight) for weight in net.parameters()} < own
    assert len(own) == len(list(net.parameters())) + 2  # the new head's weight and bias


def test_variances_begin_small_so_that_draws_lie_near_the_means() -> None:
    _, f, x = head()
    s = (f.encode(x).log_s2 / 2).exp()
    assert 0.05 < s.min() < s.max() < 0.4


def test_codes_of_all_points_are_those_of_the_network_outside_the_gradient() -> None:
    _, f, x = head()
    code, inside = f.encode(x), f(x)
    for one, other in zip(code, inside, strict=True):
        torch.testing.assert_close(one, other.detach())
        assert not one.requires_grad
        assert other.requires_grad


def test_variances_stay_within_limits() -> None:
    _, f, x = head()
    for sign in (1, -1):
        assert (sign * f(1e6 * x).log_s2).max().item() <= LOG_VARIANCE_LIMIT


def test_draws_have_the_mean_and_spread_of_the_code_and_a_gradient_to_both() -> None:
    m = torch.tensor([[1.0, -2.0]]).repeat(40_000, 1).requires_grad_()
    log_s2 = torch.tensor([[0.0, 2.0]]).repeat(40_000, 1).requires_grad_()
    z = Code(m, log_s2).drawn(generator(0))
    torch.testing.assert_close(z.mean(dim=0), torch.tensor([1.0, -2.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(z.std(dim=0), torch.tensor([1.0, math.e]), atol=0.05, rtol=0)
    slope = torch.autograd.grad(z.sum(), [m, log_s2])
    torch.testing.assert_close(slope[0], torch.ones_like(m))
    torch.testing.assert_close(slope[1], (z - m).detach() / 2)
