"""KINGDRA: matching of clusters, balanced draws, pseudo-labels that are kept, and that rounds make networks agree."""

from __future__ import annotations

import numpy as np
import torch
from epochscope.methods import kingdra
from epochscope.methods.kingdra import Ensemble, KingdraParams, PseudoLabels, balanced, mean_outputs
from epochscope.nets.device import generator
from epochscope.testing import Points

from tests.support.quick_runs import clustering


def test_a_network_that_numbers_its_clusters_otherwise_says_the_same() -> None:
    z = torch.randn(6, 3, generator=generator(0))
    logits, q = mean_outputs([z, z[:, [2, 0, 1]]], torch.tensor([[0, 1, 2], [1, 2, 0]]))
    torch.testing.assert_close(logits, z)
    torch.testing.assert_close(q, z.softmax(dim=1))


def test_draws_have_pseudo_labels_and_each_class_equally_often() -> None:
    goal = torch.tensor([0] * 90 + [1] * 10 + [-1] * 900)
    drawn = goal[balanced(goal, 4000, generator(0))]
    assert drawn.min() == 0
    assert 0.45 < float((drawn == 1).float().mean()) < 0.55


def ensemble(own: np.ndarray, k: int) -> Ensemble:
    n, e = own.shape
    empty, orders = torch.zeros(n, k), torch.arange(k).expand(e, -1)
    return Ensemble(empty, empty, own, torch.ones(n), orders)


def test_a_round_with_an_empty_class_keeps_the_labels_before() -> None:
    pseudo, hp = PseudoLabels(6, 2), KingdraParams()
    full, one = np.repeat([[0], [1]], 3, axis=0) * np.ones((1, 3), int), np.zeros((6, 3), int)
    pseudo.renew(ensemble(one, 2), hp)
    assert (pseudo.found.tolist(), pseudo.smallest) == ([0] * 6, 0)
    pseudo.renew(ensemble(full, 2), hp)
    pseudo.renew(ensemble(one, 2), hp)
    assert (pseudo.found.tolist(), pseudo.smallest) == ([0, 0, 0, 1, 1, 1], 3)
    assert pseudo.of_net(1 - full[:, 0]).tolist() == [1, 1, 1, 0, 0, 0]


def test_rounds_give_pseudo_labels_and_agreement(blobs: Points) -> None:
    more = {"cluster__epochs": 8, "cluster__round": 2, "cluster__lr": 0.01, "alpha": 1.0, "net__widths": "64"}
    found = clustering(blobs, kingdra, nets=3, sure=0.5, **more)
    measures = [snapshot.measures for snapshot in found]
    assert measures[0]["points with a pseudo-label"] == 0 < measures[-1]["points with a pseudo-label"]
    assert measures[-1]["agreement with the first network"] > measures[0]["agreement with the first network"]
    assert "pseudo-labels" in found[-1].losses
    affinity = found[-1].extra["affinity"]
    np.testing.assert_allclose(affinity, affinity.T, atol=1e-6)
