"""DC-GMM: free codes lie between codes and centers, the dual step makes the residual shrink, arrows show it."""

from __future__ import annotations

import numpy as np
import torch
from epochscope.methods import dcgmm
from epochscope.methods.dcgmm import Tied
from epochscope.methods.shared.mixtures import Mixture
from epochscope.nets.device import generator
from epochscope.testing import Points

from tests.support.quick_runs import clustering


def test_codes_that_give_way_meet_their_free_codes() -> None:
    f = torch.randn(100, 2, generator=generator(0)) + torch.tensor([[4.0, 0.0], [-4.0, 0.0]]).repeat(50, 1)
    theta = Mixture(torch.tensor([0.5, 0.5]).log(), torch.tensor([[4.0, 0.0], [-4.0, 0.0]]), torch.zeros(2, 2))
    left = {}
    for dual in (0.0, 0.5):
        tied, code = Tied(f, theta, 1e-2), f
        for _ in range(30):
            tied.update(code, 2.0, dual)
            code = 0.7 * code + 0.3 * (tied.y + tied.u)  # a network that follows by three tenths
        left[dual] = tied.measures(code)
    assert left[0.5]["residual |y - f(x)|"] < 0.1
    assert left[0.0]["multipliers |u|"] == 0 < left[0.5]["multipliers |u|"]


def test_the_network_is_drawn_toward_the_clusters(digits: Points) -> None:
    found = clustering(digits, dcgmm, cluster__epochs=6, lam=1.0, cluster__lr=1e-3)
    loose = clustering(digits, dcgmm, cluster__epochs=6, lam=0.0, cluster__lr=1e-3)
    assert found[-1].measures["mean of the largest q"] >= loose[-1].measures["mean of the largest q"]

    def tightness(snapshot) -> float:
        inside = snapshot.z - snapshot.centers[snapshot.labels]
        return float((inside**2).sum() / ((snapshot.z - snapshot.z.mean(axis=0)) ** 2).sum())

    assert tightness(found[-1]) < tightness(loose[-1])


def test_arrows_lead_from_codes_to_free_codes(digits: Points) -> None:
    found = clustering(digits, dcgmm, cluster__epochs=2)
    assert not found[0].extra["forces"].any()
    length = np.linalg.norm(found[-1].extra["forces"], axis=1).mean()
    np.testing.assert_allclose(length, found[-1].measures["residual |y - f(x)|"], rtol=1e-5)
    assert set(found[-1].losses) == {"reconstruction", "tie"}
