"""Points that coincide, are constant, lie far out or close together: a bounded end, one sentence or finite numbers."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import log_student_t, squared_distances, student_t
from epochscope.formulas.mixture import scaled_distances
from epochscope.methods import METHODS
from epochscope.methods.aae import method as aae
from epochscope.methods.shared.data_space import EACH, standard_of
from epochscope.methods.shared.lloyd import lloyd, to_the_end
from epochscope.nets.autoencoder import unit_of
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.testing.trial import arrays
from epochscope.types import EpochscopeError, Progress, Snapshot

from tests.support.quick_runs import quick, snapshots


def ended(work: Any) -> tuple[list[Progress], Any]:
    """All that a generator yields, and what it returns."""
    ticks = []
    while True:
        try:
            ticks.append(next(work))
        except StopIteration as end:
            return ticks, end.value


def test_k_means_on_two_distinct_points_ends_with_the_sentence() -> None:
    z = torch.tensor([[0.0, 0.0]] * 5 + [[1.0, 1.0]] * 5)
    with pytest.raises(EpochscopeError, match="Only 2 of the 10 points to cluster are distinct, fewer than k = 4"):
        list(islice(lloyd(z, torch.rand(4, 2, generator=generator(0))), 1000))


def test_k_means_ends_after_its_limit() -> None:
    z = torch.rand(500, 2, generator=generator(0))
    assert len(list(lloyd(z, z[:20], most=3))) == 4


def test_as_many_distinct_points_as_clusters_converge() -> None:
    z = torch.arange(8.0).reshape(4, 2)
    assert [state.inertia for state in lloyd(z, z)] == [0, 0]


def test_each_iteration_is_a_place_to_stop() -> None:
    z = torch.rand(60, 2, generator=generator(0))
    ticks, last = ended(to_the_end(lloyd(z, z[:5]), 300, "k-means"))
    assert last.inertia == list(lloyd(z, z[:5]))[-1].inertia
    assert len(ticks) > 2
    assert ticks[-1] == Progress(len(ticks) - 1, 300, "k-means")


def test_collapsed_codes_end_the_adversarial_autoencoder_with_the_sentence(digits: Points) -> None:
    clustering = ended(aae.next_clustering(digits.x, 10, None, quick(aae.METHOD), generator(0)))[1]
    collapsed = torch.zeros(200, 64)
    collapsed[:3] = torch.eye(64)[:3]
    with pytest.raises(EpochscopeError, match="Only 4 of the 200 points"):
        list(islice(aae.next_clustering(collapsed, 10, clustering, quick(aae.METHOD), generator(0)), 1000))


@pytest.mark.parametrize("key", ["kmeans", "gmm", "ae_kmeans", "ae_gmm"])
def test_constant_data_are_one_cluster_without_nan(key: str) -> None:
    found = snapshots(METHODS[key], Points(torch.full((30, 4), 2.0), np.zeros(30), 1), quick(METHODS[key]))
    _all_finite(found)


@pytest.mark.parametrize("key", ["kmeans", "gmm"])
def test_squares_that_overflow_are_one_sentence(key: str, digits: Points) -> None:
    with pytest.raises(EpochscopeError, match="divide the data by a large number"):
        snapshots(METHODS[key], digits._replace(x=digits.x * 1e20), quick(METHODS[key]))


@pytest.mark.parametrize("key", ["ae_kmeans", "ae_gmm", "dec"])
def test_networks_take_data_whose_squares_overflow_in_their_own_unit(key: str, digits: Points) -> None:
    usual, far = (snapshots(METHODS[key], digits._replace(x=digits.x * by), quick(METHODS[key])) for by in (1.0, 1e30))
    _all_finite(far)
    np.testing.assert_allclose(far[0].z, usual[0].z, rtol=1e-3, atol=1e-4)


def test_the_unit_of_data_whose_squares_overflow() -> None:
    x = torch.rand(50, 4, generator=generator(0))
    for center in (True, False):
        unit, far = unit_of(x, center=center), unit_of(x * 1e25, center=center)
        assert far.origin == pytest.approx(unit.origin * 1e25, rel=1e-5)
        assert far.length == pytest.approx(unit.length * 1e25, rel=1e-5)


@pytest.mark.parametrize("n", [6, 300_000], ids=["by differences", "by products"])
def test_q_of_codes_far_out_is_finite(n: int) -> None:
    z, mu = torch.zeros(n, 5), torch.eye(5)[:3]
    z[0], z[1] = 3e19, -1e30
    assert torch.isfinite(log_student_t(z, mu)).all()
    torch.testing.assert_close(student_t(z, mu)[:2], torch.full((2, 3), 1 / 3))
    assert squared_distances(z, mu)[0].isinf().all()


def test_q_of_nan_stays_nan() -> None:
    assert student_t(torch.tensor([[torch.nan, 0.0]]), torch.eye(2)).isnan().all()


def test_scaled_distances_of_narrow_clusters_far_apart() -> None:
    rng = generator(0)
    mu = 100 * torch.randn(10, 10, generator=rng)
    z = mu[torch.randint(10, (50_000,), generator=rng)] + 0.02 * torch.randn(50_000, 10, generator=rng)
    log_var = torch.full((10, 10), 2 * np.log(0.02))
    found = scaled_distances(z, mu, log_var)
    exact = ((z[:, None].double() - mu.double()).square() * (-log_var.double()).exp()).sum(dim=2)
    assert found.dtype == z.dtype
    torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e12])
def test_standardizing_does_not_depend_on_the_unit(scale: float) -> None:
    x = torch.rand(100, 3, generator=generator(0)) * torch.tensor([1.0, 20.0, 0.0])
    usual, scaled = (standard_of(each, EACH).of(each) for each in (x, x * scale))
    torch.testing.assert_close(scaled, usual, rtol=1e-3, atol=1e-3)
    assert usual[:, :2].std(dim=0, correction=0).allclose(torch.ones(2), atol=1e-4)
    assert (usual[:, 2] == 0).all()


def test_a_constant_feature_stays_0_up_to_rounding() -> None:
    x = torch.cat([torch.rand(1000, 1, generator=generator(0)), torch.full((1000, 1), 0.1)], dim=1)
    assert standard_of(x, EACH).of(x)[:, 1].abs().max() < 0.2


def _all_finite(found: list[Snapshot]) -> None:
    for snapshot in found:
        values: dict[str, Any] = {**snapshot.losses, **snapshot.measures, **arrays(snapshot)}
        assert [name for name, value in values.items() if not np.isfinite(value).all()] == []
