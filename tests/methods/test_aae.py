"""AAE: the two ways to clusters, what each discriminator compares, the three phases of a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.metrics import accuracy
from epochscope.methods.aae import method as aae
from epochscope.methods.aae.method import head_clustering, network, part_discriminators
from epochscope.methods.aae.params import AFTERWARDS, HEAD, KMEANS, MIXTURE
from epochscope.nets.device import generator
from epochscope.testing.trial import same
from epochscope.types import EpochscopeError, Snapshot
from torch import nn

from tests.support.quick_runs import Points, quick, snapshots, steps

both = pytest.mark.parametrize("mode", [AFTERWARDS, HEAD])


def run(points: Points, **more: Any) -> list[Snapshot]:
    return snapshots(aae.METHOD, points, quick(aae.METHOD, **more))


def clustering(points: Points, **more: Any) -> list[Snapshot]:
    return [snapshot for snapshot in run(points, **more) if snapshot.phase == "cluster"]


@both
@pytest.mark.parametrize("grouping", [KMEANS, MIXTURE])
def test_every_way_provides_the_same(digits: Points, mode: str, grouping: str) -> None:
    for snapshot in clustering(digits, mode=mode, grouping=grouping, cluster__epochs=1):
        assert snapshot.has == aae.METHOD.provides
        np.testing.assert_allclose(snapshot.q.sum(axis=1), 1, atol=1e-5)
        assert snapshot.extra["samples"].shape == (10, 6, 64)


@both
@pytest.mark.parametrize("k", [1, 12])
def test_one_cluster_and_as_many_as_points(blobs: Points, mode: str, k: int) -> None:
    last = clustering(Points(blobs.x[:12], blobs.truth[:12], k), mode=mode)[-1]
    assert len(last.centers) == k
    assert all(np.isfinite(value).all() for value in last.extra.values())


@both
def test_without_pretraining_it_starts_from_the_network_as_drawn(digits: Points, mode: str) -> None:
    hp = quick(aae.METHOD, mode=mode, pretrained=False)
    found = snapshots(aae.METHOD, digits, hp)
    assert [snapshot.phase for snapshot in found] == ["start"] + ["cluster"] * 4
    assert aae.METHOD.plan(hp) == {"start": 0, "cluster": 3}
    assert found[0].labels is None
    np.testing.assert_array_equal(found[0].z, found[1].z)


@both
def test_the_same_seed_gives_the_same_bits(digits: Points, mode: str) -> None:
    assert same(run(digits, mode=mode, pretrain__epochs=1), run(digits, mode=mode, pretrain__epochs=1))


def test_the_head_gives_a_distribution_and_leaves_the_style_alone() -> None:
    hp = quick(aae.METHOD, mode=HEAD)
    net = network(6, 3, hp, generator(0))
    x = torch.randn(5, 6, generator=generator(1))
    code, raw = net.encode(x), nn.Sequential(*list(net.encoder)[:-1])(x).detach()
    torch.testing.assert_close(code[:, :3], raw[:, :3].softmax(dim=1))
    assert torch.equal(code[:, 3:], raw[:, 3:])
    last = net.encoder[-2].weight.detach()
    assert float(last[:3].std()) < 0.2 * float(last[3:].std())  # y begins undecided
    assert next(layer.in_features for layer in net.decoder if isinstance(layer, nn.Linear)) == 3 + hp.net.d


def test_d_y_is_shown_one_hot_draws_and_d_z_normal_ones() -> None:
    hp = quick(aae.METHOD, mode=HEAD)
    of_z, of_y = part_discriminators(3, hp, generator(0))
    y, z = of_y.prior(6000), of_z.prior(6000)
    assert set(y.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(y.sum(dim=1), torch.ones(6000))
    assert float((y.mean(dim=0) - 1 / 3).abs().max()) < 0.03
    assert z.shape == (6000, hp.net.d)
    assert float(z.mean(dim=0).abs().max()) < 0.06
    assert float((z.std(dim=0) - 1).abs().max()) < 0.05
    assert (of_y.part, of_z.part) == (slice(0, 3), slice(3, 3 + hp.net.d))
    (only,) = part_discriminators(3, quick(aae.METHOD), generator(0))
    assert only.part == slice(0, hp.net.d)


def test_centers_of_the_head_are_one_hot_with_zero_style_and_samples_share_their_styles(digits: Points) -> None:
    last = clustering(digits, mode=HEAD)[-1]
    np.testing.assert_array_equal(last.centers, np.concatenate([np.eye(10), np.zeros((10, 4))], axis=1))
    np.testing.assert_allclose(last.q, last.z[:, :10])
    np.testing.assert_array_equal(last.labels, last.z[:, :10].argmax(axis=1))
    np.testing.assert_allclose(last.extra["mixing"], last.q.mean(axis=0), atol=1e-6)
    theta = head_clustering(torch.tensor(last.z), 10).theta
    sigma = (theta.log_var / 2).exp()
    assert torch.equal(sigma, torch.cat([torch.zeros(10, 10), torch.ones(10, 4)], dim=1))


@pytest.mark.parametrize("grouping", [KMEANS, MIXTURE])
def test_clusters_go_on_from_those_before(blobs: Points, grouping: str) -> None:
    still = {"cluster__lr": 1e-6, "cluster__lr_game": 1e-6, "cluster__epochs": 2, "pretrain__epochs": 10}
    found = clustering(blobs, grouping=grouping, **still)
    for snapshot in found[1:]:  # codes that hardly move: clusters that hardly move, with the same ids
        assert (snapshot.labels == found[0].labels).mean() > 0.98
        assert np.abs(snapshot.centers - found[0].centers).max() < 0.02
    if grouping == KMEANS:
        distance = ((found[1].z[:, None] - found[1].centers[None]) ** 2).sum(axis=2)
        np.testing.assert_array_equal(found[1].labels, distance.argmin(axis=1))
        assert set(np.unique(found[1].q)) == {0.0, 1.0}


def test_three_phases_a_batch_each_moves_its_own(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    turns, descend = [], aae.descend

    def spy(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        turns.append(len([weight for group in optimizer.param_groups for weight in group["params"]]))
        descend(optimizer, loss)

    monkeypatch.setattr(aae, "descend", spy)
    clustering(digits, mode=HEAD, cluster__epochs=1, critic__steps=2, critic__widths="16")
    sizes = {"autoencoder": 12, "critic": 4, "encoder": 6}
    batch = [sizes["autoencoder"], *[sizes["critic"]] * 4, sizes["encoder"]]  # 1; 2 steps for each of two; 3
    assert turns == batch * 4


def test_losses_and_measures_name_both_discriminators(digits: Points) -> None:
    last = clustering(digits, mode=HEAD)[-1]
    assert set(last.losses) == {
        "reconstruction", "discriminator", "encoder", "discriminator of y", "encoder of y"
    }  # fmt: skip
    for of in ("", " of y"):
        assert last.measures["JS estimate" + of] == pytest.approx(last.measures["V(D, G)" + of] / 2 + math.log(2))
    assert set(clustering(digits)[-1].losses) == {"reconstruction", "discriminator", "encoder"}


def test_the_game_makes_codes_look_like_the_prior(digits: Points) -> None:
    """The mean and the spread of the codes come closer to 0 and 1."""
    more = {"cluster__lr_game": 1e-3, "critic__lr": 1e-2, "critic__noise": 0.3, "cluster__lr": 1e-5}
    found = clustering(digits, cluster__epochs=20, **more)

    def gap(snapshot: Snapshot) -> float:
        return float(np.abs(snapshot.z.mean(axis=0)).mean() + np.abs(snapshot.z.std(axis=0) - 1).mean())

    assert gap(found[-1]) < 0.6 * gap(found[0])


def test_y_becomes_sure_and_finds_the_blobs(blobs: Points) -> None:
    more = {"cluster__lr_game": 5e-3, "critic__lr": 2e-3, "net__d": 2, "pretrain__epochs": 10}
    found = clustering(blobs, mode=HEAD, cluster__epochs=30, **more)
    sure = [snapshot.measures["mean of the largest q"] for snapshot in found]
    assert sure[0] < 0.5
    assert sure[-1] > 0.9
    assert accuracy(truth=blobs.truth, predicted=found[-1].labels) > 0.9


def test_live_changes_take_hold(digits: Points) -> None:
    live = {"cluster.lr", "cluster.lr_game", "critic.lr", "pretrain.lr"}
    assert aae.METHOD.params.live_names() == live
    hp = quick(aae.METHOD, pretrain__epochs=1)
    usual = [s for s in steps(aae.METHOD, digits, hp) if isinstance(s, Snapshot)][-1].z
    for name in live - {"pretrain.lr"}:
        work, answer, last = aae.METHOD.run(digits.x, digits.k, hp, generator(0)), None, None
        while True:
            try:
                step = work.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                answer, last = (hp.but({name: 0.02}) if last is None else None), step
        assert not np.array_equal(last.z, usual), name


def test_a_discriminator_that_blows_up_ends_with_a_sentence(digits: Points) -> None:
    with pytest.raises(EpochscopeError, match=r"in the (codes|discriminators) at epoch \d of phase cluster: lower lr"):
        clustering(digits, cluster__optimizer="sgd", critic__lr=10.0, cluster__lr=10.0, cluster__epochs=9)


def test_the_papers_first_weights_are_narrow_in_every_network() -> None:
    hp = aae.METHOD.start("as in the paper")
    nets = [network(64, 10, hp, generator(0)), *(D.critic for D in part_discriminators(10, hp, generator(1)))]
    for layer in (layer for net in nets for layer in net.modules() if isinstance(layer, nn.Linear)):
        if layer.weight.numel() > 1000:
            assert float(layer.weight.detach().std()) == pytest.approx(0.01, rel=0.1)


def test_the_papers_game_has_a_momentum_of_its_own_and_rates_that_fall(digits: Points, monkeypatch: Any) -> None:
    hp = aae.METHOD.start("as in the paper")
    assert [D.steps.defaults["momentum"] for D in part_discriminators(10, hp, generator(0))] == [0.1, 0.1]
    assert hp.cluster.momentum == 0.9
    rates: list[float] = []
    monkeypatch.setattr(aae, "set_lr", lambda _, lr: rates.append(lr))
    rate = {"cluster__lr": 1e-3, "cluster__lr_game": 1e-3, "critic__lr": 1e-3}
    run(digits, cluster__epochs=2, cluster__tenfold_after=1, **rate)
    assert (set(rates[: len(rates) // 2]), set(rates[len(rates) // 2 :])) == ({1e-3}, {1e-4})
