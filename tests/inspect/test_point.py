"""One point: its q against SciPy's Student-t density, its neighbors against scikit-learn, its stays by hand."""

import numpy as np
import pytest
from epochscope.inspect import point
from scipy.stats import multivariate_t
from sklearn.neighbors import NearestNeighbors


@pytest.mark.parametrize("nu", [1.0, 0.5, 7.0])
def test_the_assignment_is_the_papers_student_t(nu):
    rng = np.random.default_rng(0)
    z, centers = rng.normal(size=4).astype(np.float16), rng.normal(size=(3, 4)).astype(np.float32)
    found = point.assignment(z, centers, nu=nu, stored=None)
    assert np.allclose(found.distances, [sum((float(a) - float(b)) ** 2 for a, b in zip(z, mu)) for mu in centers])  # noqa: B905
    # in one dimension the kernel is Student's t density up to its constant
    density = [multivariate_t(df=nu).pdf(np.sqrt(d)) for d in found.distances]
    assert np.allclose(found.q, np.array(density) / sum(density))
    assert np.allclose(found.kernel / found.kernel.sum(), found.q)
    assert point.assignment(z, centers, nu=nu, stored=found.q.astype(np.float16)).agrees
    assert not point.assignment(z, centers, nu=nu, stored=np.full(3, 1 / 3)).agrees
    assert point.assignment(z, centers, nu=None, stored=None).q is None


def test_the_formula_holds_the_numbers():
    found = point.assignment(np.array([0.0]), np.array([[1.0], [2.0]]), nu=1.0, stored=None)
    text = point.formula(found, 12, 0)
    assert "q_{12,0}" in text
    assert "(1 + 1/1)" in text
    assert r"\frac{0.5}{0.7} = 0.7143" in text
    far = point.assignment(np.array([0.0]), np.array([[1.0], [1e5]]), nu=1.0, stored=None)
    assert r"1 \cdot 10^{-10}" in point.formula(far, 0, 1)
    assert text.count("{") == text.count("}")


def test_a_moved_parameter_holds_from_the_next_epoch_on():
    param_changes = [{"epoch": 4, "name": "nu", "new": 3.0}, {"epoch": 6, "name": "gamma", "new": 9.0}]
    assert [point.value_at({"nu": 1.0}, param_changes, "nu", epoch) for epoch in (0, 4, 5, 9)] == [1.0, 1.0, 3.0, 3.0]
    assert point.value_at({}, [], "nu", 3) is None


def test_neighbors_are_those_of_scikit_learn():
    rows = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float16)
    found = point.nearest(rows, 7, 6)
    far, near = NearestNeighbors(n_neighbors=7).fit(rows.astype(float)).kneighbors(rows[7:8].astype(float))
    assert found.places == near[0, 1:].tolist()
    assert found.distances == pytest.approx(far[0, 1:], rel=1e-5)
    same = np.zeros((4, 2))
    assert point.nearest(same, 2, 9) == point.Neighbors([0, 1, 3], [0, 0, 0])
    assert point.nearest(same[:1], 0, 3) == point.Neighbors([], [])
    assert point.nearest(np.array([[0.0], [np.nan], [5.0]]), 0, 2).places == [2]


def test_stays():
    assert point.stays([None, None, 2, 2, 5, 2]) == [(2, 2, 3), (5, 4, 4), (2, 5, 5)]
    assert point.stays([None]) == []


def test_a_reconstruction_is_found_by_its_original():
    rng = np.random.default_rng(2)
    x = rng.uniform(size=(5, 8))
    kept = np.stack([x[:3], x[:3] * 0.5]).astype(np.float16)
    assert np.allclose(point.restored(x[1], kept), x[1] * 0.5, atol=1e-2)
    assert point.restored(x[4], kept) is None
    assert point.restored(x[4], None) is None
    assert point.restored(x[4, :3], kept) is None


def test_features_apart_from_the_mean_come_first():
    x = np.random.default_rng(3).normal(size=(200, 4))
    x[:, 2] = 7.0  # never varies
    x[5, 1] = 40.0
    found = point.features(x, 5, ("a", "b", "c", "d"), most=3)
    assert found[0].name == "b"
    assert found[0].value == 40
    assert "c" not in [feature.name for feature in found]
    assert point.features(x, 5, ())[0].name == "feature 1"
