"""Each preset "as in the paper" trains on real data: ten epochs of each phase of clustering, short pretraining."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.testing.trial import arrays
from epochscope.types import Snapshot
from sklearn.datasets import load_digits

PAPER = "as in the paper"
SHORT = {
    "epochs": 10,
    "cluster.epochs": 10,
    "cluster.alpha_epochs": 1,
    "cluster.steps": 10,
    "pretrain.epochs": 10,
    "pretrain.layer_epochs": 3,
    "siamese.epochs": 3,
    "variational.epochs": 3,
    "critic.after": 5,
    "restarts": 3,
    "cluster.restarts": 3,
}
"""The numbers of epochs; everything else is the preset's."""


@pytest.fixture(scope="module")
def real() -> Points:
    """100 of scikit-learn's digits."""
    bunch = load_digits()
    return Points(torch.tensor(bunch.data[:100] / 16, dtype=torch.float32), bunch.target[:100], 10)


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
def test_ten_epochs_are_finite_and_move(key: str, real: Points) -> None:
    method = METHODS[key]
    start = method.start(PAPER)
    known = start.flat()
    hp = start.but({name: min(value, known[name]) for name, value in SHORT.items() if name in known})
    run = method.run(real.x, real.k, hp, generator(0))
    last = [step for step in run if isinstance(step, Snapshot) and step.phase == "cluster"]
    for snapshot in last:
        assert all(np.isfinite(value).all() for value in arrays(snapshot).values())
        assert all(np.isfinite(value) for value in {**snapshot.losses, **snapshot.measures}.values())
    assert last[-1].z.std(axis=0).max() > 0
    assert last[-1].labels is not None
    assert len(last) > 1
