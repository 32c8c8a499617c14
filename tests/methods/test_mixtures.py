"""EM and the start of a mixture against scikit-learn and by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.mixture import log_density
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.mixtures import (
    FROM_EM,
    FROM_GRAPH_OF_DATA,
    FROM_KMEANS,
    EMState,
    Mixture,
    em,
    mixture_of_clusters,
    mixture_of_labels,
    mixture_start,
)
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.types import Progress
from sklearn.mixture import GaussianMixture


def ended(run: Any) -> tuple[Any, list[Progress]]:
    ticks = []
    while True:
        try:
            ticks.append(next(run))
        except StopIteration as end:
            return end.value, ticks


def course(z: torch.Tensor, start: Mixture, iterations: int, floor: float = 1e-9) -> list[EMState]:
    return list(em(z, start, floor, most=iterations, tol=-1.0))


@pytest.fixture(scope="module")
def z(digits: Points) -> torch.Tensor:
    """Two hundred digits in their eight directions of largest variance."""
    centered = digits.x.double() - digits.x.double().mean(dim=0)
    return centered @ torch.linalg.svd(centered, full_matrices=False)[2][:8].T


@pytest.fixture(scope="module")
def start(z: torch.Tensor) -> Mixture:
    best, _ = ended(best_of_restarts(z, 5, 3, generator(0)))
    return mixture_of_clusters(z, best.centers, floor=1e-9)


@pytest.mark.parametrize("iterations", [1, 7, 40])
def test_em_goes_where_scikit_learn_goes(z: torch.Tensor, start: Mixture, iterations: int) -> None:
    fit = GaussianMixture(
        5,
        covariance_type="diag",
        tol=0,
        reg_covar=0,
        max_iter=iterations,
        weights_init=start.log_pi.exp().numpy(),
        means_init=start.mu.numpy(),
        precisions_init=(-start.log_var).exp().numpy(),
    )
    with np.testing.suppress_warnings() as sup:
        sup.filter(UserWarning)
        fit.fit(z.numpy())
    state = course(z, start, iterations)[-1]
    assert state.log_likelihood == pytest.approx(fit.score(z.numpy()), abs=1e-7)
    np.testing.assert_allclose(state.mixture.mu, fit.means_, atol=1e-6)
    np.testing.assert_allclose(state.mixture.log_var.exp(), fit.covariances_, atol=1e-7)
    np.testing.assert_allclose(state.mixture.log_pi.exp(), fit.weights_, atol=1e-7)
    np.testing.assert_allclose(state.gamma, fit.predict_proba(z.numpy()), atol=1e-6)


def test_the_likelihood_never_falls(z: torch.Tensor, start: Mixture) -> None:
    rise = [state.log_likelihood for state in course(z, start, 60)]
    assert len(rise) == 61  # the start, and one an iteration
    assert all(after >= before - 1e-9 for before, after in pairwise(rise))
    assert rise[-1] > rise[0]


def test_it_ends_where_the_likelihood_stands_still(z: torch.Tensor, start: Mixture) -> None:
    rise = [state.log_likelihood for state in em(z, start, 1e-9, most=500, tol=1e-3)]
    steps = [after - before for before, after in pairwise(rise)]
    assert steps[-1] < 1e-3 <= min(steps[:-1])
    assert len(list(em(z, start, 1e-9, most=500, tol=0.0))) < 501


def test_the_first_state_is_the_start_itself_wherever_the_codes_lie(z: torch.Tensor, start: Mixture) -> None:
    first = course(z, start, 0)[0]
    torch.testing.assert_close(first.mixture.mu, start.mu)
    assert first.log_likelihood == pytest.approx(float(log_density(z, *start).mean()))
    here, there = course(z, start, 9)[-1], course(z + 100, start._replace(mu=start.mu + 100), 9)[-1]
    torch.testing.assert_close(there.mixture.mu, here.mixture.mu + 100)
    torch.testing.assert_close(there.gamma, here.gamma)


def test_variances_never_fall_below_the_floor(z: torch.Tensor, start: Mixture) -> None:
    piled = torch.cat([z, z[:1].expand(30, -1)])  # thirty points in one place
    state = course(piled, start, 30, floor=0.05)[-1]
    assert float(state.mixture.log_var.exp().min()) == pytest.approx(0.05)


def test_a_cluster_without_points_stays_and_nothing_becomes_nan(z: torch.Tensor, start: Mixture) -> None:
    far = start._replace(mu=torch.cat([start.mu[:4], torch.full((1, 8), 1e6, dtype=z.dtype)]))
    state = course(z, far, 9)[-1]
    assert all(part.isfinite().all() for part in state.mixture)
    torch.testing.assert_close(state.mixture.mu[4], far.mu[4])
    assert state.mixture.log_pi.exp()[4] < 1e-15


def test_clusters_become_shares_means_and_unbiased_variances() -> None:
    z = torch.tensor([[0.0, 0.0], [2.0, 4.0], [4.0, 2.0], [100.0, 0.0]])
    found = mixture_of_clusters(z, torch.tensor([[1.0, 1.0], [90.0, 0.0], [-500.0, 0.0]]), floor=0.1)
    torch.testing.assert_close(found.log_pi.exp(), torch.tensor([0.75, 0.25, 0.0]), atol=1e-6, rtol=0)
    torch.testing.assert_close(found.mu, torch.tensor([[2.0, 2.0], [100.0, 0.0], [-500.0, 0.0]]))
    pooled = [8 / 4, 8 / 4]  # one point or none: the spread of all four about their own means
    torch.testing.assert_close(found.log_var.exp(), torch.tensor([[4.0, 4.0], pooled, pooled]))
    single = mixture_of_clusters(z, z, floor=0.1)
    torch.testing.assert_close(single.log_var.exp(), torch.full((4, 2), 0.1))


@pytest.mark.parametrize("choice", [FROM_KMEANS, FROM_EM])
def test_the_start_is_that_of_the_best_k_means_with_or_without_em(z: torch.Tensor, choice: str) -> None:
    found, ticks = ended(mixture_start(choice, z, 5, 3, generator(0), floor=1e-9))
    best, _ = ended(best_of_restarts(z, 5, 3, generator(0)))
    plain = mixture_of_clusters(z, best.centers, floor=1e-9)
    assert ticks[:3] == [Progress(done, 3, "k-means restarts") for done in (1, 2, 3)]
    if choice == FROM_KMEANS:
        assert len(ticks) == 3
        assert all(torch.equal(a, b) for a, b in zip(found, plain, strict=True))
    else:
        rise = [float(log_density(z, *m).mean()) for m in (plain, found)]
        assert rise[1] > rise[0] + 0.01
        assert course(z, found, 1)[-1].log_likelihood - rise[1] < 1e-3


def test_any_labels_make_a_mixture_and_one_without_points_keeps_its_center(z: torch.Tensor) -> None:
    labels = torch.arange(len(z)) % 3
    labels[labels == 1] = 0
    mixture = mixture_of_labels(z, labels, torch.full((3, 8), 7.0, dtype=torch.float64), floor=1e-9)
    for k in (0, 2):
        np.testing.assert_allclose(mixture.mu[k], z[labels == k].mean(dim=0))
        np.testing.assert_allclose(mixture.log_var[k].exp(), z[labels == k].var(dim=0))
    np.testing.assert_allclose(mixture.mu[1], 7.0)
    assert all(torch.isfinite(part).all() for part in mixture)


def test_a_start_by_the_graph_does_not_ask_the_codes() -> None:
    """Two rings in the data; codes that keep half of the angle and little of the radius."""
    rng = np.random.default_rng(0)
    truth, angle = np.arange(300) % 2, rng.uniform(0, 2 * np.pi, 300)
    x = torch.tensor((1 + 3 * truth[:, None]) * np.stack([np.cos(angle), np.sin(angle)], 1), dtype=torch.float32)
    codes = torch.tensor(np.stack([np.cos(angle), 0.3 * truth], 1), dtype=torch.float32)
    by_codes, by_graph = (
        ended(mixture_start(choice, codes, 2, 5, generator(0), floor=1e-6, x=x))[0]
        for choice in (FROM_KMEANS, FROM_GRAPH_OF_DATA)
    )
    assert abs(float(by_codes.mu[0, 0] - by_codes.mu[1, 0])) > 1
    torch.testing.assert_close(by_graph.mu[:, 1].sort().values, torch.tensor([0.0, 0.3]), atol=0.06, rtol=0)
