"""The leaves of the training loops."""

from __future__ import annotations

import pytest
import torch
from epochscope.nets.device import generator
from epochscope.nets.training import (
    Means,
    StepParams,
    apply_in_batches,
    array,
    batches,
    descend,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.types import EpochscopeError


@pytest.mark.parametrize(("n", "size"), [(10, 3), (9, 3), (2, 5), (1, 1)])
def test_batches_meet_every_row_once_and_none_is_empty(n: int, size: int) -> None:
    parts = list(batches(n, size, generator(0)))
    assert sorted(torch.cat(parts).tolist()) == list(range(n))
    assert all(0 < len(part) <= size for part in parts)


def test_in_full_is_the_network_on_all_rows_outside_the_gradient() -> None:
    layer = torch.nn.Linear(4, 2)
    x = torch.rand(10, 4)
    out = apply_in_batches(layer, x, rows=3)
    torch.testing.assert_close(out, layer(x).detach())
    assert not out.requires_grad


def test_array_is_a_read_only_copy() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    kept = array(weight)
    weight.data += 1
    assert kept.tolist() == [1, 1, 1]
    assert not kept.flags.writeable


def test_means_weigh_batches_by_their_points_and_start_anew() -> None:
    means = Means()
    assert means.take() == {}
    means.add(3, kl=torch.tensor(1.0), gamma_kl=torch.tensor(4.0))
    means.add(1, kl=torch.tensor(5.0), gamma_kl=torch.tensor(0.0))
    assert means.take() == {"kl": 2.0, "gamma kl": 3.0}
    assert means.take() == {}


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_lr_of_an_optimizer_can_be_changed(kind: str) -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    steps = optimizer(StepParams(optimizer=kind, lr=0.1), [weight])
    set_lr(steps, 1e-6)
    weight.square().sum().backward()
    steps.step()
    torch.testing.assert_close(weight.detach(), torch.ones(2), atol=1e-5, rtol=0)


def test_a_gradient_that_is_too_long_is_shortened_over_all_parameters_together() -> None:
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    steps = torch.optim.SGD([{"params": [weight]} for weight in weights], lr=1.0)
    descend(steps, 30 * weights[0].sum() + 40 * weights[1].sum(), longest=5.0)
    torch.testing.assert_close(torch.cat([w.detach() for w in weights]), torch.tensor([-3.0, -4.0]))
    descend(steps, 0.3 * weights[0].sum(), longest=5.0)
    assert weights[0].item() == pytest.approx(-3.3)
    descend(steps, 100 * weights[0].sum())  # no limit
    assert weights[0].item() == pytest.approx(-103.3)


def test_nan_and_infinity_are_named() -> None:
    require_finite("cluster", 3, codes=torch.ones(2), centers=torch.zeros(2))
    for bad in (float("nan"), float("inf")):
        with pytest.raises(EpochscopeError, match="in the centers at epoch 3 of phase cluster: lower lr"):
            require_finite("cluster", 3, codes=torch.ones(2), centers=torch.tensor([bad]))
