"""Centers moved by one point after the other, and means by label, against loops."""

from __future__ import annotations

import torch
from epochscope.formulas.running_means import RunningMeans, label_means, with_points
from epochscope.nets.device import generator


def normal(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def test_points_move_their_center_one_after_the_other() -> None:
    z, mu, c = normal(40, 3, seed=0), normal(5, 3, seed=1), torch.tensor([100.0, 0.0, 7.0, 1.0, 3.0]).double()
    labels = torch.randint(4, (40,), generator=generator(2))  # cluster 4 gets no point
    found = with_points(RunningMeans(mu, c), z, labels)
    for order in (range(40), reversed(range(40))):
        moved, count = mu.clone(), c.clone()
        for i in order:
            k = labels[i]
            count[k] += 1
            moved[k] = moved[k] - (moved[k] - z[i]) / count[k]
        torch.testing.assert_close(found.mu, moved)
        torch.testing.assert_close(found.c, count)
    assert torch.equal(found.mu[4], mu[4])


def test_a_center_that_has_seen_nothing_and_gets_nothing_stays_finite() -> None:
    found = with_points(RunningMeans(torch.zeros(2, 3), torch.zeros(2)), torch.ones(1, 3), torch.tensor([0]))
    torch.testing.assert_close(found.mu, torch.tensor([[1.0] * 3, [0.0] * 3]))


def test_means_of_labels() -> None:
    z, before = normal(20, 2, seed=3), normal(4, 2, seed=4)
    labels = torch.randint(3, (20,), generator=generator(5))
    found = label_means(z, labels, otherwise=before)
    for j in range(3):
        torch.testing.assert_close(found[j], z[labels == j].mean(dim=0))
    assert torch.equal(found[3], before[3])
