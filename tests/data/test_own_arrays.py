"""Arrays as people store them: which one is the points, which the labels, which parts there are, sparse or dense."""

import contextlib
import pickle
import struct
import zlib

import h5py
import numpy as np
import pytest
from epochscope.data.own.choose import ALL, VARIABLE, Choice, chosen
from epochscope.data.own.raw import guess
from epochscope.data.own.read import read
from epochscope.data.own.sources import choice_for
from epochscope.types import EpochscopeError
from scipy.io import savemat
from scipy.sparse import csc_matrix, csr_matrix, save_npz

from tests.data.own_files import hdf5, matlab73, packed, sparse_group, tenx

RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(12, 5)), 2)
Y = np.arange(12) % 3 + 1
COUNTS = csr_matrix(RNG.poisson(0.6, size=(12, 7)).astype(float))


def points(content: bytes, options=None, **said):
    """The whole way from bytes to points with what is guessed."""
    raw = read(content, "a file", options)
    return chosen(raw, choice_for(raw, **said), "a file")


def mat(**variables) -> bytes:
    return packed(savemat, variables, do_compression=True)


def asked(raw) -> dict[str, str]:
    return {question.key: question.chosen for question in raw.questions}


PICTURES = RNG.integers(0, 255, size=(12, 6, 5)).astype(np.uint8)
STACKS = {
    "labels count the last axis": mat(faces=PICTURES.transpose(1, 2, 0), gnd=Y[None]),
    "another vector counts it": mat(faces=PICTURES.transpose(1, 2, 0), person=Y[None]),
    "as SVHN": mat(X=np.repeat(PICTURES[..., None], 3, axis=3).transpose(1, 2, 3, 0), y=Y[:, None]),
    "no label, square": mat(faces=PICTURES[:, :5].transpose(1, 2, 0)),
    "no label, upright": mat(faces=RNG.random((6, 5, 30))),
}


@pytest.mark.parametrize("name", STACKS)
def test_pictures_that_are_stacked_along_the_last_axis_are_turned(name):
    raw = read(STACKS[name], "a file")
    assert asked(raw)["turn"] == "columns (turned)"
    data = chosen(raw, choice_for(raw), "a file")
    if "no label" in name:
        assert len(data.x) == (12 if "square" in name else 30)
        return
    assert data.truth.tolist() == (Y - 1).tolist()
    np.testing.assert_array_equal(data.x.reshape(12, 6, 5, -1)[..., 0], PICTURES)


@pytest.mark.parametrize("shape", [(12, 3, 8, 8), (12, 8, 8), (12, 8, 6, 3), (60, 20, 100), (9, 40, 30)])
def test_pictures_and_series_that_are_stored_one_after_the_other_stay_so(shape):
    assert read(packed(np.save, RNG.random(shape)), "a file").rows == shape[0]


def test_parts_of_matlab_s_rows_are_joined():
    parts = {"Xtrain": X[:8], "ytrain": Y[None, :8], "Xtest": X[8:], "ytest": Y[None, 8:]}
    data = points(mat(**parts))
    np.testing.assert_allclose(data.x, X, rtol=1e-6)
    assert data.truth.tolist() == (Y - 1).tolist()


MATLAB = {
    "v5 X, Y": mat(X=X, Y=Y[:, None]),
    "v5 fea, gnd": mat(fea=X, gnd=Y[None]),
    "v5 data, labels": mat(data=X, labels=Y[:, None].astype(np.uint8)),
    "v5 sparse": mat(fea=csc_matrix(X), gnd=Y[:, None]),
    "v5 features first": mat(X=X.T, gt=Y[:, None]),
    "v5 in a struct": mat(set={"X": X, "Y": Y[:, None]}),
    "v5 uncompressed": packed(savemat, {"X": X, "Y": Y}),
    "v7.3 X, Y": matlab73({"X": X, "Y": Y[:, None]}),
    "v7.3 fea, gnd": matlab73({"fea": X, "gnd": Y[None]}),
    "v7.3 sparse": matlab73({"X": csc_matrix(X), "labels": Y[:, None]}),
    "v7.3 features first": matlab73({"X": X.T, "y": Y[:, None]}),
    "npz": packed(np.savez, X=X, Y=Y[:, None]),
    "npz one-hot": packed(np.savez, X=X, Y=np.eye(3)[Y - 1]),
    "npz, another name": packed(np.savez, fts=X, cls=Y[:, None]),
    "h5": hdf5(lambda file: (file.create_dataset("X", data=X), file.create_dataset("Y", data=Y[:, None]))),
}


