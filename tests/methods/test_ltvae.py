"""LTVAE: two kinds of groups are found in the two halves of the code, and the second facet is stored with its name."""

from __future__ import annotations

import numpy as np
import torch
from epochscope.formulas.facets import beliefs
from epochscope.methods import ltvae
from epochscope.methods.ltvae import NUMBERS, first_statistics
from epochscope.nets.device import generator
from epochscope.testing import Points
from sklearn.metrics import adjusted_rand_score

from tests.support.quick_runs import clustering


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_each_half_of_the_code_has_groups_of_its_own() -> None:
    kind, look = torch.arange(300) % 3, (torch.arange(300) // 3) % 2
    centers = torch.tensor([[0.0, 5.0], [5.0, 0.0], [-5.0, -5.0]])
    z = torch.cat([centers[kind], 6.0 * look[:, None].float().expand(-1, 2)], dim=1)
    z = z + torch.randn(300, 4, generator=generator(0))
    found = beliefs(z, finished(first_statistics(z, 3, 2, 5, generator(1))).tree(1e-3))
    assert adjusted_rand_score(kind, found.first.argmax(dim=1)) > 0.99
    assert adjusted_rand_score(look, found.second.argmax(dim=1)) > 0.98


def test_losses_fall_and_the_second_facet_is_a_number_of_each_point(digits: Points) -> None:
    found = clustering(digits, ltvae, cluster__epochs=4, second=3)
    last = found[-1]
    numbers = last.extra["sample_numbers"]
    assert numbers.shape == (200, len(NUMBERS))
    assert set(np.unique(numbers[:, 0])) <= {0, 1, 2}
    assert (numbers[:, 1] > 1 / 3 - 1e-6).all()
    assert 0 <= last.measures["information shared by the facets (nats)"] <= np.log(3)
    assert sum(found[-1].losses.values()) < sum(found[1].losses.values())
