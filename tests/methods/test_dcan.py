"""DCAN step by step: what the discriminator sees, which draws it gets, when the mixture moves, what each net learns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import dcan
from epochscope.methods.dcan import LITERAL, OFFSET, OWN, TOLD, WHOLE, Discriminator, drawn
from epochscope.methods.shared.mixtures import Mixture
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.critic import Critic
from epochscope.nets.device import generator
from epochscope.types import EpochscopeError, Snapshot

from tests.support.quick_runs import Points, quick, snapshots

THETA = Mixture(
    log_pi=torch.tensor([0.7, 0.3]).log(),
    mu=torch.tensor([[0.0, 5.0], [10.0, -5.0]]),
    log_var=2 * torch.tensor([[1.0, 2.0], [0.5, 3.0]]).log(),
)


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    hp = quick(dcan.METHOD, **{"critic__ahead": 30, **more})
    return [s for s in snapshots(dcan.METHOD, points, hp) if s.phase == "cluster"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (LITERAL, [[1.0, 2.0], [3.0, 4.0]]),
        (OFFSET, [[-9.0, 7.0], [3.0, -1.0]]),
        (TOLD, [[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 1.0, 0.0]]),
    ],
)
def test_what_the_discriminator_sees(form: str, shown: list[list[float]]) -> None:
    critic = Critic(len(shown[0]), [5], generator(0))
    logits = Discriminator(form, critic)(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 0]), THETA)
    assert torch.equal(logits, critic(torch.tensor(shown)))


@pytest.mark.parametrize("width", [1.0, 0.5])
def test_draws_have_the_moments_of_their_cluster(width: float) -> None:
    k_star = torch.tensor([0, 1]).repeat(4_000)
    z, k = drawn(THETA, k_star, dcan.DcanParams(draws=OWN, width=width), generator(0))
    assert torch.equal(k, k_star)
    for cluster in (0, 1):
        mine = z[k == cluster]
        torch.testing.assert_close(mine.mean(dim=0), THETA.mu[cluster], atol=0.1, rtol=0)
        torch.testing.assert_close(mine.std(dim=0), width * (THETA.log_var[cluster] / 2).exp(), atol=0, rtol=0.03)


def test_draws_of_the_whole_mixture_follow_its_weights() -> None:
    k_star = torch.zeros(20_000, dtype=torch.long)
    z, k = drawn(THETA, k_star, dcan.DcanParams(draws=WHOLE), generator(0))
    assert float((k == 1).float().mean()) == pytest.approx(0.3, abs=0.02)
    torch.testing.assert_close(z[k == 1].mean(dim=0), THETA.mu[1], atol=0.15, rtol=0)


def em_by_hand(z: np.ndarray, before: Snapshot, rounds: int) -> dict[str, np.ndarray]:
    """EM over all points in float64, cluster by cluster."""
    pi, mu, sd = (a.astype(float) for a in (before.extra["mixing"], before.centers, before.extra["spread"]))
    for _ in range(rounds):
        density = np.stack(
            [
                pi[k] * np.exp(-0.5 * ((z - mu[k]) / sd[k]) ** 2).prod(axis=1) / (sd[k] * math.sqrt(2 * math.pi)).prod()
                for k in range(len(pi))
            ],
            axis=1,
        )
        gamma = density / density.sum(axis=1, keepdims=True)
        pi = gamma.mean(axis=0)
        mu = np.stack([np.average(z, axis=0, weights=g) for g in gamma.T])
        sd = np.stack([np.average((z - m) ** 2, axis=0, weights=g) for g, m in zip(gamma.T, mu, strict=True)]) ** 0.5
    return {"mixing": pi, "centers": mu, "spread": sd}


def test_the_mixture_follows_the_codes_by_so_many_steps_of_em(blobs: Points) -> None:
    run = clustering(blobs, rounds=2, frozen=1, pretrain__epochs=10)
    assert np.array_equal(run[1].centers, run[0].centers)  # frozen for the first epoch
    assert np.array_equal(run[1].extra["spread"], run[0].extra["spread"])
    for before, after in ((run[1], run[2]), (run[2], run[3])):
        expected = em_by_hand(after.z.astype(float), before, 2)
        np.testing.assert_allclose(after.extra["mixing"], expected["mixing"], rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(after.centers, expected["centers"], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(after.extra["spread"], expected["spread"], rtol=1e-2, atol=1e-3)


def test_a_frozen_mixture_never_moves_and_labels_are_its_most_likely_clusters(digits: Points) -> None:
    run = clustering(digits, frozen=500, cluster__lr=1e-3)
    for snapshot in run:
        assert np.array_equal(snapshot.centers, run[0].centers)
        assert np.array_equal(snapshot.labels, snapshot.q.argmax(axis=1))
    assert not np.array_equal(run[-1].z, run[0].z)


@pytest.mark.parametrize("lambda_r", [0.0, 1.0])
def test_the_decoder_learns_from_reconstruction_alone(
    digits: Points, lambda_r: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    nets = []
    monkeypatch.setattr(dcan, "Autoencoder", lambda *args: nets.append(Autoencoder(*args)) or nets[-1])
    before = None
    for step in dcan.METHOD.run(digits.x, digits.k, quick(dcan.METHOD, lambda_r=lambda_r), generator(0)):
        if isinstance(step, Snapshot) and step.phase == "cluster" and before is None:
            before = [weight.clone() for weight in nets[0].parameters()]
    half = len(before) // 2
    changed = [not torch.equal(a, b) for a, b in zip(before, nets[0].parameters(), strict=True)]
    assert all(changed[:half])
    assert all(changed[half:]) if lambda_r else not any(changed[half:])


def test_the_discriminator_learns_first_and_moves_nothing_but_itself(
    digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []
    descend = dcan.descend

    def spy(steps: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        weights = [weight for group in steps.param_groups for weight in group["params"]]
        turns.append("D" if weights[-1].shape == (1,) else "G")
        if turns[-1] == "D":
            for encoder_weight in nets[0].encoder.parameters():
                assert torch.autograd.grad(loss, encoder_weight, retain_graph=True, allow_unused=True)[0] is None
        descend(steps, loss)

    nets = []
    monkeypatch.setattr(dcan, "Autoencoder", lambda *args: nets.append(Autoencoder(*args)) or nets[-1])
    monkeypatch.setattr(dcan, "descend", spy)
    clustering(digits, cluster__epochs=1, critic__steps=2, critic__ahead=3)
    assert turns == ["D"] * 3 + ["D", "D", "G"] * 4  # 200 points in batches of 64


def test_the_game_pulls_codes_into_narrow_clusters(digits: Points) -> None:
    run = clustering(
        digits,
        form=TOLD,
        width=0.3,
        frozen=500,
        critic__ahead=200,
        cluster__epochs=12,
        cluster__lr=1e-3,
        critic__lr=2e-3,
        lambda_r=0.0,
    )

    def distance(s: Snapshot) -> float:
        return float(np.median((((s.z - s.centers[s.labels]) / s.extra["spread"][s.labels]) ** 2).mean(axis=1) ** 0.5))

    assert distance(run[-1]) < 0.8 * distance(run[0])


def test_measures_are_of_one_piece(digits: Points) -> None:
    run = clustering(digits)
    for snapshot in run:
        v, js, share = (snapshot.measures[name] for name in ("V(D, G)", "JS estimate", "discriminator accuracy"))
        assert v <= 0
        assert js == pytest.approx(v / 2 + math.log(2))
        assert js <= math.log(2)
        assert 0 <= share <= 1
    assert set(run[1].losses) == {"discriminator", "encoder", "reconstruction"}


@pytest.mark.parametrize("form", [LITERAL, OFFSET, TOLD])
def test_the_field_is_what_the_discriminator_says_there(
    digits: Points, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    critics = []
    monkeypatch.setattr(dcan, "Critic", lambda *args: critics.append(Critic(*args)) or critics[-1])
    last = clustering(digits, form=form, net__d=2)[-1]
    left, right, bottom, top = last.extra["field_box"]
    row, column = 3, 17
    place = torch.tensor([[left + column / 40 * (right - left), bottom + row / 40 * (top - bottom)]])
    theta = Mixture(*(torch.tensor(a) for a in (np.log(last.extra["mixing"]), last.centers)), torch.zeros(10, 2))
    theta = theta._replace(log_var=2 * torch.tensor(last.extra["spread"]).log())
    density = np.log(last.extra["mixing"]) - (
        0.5 * ((place.numpy() - last.centers) / last.extra["spread"]) ** 2 + np.log(last.extra["spread"])
    ).sum(axis=1)
    d = Discriminator(form, critics[0])(place, torch.tensor([density.argmax()]), theta).sigmoid()
    assert float(last.extra["field"][row, column]) == pytest.approx(d.item(), abs=1e-4)
    np.testing.assert_array_equal(last.extra["field_codes"], last.z)  # 200 codes of two numbers
    inside = np.concatenate([last.extra["field_codes"], last.extra["field_prior"]])
    assert (inside > [left, bottom]).all()
    assert (inside < [right, top]).all()


def test_live_changes_take_hold(digits: Points) -> None:
    assert dcan.METHOD.params.live_names() == {"width", "lambda_r", "cluster.lr", "critic.lr", "pretrain.lr"}
    hp = quick(dcan.METHOD, critic__ahead=5, pretrain__epochs=1)
    ends = {}
    for name, value in {"width": 0.2, "lambda_r": 9.0, "cluster.lr": 1e-6, "critic.lr": 0.1, "": None}.items():
        run, answer, last = dcan.METHOD.run(digits.x, digits.k, hp, generator(0)), None, None
        while True:
            try:
                step = run.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                answer, last = (hp.but({name: value}) if name and last is None else None), step
        ends[name] = last.z
    assert all(not np.array_equal(ends[name], ends[""]) for name in ends if name)


def test_reconstructions_begin_with_the_points_themselves(digits: Points) -> None:
    first, restored = clustering(digits)[-1].extra["reconstructions"]
    np.testing.assert_allclose(first, digits.x[:12], atol=1e-5)
    assert restored.shape == first.shape


def test_a_discriminator_that_blows_up_ends_with_a_sentence(digits: Points) -> None:
    with pytest.raises(EpochscopeError, match=r"in the (codes|discriminator) at epoch \d of phase cluster: lower lr"):
        clustering(digits, cluster__optimizer="sgd", critic__lr=10.0, cluster__lr=10.0, cluster__epochs=9)