def sparse_group_plain(file) -> None:
    made = csr_matrix(X)
    for name, part in (("data", made.data), ("indices", made.indices), ("indptr", made.indptr), ("shape", made.shape)):
        file[f"X/{name}"] = part


MATLAB["h5 sparse"] = hdf5(lambda file: (sparse_group_plain(file), file.create_dataset("Y", data=Y[:, None])))


@pytest.mark.parametrize("kind", MATLAB)
def test_points_and_labels_by_their_names(kind):
    raw = read(MATLAB[kind], kind)
    choice = choice_for(raw)
    found = chosen(raw, choice, kind)
    np.testing.assert_allclose(found.x, X, atol=1e-6)
    if "another" not in kind:
        names = ("0", "1", "2") if "one-hot" in kind else ("1", "2", "3")
        assert found.class_names == names
        assert found.truth.tolist() == (Y - 1).tolist()
    without = chosen(raw, choice_for(raw, label="none"), kind)
    assert without.x.shape == X.shape  # the labels never become a feature


def test_words_as_labels_in_cells_and_bytes():
    words = ["oak", "elm", "ash"] * 4
    cells = np.array(words, object)[:, None]
    for content in (
        mat(X=X, labels=cells),
        matlab73({"X": X, "labels": words}),
        packed(np.savez, X=X, y=np.array(words, "S")),
        packed(np.savez, X=X, y=np.array(words)[:, None]),
        hdf5(lambda file: (file.create_dataset("X", data=X), file.create_dataset("label", data=words))),
    ):
        found = points(content)
        assert found.class_names == ("ash", "elm", "oak")
        assert found.truth.tolist() == [2, 1, 0] * 4


def test_booleans_are_two_classes():
    found = points(packed(np.savez, X=X, y=Y > 1))
    assert (found.class_names, found.truth.tolist()) == (("0", "1"), (Y > 1).astype(int).tolist())


def test_several_arrays_can_be_chosen_from():
    content = mat(data=X, other=RNG.normal(size=(12, 40)), gnd=Y[:, None])
    raw = read(content, "views.mat")
    assert asked(raw)["array"] == "data"
    assert "points: data (12 x 5)" in raw.assumed
    assert points(content).x.shape == (12, 5)
    assert points(content, {"array": "other"}).x.shape == (12, 40)
    assert points(content, {"array": "nothing of the kind"}).x.shape == (12, 5)


def test_without_labels_a_table_can_be_turned():
    content = packed(np.save, X)
    assert points(content).x.shape == (12, 5)
    assert points(content, {"turn": "columns (turned)"}).x.shape == (5, 12)


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
def test_scipy_s_own_files(kind):
    content = packed(save_npz, COUNTS.asformat(kind))
    np.testing.assert_array_equal(points(content).x, COUNTS.toarray())
    assert points(packed(save_npz, COUNTS.T.tocsr()), {"turn": "columns (turned)"}).x.shape == (12, 7)


def test_a_wide_sparse_matrix_stays_sparse_and_the_most_variable_features_are_taken():
    rng = np.random.default_rng(1)
    wide = csr_matrix(
        (rng.integers(1, 4, 40_000).astype(float), (rng.integers(0, 50, 40_000), rng.integers(0, 32_738, 40_000))),
        (50, 32_738),
    )
    loud = wide.tolil()
    loud[::2, 17] = 60
    raw = read(tenx(loud.tocsr()), "pbmc.h5")
    assert raw.matrix.shape == (50, 32_738)
    found = chosen(raw, Choice(), "pbmc.h5")
    assert found.x.shape == (50, 2_000)
    assert "gene17" in found.feature_names
    assert found.steps[0].startswith("2,000 most variable of 32,738 features (variance of log(1 + count)")
    place = found.feature_names.index("gene17")
    np.testing.assert_array_equal(found.x[:, place], loud.toarray()[:, 17])
    with pytest.raises(EpochscopeError, match="32,738 features, at most 20,000"):
        chosen(raw, Choice(features=ALL), "pbmc.h5")


def test_a_matrix_with_room_is_taken_whole_unless_asked():
    wide = csr_matrix(RNG.poisson(0.05, (30, 3_000)).astype(float))
    raw = read(packed(save_npz, wide), "words.npz")
    np.testing.assert_array_equal(chosen(raw, Choice(), "words").x, wide.toarray())
    assert chosen(raw, Choice(features=VARIABLE), "words").x.shape == (30, 2_000)


