"""DCC: its loss against loops, scales, and what flows together."""

from __future__ import annotations

import pytest
import torch
from epochscope.methods import dcc
from epochscope.methods.dcc import DccParams, edge_batch, graph_of, terms
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.device import generator
from epochscope.testing import Points

from tests.support.quick_runs import clustering


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_the_loss_of_all_edges_counts_each_point_once(digits: Points) -> None:
    x, hp = digits.x[:40], DccParams().but({"net.widths": "8", "net.d": 3})
    net = Autoencoder(64, hp.net, generator(0))
    z = net.encode(x)
    u = z + 0.1
    graph = finished(graph_of(x, z, hp))
    with torch.no_grad():
        batch = edge_batch(graph, torch.arange(len(graph.edges)))
        found = terms(net, u, x, batch, sigma=(2.0, 0.5), pull=graph.lam)

    def rho(t: torch.Tensor, s: float) -> torch.Tensor:
        return s * t.square().sum() / (s + t.square().sum())

    assert float(found.reconstruction) == pytest.approx(float((net(x) - x).square().mean()), rel=1e-5)
    assert float(found.data) == pytest.approx(float(sum(rho(z[i] - u[i], 2.0) for i in range(40)) / 120), rel=1e-4)
    pulls = [w * rho(u[i] - u[j], 0.5) for (i, j), w in zip(graph.edges, graph.w, strict=True)]
    assert float(found.pairs) == pytest.approx(float(graph.lam * sum(pulls) / 120), rel=1e-4)


def test_scales_are_halved_down_to_their_ends(digits: Points) -> None:
    hp = DccParams()
    graph = finished(graph_of(digits.x, digits.x[:, 20:23], hp))
    first, second = graph.scale(0, 5), graph.scale(5, 5)
    assert second == (first[0] / 2, first[1] / 2)
    assert graph.scale(4, 5) == first
    assert graph.scale(10_000, 5) == (graph.at.delta1, graph.at.delta2)


def test_representatives_flow_together_and_clusters_become_fewer(blobs: Points) -> None:
    found = clustering(blobs, dcc, cluster__epochs=12, cluster__every=1, cluster__lr=0.01, cluster__batch=32)
    alone = [snapshot.measures["points that are joined to no other"] for snapshot in found]
    assert alone[-1] < alone[0] - 0.1
    for snapshot in found:
        assert snapshot.labels.max() + 1 == snapshot.measures["clusters"]
        assert snapshot.extra["neighbors"].shape == snapshot.extra["weights"].shape
    assert found[-1].measures["edges that still pull"] < 1
