"""Every source keeps its promises: shapes, seeds, scaling, and the card that describes it."""

import gzip
import socket
import struct

import numpy as np
import pytest
from epochscope import data
from epochscope.data import SOURCES, UnknownFileError, card, load
from epochscope.data.synthetic import sizes
from epochscope.types import Dataset, EpochscopeError

from tests.support.datasets import check

BUILT_IN = [key for key, source in data.BUILT_IN.items() if source.archive is None]
IMAGES = ["mnist", "fashion_mnist"]


def place_images(cache, key, *, train=150, test=50, size=28, labels=None):
    """Tiny IDX files under the published names; label i % 10, so that the first pixel can tell which picture it is."""
    folder = SOURCES[key].archive.path(cache)
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for part, m in (("train", train), ("t10k", test)):
        pictures = rng.integers(0, 256, (m, size, size), dtype=np.uint8)
        truth = np.arange(m) % 10 if labels is None else labels
        pictures[:, 0, 0] = truth[:m] if len(truth) >= m else 0
        content = bytes([0, 0, 8, 3]) + struct.pack(">3I", *pictures.shape) + pictures.tobytes()
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        content = bytes([0, 0, 8, 1, *struct.pack(">I", len(truth)), *truth.tolist()])
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(content)


@pytest.fixture
def images(tmp_path):
    """Fetch options for tiny files of both picture sets."""
    for key in IMAGES:
        place_images(tmp_path, key)
    return {"cache": tmp_path, "offline": True, "accept_unknown": True}


@pytest.mark.parametrize("key", BUILT_IN)
def test_built_in_sources_need_no_file(key, tmp_path):
    source = SOURCES[key]
    assert source.key == key
    assert source.needs_download(tmp_path) == (0, True, None)
    dataset = load(key, offline=True, cache=tmp_path)
    check(dataset, source)
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_array_equal(load(key).x, dataset.x)  # same values, same points


@pytest.mark.parametrize("key", [key for key in BUILT_IN if key != "digits"])
def test_clouds_obey_their_sliders(key):
    hp = SOURCES[key].params()
    for name, about in hp.ranges():
        for value in (about.low, about.high):
            check(load(key, {"n": 60, name: about.kind(value)}), SOURCES[key])
    dataset = load(key, {"n": 501})
    assert len(dataset) == 501
    assert dataset.pictures is None
    np.testing.assert_allclose(dataset.x.mean(axis=0), 0, atol=1e-5)
    assert np.square(dataset.x).mean() == pytest.approx(1, abs=1e-5)
    assert not np.array_equal(load(key, {"n": 501, "seed": 1}).x, dataset.x)
    if "k" in hp.flat():
        assert len(load(key, {"k": 7}).class_names) == 7


@pytest.mark.parametrize("stretch", [1.0, 9.0])
def test_stretch_is_length_over_width(stretch):
    dataset = load("anisotropic", {"k": 2, "n": 5_000, "stretch": stretch})
    for c in (0, 1):
        lengths = np.sqrt(np.linalg.eigvalsh(np.cov(dataset.x[dataset.truth == c].T)))
        assert lengths[1] / lengths[0] == pytest.approx(stretch, rel=0.1)


@pytest.mark.parametrize(
    ("n", "k", "imbalance"), [(50, 20, 100.0), (20_000, 20, 100.0), (777, 2, 3.0), (1_000, 3, 1.0)]
)
def test_sizes_fall_to_the_imbalance(n, k, imbalance):
    counts = sizes(n, k, imbalance)
    assert counts.sum() == n
    assert counts.min() >= 1
    assert (np.diff(counts) <= 1).all()  # one point more may come from rounding
    if n > 50:
        assert counts[0] / counts[-1] == pytest.approx(imbalance, rel=0.1)


def test_digits():
    dataset = load("digits")
    assert dataset.x.shape == (1_797, 64)
    assert dataset.pictures.shape == (1_797, 8, 8)
    assert (dataset.x.max(), dataset.pictures.max()) == (1, 255)
    standardized = load("digits", {"scaling": "standardize"})
    assert (standardized.scaling, standardized.likelihood) == ("standardize", "real")
    assert set(np.unique(standardized.x.std(axis=0).round(3))) == {0, 1}  # some pixels are blank in every digit


@pytest.mark.parametrize("key", IMAGES)
def test_picture_sets(key, images):
    dataset = load(key, {"n": 100}, **images)
    check(dataset, SOURCES[key])
    assert dataset.x.shape == (100, 784)
    np.testing.assert_array_equal(dataset.pictures[:, 0, 0], dataset.truth)  # each picture kept its own label
    np.testing.assert_allclose(dataset.x, dataset.pictures.reshape(100, -1) / 255, rtol=1e-6)

    more = load(key, {"n": 200}, **images)  # both parts, every picture once
    np.testing.assert_array_equal(more.pictures[:100], dataset.pictures)
    assert len(np.unique(more.pictures.reshape(200, -1), axis=0)) == 200

    dec = load(key, {"n": 100, "scaling": "times 0.02 (DEC)"}, **images)
    assert dec.likelihood == "real"
    np.testing.assert_allclose(dec.x, dataset.x * 5.1, rtol=1e-5)
    assert not np.array_equal(load(key, {"n": 100, "seed": 1}, **images).x, dataset.x)