def test_10x_matrices_are_cells_by_genes_of_every_version():
    for content in (tenx(COUNTS), tenx(COUNTS, "GRCh38"), tenx(COUNTS, "mm10")):
        raw = read(content, "filtered.h5")
        found = chosen(raw, Choice(), "filtered.h5")
        np.testing.assert_array_equal(found.x, COUNTS.toarray())
        assert found.feature_names == tuple(f"gene{i}" for i in range(7))
        assert "12 x 7 cells x genes" in raw.assumed[0]
    kinds = ["Gene Expression"] * 5 + ["Antibody Capture"] * 2
    raw = read(tenx(COUNTS, kinds=kinds), "cite.h5")
    assert asked(raw) == {"kind": "Gene Expression"}
    np.testing.assert_array_equal(chosen(raw, Choice(), "c").x, COUNTS.toarray()[:, :5])
    np.testing.assert_array_equal(
        points(tenx(COUNTS, kinds=kinds), {"kind": "Antibody Capture"}).x, COUNTS.toarray()[:, 5:]
    )


KINDS = np.array(["T", "B", "T", "NK"] * 3)


def frame_new(file) -> None:
    """obs and var since 0.8."""
    file["obs/cell_type/codes"] = np.array([1, 0, 1, 2] * 3, "i1")
    file["obs/cell_type/categories"] = ["B", "T", "NK"]
    file["obs/depth"] = np.arange(12.0)
    file["obs/quality/values"], file["obs/quality/mask"] = np.arange(12), np.arange(12) > 9
    file["obs/_index"] = [f"c{i}" for i in range(12)]
    file["obs"].attrs["_index"] = "_index"
    file["var/_index"] = [f"G{i}" for i in range(7)]
    file["var"].attrs["_index"] = "_index"


def frame_middle(file) -> None:
    """obs and var of 0.7."""
    codes = file.create_dataset("obs/cell_type", data=np.array([1, 0, 1, 2] * 3, "i1"))
    names = file.create_dataset("obs/__categories/cell_type", data=["B", "T", "NK"])
    codes.attrs["categories"] = names.ref
    file["obs/index"] = [f"c{i}" for i in range(12)]
    file["obs"].attrs["_index"] = "index"
    file["var/index"] = [f"G{i}" for i in range(7)]
    file["var"].attrs["_index"] = "index"


def frame_old(file) -> None:
    """obs and var before 0.7: records, names of categories in uns."""
    records = np.zeros(12, [("index", "S4"), ("cell_type", "i1"), ("depth", "f4")])
    records["index"] = [f"c{i}" for i in range(12)]
    records["cell_type"] = [1, 0, 1, 2] * 3
    file["obs"] = records
    file["uns/cell_type_categories"] = np.array(["B", "T", "NK"], "S")
    genes = np.zeros(7, [("index", "S4")])
    genes["index"] = [f"G{i}" for i in range(7)]
    file["var"] = genes


FRAMES = {"new": frame_new, "0.7": frame_middle, "old": frame_old}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", ["dense", "csr", "csc"])
def test_annotated_data_of_every_version(frame, kind):
    def fill(file):
        FRAMES[frame](file)
        if kind == "dense":
            file["X"] = COUNTS.toarray()
        else:
            sparse_group(file.create_group("X"), COUNTS.asformat(kind), old=frame == "old")

    found = points(hdf5(fill))
    np.testing.assert_array_equal(found.x, COUNTS.toarray())
    assert found.feature_names == tuple(f"G{i}" for i in range(7))
    assert np.array(found.class_names)[found.truth].tolist() == KINDS.tolist()


def test_raw_and_layers_can_be_asked_for():
    def fill(file):
        frame_new(file)
        file["X"] = COUNTS.toarray() / 2
        sparse_group(file.create_group("layers/counts"), COUNTS)
        sparse_group(file.create_group("raw/X"), csr_matrix(np.hstack([COUNTS.toarray(), np.ones((12, 2))])))
        file["raw/var/_index"] = [f"R{i}" for i in range(9)]
        file["raw/var"].attrs["_index"] = "_index"
        file["obsm/X_pca"] = X

    content = hdf5(fill)
    raw = read(content, "cells.h5ad")
    (question,) = raw.questions
    assert question.options == ("X", "raw/X", "layers/counts", "obsm/X_pca")
    np.testing.assert_array_equal(points(content).x, COUNTS.toarray() / 2)
    np.testing.assert_array_equal(points(content, {"layer": "layers/counts"}).x, COUNTS.toarray())
    assert points(content, {"layer": "raw/X"}).feature_names[-1] == "R8"
    np.testing.assert_allclose(points(content, {"layer": "obsm/X_pca"}).x, X, atol=1e-6)


