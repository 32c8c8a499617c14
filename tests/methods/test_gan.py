"""GAN: the game against torch's cross-entropy, what is covered, features for new points, and that it learns a line."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.methods import gan
from epochscope.methods.gan import GanParams, Players, covered, step
from epochscope.nets.autoencoder import Unit, mlp
from epochscope.nets.critic import Critic
from epochscope.nets.device import generator
from epochscope.testing import Points
from torch.nn.functional import binary_cross_entropy_with_logits

from tests.support.quick_runs import clustering


def players(f: int = 2) -> Players:
    return Players(mlp([8, 16, f], generator(0)), Critic(f, [16], generator(1)), Unit(0.0, 1.0))


@pytest.mark.parametrize("saturating", [True, False])
def test_a_step_lowers_the_losses_of_the_paper(saturating: bool) -> None:
    found, x = players(), torch.randn(32, 2, generator=generator(2))
    steps = tuple(torch.optim.SGD(net.parameters(), lr=0.0) for net in (found.D, found.G))
    L_D, L_G = step(found, x, GanParams(saturating=saturating), (steps[0], steps[1]), generator(3))
    draws = generator(3)
    first, second = (torch.randn(32, 8, generator=draws) for _ in range(2))
    real, fake = found.D(x), found.D(found.G(first))
    by_hand = sum(
        binary_cross_entropy_with_logits(t, torch.full_like(t, goal)) for t, goal in ((real, 1.0), (fake, 0.0))
    )
    torch.testing.assert_close(L_D, by_hand)
    D = found.D(found.G(second)).sigmoid()
    torch.testing.assert_close(L_G, ((1 - D).log() if saturating else -D.log()).mean())


def test_clusters_without_generated_points_are_not_covered() -> None:
    found = players()
    made = torch.randn(100, 2, generator=generator(2))
    h = found.features(made)
    centers = torch.stack([h.mean(dim=0), h.mean(dim=0) + 100])
    seen = covered(found, made, centers)
    assert seen.clusters == 1
    assert seen.samples.shape == (2, 6, 2)


def test_generated_points_come_to_lie_on_a_shifted_cloud() -> None:
    x = torch.randn(400, 2, generator=generator(0)) * torch.tensor([1.0, 0.2]) + 3
    points = Points(x, np.zeros(400), 2)
    found = clustering(points, gan, cluster__epochs=25, restarts=1, generator="32-32", discriminator="32-32")

    def away(snapshot) -> float:
        left, right, bottom, top = snapshot.extra["field_box"]
        made, data = snapshot.extra["field_codes"], snapshot.extra["field_prior"]
        return float(np.linalg.norm(made.mean(axis=0) - data.mean(axis=0)) / max(right - left, top - bottom))

    assert away(found[-1]) < 0.15
    assert set(found[-1].losses) == {"discriminator", "generator"}
    assert 1 <= found[-1].measures["clusters that the generator covers"] <= 2


def test_data_of_one_feature_lie_on_the_first_axis_of_the_field() -> None:
    x = torch.randn(60, 1, generator=generator(0))
    found = clustering(Points(x, np.zeros(60), 2), gan, cluster__epochs=1, restarts=1)
    assert not found[-1].extra["field_prior"][:, 1].any()
    assert found[-1].extra["field_prior"][:, 0].any()
