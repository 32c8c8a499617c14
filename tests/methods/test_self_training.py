"""DEC and IDEC step by step: where P comes from, what gamma weighs, when it ends, what a live change does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import kl, student_t, target
from epochscope.methods import METHODS, dec, idec
from epochscope.methods.shared import self_training
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.self_training import Targets
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.device import generator
from epochscope.nets.pretrain import pretrain
from epochscope.nets.training import batches
from epochscope.types import EpochscopeError, Snapshot
from torch.nn.functional import mse_loss

from tests.support.quick_runs import Points, clustering, quick, snapshots, target_by_hand
from tests.support.training import steps_by

both = pytest.mark.parametrize("module", [dec, idec], ids=["dec", "idec"])


@both
def test_each_row_is_trained_on_its_own_row_of_the_p_of_all_points(
    module: Any, digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_seen, p_seen = [], []

    def spy_batches(*args: Any) -> Any:
        rows_seen.extend(batches(*args))
        return iter(rows_seen[-4:])  # 200 points in batches of 64

    monkeypatch.setattr(module, "batches", spy_batches)
    monkeypatch.setattr(module, "kl", lambda p, q: p_seen.append(p) or kl(p, q))
    cluster = clustering(digits, module, cluster__epochs=2, cluster__tol=0.0)
    for epoch in (0, 1):
        start = cluster[epoch]
        p = target_by_hand(start.z, start.centers)
        np.testing.assert_allclose(start.p, p, atol=1e-5)
        for step in range(4 * epoch, 4 * epoch + 4):
            np.testing.assert_allclose(p_seen[step], p[rows_seen[step]], atol=1e-5)


def test_order_of_the_points_does_not_change_the_loss_of_a_full_pass(digits: Points) -> None:
    q = student_t(digits.x, digits.x[:10] + 0.1)
    p = target(q)
    rows = torch.cat(list(batches(len(q), 64, generator(3))))
    torch.testing.assert_close(kl(p[rows], q[rows]), kl(p, q))
    assert not torch.allclose(target(q[rows[:64]]), p[rows[:64]])  # a P of the batch alone would be another P


@both
def test_p_is_renewed_every_t_steps(module: Any, digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = []

    class Spy(Targets):
        def update(self, q: torch.Tensor) -> None:
            renewed.append(self.step)
            super().update(q)

    monkeypatch.setattr(module, "Targets", Spy)
    clustering(digits, module, cluster__T=3, cluster__tol=0.0)  # 4 steps per epoch
    assert renewed == [0, 3, 6, 9, 12]
    renewed.clear()
    clustering(digits, module, cluster__T=0, cluster__tol=0.0)
    assert renewed == [0, 4, 8, 12]


def one_hot(labels: list[int]) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(labels), 2).float() * 0.8 + 0.1


def test_stop_rule_is_strict_and_silent_at_the_first_update() -> None:
    targets = Targets(every=0)
    targets.update(one_hot([0] * 1000))
    assert not targets.converged(0.05)
    assert targets.take_label_change() == {}
    targets.update(one_hot([1] + [0] * 999))
    assert targets.change == 0.001
    assert not targets.converged(0.001)  # exactly the tolerance goes on
    assert targets.converged(0.0011)
    assert targets.take_label_change() == {"label change": 0.001}
    assert targets.take_label_change() == {}  # told once
    targets.update(one_hot([1] + [0] * 999))
    assert targets.converged(0.001)
    assert not targets.converged(0.0)  # 0 never stops


@both
@pytest.mark.parametrize("T", [0, 2, 4, 5])
def test_run_ends_when_labels_stand_still(module: Any, digits: Points, T: int) -> None:
    still = clustering(digits, module, cluster__T=T, cluster__lr=1e-6, cluster__epochs=6)
    assert len(still) == (3 if T == 5 else 2)  # start, then the state at which the second target brought no change
    assert still[-1].measures["label change"] == 0.0
    assert len(clustering(digits, module, cluster__T=T, cluster__lr=1e-6, cluster__epochs=6, cluster__tol=0.0)) == 7


def test_decoder_gets_the_reconstruction_alone_and_centers_the_clustering_alone(
    digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradients: dict[float, dict[str, list[torch.Tensor]]] = {}

    def first_gradients(gamma: float) -> dict[str, list[torch.Tensor]]:
        seen: list[dict[str, list[torch.Tensor]]] = []

        def spy(steps: torch.optim.Optimizer, loss: torch.Tensor) -> None:
            *weights, mu = steps.param_groups[0]["params"]
            grads = torch.autograd.grad(loss, [*weights, mu])
            half = len(weights) // 2
            seen.append({"encoder": grads[:half], "decoder": grads[half:-1], "mu": grads[-1:]})

        monkeypatch.setattr(self_training, "take_step", steps_by(spy))
        clustering(digits, idec, gamma=gamma, cluster__epochs=1)
        return seen[0]

    for gamma in (0.0, 0.1, 5.0):
        gradients[gamma] = first_gradients(gamma)
    for plain, weighted in zip(gradients[0.0]["decoder"], gradients[5.0]["decoder"], strict=True):
        assert torch.equal(plain, weighted)
    assert not gradients[0.0]["mu"][0].any()
    torch.testing.assert_close(gradients[5.0]["mu"][0], 50 * gradients[0.1]["mu"][0])
    assert any(
        not torch.equal(plain, weighted)
        for plain, weighted in zip(gradients[0.0]["encoder"], gradients[5.0]["encoder"], strict=True)
    )


def test_gamma_zero_is_a_plain_autoencoder(digits: Points) -> None:
    more = {"gamma": 0.0, "cluster__tol": 0.0, "cluster__epochs": 2}
    cluster = clustering(digits, idec, **more)
    assert all(np.array_equal(snapshot.centers, cluster[0].centers) for snapshot in cluster)

    hp, rng = quick(idec.METHOD, **more), generator(0)
    x = digits.x - digits.x.mean()
    x = x / x.square().mean().sqrt()
    net = Autoencoder(x.shape[1], hp.net, rng)
    list(pretrain(net, x, hp, rng))
    list(best_of_restarts(net.encode(x), digits.k, hp.cluster.restarts, rng))
    adam = torch.optim.Adam(net.parameters(), lr=hp.cluster.lr)
    for epoch in (1, 2):
        for rows in torch.randperm(len(x), generator=rng).split(hp.cluster.batch):
            adam.zero_grad()
            mse_loss(net(x[rows]), x[rows]).backward()
            adam.step()
        np.testing.assert_allclose(cluster[epoch].z, net.encode(x), atol=1e-4)


def test_dec_leaves_its_decoder_as_pretraining_left_it(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    nets = []
    monkeypatch.setattr(dec, "Autoencoder", lambda *args: nets.append(Autoencoder(*args)) or nets[-1])
    run = dec.METHOD.run(digits.x, digits.k, quick(dec.METHOD), generator(0))
    before = None
    for step in run:
        if isinstance(step, Snapshot) and step.phase == "cluster" and before is None:
            before = [weight.clone() for weight in nets[0].parameters()]
    half = len(before) // 2
    changed = [not torch.equal(a, b) for a, b in zip(before, nets[0].parameters(), strict=True)]
    assert all(changed[:half])
    assert not any(changed[half:])


def drive(points: Points, hp: Any, changed: Any) -> list[Snapshot]:
    """IDEC, with the params changed when clustering begins."""
    run, found, answer = idec.METHOD.run(points.x, points.k, hp, generator(0)), [], None
    while True:
        try:
            step = run.send(answer)
        except StopIteration:
            return found
        answer = None
        if isinstance(step, Snapshot) and step.phase == "cluster":
            found.append(step)
            answer = changed if len(found) == 1 else None


def test_live_changes_take_hold_at_once(digits: Points) -> None:
    hp = quick(idec.METHOD, cluster__optimizer="sgd", cluster__lr=0.1, cluster__tol=0.0)
    switches = {"cluster.p_is", "cluster.p_from", "cluster.mu_gradient"}
    assert idec.METHOD.params.live_names() == {"gamma", "nu", "cluster.lr", "pretrain.lr"} | switches
    moved = {
        name: drive(digits, hp, hp.but(change))
        for name, change in {"no gamma": {"gamma": 0.0}, "slow": {"cluster.lr": 1e-6}, "nu": {"nu": 9.0}}.items()
    }
    usual = drive(digits, hp, None)
    assert np.array_equal(moved["no gamma"][1].centers, usual[0].centers)
    assert not np.array_equal(usual[1].centers, usual[0].centers)
    assert np.abs(moved["slow"][1].z - usual[0].z).max() < 1e-4 < np.abs(usual[1].z - usual[0].z).max()
    wide = torch.tensor(moved["nu"][1].z), torch.tensor(moved["nu"][1].centers)
    np.testing.assert_allclose(moved["nu"][1].q, student_t(*wide, 9.0), atol=1e-6)


@both
def test_the_pace_of_pretraining_can_be_changed_live(module: Any, digits: Points) -> None:
    hp = quick(module.METHOD, pretrain__optimizer="sgd", pretrain__lr=0.1)
    run = module.METHOD.run(digits.x, digits.k, hp, generator(0))
    first = next(run)
    step = run.send(hp.but({"pretrain.lr": 1e-6}))
    while not isinstance(step, Snapshot):
        step = next(run)
    assert np.abs(step.z - first.z).max() < 1e-3


@both
def test_nan_ends_with_a_sentence_that_names_the_phase(module: Any, digits: Points) -> None:
    with pytest.raises(EpochscopeError, match=r"codes at epoch \d+ of phase pretrain: lower lr"):
        snapshots(module.METHOD, digits, quick(module.METHOD, pretrain__optimizer="sgd", pretrain__lr=10.0))
    with pytest.raises(EpochscopeError, match="codes at epoch 0 of phase pretrain"):
        snapshots(module.METHOD, digits._replace(x=digits.x / 0), quick(module.METHOD))


def test_losses_are_means_over_the_points_of_the_epoch(digits: Points) -> None:
    losses = clustering(digits, idec, gamma=0.5, cluster__tol=0.0)
    assert dict(losses[0].losses) == {}  # nothing has been trained on yet
    for snapshot in losses[1:]:
        assert set(snapshot.losses) == {"reconstruction", "kl", "gamma kl"}
        assert snapshot.losses["gamma kl"] == pytest.approx(0.5 * snapshot.losses["kl"], rel=1e-5)


@both
def test_the_scale_of_the_data_does_not_matter_and_centers_are_decoded_in_it(module: Any, digits: Points) -> None:
    one, other = (clustering(digits._replace(x=c * digits.x), module)[0] for c in (1, 16))
    np.testing.assert_allclose(other.z, one.z, atol=1e-3)
    np.testing.assert_allclose(other.extra["decoded_centers"], 16 * one.extra["decoded_centers"], atol=2e-2)


def test_dec_and_idec_share_their_pretraining(digits: Points) -> None:
    both_runs = [snapshots(METHODS[key], digits, quick(METHODS[key])) for key in ("dec", "idec")]
    for one, other in zip(*both_runs, strict=False):
        if one.phase == "pretrain":
            assert np.array_equal(one.z, other.z)


def test_limits_are_those_of_the_parameters() -> None:
    with pytest.raises(EpochscopeError, match="nu must be a number from"):
        replace(dec.DecParams(), nu=0.0)


@both
def test_clustering_begins_with_the_result_of_autoencoder_and_k_means(module: Any, digits: Points) -> None:
    begun = clustering(digits, module)[0]
    kmeans = snapshots(METHODS["ae_kmeans"], digits, quick(METHODS["ae_kmeans"]))[-1]
    np.testing.assert_array_equal(begun.z, kmeans.z)
    np.testing.assert_array_equal(begun.q.argmax(axis=1), kmeans.labels)