def test_annotated_data_without_x_has_its_layers():
    def fill(file):
        frame_new(file)
        sparse_group(file.create_group("layers/counts"), COUNTS)

    np.testing.assert_array_equal(points(hdf5(fill)).x, COUNTS.toarray())


def test_train_and_test_are_joined_unless_one_is_asked_for():
    parts = {"X_train": X[:8], "y_train": Y[:8], "X_test": X[8:], "y_test": Y[8:]}
    contents = [
        packed(np.savez, **parts),
        packed(np.savez, **{name: parts[name] for name in sorted(parts, reverse=True)}),
        packed(np.savez, trainX=X[:8], trainY=Y[:8], testX=X[8:], testY=Y[8:, None].ravel()),
        mat(Xtrain=X[:8], ytrain=Y[:8, None], Xtest=X[8:], ytest=Y[8:, None]),
        hdf5(lambda f: [f.create_dataset(f"{n[2:]}/{n[0]}", data=a) for n, a in parts.items()]),
    ]
    for content in contents:
        raw = read(content, "parts")
        assert asked(raw)["parts"] == "train and test"
        found = points(content)
        np.testing.assert_allclose(found.x, X, atol=1e-6)
        assert found.truth.tolist() == (Y - 1).tolist()
        half = points(content, {"parts": "test"})
        np.testing.assert_allclose(half.x, X[8:], atol=1e-6)
        assert half.truth.tolist() == (Y[8:] - 1).tolist()


def test_a_part_without_labels_is_not_joined_but_asked_about():
    content = packed(np.savez, x_train=X[:8], y_train=Y[:8], x_test=X[8:])
    raw = read(content, "parts")
    assert asked(raw)["parts"] == "train"
    assert "x_test" in raw.note
    assert points(content).x.shape == (8, 5)
    assert points(content, {"parts": "train and test"}).x.shape == (12, 5)


def test_pictures_with_the_last_axis_as_points_and_in_color():
    shots = RNG.integers(0, 256, (4, 6, 3, 12)).astype(np.uint8)  # as SVHN has them
    found = points(mat(X=shots, y=Y[:, None]))
    np.testing.assert_array_equal(found.x, np.moveaxis(shots, -1, 0).reshape(12, -1))
    assert found.pictures.shape == (12, 4, 6, 3)


def test_what_stands_beside_the_points_is_no_feature_unless_asked():
    raw = read(packed(np.savez, X=X, y=Y, age=np.arange(12.0) * 2), "f")
    assert guess(raw).left_out == ("y", "age")
    assert chosen(raw, choice_for(raw), "f").x.shape == (12, 5)
    assert chosen(raw, Choice(label="y", left_out=()), "f").x.shape == (12, 6)


def _mat_with(shape: tuple[int, int]) -> bytes:
    """A .mat file of a double array whose header promises this shape and whose values are eight zeros."""
    flags = struct.pack("<IIII", 6, 8, 6, 0)
    dims = struct.pack("<IIii", 5, 8, *shape)
    name = struct.pack("<HH4s", 1, 1, b"X")
    data = struct.pack("<II", 9, 64) + bytes(64)
    body = flags + dims + name + data
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
    return head + struct.pack("<II", 14, len(body)) + body


def _compressed(size: int) -> bytes:
    piece = zlib.compress(bytes(size), 9)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
    return head + struct.pack("<II", 15, len(piece)) + piece


def tenx_parts(**parts) -> bytes:
    """A matrix of 10x Genomics with these parts."""

    def fill(file):
        for name, values in {**parts, "barcodes": [b"a"]}.items():
            file[f"matrix/{name}"] = values

    return hdf5(fill)


def leads_outside(file) -> None:
    frame_new(file)
    file["X"] = h5py.ExternalLink("/etc/passwd", "x")


def _sparse_parts(**changed) -> bytes:
    parts = {
        "data": COUNTS.data,
        "indices": COUNTS.indices,
        "indptr": COUNTS.indptr,
        "shape": COUNTS.shape,
        "format": b"csr",
    }
    return packed(np.savez, **{**parts, **changed})


