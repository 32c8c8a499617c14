"""Feature files placed by hand."""

import numpy as np
import pytest
from epochscope.data import SOURCES, load
from epochscope.types import EpochscopeError

SETS = {
    "cifar10_features": (10, "my features.npz", 40),
    "stl10_features": (10, "any.npz", 30),
    "hapt561": (6, "hapt561.npz", 561),
}


def place(cache, key, **changes):
    classes, name, f = SETS[key]
    folder = SOURCES[key].archive.path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(0).gamma(1.0, size=(150, f)).astype(np.float16)
    np.savez(folder / name, **{"X": x, "y": np.arange(150) % classes + 1} | changes)
    return x.astype(np.float32)


@pytest.mark.parametrize("key", SETS)
def test_rows_labels_and_scalings(tmp_path, key):
    x = place(tmp_path, key)
    classes = SETS[key][0]
    dataset = load(key, {"scaling": "as stored"}, cache=tmp_path, offline=True)
    rows = np.random.default_rng(0).permutation(150)
    np.testing.assert_array_equal(dataset.x, x[rows])
    np.testing.assert_array_equal(dataset.truth, np.arange(150)[rows] % classes)
    assert len(dataset.class_names) == classes
    assert dataset.likelihood == "real"
    assert dataset.feature_names == ()
    unit = load(key, {"scaling": "min-max to [0,1]", "n": 100}, cache=tmp_path)
    assert (len(unit), unit.likelihood) == (100, "unit interval")
    np.testing.assert_allclose(unit.x, ((x - x.min(0)) / (x.max(0) - x.min(0)))[rows[:100]], atol=1e-6)
    standard = load(key, {"scaling": "standardize"}, cache=tmp_path)
    np.testing.assert_allclose(standard.x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(standard.x.std(axis=0), 1, atol=1e-5)


def test_names_in_the_file_win_and_the_file_is_named(tmp_path):
    names = np.array(["A_CAT", *"bcdefghij"])
    place(tmp_path, "cifar10_features", names=names, feature_names=np.array([f"f{i}" for i in range(40)]))
    dataset = load("cifar10_features", cache=tmp_path)
    assert dataset.class_names[:2] == ("a cat", "b")
    assert dataset.feature_names[39] == "f39"
    assert dataset.origin.startswith("my features.npz: ")
    place(tmp_path, "hapt561")
    assert "these files contain 150 points, 10,411 were published" in load("hapt561", cache=tmp_path).origin


@pytest.mark.parametrize("key", SETS)
def test_what_is_wrong_is_named(tmp_path, key):
    classes = SETS[key][0]
    for words, changes in {
        "has X of shape": {"y": np.zeros(149)},
        f"the label {classes + 1} in row 1": {"y": np.full(150, classes + 1)},
        "contains object": {"y": np.array([{}] * 150)},
    }.items():
        place(tmp_path, key, **changes)
        with pytest.raises(EpochscopeError, match=words):
            load(key, cache=tmp_path)


def test_hapt_needs_its_561_features(tmp_path):
    place(tmp_path, "hapt561", X=np.zeros((150, 560)))
    with pytest.raises(EpochscopeError, match="n x 561 numbers X"):
        load("hapt561", cache=tmp_path)
