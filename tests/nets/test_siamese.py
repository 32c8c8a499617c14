"""The Siamese network: what its pairs are, and that near points come to lie together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.graph import nearest
from epochscope.nets import siamese as module
from epochscope.nets.autoencoder import AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.neighbors import COSINE
from epochscope.nets.siamese import OF_CODE, SiameseParams, others, siamese
from epochscope.params import Params, group
from epochscope.types import EpochscopeError, Progress, Snapshot


@dataclass(frozen=True)
class Hp(Params):
    net: AutoencoderParams = group(AutoencoderParams, "Network", widths="32-32", d=3)
    siamese: SiameseParams = group(SiameseParams, "Siamese", lr=3e-3, batch=32, epochs=15)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    """Two rings, one within the other: 60 and 60 points in four dimensions."""
    turn = torch.rand(120, 1, generator=generator(1)) * 6.2832
    radius = torch.where(torch.arange(120)[:, None] < 60, 0.5, 2.0)
    ring = torch.cat([turn.cos(), turn.sin()], dim=1) * radius
    return torch.cat([ring, 0.05 * torch.randn(120, 2, generator=generator(3))], dim=1)


def trained(x: torch.Tensor, answer: Any = None, **values: Any) -> tuple[list[Any], Any, torch.Tensor]:
    """All steps, the params and the codes; `answer` is sent to the first snapshot."""
    run, steps = siamese(x, Hp().but({f"siamese.{name}": value for name, value in values.items()}), generator(0)), []
    reply = None
    while True:
        try:
            steps.append(run.send(reply))
        except StopIteration as end:
            return steps, *end.value
        reply = answer if len(steps) == 1 else None


@pytest.mark.parametrize("loss", [None, OF_CODE])
def test_positive_pairs_come_to_lie_nearer_than_random_ones(x: torch.Tensor, loss: str | None) -> None:
    steps, _, codes = trained(x, **({"loss": loss} if loss else {}))
    seen = [step for step in steps if isinstance(step, Snapshot)]
    near = nearest(x, 2).j

    def ratio(z: torch.Tensor) -> float:
        positive = (z[:, None] - z[near]).square().sum(dim=2).mean()
        return float(positive / (z[:, None] - z[None]).square().sum(dim=2).mean())

    assert ratio(codes) < 0.5 * ratio(torch.tensor(seen[0].z))
    assert seen[-1].losses["contrastive"] < seen[1].losses["contrastive"]
    assert np.array_equal(seen[-1].z, codes)
    assert [s.phase for s in seen] == ["siamese"] * 16
    assert seen[0].labels is None


def test_a_snapshot_comes_first_then_the_search_then_the_steps(x: torch.Tensor) -> None:
    steps, *_ = trained(x, epochs=1)
    assert isinstance(steps[0], Snapshot)
    assert steps[1] == Progress(120, 120, "nearest neighbors")
    assert steps[2:6] == [Progress(done, 4) for done in (1, 2, 3, 4)]


def test_negatives_are_any_other_point_as_often_and_never_a_positive(
    x: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = torch.arange(5).repeat(4000)
    drawn = others(rows, 2, 6, generator(0))
    for row in range(5):
        counts = torch.bincount(drawn[rows == row].flatten(), minlength=6)
        assert counts[row] == 0
        np.testing.assert_allclose(counts / counts.sum(), np.where(np.arange(6) == row, 0, 0.2), atol=0.025)

    pairs = []
    spied = module.contrastive

    def spy(d: torch.Tensor, positive: torch.Tensor, c: float) -> torch.Tensor:
        pairs.append((d.shape, int(positive.sum())))
        loss = spied(d, positive, c)
        loss.data[:] = torch.where(positive, 1.0, 10.0)
        return loss

    monkeypatch.setitem(module._PAIR_LOSSES, module.OF_PAPER, spy)
    monkeypatch.setattr(module, "others", lambda rows, count, n, rng: nearest(x, count).j[rows])  # all clash
    steps, *_ = trained(x, epochs=1)
    assert pairs[0] == ((128,), 64)  # 32 points, 2 positives and 2 negatives each
    assert [s for s in steps if isinstance(s, Snapshot)][1].losses["contrastive"] == 1.0  # none of the negatives counts


def test_metric_of_the_positives(x: torch.Tensor) -> None:
    assert not torch.equal(trained(x, epochs=1)[2], trained(x, epochs=1, metric=COSINE)[2])


def test_the_rate_falls_tenfold_every_seventy_epochs(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(module, "_TENFOLD_EVERY", 2)
    monkeypatch.setattr("epochscope.nets.pretrain.set_lr", lambda steps, lr: rates.append(lr))
    trained(x, epochs=5, batch=64, lr=0.1)
    np.testing.assert_allclose(rates, np.repeat([0.1, 0.01, 0.001], [4, 4, 2]))


def test_the_rate_can_be_changed_live(x: torch.Tensor) -> None:
    slow = Hp().but({"siamese.lr": 1e-6, "siamese.epochs": 1})
    steps, hp, codes = trained(x, slow, epochs=1)
    assert hp is slow
    assert np.abs(codes.numpy() - steps[0].z).max() < 1e-3


def test_weight_decay_is_used(x: torch.Tensor) -> None:
    assert not torch.equal(trained(x, epochs=1, weight_decay=0.0)[2], trained(x, epochs=1, weight_decay=0.01)[2])


def test_more_positives_than_others_is_one_clear_sentence() -> None:
    with pytest.raises(EpochscopeError, match="5 positive neighbors need at least 6 points, but there are 5"):
        SiameseParams(positives=5).check(n=5, f=2, k=2)