GOOD = {"mat": MATLAB["v5 X, Y"], "v7.3": MATLAB["v7.3 fea, gnd"], "10x": tenx(COUNTS), "npz": packed(save_npz, COUNTS)}
WRONG = {
    "mat that promises much": _mat_with((60_000, 60_000)),
    "mat that promises more than is there": _mat_with((100, 100)),
    "mat that promises less than nothing": _mat_with((-3, 4)),
    "mat of words": mat(a="hello", b=np.array(["x", "y"], object)),
    "mat of nothing": mat(),
    "mat of one point": mat(X=X[:1]),
    "mat of complex numbers": mat(X=X * 1j),
    "sparse with a column too far": _sparse_parts(indices=COUNTS.indices + 90),
    "sparse with rows that end too late": _sparse_parts(indptr=COUNTS.indptr * 2),
    "sparse of a shape of one number": _sparse_parts(shape=np.array([12])),
    "sparse of a huge shape": _sparse_parts(shape=np.array([10**9, 10**9])),
    "sparse of less than nothing": _sparse_parts(shape=np.array([-12, 7])),
    "sparse of words": _sparse_parts(data=np.array(["x"] * len(COUNTS.data))),
    "sparse with NaN": _sparse_parts(data=COUNTS.data * np.nan),
    "sparse of a rare kind": _sparse_parts(format=b"bsr"),
    "coo out of range": packed(np.savez, data=[1.0], row=[99], col=[0], shape=[3, 3], format=b"coo"),
    "10x with a lying shape": tenx_parts(data=[1], indices=[0], indptr=[0, 1], shape=[5, 900]),
    "10x of words": tenx_parts(data=["x"], indices=[0], indptr=[0, 1], shape=[5, 1]),
    "v7.3 head only": MATLAB["v7.3 X, Y"][:600],
    "h5ad whose obs is a number": hdf5(lambda f: (f.create_dataset("X", data=X), f.create_dataset("obs", data=3.0))),
    "h5ad without tables": hdf5(lambda f: (f.create_group("obs"), f.create_group("var"))),
    "h5ad whose layer leads outside": hdf5(leads_outside),
    "h5 of few very long words": hdf5(lambda f: f.create_dataset("x", (200_000, 2), "S9000", compression="gzip")),
    "mat of pickled objects": pickle.dumps({"X": 1}),
    **{f"mat cut at {at}": GOOD["mat"][:at] for at in (20, 127, 130, 140, 200, len(GOOD["mat"]) - 9)},
    **{f"10x cut at {at}": GOOD["10x"][:at] for at in (30, 900, len(GOOD["10x"]) - 9)},
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_is_one_sentence(kind):
    with pytest.raises(EpochscopeError) as raised:
        points(WRONG[kind])
    assert "\n" not in str(raised.value)
    assert 15 < len(str(raised.value)) < 400


def test_a_mat_bomb_is_refused_before_it_unpacks(monkeypatch):
    monkeypatch.setattr("epochscope.data.own.matlab.MOST_BYTES", 1_000_000)
    bomb = _compressed(50_000_000)
    assert len(bomb) < 60_000
    with pytest.raises(EpochscopeError, match="unpacks to more than"):
        read(bomb, "bomb.mat")


@pytest.mark.parametrize("kind", GOOD)
def test_damage_anywhere_gives_points_or_a_sentence(kind):
    rng = np.random.default_rng(3)
    for _ in range(60):
        content = bytearray(GOOD[kind])
        for at in rng.integers(0, len(content), 3):
            content[at] = rng.integers(0, 256)
        with contextlib.suppress(EpochscopeError):
            assert np.isfinite(points(bytes(content)).x).all()


def test_a_very_long_word_makes_no_huge_array():
    words = ["x" * 3_000_000, *(["oak"] * 11)]
    content = hdf5(lambda file: (file.create_dataset("X", data=X), file.create_dataset("label", data=words)))
    raw = read(content, "long.h5")
    assert len(raw.columns["label"][0]) == 200
    assert raw.columns["label"].tolist()[1:] == ["oak"] * 11


def test_a_path_is_read_like_bytes(tmp_path):
    path = tmp_path / "x.mat"
    path.write_bytes(MATLAB["v5 X, Y"])
    raw = read(path)
    assert guess(raw).label == "Y"
    for value in (raw.columns, raw.questions, raw.assumed):
        assert pickle.loads(pickle.dumps(value)) is not None  # so that it passes from process to process
