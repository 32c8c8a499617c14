"""Frames repeat themselves, continue the frame before, and refuse what cannot be drawn."""

from __future__ import annotations

import sys
from subprocess import run

import numpy as np
import pytest
from epochscope.projections import PROJECTIONS
from epochscope.projections.base import settled
from epochscope.types import EpochscopeError
from sklearn.decomposition import PCA as PeerPCA
from sklearn.manifold import trustworthiness

pytestmark = pytest.mark.xdist_group("projections")  # UMAP is compiled when first used: in one process is enough
QUICK = {"tsne": {"perplexity": 10.0, "first": 100}, "umap": {"first": 100}, "learned": {"steps": 80, "width": 32}}


def blobs(m: int = 240, d: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (4 * rng.normal(size=(6, d))[rng.integers(0, 6, m)] + rng.normal(size=(m, d))).astype(np.float32)


def jitter(before: np.ndarray, after: np.ndarray) -> float:
    """Mean move of a point, in units of the spread of the frame."""
    return float(np.linalg.norm(after - before, axis=1).mean() / before.std())


def params(key: str):
    return PROJECTIONS[key].params().but(QUICK.get(key, {}))


@pytest.mark.parametrize("key", PROJECTIONS)
def test_contract(key):
    z = blobs(d=2 if key == "raw" else 6)
    z.flags.writeable = False
    project, hp = PROJECTIONS[key].project, params(key)
    first = project(z, hp, None, 0)
    assert first.xy.shape == (len(z), 2)
    assert first.xy.dtype == np.float32
    assert np.isfinite(first.xy).all()
    assert np.array_equal(first.xy, project(z, hp, None, 0).xy)

    kept = first.xy.copy()
    rng = np.random.default_rng(1)
    nudged = z + (0.05 * rng.normal(size=z.shape)).astype(np.float32)
    warm = project(nudged, hp, first.xy, 0)
    assert np.array_equal(warm.xy, project(nudged, hp, first.xy, 0).xy)
    assert np.array_equal(first.xy, kept)  # the frame before is not worked upon
    assert jitter(first.xy, warm.xy) < 0.2
    assert trustworthiness(nudged, warm.xy, n_neighbors=10) > 0.85


@pytest.mark.parametrize("key", ["tsne", "umap"])
def test_a_warm_frame_is_calmer_than_a_cold_one(key):
    project, hp = PROJECTIONS[key].project, params(key)
    z = blobs()
    first = project(z, hp, None, 0).xy
    nudged = z + (0.05 * np.random.default_rng(1).normal(size=z.shape)).astype(np.float32)
    cold = settled(project(nudged, hp, None, 1).xy, first).xy
    assert jitter(first, project(nudged, hp, first, 1).xy) < 0.6 * jitter(first, cold)


@pytest.mark.parametrize("key", ["tsne", "umap"])
def test_frames_follow_codes_that_change(key):
    """Codes wander from one set to another in ten frames: the last frame must show the new neighbors."""
    project, hp = PROJECTIONS[key].project, params(key)
    old, new = blobs(seed=0), blobs(seed=1)
    xy = project(old, hp, None, 0).xy
    for share in np.linspace(0.1, 1, 10):
        xy = project(((1 - share) * old + share * new).astype(np.float32), hp, xy, 0).xy
    assert trustworthiness(new, xy, n_neighbors=10) > trustworthiness(old, xy, n_neighbors=10) + 0.1


@pytest.mark.parametrize("key", ["pca", "tsne", "umap"])
@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e15])
def test_codes_of_any_size_give_finite_frames(key, scale):
    project, hp = PROJECTIONS[key].project, params(key)
    z = (scale * blobs(m=60)).astype(np.float32)
    first = project(z, hp, None, 0).xy
    assert np.isfinite(first).all()
    assert np.isfinite(project(z, hp, first, 0).xy).all()


@pytest.mark.parametrize("shape", [(300, 5), (20, 50), (50, 1), (1, 3)])
def test_pca_equals_sklearn_up_to_sign(shape):
    z = np.random.default_rng(0).normal(size=shape) * np.linspace(3, 1, shape[1])
    frame = PROJECTIONS["pca"].project(z, params("pca"), None, 0, z[:4])
    np.testing.assert_allclose(frame.centers, frame.xy[:4], atol=1e-5)
    peer = PeerPCA(min(2, *shape), svd_solver="full").fit_transform(z) if len(z) > 1 else np.zeros((1, 2))
    both = np.zeros_like(frame.xy)
    both[:, : peer.shape[1]] = peer
    np.testing.assert_allclose(np.abs(frame.xy), np.abs(both), atol=1e-4)


