"""N2D: the mixture against scipy, the layout keeps neighbors, work in another thread, the order of its parts."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.methods import n2d
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.types import EpochscopeError, Progress
from scipy.stats import multivariate_normal
from sklearn.manifold import trustworthiness

from tests.support.quick_runs import quick, snapshots

both = pytest.mark.parametrize("covariance", [n2d.FULL, n2d.DIAGONAL])


def ended(work: Any) -> Any:
    """What a generator returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.mark.slow  # UMAP is compiled
def test_the_layout_keeps_neighbors_and_is_shown_as_it_forms(digits: Points) -> None:
    run = snapshots(n2d.METHOD, digits, quick(n2d.METHOD, umap__dims=2, umap__rounds=100, pretrain__epochs=20))
    codes = [s for s in run if s.phase == "pretrain"][-1].z
    shown = [s.z for s in run if s.phase == "umap"]
    assert len(shown) == n2d.SHOWN + 1
    assert all(not np.array_equal(a, b) for a, b in pairwise(shown))
    assert trustworthiness(codes, shown[-1], n_neighbors=10) > 0.9
    clustered = [s for s in run if s.phase == "cluster"]
    assert all(s.z is shown[-1] for s in clustered)
    falls = [s.losses["negative log likelihood"] for s in clustered]
    assert all(after <= before + 1e-3 for before, after in pairwise(falls))


def test_dimensions_are_as_many_as_clusters_unless_told() -> None:
    codes = torch.randn(60, 4, generator=generator(0))
    for told, k, dims in ((0, 5, 5), (0, 1, 2), (3, 5, 3)):
        hp = n2d.UmapParams(dims=told, rounds=50)
        layouts = ended(n2d.layouts_of(codes, k, hp, generator(1)))
        assert layouts[-1].shape == (60, dims)


@both
def test_q_is_the_posterior_of_the_mixture(covariance: str) -> None:
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.normal(size=(50, 3)) @ np.diag([1, 2, 0.5]), rng.normal(size=(70, 3)) + 3]).astype(
        np.float32
    )
    hp = n2d.METHOD.params().but({"covariance": covariance, "tol": 1e-6})
    mixture = list(n2d.em_states(y, 2, hp, generator(0)))[-1]
    joint = np.stack(
        [
            weight * multivariate_normal(mean, cov if cov.ndim == 2 else np.diag(cov)).pdf(y)
            for weight, mean, cov in zip(mixture.weights_, mixture.means_, mixture.covariances_, strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(mixture.predict_proba(y), joint / joint.sum(axis=1, keepdims=True), atol=1e-5)
    spread = n2d.variances(mixture)
    assert spread.shape == (2, 3)
    np.testing.assert_allclose(spread[0], np.diag(np.atleast_2d(mixture.covariances_[0])) if covariance == n2d.FULL
                               else mixture.covariances_[0])  # fmt: skip


def test_work_in_another_thread_gives_its_result_places_to_stop_and_its_error() -> None:
    go = threading.Event()
    work = n2d.in_background(lambda: go.wait(30), "waiting")
    assert next(work) == Progress(1, 2, "waiting")
    go.set()
    assert ended(work) is True

    def fails() -> None:
        raise EpochscopeError("Too little of everything.")

    with pytest.raises(EpochscopeError, match="Too little"):
        list(n2d.in_background(fails, ""))


def test_too_few_points_are_refused() -> None:
    with pytest.raises(EpochscopeError, match="UMAP needs at least 6 points"):
        n2d.METHOD.params().check(n=5, f=2, k=2)
