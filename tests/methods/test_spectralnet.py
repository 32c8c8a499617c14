"""SpectralNet: orthonormal outputs, a loss that falls toward that of the exact eigenvectors, the pace, the checks."""

from __future__ import annotations

import numpy as np
import pytest
from epochscope.methods.spectralnet import method as spectralnet
from epochscope.methods.spectralnet.method import EXACT, OVER_ALL, Pace
from epochscope.methods.spectralnet.params import CODES, LEARNED, MapParams, SpectralNetParams
from epochscope.testing import Points
from epochscope.types import EpochscopeError

from tests.support.quick_runs import clustering, quick, snapshots

SMALL = {"cluster__widths": "32-32", "cluster__steps": 20, "restarts": 2, "neighbors": 5}


@pytest.mark.parametrize("through", [True, False])
def test_outputs_are_orthonormal_and_the_loss_falls_toward_the_least(digits: Points, through: bool) -> None:
    found = clustering(digits, spectralnet, cluster__epochs=5, affinity=CODES, cluster__through=through, **SMALL)
    for snapshot in found:
        np.testing.assert_allclose(snapshot.z.T @ snapshot.z, 200 * np.eye(10), atol=2)
    losses = [snapshot.measures[OVER_ALL] for snapshot in found]
    assert losses[-1] < 0.7 * losses[0]
    assert losses[-1] > found[-1].measures[EXACT] >= 0
    assert losses[-1] == pytest.approx(found[-1].extra["spectrum"].sum(), rel=1e-5)


def test_the_siamese_network_is_a_phase_of_its_own(digits: Points) -> None:
    hp = quick(spectralnet.METHOD, affinity=LEARNED, cluster__epochs=1, **SMALL)
    phases = [snapshot.phase for snapshot in snapshots(spectralnet.METHOD, digits, hp)]
    assert list(dict.fromkeys(phases)) == ["pretrain", "siamese", "cluster"] == list(hp.plan())
    assert "siamese" not in hp.but({"affinity": CODES}).plan()


def test_the_rate_falls_where_the_loss_stays() -> None:
    pace, hp = Pace(), MapParams()
    for loss in (3.0, 2.0, 2.5, 2.5):
        pace.told(loss, patience=1)
    assert pace.lr(hp) == pytest.approx(1e-4)
    pace.told(1.0, patience=1)
    assert pace.waited == 0


def test_batches_must_hold_neighbors_and_outputs() -> None:
    hp = SpectralNetParams()
    with pytest.raises(EpochscopeError, match="lower the number of neighbors"):
        hp.but({"neighbors": 20}).check(n=10, f=3, k=2)
    with pytest.raises(EpochscopeError, match="raise the batch size"):
        hp.but({"cluster.batch": 16}).check(n=100, f=3, k=20)
