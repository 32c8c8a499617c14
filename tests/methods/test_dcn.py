"""DCN and ABC step by step: whose turn it is, what each turn does, and the start that ABC shares with DKM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import abc_, dcn, dkm
from epochscope.nets.autoencoder import Autoencoder
from epochscope.testing import Points
from epochscope.types import Snapshot

from tests.support.quick_runs import clustering, quick, snapshots

SHORT = {"pretrain__epochs": 2, "cluster__restarts": 1, "cluster__epochs": 1, "cluster__batch": 256}
"""One batch of all 200 points an epoch, so that each turn can be computed by hand."""


def spied(
    module: Any, points: Points, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> tuple[list[Snapshot], Any, list]:
    """The run of clustering, its network, and the losses that were lowered."""
    nets, losses, real = [], [], module.descend

    def made(*args: Any) -> Autoencoder:
        nets.append(Autoencoder(*args))
        return nets[-1]

    monkeypatch.setattr(module, "Autoencoder", made)
    monkeypatch.setattr(module, "descend", lambda steps, loss: losses.append(loss.item()) or real(steps, loss))
    return clustering(points, module, **{**SHORT, **more}), nets[-1], losses


@pytest.mark.parametrize("module", [dcn, abc_], ids=["dcn", "abc"])
@pytest.mark.parametrize("lam", [0.0, 3.0])
def test_the_loss_is_reconstruction_and_the_distance_to_the_own_center(
    module: Any, lam: float, digits: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _, losses = spied(module, digits, monkeypatch, lam=lam)
    start, end = found
    near = ((start.z[:, None] - start.centers[None]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(start.labels, near.argmin(axis=1))
    own = near[np.arange(len(near)), start.labels].mean()
    reconstruction = end.losses["summed reconstruction"]
    assert losses == pytest.approx([reconstruction + (lam / 2 if module is dcn else lam) * own], rel=1e-4)


def test_dcn_centers_move_by_one_point_after_the_other(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    (start, end), net, _ = spied(dcn, digits, monkeypatch, cluster__count=7)
    np.testing.assert_allclose(net.encode(_unit(digits)), end.z, atol=1e-5)  # after the network's turn
    labels = ((end.z[:, None] - start.centers[None]) ** 2).sum(axis=2).argmin(axis=1)
    mu, count = start.centers.copy(), np.full(digits.k, 7)
    for i in np.random.default_rng(0).permutation(len(labels)):
        k = labels[i]
        count[k] += 1
        mu[k] += (end.z[i] - mu[k]) / count[k]
    np.testing.assert_allclose(end.centers, mu, atol=1e-4)
    assert end.measures["largest step of a center (1 / c)"] == pytest.approx(1 / count.min())
    assert end.measures["smallest step of a center (1 / c)"] == pytest.approx(1 / count.max())


def test_abc_takes_means_of_the_old_labels_then_the_nearest_centers(digits: Points) -> None:
    start, end = clustering(digits, abc_, **SHORT)
    for k in range(digits.k):
        np.testing.assert_allclose(end.centers[k], end.z[start.labels == k].mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(end.labels, ((end.z[:, None] - end.centers[None]) ** 2).sum(axis=2).argmin(axis=1))
    within = ((end.z - end.centers[end.labels]) ** 2).sum() / ((end.z - end.z.mean(axis=0)) ** 2).sum()
    assert end.measures["share of the spread within clusters"] == pytest.approx(within, rel=1e-3)


def test_abc_and_dkm_begin_with_the_same_codes_and_clusters(digits: Points) -> None:
    """So hard and soft assignments can be compared from one start."""
    hard, soft = (clustering(digits, module, **SHORT)[0] for module in (abc_, dkm))
    for name in ("z", "labels", "centers"):
        np.testing.assert_array_equal(getattr(hard, name), getattr(soft, name))


def test_abc_from_random_labels_begins_near_the_mean(digits: Points) -> None:
    codes = snapshots(abc_.METHOD, digits, quick(abc_.METHOD, **SHORT))
    start = clustering(digits, abc_, start=abc_.RANDOM, **SHORT)[0]
    spread = np.linalg.norm(start.centers - start.z.mean(axis=0), axis=1).max()
    assert spread < 0.7 * np.linalg.norm(codes[-1].centers - codes[-1].z.mean(axis=0), axis=1).max()
    assert len(np.unique(start.labels)) > 1


def _unit(points: Points) -> torch.Tensor:
    from epochscope.nets.autoencoder import unit_of

    return unit_of(points.x, center=True).of(points.x)
