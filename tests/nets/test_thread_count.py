"""The numbers of a training are those of one thread, however many threads compute them."""

from __future__ import annotations

import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets import device
from epochscope.nets.autoencoder import Linear, mlp
from epochscope.nets.device import generator, many_cores, threads
from epochscope.nets.training import apply_in_batches, descend
from epochscope.testing import Trial
from epochscope.testing.trial import same
from epochscope.types import Snapshot
from torch import Tensor

WITH_A_NETWORK = [key for key, method in METHODS.items() if "net.widths" in method.params().flat()]
WIDTHS = [(784, 500), (500, 2000), (2000, 10), (10, 2000), (561, 6), (64, 6), (1280, 10), (48, 6), (100, 20), (13, 31)]
WIDTHS += [(128, 200), (256, 256), (561, 128), (130, 150)]
LARGE = {
    "net.widths": "256-160",
    "pretrain.batch": 256,
    "cluster.batch": 256,
    "pretrain.epochs": 1,
    "cluster.epochs": 1,
}
"""So large that torch and its library divide the work among threads."""


def spread(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Has everything that may take many cores take `count`."""
    monkeypatch.setattr(device, "free_cores", lambda: count)
    monkeypatch.setattr(device, "_WORTH", 0)


@pytest.mark.parametrize("batch", [1, 5, 9, 16, 64, 256])
@pytest.mark.parametrize(("size_in", "size_out"), WIDTHS)
def test_a_layer_and_its_gradients(size_in: int, size_out: int, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = generator(0)
    layer, x = Linear(size_in, size_out, rng), torch.randn(batch, size_in, generator=rng)

    def numbers() -> list[Tensor]:
        given = x.clone().requires_grad_()
        with threads(), many_cores(1):
            out = layer(given)
            found = torch.autograd.grad((out * out.detach().cos()).sum(dim=1).mean(), [given, *layer.parameters()])
        return [out, *found]

    spread(monkeypatch, 1)
    alone = numbers()
    for count in (2, 3):
        spread(monkeypatch, count)
        assert all(map(torch.equal, alone, numbers()))


@pytest.mark.parametrize(("rows", "size_in", "size_out"), [(64, 100, 10), (5, 500, 2000), (1, 784, 500)])
def test_the_gradients_of_a_narrow_layer_or_few_rows_are_those_of_torch(rows: int, size_in: int, size_out: int) -> None:
    rng = generator(0)
    layer, x = Linear(size_in, size_out, rng), torch.randn(rows, size_in, generator=rng).requires_grad_()
    inputs = [x, *layer.parameters()]
    ours = torch.autograd.grad(layer(x).cos().mean(), inputs)
    torchs = torch.autograd.grad(torch.nn.functional.linear(x, layer.weight, layer.bias).cos().mean(), inputs)
    assert all(map(torch.equal, ours, torchs))


def test_codes_do_not_depend_on_the_rows_of_a_block() -> None:
    rng = generator(0)
    net, x = mlp([64, 256, 10], rng), torch.randn(2500, 64, generator=rng)
    assert torch.equal(apply_in_batches(net, x), apply_in_batches(net, x, rows=700))


def test_a_gradient_step_takes_many_cores_and_clips_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    spread(monkeypatch, 2)
    seen: list[int] = []
    weight = torch.nn.Parameter(torch.ones(3))
    weight.register_hook(lambda _: seen.append(torch.get_num_threads()))
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(
        torch.nn.utils, "clip_grad_norm_", lambda *given: (seen.append(torch.get_num_threads()), clip(*given))
    )
    with threads():
        descend(torch.optim.SGD([weight], lr=0.1), weight.sum(), longest=1.0)
    assert seen == [2, 1]


def trained(key: str) -> list[Snapshot]:
    points = torch.rand(300, 784, generator=generator(5))
    trial = Trial(METHODS[key])
    with threads():
        steps = trial.method.run(points, 4, trial.short(more=LARGE), generator(0))
        return [step for step in steps if isinstance(step, Snapshot)]


@pytest.mark.parametrize(
    "key", [key if key == "idec" else pytest.param(key, marks=pytest.mark.slow) for key in WITH_A_NETWORK]
)
def test_a_whole_training(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spread(monkeypatch, 1)
    alone = trained(key)
    spread(monkeypatch, 2)
    assert same(alone, trained(key))
