"""What moved a code: each optimizer's step divided into parts, against finite differences and the step itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import student_t, student_t_pulls, target
from epochscope.methods.idec import loss
from epochscope.methods.shared.self_training import SelfTrainingParams, parts_of_step
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.displacement import DECAY, EARLIER, JUMP, Meter, Part, tangents
from epochscope.nets.parts import PULL, Term, step_watcher, watching_steps
from epochscope.nets.steps import Trained
from epochscope.nets.training import descend
from epochscope.types import EpochscopeError

N, F, K = 30, 6, 3
NUMBERS = {"gamma": 0.5, "nu": 1.0, "n": N, "hp": SelfTrainingParams()}
OPTIMIZERS = {
    "SGD": lambda theta: torch.optim.SGD(theta, lr=0.05, momentum=0.9),
    "SGD, weight decay": lambda theta: torch.optim.SGD(theta, lr=0.05, momentum=0.5, weight_decay=0.1),
    "Adam": lambda theta: torch.optim.Adam(theta, lr=2e-3, fused=True),
    "Adam, weight decay": lambda theta: torch.optim.Adam(theta, lr=2e-3, weight_decay=0.1),
}


class Training:
    """The steps of IDEC in miniature, in double precision."""

    def __init__(self, optimizer: str, longest: float = float("inf")) -> None:
        rng = generator(3)
        self.x = torch.empty((N, F), dtype=torch.float64).normal_(generator=rng)
        self.net = Autoencoder(F, AutoencoderParams(widths="12-9", d=2), rng).double()
        self.mu = torch.nn.Parameter(self.net.encode(self.x)[:K].clone())
        self.steps = OPTIMIZERS[optimizer]([*self.net.parameters(), self.mu])
        self.rng, self.longest = generator(5), longest

    def step(self) -> None:
        rows = torch.randperm(N, generator=self.rng)[:10]
        p = target(student_t(self.net.encode(self.x[rows]), self.mu.detach()))
        batch = (self.x[rows], p, p.sum(dim=0))
        again = partial(loss, Trained(net=self.net, mu=self.mu), *batch, **NUMBERS)
        parts = partial(parts_of_step, again, self.net.encoder, self.mu, self.x, rows, batch=batch, **NUMBERS)
        descend(self.steps, again().total, longest=self.longest, parts=parts)

    def codes(self, rows: list[int]) -> np.ndarray:
        return self.net.encode(self.x[rows]).numpy()

    def weights(self) -> list[torch.Tensor]:
        return [weight.detach().clone() for weight in self.net.parameters()]


@pytest.mark.parametrize("longest", [float("inf"), 0.05], ids=["free", "clipped"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_parts_add_up_to_the_displacement(optimizer: str, longest: float) -> None:
    training, rows = Training(optimizer, longest), [4, 17]
    meter = Meter(torch.tensor(rows))
    with watching_steps(meter):
        training.step()  # nobody looks: what the optimizer remembers of it is a part of its own
        meter.awake = True
        training.step()
        meter.start()
        before = training.codes(rows)
        for _ in range(4):
            training.step()
    found, true = meter.result(), training.codes(rows) - before
    assert found.steps == 4
    assert found.moved.shape == (len(found.parts), 2, 2)
    size = np.abs(true).max()
    np.testing.assert_allclose(found.moved.sum(axis=0), true, atol=0.02 * size)
    names = {(part.term.name, part.own) for part in found.parts}
    assert {(PULL, False), ("reconstruction", False), (EARLIER, False)} <= names
    assert ((DECAY, False) in names) == ("decay" in optimizer)
    assert (JUMP, False) not in names


def test_the_remainder_falls_with_the_cube_of_the_step() -> None:
    def remainder(lr: float) -> float:
        training = Training("SGD")
        training.steps.param_groups[0]["lr"] = lr
        meter, rows = Meter(torch.arange(N)), list(range(N))
        meter.awake = True
        meter.start()
        before = training.codes(rows)
        with watching_steps(meter):
            training.step()
        left = training.codes(rows) - before - meter.result().moved.sum(axis=0)
        return float(np.median(np.linalg.norm(left, axis=1)))  # of some points a unit switches: those are not smooth

    assert remainder(1e-2) < remainder(4e-2) / 4**2.5


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_watching_changes_no_bit_of_the_training(optimizer: str) -> None:
    plain, watched = Training(optimizer, 0.2), Training(optimizer, 0.2)
    meter = Meter(torch.tensor([0]))
    meter.awake = True
    meter.start()
    for _ in range(5):
        plain.step()
        with watching_steps(meter):
            watched.step()
    assert step_watcher() is None
    assert all(torch.equal(*two) for two in zip(plain.weights(), watched.weights(), strict=True))


def test_own_parts_are_those_of_batches_with_the_point() -> None:
    training, meter = Training("SGD"), Meter(torch.tensor([4]))
    meter.awake = True
    meter.start()
    with watching_steps(meter):
        for _ in range(6):
            training.step()
    own = [part for part in meter.result().parts if part.own]
    rng, visits = generator(5), 0
    for _ in range(6):
        visits += int(4 in torch.randperm(N, generator=rng)[:10].tolist())
    assert meter.result().visits == visits > 0
    assert {part.term.cluster for part in own if part.term.name == PULL} == set(range(K))


def test_the_own_pull_of_a_step_by_finite_differences() -> None:
    """One step of SGD without momentum, the loss of one point and one center alone."""
    training = Training("SGD")
    training.steps.param_groups[0]["momentum"] = 0.0
    x, net = training.x, training.net
    rng = generator(5)
    rows = torch.randperm(N, generator=rng)[:10]
    i = int(rows[0])
    z = net.encode(x)
    p = target(student_t(z[rows], training.mu.detach(), 1.0))
    pull = 0.5 / 10 * student_t_pulls(z[rows], training.mu.detach(), p, 1.0)[0, 1]
    meter = Meter(torch.tensor([i]))
    meter.awake = True
    meter.start()
    start = [weight.detach().clone() for weight in net.encoder.parameters()]
    with watching_steps(meter):
        training.step()
    found = meter.result()
    measured = found.moved[found.parts.index(Part(Term(PULL, 1), True))][0]
    after = [weight.detach().clone() for weight in net.encoder.parameters()]

    def code(weights: list[torch.Tensor]) -> torch.Tensor:
        for weight, value in zip(net.encoder.parameters(), weights, strict=True):
            weight.data = value
        return net.encode(x[i : i + 1])[0]

    # d theta = lr J(x_i)^T pull, by differences of pull . z_i; what it does to z_i, by differences of z_i
    change, eps = [], 1e-6
    for number, weight in enumerate(start):
        slope = torch.zeros_like(weight)
        for place in range(weight.numel()):
            moved = [one.clone() for one in start]
            moved[number].view(-1)[place] += eps
            up = code(moved) @ pull
            moved[number].view(-1)[place] -= 2 * eps
            slope.view(-1)[place] = (up - code(moved) @ pull) / (2 * eps)
        change.append(0.05 * slope)
    middle = [(one + two) / 2 for one, two in zip(start, after, strict=True)]
    size = 1e-4
    up = code([one + size * step for one, step in zip(middle, change, strict=True)])
    down = code([one - size * step for one, step in zip(middle, change, strict=True)])
    np.testing.assert_allclose(measured, ((up - down) / (2 * size)).numpy(), rtol=1e-4, atol=1e-12)


def test_tangents_are_the_derivative_of_the_codes() -> None:
    training = Training("SGD")
    encoder = training.net.encoder
    weights = [weight.detach() for weight in encoder.parameters()]
    changes = [torch.randn((2, *weight.shape), dtype=torch.float64, generator=generator(1)) for weight in weights]
    moved = tangents(encoder, weights, changes, training.x)

    def codes(weights: tuple[torch.Tensor, ...]) -> torch.Tensor:
        named = dict(zip(dict(encoder.named_parameters()), weights, strict=True))
        return torch.func.functional_call(encoder, named, (training.x,))

    for number in range(2):
        eps = 1e-7
        up = codes(tuple(weight + eps * change[number] for weight, change in zip(weights, changes, strict=True)))
        down = codes(tuple(weight - eps * change[number] for weight, change in zip(weights, changes, strict=True)))
        torch.testing.assert_close(moved[number], ((up - down) / (2 * eps)).detach(), atol=1e-6, rtol=1e-5)
    with pytest.raises(EpochscopeError, match="Tanh"):
        tangents(torch.nn.Sequential(torch.nn.Tanh()), [], [torch.zeros(1, 1)], training.x)


def test_a_change_beside_the_steps_is_a_part_of_its_own() -> None:
    training, meter, rows = Training("SGD"), Meter(torch.tensor([2])), [2]
    meter.awake = True
    meter.start()
    with watching_steps(meter):
        training.step()
        before = training.codes(rows)
        with torch.no_grad():
            training.net.encoder[0].weight.mul_(0.8)
        jumped = training.codes(rows) - before
        training.step()
    found = meter.result()
    np.testing.assert_allclose(found.moved[found.parts.index(Part(Term(JUMP), False))], jumped, atol=1e-12)


def test_with_many_clusters_their_pulls_are_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epochscope.nets.displacement.MOST_CLUSTERS", 2)
    training, meter, rows = Training("SGD"), Meter(torch.tensor([2])), [2]
    meter.awake = True
    meter.start()
    before = training.codes(rows)
    with watching_steps(meter):
        training.step()
    found = meter.result()
    assert Term(PULL) in {part.term for part in found.parts}
    true = training.codes(rows) - before
    np.testing.assert_allclose(found.moved.sum(axis=0), true, atol=0.02 * np.abs(true).max())
