"""The format of SVMlight, against scikit-learn's reader, and the line of every mistake."""

import bz2

import numpy as np
import pytest
from epochscope.data.libsvm import read_libsvm
from epochscope.types import EpochscopeError
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

LIMITS = {"columns": 5, "most_lines": 10, "most_bytes": 10_000}


def test_the_same_as_scikit_learn(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9, 5)) * (rng.random((9, 5)) < 0.5)
    dump_svmlight_file(x, np.arange(9), str(tmp_path / "file"), zero_based=False)
    wanted, heads = load_svmlight_file(str(tmp_path / "file"), n_features=5)
    for pack in (bytes, bz2.compress):
        path = tmp_path / "packed"
        path.write_bytes(pack((tmp_path / "file").read_bytes()))
        got = read_libsvm(path, **LIMITS)
        np.testing.assert_array_equal(got.heads, heads)
        np.testing.assert_allclose(got.values.toarray(), wanted.toarray(), rtol=1e-6)


def test_blanks_and_empty_rows_as_in_the_files_of_rcv1(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"2286  1:0.5 5:1e-3 \n26150 \n-3 2:1\n")
    got = read_libsvm(path, **LIMITS)
    assert got.heads.tolist() == [2286, 26150, -3]
    np.testing.assert_allclose(got.values.toarray()[:, [0, 1, 4]], [[0.5, 0, 0.001], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    "line",
    [
        b"x 1:1",
        b"1.5 1:1",
        b"1 1:one",
        b"1 1",
        b"1 1:2:3:4",
        b"1 1 2",
        b"1 0:1",
        b"1 6:1",
        b"1 2:1 1:1",
        b"1 2:1 2:1",
        b"1 1.5:1",
        b"1 1:nan",
        b"1 1:inf",
        b"99999999999999999999999 1:1",
        b"\xff\xfe 1:1",
        b"",
    ],
)
def test_the_line_of_a_mistake_is_named(tmp_path, line):
    path = tmp_path / "file"
    path.write_bytes(b"1 1:1\n" + line + b"\n1 1:1\n")
    with pytest.raises(EpochscopeError, match=r"file, line 2, is not a whole number and increasing column:value pairs"):
        read_libsvm(path, **LIMITS)


def test_limits(tmp_path):
    path = tmp_path / "file"
    for content, words in {
        b"": "is empty",
        b"1 1:1\n" * 11: "has more than 10 lines",
        b"1 1:1" + b" " * 300: "line 1, is longer than any line",
        b"1 1:1\n" + b"\n" * 20_000: "line 2, is not",
    }.items():
        path.write_bytes(content)
        with pytest.raises(EpochscopeError, match=words):
            read_libsvm(path, **LIMITS)