def test_picture_sets_say_what_is_wrong(tmp_path, images, monkeypatch):
    with pytest.raises(EpochscopeError, match=r"n is 300, but the files of mnist have only 200 images"):
        load("mnist", {"n": 300}, **images)
    with pytest.raises(UnknownFileError):
        load("mnist", {"n": 100}, **images | {"accept_unknown": False})
    for name, odd in {
        "size": {"size": 27},
        "labels": {"labels": np.full(150, 10)},
        "length": {"labels": np.zeros(7, dtype=int)},
    }.items():
        place_images(tmp_path / name, "mnist", **odd)
        with pytest.raises(EpochscopeError, match="do not fit together"):
            load("mnist", {"n": 100}, **images | {"cache": tmp_path / name})
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")
    with pytest.raises(EpochscopeError, match="switched off"):
        load("mnist", cache=tmp_path / "nowhere")
    missing = SOURCES["mnist"].needs_download(tmp_path / "nowhere")
    assert (missing.bytes, missing.cached) == (11_594_722, False)
    assert SOURCES["mnist"].needs_download(tmp_path) == (0, True, None)


def test_unknown_names_and_values_are_told():
    with pytest.raises(EpochscopeError, match="no data set 'minst'; the data sets are: digits, blobs"):
        load("minst")
    with pytest.raises(EpochscopeError, match="no parameter 'noise'"):
        load("blobs", {"noise": 1})
    with pytest.raises(EpochscopeError, match="n must be"):
        load("blobs", {"n": 10})


def test_the_default_set_comes_first_and_words_are_there():
    assert next(iter(SOURCES)) == "digits"
    for source in SOURCES.values():
        assert source.about.endswith(".")
        for _, about in source.params.ranges():
            assert about.label
            assert about.help.endswith(".")


def test_card_of_a_small_set():
    x = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=np.float32)
    about = {"key": "k", "title": "t", "x": x, "scaling": "none", "likelihood": "real"}
    pictures = np.zeros((4, 2, 2), dtype=np.uint8)
    got = card(Dataset(**about, truth=np.array([0, 2, 0, 0]), class_names=("a", "b", "c"), pictures=pictures))
    assert got == (4, 2, 3, ("a", "b", "c"), (3, 0, 1), 0.0, "none", "real", 0.5, 0.75, ((0, 2, 3), (), (1,)), ())
    bare = card(Dataset(**about))
    assert bare == (4, 2, 0, (), (), None, "none", "real", 0.5, None, (), ())


def test_card_shows_ten_pictures_a_class():
    got = card(load("digits"))
    assert [len(rows) for rows in got.samples] == [10] * 10
    assert (got.n, got.d, got.classes) == (1_797, 64, 10)
    assert 0.94 < got.balance < 0.96


def test_card_names_the_features_that_correlate_most_with_each_class():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 40)
    x = rng.normal(size=(120, 12)).astype(np.float32)
    x[:, 3] += truth == 0
    x[:, 5] = 7  # never changes
    about = {"key": "k", "title": "t", "scaling": "none", "likelihood": "real", "truth": truth}
    names = tuple(f"f{i}" for i in range(12))
    got = card(Dataset(x=x, class_names=("a", "b", "c", "empty"), feature_names=names, **about)).typical
    for c in range(3):
        r = np.array([np.corrcoef(x[:, f], truth == c)[0, 1] if f != 5 else 0 for f in range(12)])
        assert got[c] == tuple(names[f] for f in np.argsort(-r)[:8] if r[f] > 0)
    assert got[0][0] == "f3"
    assert got[3] == ()
    assert card(Dataset(x=x, class_names=("a", "b", "c"), **about)).typical == ()
    assert card(load("moons")).typical == ()  # two features are drawn as they are


@pytest.mark.parametrize("key", [key for key, source in SOURCES.items() if source.archive])
def test_missing_files_are_named_without_a_socket(key, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.delenv("EPOCHSCOPE_OFFLINE", raising=False)
    source = SOURCES[key]
    needed = source.needs_download(tmp_path)
    assert not needed.cached
    assert (needed.bytes > 0) != (needed.by_hand is not None)
    for offline in {True, needed.by_hand is None}:  # what cannot be downloaded is not tried
        with pytest.raises(EpochscopeError) as caught:
            load(key, cache=tmp_path, parsed=tmp_path, offline=offline)
        assert str(source.archive.path(tmp_path)) in str(caught.value)
        assert source.archive.page in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_known_sets_come_with_the_program_or_from_files() -> None:
    assert [(source.demo, source.own) for source in (SOURCES["digits"], SOURCES["mnist"])] == [
        (True, False),
        (False, False),
    ]
    own = SOURCES["digits"]._replace(key="own-table")
    assert (own.demo, own.own) == (False, True)