def test_pca_turns_centers_with_the_points():
    z = blobs()
    project, hp = PROJECTIONS["pca"].project, params("pca")
    first = project(z, hp, None, 0, z[:5])
    spun = (first.xy @ np.array([[0, 1], [-1, 0]])).astype(np.float32)
    frame = project(z, hp, spun, 0, z[:5])
    np.testing.assert_allclose(frame.xy, spun, atol=1e-4)
    np.testing.assert_allclose(frame.centers, frame.xy[:5], atol=1e-4)


def test_raw_draws_two_dimensions_and_refuses_others():
    project, hp = PROJECTIONS["raw"].project, params("raw")
    z = blobs(d=2)
    frame = project(z, hp, -z, 0, z[:3])
    assert np.array_equal(frame.xy, z)
    assert np.array_equal(frame.centers, z[:3])
    with pytest.raises(EpochscopeError, match="these have 6"):
        project(blobs(d=6), hp, None, 0)


def test_perplexity_that_does_not_fit_is_refused_in_one_sentence():
    hp = PROJECTIONS["tsne"].params(perplexity=700.0)
    said = "Perplexity 700 needs at least 2,101 points, but 1,797 are drawn; choose at most 598."
    with pytest.raises(EpochscopeError) as refused:
        hp.check(n=1797, f=10, k=10)
    assert str(refused.value) == said
    hp.but({"perplexity": 598.0}).check(n=1797, f=10, k=10)
    with pytest.raises(EpochscopeError, match="at least 7 points"):
        hp.check(n=5, f=10, k=10)
    with pytest.raises(EpochscopeError, match="2,000 are drawn"):
        hp.check(n=70_000, f=10, k=10)


def test_neighbors_that_do_not_fit_are_refused():
    with pytest.raises(EpochscopeError, match="only 40 are drawn"):
        PROJECTIONS["umap"].project(blobs(m=40), PROJECTIONS["umap"].params(n_neighbors=50), None, 0)


@pytest.mark.parametrize("key", PROJECTIONS)
def test_codes_that_are_not_finite_are_refused(key):
    z = blobs(d=2)
    z[3], z[5, 1] = np.nan, np.inf
    with pytest.raises(EpochscopeError, match="2 of 240 points"):
        PROJECTIONS[key].project(z, params(key), None, 0)


def test_nothing_slow_is_imported_before_it_is_needed():
    slow = ("umap", "openTSNE", "sklearn", "numba")
    code = f"import sys, epochscope.projections; print([name for name in {slow} if name in sys.modules])"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize("key", ["pca", "tsne", "umap"])
@pytest.mark.parametrize("noise", [0.0, 1e-4], ids=["constant", "nearly constant"])
def test_collapsed_codes_are_one_point_and_no_cloud(key, noise):
    z = (np.full((240, 6), 5.3) * (1 + noise * np.random.default_rng(0).normal(size=(240, 6)))).astype(np.float32)
    project, hp = PROJECTIONS[key].project, params(key)
    before = project(blobs(), hp, None, 0).xy
    for previous in (None, before):
        xy = project(z, hp, previous, 0).xy
        assert np.isfinite(xy).all()
        assert np.ptp(xy, axis=0).max() == 0
    assert np.abs(xy[0] - before.mean(axis=0)).max() <= np.ptp(before, axis=0).max()


@pytest.mark.parametrize("key", ["pca", "tsne", "umap"])
@pytest.mark.parametrize("distinct", [2, 3, 40])
def test_equal_codes_have_one_place(key, distinct):
    place = np.random.default_rng(1).permutation(np.arange(240) % distinct)
    z = blobs(m=distinct)[place]
    xy = PROJECTIONS[key].project(z, params(key), None, 0).xy
    for one in range(distinct):
        assert np.ptp(xy[place == one], axis=0).max() == 0
    assert len(np.unique(xy, axis=0)) == distinct


def test_codes_with_a_large_constant_coordinate_are_not_one_point():
    z = np.column_stack([np.full(240, 9000.0), blobs()]).astype(np.float32)
    assert np.ptp(PROJECTIONS["pca"].project(z, params("pca"), None, 0).xy, axis=0).min() > 1
