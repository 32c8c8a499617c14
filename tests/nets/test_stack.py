"""Steps of several trainings taken as one: the weights are those of each training alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from epochscope.formulas.stacking import stacked_apart
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.stack import Stacks, take_together
from epochscope.nets.steps import Loss, Step, Trained, put_off, take_step
from epochscope.nets.training import Means, StepParams, optimizer
from torch import Tensor

N, F, MEMBERS = 24, 6, 3


def loss(trained: Any, x: Tensor, *, weight: Any, power: int = 2) -> Loss:
    z = trained.net.encoder(x)
    error = (trained.net.decoder(z) - x).abs().pow(power).mean()
    pull = (z - trained.mu).square().mean()
    return Loss(error + weight * pull, {"error": error, "pull": pull})


class Training:
    """One training, whose steps are its own."""

    def __init__(self, seed: int, hp: StepParams, weight: float = 0.3) -> None:
        self.rng, self.weight = generator(seed), weight
        self.net = Autoencoder(F, AutoencoderParams(widths="8-5", d=2), self.rng)
        self.mu = torch.nn.Parameter(torch.randn(2, generator=self.rng))
        self.steps = optimizer(hp, [*self.net.parameters(), self.mu])
        self.trained, self.means = Trained(net=self.net, mu=self.mu), Means()

    def step(self, loss: Any = loss, **more: Any) -> None:
        x = torch.randn(N, F, generator=self.rng)
        take_step(self.steps, loss, self.trained, (x,), self.means, weight=self.weight, **more)


def together(trainings: list[Training], stacks: Stacks, loss: Any = loss, **more: Any) -> None:
    put: list[Step] = []
    with put_off(put.append):
        for one in trainings:
            one.step(loss, **more)
    take_together(put, stacks)


def assert_alike(some: list[Training], alone: list[Training]) -> None:
    for one, other in zip(some, alone, strict=True):
        for mine, wanted in zip(one.trained.parameters(), other.trained.parameters(), strict=True):
            torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("longest", [float("inf"), 0.05])
@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_weights_and_means_are_those_of_each_alone(kind: str, longest: float) -> None:
    hp = StepParams(optimizer=kind, lr=0.01)
    some, alone = ([Training(seed, hp) for seed in range(MEMBERS)] for _ in range(2))
    stacks = Stacks()
    for _ in range(6):
        together(some, stacks, longest=longest)
        for one in alone:
            one.step(longest=longest)
    assert_alike(some, alone)
    for one, other in zip(some, alone, strict=True):
        assert one.means.take() == pytest.approx(other.means.take(), rel=1e-4)


def test_a_loss_that_comes_again_is_recorded_and_one_that_asks_for_a_number_never() -> None:
    def asking(trained: Any, x: Tensor, *, weight: Any) -> Loss:
        return loss(trained, x, weight=weight * (1 if bool(torch.ones(1) > 0) else 2))

    for function, recorded in ((loss, 1), (asking, 0)):
        some = [Training(seed, StepParams(lr=0.01)) for seed in range(MEMBERS)]
        stacks = Stacks()
        for _ in range(2):
            together(some, stacks, function)
        (stack,) = stacks._stacks.values()
        assert (len(stack.slopes), bool(stack.slopes.refused)) == (recorded, not recorded)


def test_who_leaves_is_frozen_and_the_others_keep_what_the_optimizer_remembers() -> None:
    hp = StepParams(lr=0.01)
    some, alone = ([Training(seed, hp) for seed in range(MEMBERS)] for _ in range(2))
    stacks = Stacks()
    for count in (3, 3, 2, 2):
        together(some[:count], stacks)
        for one in alone[:count]:
            one.step()
    assert_alike(some, alone)


def test_a_reset_of_one_memory_is_one_of_the_stack() -> None:
    hp = StepParams(lr=0.01)
    some, alone = ([Training(seed, hp) for seed in range(MEMBERS)] for _ in range(2))
    stacks = Stacks()
    for turn in range(4):
        if turn == 2:
            for one in (some[1], alone[1]):
                for name, value in one.steps.state[one.mu].items():
                    if name != "step":
                        value.zero_()
        together(some, stacks)
        for one in alone:
            one.step()
    assert_alike(some, alone)


def test_numbers_may_differ_and_what_is_no_number_parts_them() -> None:
    hp = StepParams(lr=0.01)
    weights = (0.0, 0.5, 2.0)
    some, alone = ([Training(seed, hp, w) for seed, w in enumerate(weights)] for _ in range(2))
    stacks = Stacks()
    for _ in range(3):
        together(some, stacks)
        for one in alone:
            one.step()
    assert_alike(some, alone)
    put: list[Step] = []
    with put_off(put.append):
        for one, power in zip(some, (2, 2, 4), strict=True):
            one.step(power=power)
    kinds = [stacks.kind(step) for step in put]
    assert kinds[0] == kinds[1] != kinds[2]
    assert stacks.kind(put[0]._replace(loss=partial(loss, power=2))) == stacks.kind(
        put[1]._replace(loss=partial(loss, power=2))
    )


def test_weights_of_any_size_are_stacked_aligned() -> None:
    some = [torch.randn(3, 5, generator=generator(i)) for i in range(3)]
    whole = stacked_apart(some)
    assert all(torch.equal(one, view) and view.is_contiguous() for one, view in zip(some, whole, strict=True))
    assert all(view.data_ptr() % 64 == 0 for view in whole)
    assert stacked_apart([torch.tensor(1.0), torch.tensor(2.0)]).tolist() == [1.0, 2.0]
