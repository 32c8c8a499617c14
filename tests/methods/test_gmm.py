"""The two methods that are EM: on the data, and on codes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from epochscope.methods import METHODS
from epochscope.types import Snapshot
from sklearn.mixture import GaussianMixture

from tests.support.quick_runs import Points, quick, snapshots

both = pytest.mark.parametrize("key", ["gmm", "ae_gmm"])


def clustering(points: Points, key: str, **more: float) -> list[Snapshot]:
    return [s for s in snapshots(METHODS[key], points, quick(METHODS[key], **more)) if s.phase == "cluster"]


def library(s: Snapshot) -> GaussianMixture:
    gmm = GaussianMixture(len(s.centers), covariance_type="diag")
    gmm.weights_, gmm.means_, gmm.covariances_ = s.extra["mixing"], s.centers, s.extra["spread"] ** 2
    gmm.precisions_cholesky_ = 1 / s.extra["spread"]
    return gmm


@both
def test_the_likelihood_rises_and_is_that_of_the_mixture_shown(digits: Points, key: str) -> None:
    run = clustering(digits, key, floor=1e-2)
    nll = [s.losses["negative log likelihood"] for s in run]
    assert len(run) > 2
    assert all(after <= before + 1e-4 for before, after in pairwise(nll))
    for s in run:
        assert s.losses["negative log likelihood"] == pytest.approx(-library(s).score(s.z), rel=1e-4, abs=1e-3)
        np.testing.assert_allclose(s.q, library(s).predict_proba(s.z), atol=1e-3)
        assert s.extra["mixing"].sum() == pytest.approx(1, abs=1e-5)


@both
def test_no_cluster_is_narrower_than_the_floor(digits: Points, key: str) -> None:
    for s in clustering(digits, key, floor=0.2):
        assert s.extra["spread"].min() ** 2 >= 0.2 * s.z.var(axis=0).mean() * 0.999


@both
def test_it_begins_with_the_clusters_of_k_means(digits: Points, key: str) -> None:
    start = clustering(digits, key)[0]
    kmeans = [s for s in snapshots(METHODS[f"{key[:-3]}kmeans"], digits, quick(METHODS[f"{key[:-3]}kmeans"]))][-1]
    np.testing.assert_array_equal(start.z, kmeans.z)
    gap = np.abs(start.centers[:, None] - kmeans.centers[None]).max(axis=2).min(axis=1)
    np.testing.assert_allclose(gap, 0, atol=1e-3)


@both
def test_the_limit_of_iterations_holds_and_codes_are_stored_once(digits: Points, key: str) -> None:
    run = clustering(digits, key, epochs=2, tol=0.0)
    assert len(run) == 3
    assert all(s.z is run[0].z for s in run)
