"""npz files without pickle: round trip, and no memory for what a header only promises."""

import contextlib
import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from epochscope.data.npz import finite, labels_from_zero, read_npz, read_table
from epochscope.types import EpochscopeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

X, Y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 2, 1])


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def npy(header, values=b"", version=1):
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + values


def packed(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in members.items():
            file.writestr(f"{name}.npy", value)
    return path


@pytest.mark.parametrize(
    "array",
    [
        X,
        X.astype(np.float16),
        np.asfortranarray(X),
        Y.astype(">i4"),
        np.array(["ä", "bc"]),
        np.array([b"x"]),
        np.array(True),
        np.zeros((0, 3)),
    ],
    ids=lambda array: str(array.dtype),
)
def test_round_trip_is_that_of_numpy(tmp_path, array):
    path = npz(tmp_path / "a.npz", a=array, b=Y)
    got = read_npz(path)
    assert list(got) == ["a", "b"]
    np.testing.assert_array_equal(got["a"], np.load(path)["a"])
    assert got["a"].dtype == array.dtype


SHAPE = b"{'descr': '<f4', 'fortran_order': False, 'shape': %s}\n"
BAD = {
    "no numpy array": b"rubbish",
    "its header cannot be read": npy(b"{'descr': '<f4', 'shape': (3,)}\n", bytes(12)),
    "header announces 4 of float32": npy(SHAPE % b"(4,)", bytes(12)),
    "announces 1000000000 x 1000000000 of float32": npy(SHAPE % b"(1000000000, 1000000000)", bytes(12)),
    "announces -3 x -1 of float32": npy(SHAPE % b"(-3, -1)", bytes(12)),
    "contains object instead of numbers": npy(SHAPE.replace(b"<f4", b"|O") % b"(1,)", bytes(8)),
    "contains complex64 instead": npy(SHAPE.replace(b"<f4", b"<c8") % b"(1,)", bytes(8)),
    "contains <U0 instead": npy(SHAPE.replace(b"<f4", b"<U0") % b"(10,)"),
    "header cannot": npy(b"(" * 5_000 + b")" * 5_000),
    "cannot be read; save": npy(SHAPE % b"(3,)", bytes(12), version=7),
}


@pytest.mark.parametrize(("words", "content"), BAD.items(), ids=BAD)
def test_damage_is_named(tmp_path, words, content):
    path = packed(tmp_path / "a.npz", good=npy(SHAPE % b"(3,)", bytes(12)), bad=content)
    with pytest.raises(EpochscopeError, match=words) as caught:
        read_npz(path)
    assert f"bad in {path}" in str(caught.value)


def test_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = tmp_path / "a.npz"
    np.savez(path, X=np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(EpochscopeError, match=r"X in .* contains object instead of numbers or text"):
        read_npz(path)


def test_no_zip_file_and_too_much(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"rubbish")
    with pytest.raises(EpochscopeError, match=r"a\.npz is truncated or damaged"):
        read_npz(path)
    npz(path, a=np.zeros(1_000_000), b=np.zeros(1_000_000))  # 16 MB in 16 kB
    tracemalloc.start()
    with pytest.raises(EpochscopeError, match=r"a\.npz is not this data set: it has more than 10 MB"):
        read_npz(path, most_bytes=10_000_000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
def test_any_bytes_give_arrays_or_a_clear_error(tmp_path, place, value, cut):
    content = io.BytesIO()
    np.savez(content, X=X, names=np.array(["a", "b"]))
    content = bytearray(content.getvalue())
    content[place % len(content)] = value
    path = tmp_path / "a.npz"
    path.write_bytes(content[: cut if cut % 3 == 0 else None])
    with contextlib.suppress(EpochscopeError):
        assert all(array.nbytes < 1_000 for array in read_npz(path).values())


def test_a_table_has_points_and_labels(tmp_path):
    about = {"feature_names": np.array(["a", "b", "c"]), "names": np.array(["u", "v", "w"])}
    table = read_table(npz(tmp_path / "a.npz", X=X.astype(np.float16), y=Y.astype(np.uint8), **about), classes=3)
    assert (table.x.dtype, table.truth.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(table.x, X)
    np.testing.assert_array_equal(table.truth, Y)
    assert (table.class_names, table.feature_names) == (("u", "v", "w"), ("a", "b", "c"))
    bare = read_table(npz(tmp_path / "b.npz", X=X, y=Y + 1.0, feature_names=np.array(["a"])), classes=3, features=3)
    np.testing.assert_array_equal(bare.truth, Y)
    assert (bare.class_names, bare.feature_names) == ((), ())


@pytest.mark.parametrize(
    ("words", "arrays"),
    {
        "has no array y, only: X": {"X": X},
        "has no array X, only: nothing": {},
        r"y of shape \(3,\)": {"X": X, "y": Y[:3]},
        r"X of shape \(12,\)": {"X": X.ravel(), "y": Y},
        r"X of shape \(0, 3\)": {"X": X[:0], "y": Y[:0]},
        "n x 3 numbers X": {"X": X[:, :2], "y": Y},
        "X of <U1": {"X": X.astype("U1"), "y": Y},
        "not finite in row 2, column 3": {"X": np.where(X == 5, np.nan, X), "y": Y},
        "in row 4, column 1": {"X": np.where(X == 9, 1e300, X.astype(float)), "y": Y},
        "the label 7 in row 3": {"X": X, "y": np.where(Y == 2, 7, Y)},
        "the label 3 in row 3": {"X": X, "y": np.where(Y == 2, 3, Y)},
        "the label -1 in row 1": {"X": X, "y": np.where(Y == 0, -1, Y)},
        "the label 0.5 in row 1": {"X": X, "y": np.where(Y == 0, 0.5, Y)},
        "the label nan in row 1": {"X": X, "y": np.where(Y == 0, np.nan, Y)},
    }.items(),
)
def test_tables_that_do_not_fit_are_named(tmp_path, words, arrays):
    with pytest.raises(EpochscopeError, match=words):
        read_table(npz(tmp_path / "a.npz", **arrays), classes=3, features=3)


def test_labels_from_one_are_seen_by_the_last_class():
    np.testing.assert_array_equal(labels_from_zero(np.array([3, 1]), 3, "f"), [2, 0])
    np.testing.assert_array_equal(labels_from_zero(np.array([2, 1]), 3, "f"), [2, 1])
    assert finite(np.ones((1, 1), np.uint8), "f").dtype == np.float32
