"""A recorded computation gives what it would give anew: with other numbers, the same bits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from epochscope.nets.recording import NotRecorded, Values, recorded
from torch import Tensor


def with_slopes(loss: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor) -> Callable[[], Values]:
    def work() -> Values:
        found = loss(x, weight)
        (slope,) = torch.autograd.grad(found, [weight])
        return [slope, None, found.detach()]

    return work


def written_into(x: Tensor, weight: Tensor) -> Tensor:
    y = torch.empty(4, 3)
    y[:, 0].copy_(x[0])
    y[:, 1:] = 2
    return (y @ weight[:3]).relu().mul(2).add_(1).square().sum()


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, weight: (x @ weight.t().t()).log_softmax(dim=1).max(dim=1).values.mean(),
        lambda x, weight: sum(part.tanh().mean() for part in (x @ weight).split(2, dim=1)),
        written_into,
    ],
)
def test_it_follows_its_inputs_and_what_is_trained(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    rng = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 6, generator=rng).requires_grad_()
    first, program = recorded(with_slopes(loss, x := torch.randn(5, 4, generator=rng), weight), [x], [weight])
    seen = [first, with_slopes(loss, x, weight)()]
    for _ in range(2):
        x = torch.randn(5, 4, generator=rng)
        with torch.no_grad():
            weight += 0.3
        seen += [program(x), with_slopes(loss, x, weight)()]
    for mine, wanted in zip(seen[::2], seen[1::2], strict=True):
        assert mine[1] is None
        for one, other in ((mine[i], wanted[i]) for i in (0, 2)):
            assert one is not None
            assert other is not None
            assert torch.equal(one, other)
            assert not one.requires_grad


def test_what_asks_for_a_number_is_not_recorded() -> None:
    weight = torch.ones(4, 6, requires_grad=True)
    asking = with_slopes(lambda x, weight: (x @ weight).sum() * float(x.sum()), x := torch.ones(5, 4), weight)
    with pytest.raises(NotRecorded):
        recorded(asking, [x], [weight])
