"""Reuters-10k from small files in the formats of RCV1 and of VaDE."""

import gzip

import numpy as np
import pytest
import scipy.io
from epochscope.data import load
from epochscope.data.rcv1 import roots
from epochscope.types import EpochscopeError
from scipy.sparse import csr_matrix

ROOTS = ("CCAT", "ECAT", "GCAT", "MCAT")
IDS = range(2_286, 2_286 + 160)


def place(cache, *, vectors=b"", topics=b"", harm=bytes):
    """Text i has root i % 4 and the stem 10 + i % 4; every 20th has two roots, every 25th none."""
    folder = cache / "reuters10k"
    folder.mkdir(exist_ok=True)
    rows, lines = [], []
    for i, text in enumerate(IDS):
        rows.append(f"{text}  1:0.2 {10 + i % 4}:0.9 {100 + i}:0.1")
        lines += [f"C15 {text} 1", *(f"{ROOTS[(i + j) % 4]} {text} 1" for j in range(1 + (i % 20 == 0)) if i % 25)]
    lines.append("CCAT 999999 1")  # a text of the test part
    (folder / "lyrl2004_vectors_train.dat.gz").write_bytes(harm(gzip.compress("\n".join(rows).encode() + vectors)))
    (folder / "rcv1v2.topics.qrels.gz").write_bytes(gzip.compress("\n".join(lines).encode() + topics))
    return {"cache": cache, "offline": True, "accept_unknown": True, "parsed": cache / "parsed"}


def single():
    return [i for i in range(160) if i % 20 and i % 25]


def test_texts_with_exactly_one_root(tmp_path):
    dataset = load("reuters10k", **place(tmp_path))
    assert len(dataset) == len(single()) == 147
    assert dataset.class_names == ("corporate", "economics", "government", "markets")
    assert sorted(dataset.truth) == sorted(i % 4 for i in single())
    assert dataset.feature_names == ()
    np.testing.assert_allclose(np.square(dataset.x).sum(axis=1), 2_000, rtol=1e-5)
    assert dataset.likelihood == "real"
    assert "these files contain 160 points, 23,149 were published" in dataset.origin
    assert "147 of 160 texts have exactly one root" in dataset.origin


def test_the_most_frequent_stems_are_kept_and_named_if_the_list_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("epochscope.data.rcv1.TERMS", 5)
    fetch = place(tmp_path)
    listed = "".join(f"stem{i} {i} 1.5\n" for i in range(1, 13))
    (tmp_path / "reuters10k" / "stem.termid.idf.map.txt").write_text(listed)
    dataset = load("reuters10k", {"n": 100}, **fetch)
    assert dataset.feature_names == ("stem1", "stem10", "stem11", "stem12", "stem 13")
    assert dataset.x.shape == (100, 5)
    np.testing.assert_array_equal(dataset.x[:, 1:].argmax(axis=1), dataset.truth)
    np.testing.assert_allclose(dataset.x[:, 0] / dataset.x[:, 1:].max(axis=1), 0.2 / 0.9, rtol=1e-5)


def test_roots_are_counted_per_text(tmp_path):
    path = tmp_path / "qrels"
    path.write_bytes(b"CCAT 1 1\nC11 1 1\nMCAT 2 1\nECAT 2 1\nE11 3 1\nGCAT 4 1\nGCAT 9 1\n")
    assert (roots(path, np.array([4, 3, 2, 1])) < 4).tolist() == [True, False, False, True]
    assert roots(path, np.array([4, 1])).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (r"vectors_train\.dat\.gz, line 161, is not a whole number", {"vectors": b"\n5 0:1"}),
        ("line 161, is not a whole number .* of columns 1 to 47236", {"vectors": b"\n5 47237:1"}),
        ("has a text twice", {"vectors": b"\n2286 1:1"}),
        ("or negative weights", {"vectors": b"\n5 1:-1"}),
        (r"qrels\.gz, line \d+, is not a topic, the number of a text, and 1", {"topics": b"\nCCAT 5"}),
        ("is not a topic", {"topics": b"\nCCAT five 1"}),
        ("is longer than any line", {"topics": b"\nCCAT " + b"5" * 5_000 + b" 1"}),
        ("truncated or damaged", {"harm": lambda b: b[:-10]}),
        ("line 1, is not a whole", {"harm": lambda b: b"\0rubbish"}),
        ("with exactly one root", {"harm": lambda b: gzip.compress(b"7 1:1")}),
        ("is empty", {"harm": lambda b: gzip.compress(b"")}),
    ],
)
def test_what_is_wrong_is_named(tmp_path, words, about):
    with pytest.raises(EpochscopeError, match=words):
        load("reuters10k", **place(tmp_path, **about))


X = np.random.default_rng(0).random((120, 2_000)) * 5
Y = np.arange(120) % 4


def mat(cache, *, compressed=True, **arrays):
    path = cache / "reuters10k" / "reuters10k.mat"
    path.parent.mkdir(exist_ok=True)
    scipy.io.savemat(path, {"X": X, "Y": Y[None, :]} | arrays, do_compression=compressed)
    return path


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("change", [{}, {"Y": Y[:, None] + 1}, {"X": csr_matrix(X), "other": "words"}])
def test_the_file_of_vade(tmp_path, compressed, change):
    mat(tmp_path, compressed=compressed, **change)
    dataset = load("reuters10k_mat", cache=tmp_path, offline=True)
    rows = np.random.default_rng(0).permutation(120)
    np.testing.assert_allclose(dataset.x, X[rows], rtol=1e-6)
    np.testing.assert_array_equal(dataset.truth, Y[rows])
    assert "these files contain 120 points, 10,000 were published" in dataset.origin


@pytest.mark.parametrize(
    ("words", "arrays"),
    [
        ("X and Y of other sizes or types", {"X": X[:, :1_999]}),
        ("of other sizes", {"Y": Y[None, :60]}),
        ("of other sizes", {"X": np.array([["a" * 2_000]])}),
        ("of other sizes", {"X": np.full((1, 2_000), "cell", object)}),
        ("the label 9 in row 1", {"Y": np.full((1, 120), 9)}),
        ("not finite in row 1, column 1", {"X": X * np.nan}),
        ("of other sizes", {"X": {"a": 1}, "Y": {"b": 2}}),
    ],
)
def test_other_content_is_named(tmp_path, words, arrays):
    mat(tmp_path, **arrays)
    with pytest.raises(EpochscopeError, match=words):
        load("reuters10k_mat", cache=tmp_path)


def test_damaged_and_huge_files(tmp_path, monkeypatch):
    path = mat(tmp_path)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    flips = [int(i) for i in rng.integers(0, 400, 40)]
    words = []
    for content in (
        b"",
        b"rubbish" * 100,
        good[:1_000],
        good[:-9],
        *(good[:i] + b"\xff" + good[i + 1 :] for i in flips),
    ):
        path.write_bytes(content)
        try:
            assert load("reuters10k_mat", cache=tmp_path).x.shape == (120, 2_000)
        except EpochscopeError as error:
            words.append(str(error))
    assert len(words) > 4
    assert all("reuters10k.mat" in sentence for sentence in words)
    mat(tmp_path, X=np.zeros((700, 2_000)))  # 11 MB in 11 kB
    monkeypatch.setattr("epochscope.data.rcv1.MOST_BYTES", 10_000_000)
    with pytest.raises(EpochscopeError, match="it has more than 10 MB"):
        load("reuters10k_mat", cache=tmp_path)
