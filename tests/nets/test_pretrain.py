"""Pretraining: what is trained when, what is masked when, what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.nets import pretrain as module
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.pretrain import (
    COSINE,
    END_TO_END,
    FIFTHS,
    LAYERWISE,
    ONE_CYCLE,
    TENFOLD,
    PretrainParams,
    decayed,
    leading,
    masked,
    pretrain,
)
from epochscope.params import Params, group
from epochscope.types import Progress, Snapshot


@dataclass(frozen=True)
class Hp(Params):
    net: AutoencoderParams = group(AutoencoderParams, "Network", widths="16-24", d=3)
    pretrain: PretrainParams = group(PretrainParams, "Pretraining", batch=32, epochs=3, layer_epochs=2)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    rng = generator(5)
    return torch.rand(100, 4, generator=rng) @ torch.rand(4, 12, generator=rng)


def start(x: torch.Tensor, **values: Any) -> tuple[Autoencoder, Any]:
    hp, rng = Hp().but({f"pretrain.{name}": value for name, value in values.items()}), generator(0)
    net = Autoencoder(x.shape[1], hp.net, rng)
    return net, pretrain(net, x, hp, rng)


def weights(net: Autoencoder) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def test_end_to_end_shows_the_untrained_codes_first_and_then_learns(x: torch.Tensor) -> None:
    net, run = start(x, epochs=20, lr=3e-3)
    untrained = net.encode(x)
    seen = [step for step in run if isinstance(step, Snapshot)]
    assert np.array_equal(seen[0].z, untrained)
    assert [snapshot.phase for snapshot in seen] == ["pretrain"] * 21
    assert np.array_equal(seen[-1].z, net.encode(x))
    assert seen[0].losses == {}
    assert seen[-1].losses["reconstruction"] < 0.5 * seen[1].losses["reconstruction"]


def test_there_is_a_tick_after_each_gradient_step(x: torch.Tensor) -> None:
    steps = list(start(x, epochs=2)[1])
    epoch = [Progress(done, 4) for done in (1, 2, 3, 4)]
    assert steps[1:5] == epoch
    assert steps[6:10] == epoch
    assert len(steps) == 3 + 8


@pytest.mark.parametrize("schedule", [END_TO_END, LAYERWISE])
def test_phases_are_those_of_the_plan(x: torch.Tensor, schedule: str) -> None:
    seen = {
        phase: len(list(part)) - 1
        for phase, part in groupby(s.phase for s in start(x, schedule=schedule)[1] if isinstance(s, Snapshot))
    }
    plan = PretrainParams(schedule=schedule, epochs=3, layer_epochs=2).plan(layers=3)
    assert list(seen.items()) == list(plan.items())


def test_greedy_trains_one_pair_of_layers_at_a_time_and_then_all(x: torch.Tensor) -> None:
    net, run = start(x, schedule=LAYERWISE)
    moved: dict[str, set[str]] = {}
    before = weights(net)
    for step in run:
        now = weights(net)
        changed = {name for name in now if not torch.equal(now[name], before[name])}
        before = now
        if isinstance(step, Snapshot):
            phase = step.phase
        moved.setdefault(phase, set()).update(name.rsplit(".", 1)[0] for name in changed)
    assert moved == {
        "pretrain layer 1": {"encoder.0", "decoder.4"},
        "pretrain layer 2": {"encoder.2", "decoder.2"},
        "pretrain layer 3": {"encoder.4", "decoder.0"},
        "fine-tune": {f"{half}.{i}" for half in ("encoder", "decoder") for i in (0, 2, 4)},
    }


def test_greedy_shows_principal_components_until_there_is_a_code(x: torch.Tensor) -> None:
    net, run = start(x, schedule=LAYERWISE)
    for step in run:
        if not isinstance(step, Snapshot):
            continue
        assert step.z.shape == (100, 3)
        if step.phase == "pretrain layer 1":
            h = torch.relu(net.encoder[0](x)).detach()
            left, size, _ = torch.linalg.svd(h - h.mean(dim=0), full_matrices=False)
            np.testing.assert_allclose(np.abs(step.z[:, 0]), (left[:, 0] * size[0]).abs(), atol=0.05)
        if step.phase in ("pretrain layer 3", "fine-tune"):
            np.testing.assert_allclose(step.z, net.encode(x), atol=1e-5)


def test_masking_is_where_the_papers_have_it(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    monkeypatch.setattr(module, "masked", lambda t, share, rng: shares.append(share) or masked(t, share, rng))
    seen: dict[str, set[tuple[float, ...]]] = {}
    for step in start(x, schedule=LAYERWISE, noise=0.3)[1]:
        if isinstance(step, Snapshot):
            phase = step.phase
        elif shares:
            seen.setdefault(phase, set()).add(tuple(shares))
        shares.clear()
    assert seen == {
        "pretrain layer 1": {(0.0, 0.3)},  # never the raw data
        "pretrain layer 2": {(0.3, 0.3)},
        "pretrain layer 3": {(0.3, 0.0)},  # never the code
        "fine-tune": {(0.0,)},
    }
    list(start(x, noise=0.3)[1])
    assert set(shares) == {0.3}


def test_masked_share_and_size() -> None:
    ones = torch.ones(200, 500)
    out = masked(ones, 0.2, generator(0))
    assert set(out.unique().tolist()) == {0.0, 1.25}
    assert float((out == 0).float().mean()) == pytest.approx(0.2, abs=0.01)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.01)
    assert masked(ones, 0.0, generator(0)) is ones


def test_leading_finds_the_axes_of_largest_variance_without_flipping() -> None:
    rng = generator(2)
    h = torch.randn(300, 6, generator=rng) * torch.tensor([9.0, 5.0, 2.0, 0.5, 0.2, 0.1]) + 4
    z, axes = leading(h, torch.randn(6, 2, generator=rng), rounds=30)
    _, _, right = torch.linalg.svd(h - h.mean(dim=0), full_matrices=False)
    torch.testing.assert_close((axes * right[:2].T).sum(dim=0).abs(), torch.ones(2), atol=1e-4, rtol=0)
    again, _ = leading(h, axes)
    torch.testing.assert_close(again, z, atol=1e-2, rtol=0)


def test_pretraining_returns_the_params_it_was_last_given(x: torch.Tensor) -> None:
    _, run = start(x, epochs=1)
    next(run)
    changed = Hp().but({"pretrain.lr": 0.5, "pretrain.epochs": 1})
    run.send(changed)

    def outer() -> Any:
        returned.append((yield from run))

    returned: list[Any] = []
    list(outer())
    assert returned == [changed]


def test_cosine_decay_is_the_one_of_torch() -> None:
    steps = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(steps, 50)
    hp = PretrainParams(lr=0.3, decay=COSINE)
    for step in range(50):
        assert decayed(hp, step, 50) == pytest.approx(course.get_last_lr()[0])
        steps.step()
        course.step()


def test_one_cycle_rises_from_a_25th_in_three_tenths_of_the_steps_and_falls_to_0() -> None:
    hp = PretrainParams(lr=0.5, decay=ONE_CYCLE)
    rates = [decayed(hp, step, 1000) for step in range(1001)]
    at = {0: 0.02, 150: 0.26, 300: 0.5, 650: 0.25, 1000: 0.0}
    assert {step: rates[step] for step in at} == pytest.approx(at, abs=1e-9)
    assert rates.index(max(rates)) == 300
    assert rates[:301] == sorted(rates[:301])
    assert rates[300:] == sorted(rates[300:], reverse=True)


def test_the_papers_decay_divides_by_ten_after_every_20000_steps() -> None:
    hp = PretrainParams(lr=0.1, decay=TENFOLD)
    rates = [decayed(hp, step, 100_000) for step in (0, 19_999, 20_000, 99_999)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 1e-5])
    assert decayed(PretrainParams(lr=0.1), 99_999, 100_000) == 0.1


def test_as_fifths_it_does_so_whatever_the_number_of_points() -> None:
    hp = PretrainParams(lr=0.1, decay=FIFTHS)
    assert [decayed(hp, step, 100) for step in (0, 19, 20, 99)] == pytest.approx([0.1, 0.1, 0.01, 1e-5])
    of_100_000 = PretrainParams(lr=0.1, decay=TENFOLD)
    for step in range(0, 100_000, 999):
        assert decayed(hp, step, 100_000) == pytest.approx(decayed(of_100_000, step, 100_000))


def test_a_layer_has_two_and_a_half_times_20000_steps(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(module, "set_lr", lambda _, lr: rates.append(lr))
    list(start(x, schedule=LAYERWISE, epochs=5, layer_epochs=5, lr=1.0, decay=FIFTHS)[1])
    of_a_layer, together = rates[: len(rates) // 4], rates[-(len(rates) // 4) :]
    assert sorted(set(of_a_layer)) == pytest.approx([0.01, 0.1, 1])
    assert of_a_layer.count(1.0) == 2 * len(of_a_layer) // 5
    assert sorted(set(together)) == pytest.approx([1e-4, 1e-3, 0.01, 0.1, 1])


def test_steps_are_made_with_the_decayed_rate(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(module, "set_lr", lambda _, lr: rates.append(lr))
    list(start(x, epochs=2, lr=1.0, decay=COSINE)[1])
    assert rates == pytest.approx([(1 + np.cos(np.pi * i / 8)) / 2 for i in range(8)])
