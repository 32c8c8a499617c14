"""Kinds of files beside the usual ones, and tables with something around the numbers: the right points, or why not."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from epochscope.data.own.raw import guess
from epochscope.data.own.read import read
from epochscope.data.own.sources import choice_for, chosen
from epochscope.types import EpochscopeError
from PIL import Image
from safetensors.numpy import save
from scipy.io import mmwrite, savemat
from scipy.sparse import coo_matrix, dia_matrix, save_npz

from tests.data.own_files import hdf5, idx, image, packed, zipped

N = 12
TRUTH = np.arange(N) % 3
X = np.round(np.random.default_rng(0).normal(size=(N, 3)) + TRUTH[:, None], 3) - 0.5
WORDS = np.array(["elm", "oak", "pine"])[TRUTH]
TABLE = pd.DataFrame(X, columns=["width", "height", "mass"]).assign(kind=WORDS)
CSV = TABLE.to_csv(index=False).encode()
RECORDS = np.array([(*row, word) for row, word in zip(X, WORDS, strict=True)], "f8,f8,f8,U4")
ROWS = [",".join(map(str, row)) for row in X]


def points(content: bytes, options=None):
    raw = read(content, "a file", options)
    return chosen(raw, choice_for(raw), "a file")


def tar(members) -> bytes:
    def fill(file):
        with tarfile.open(fileobj=file, mode="w:gz") as made:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                made.addfile(info, io.BytesIO(content))

    return packed(fill)


def stream(file):
    table = pa.Table.from_pandas(TABLE)
    with pa.ipc.new_stream(file, table.schema) as made:
        made.write_table(table)


def cells(*values):
    made = np.empty(len(values), object)
    made[:] = values
    return made


def text(head: str, rows, sep=",") -> bytes:
    return (head + "\n" + "\n".join(f"{row}{sep}{word}" for row, word in zip(rows, WORDS, strict=True)) + "\n").encode()


HEAD = "width,height,mass,kind"
STRUCT = np.array([(row, word) for row, word in zip(X, WORDS, strict=True)], [("feat", "O"), ("cls", "O")])
FILES = {
    "Feather": lambda: packed(TABLE.to_feather),
    "Arrow stream": lambda: packed(stream),
    "ORC": lambda: packed(TABLE.to_orc),
    "Parquet with a struct": lambda: packed(
        lambda file: pd.DataFrame({"s": [dict(enumerate_names(row)) for row in X], "kind": WORDS}).to_parquet(file)
    ),
    "JSON records": lambda: TABLE.to_json(orient="records").encode(),
    "JSON lines": lambda: TABLE.to_json(orient="records", lines=True).encode(),
    "JSON columns": lambda: TABLE.to_json(orient="columns").encode(),
    "JSON split": lambda: TABLE.to_json(orient="split").encode(),
    "JSON arrays": lambda: json.dumps({"X": X.tolist(), "y": WORDS.tolist()}).encode(),
    "JSON embeddings": lambda: "\n".join(
        json.dumps({"id": i, "embedding": list(row), "label": word})
        for i, (row, word) in enumerate(zip(X, WORDS, strict=True))
    ).encode(),
    "safetensors": lambda: save({"embeddings": X, "labels": TRUTH}),
    "structured npy": lambda: packed(np.save, RECORDS),
    "MATLAB 4": lambda: packed(savemat, {"X": X, "Y": TRUTH + 1.0}, format="4"),
    "MATLAB struct array": lambda: packed(savemat, {"pts": STRUCT}),
    "MATLAB cells of parts": lambda: packed(
        savemat, {"X": cells(X[:6], X[6:]), "Y": cells(TRUTH[:6, None], TRUTH[6:, None])}
    ),
    "HDF5 records": lambda: hdf5(lambda file: file.create_dataset("t", data=RECORDS.astype("f8,f8,f8,S4"))),
    "bz2": lambda: bz2.compress(CSV),
    "xz": lambda: lzma.compress(CSV),
    "tar.gz": lambda: tar({"set/a.csv": CSV}),
    "a table and a readme": lambda: zipped({"s/README.md": b"Read me.", "s/a.csv": CSV}),
    "a workbook in a zip": lambda: zipped({"a.xlsx": packed(lambda file: TABLE.to_excel(file, index=False))}),
    "train.csv and test.csv": lambda: zipped(
        {"train.csv": TABLE[:8].to_csv(index=False).encode(), "test.csv": TABLE[8:].to_csv(index=False).encode()}
    ),
    "X.csv and y.csv": lambda: zipped(
        {"X.csv": TABLE.drop(columns="kind").to_csv(index=False).encode(), "y.csv": TABLE[["kind"]].to_csv().encode()}
    ),
    "an array for each point": lambda: zipped(
        {f"{word}/{i:02d}.npy": packed(np.save, row) for i, (row, word) in enumerate(zip(X, WORDS, strict=True))}
    ),
    "titles": lambda: b"Exported,by\nLab 3\n\n" + CSV,
    "names of rows without a head": lambda: text(HEAD, [f"r{i},{row}" for i, row in enumerate(ROWS)]),
    "units": lambda: text(f"{HEAD}\ncm,cm,kg,", ROWS),
    "percent": lambda: text(HEAD, [row.replace(",", "%,") + "%" for row in ROWS]),
    "money": lambda: text(HEAD, [",".join(f"-${-v}" if v < 0 else f"${v}" for v in row) for row in X]),
    "brackets for minus": lambda: text(HEAD, [",".join(f"({-v})" if v < 0 else str(v) for v in row) for row in X]),
    "a long minus": lambda: text(HEAD, [row.replace("-", "−") for row in ROWS]),
    "Fortran": lambda: text("", [" ".join(f"{v:.6E}".replace("E", "D") for v in row) for row in X], " "),
    "errors of Excel": lambda: CSV + b"#DIV/0!,1,2,elm\n",
    "counted columns": lambda: text("0,1,2,kind", ROWS),
    "ARFF apart by tabs": lambda: text(
        "@relation r\n" + "".join(f"@attribute {c} real\n" for c in "abc") + "@attribute k {elm,oak,pine}\n@data",
        [row.replace(",", "\t") for row in ROWS],
        "\t",
    ),
    "a number of each patient": lambda: TABLE.assign(PatientID=np.arange(N)[::-1] * 7).to_csv(index=False).encode(),
    "a time of each row": lambda: TABLE.assign(t=1_700_000_000 + 3600 * np.arange(N)).to_csv(index=False).encode(),
}


def enumerate_names(row):
    return zip("abc", row, strict=True)


@pytest.mark.parametrize("kind", FILES)
def test_the_points_and_classes_of_a_file(kind):
    found = points(FILES[kind]())
    order, right = np.lexsort(found.x.T), np.lexsort(X.T)  # a zip has its own order
    np.testing.assert_allclose(found.x[order], X[right], rtol=1e-5)
    assert found.truth[order].tolist() == TRUTH[right].tolist()


GRAY = np.random.default_rng(1).integers(0, 256, (N, 6, 5)).astype(np.uint8)
COUNTS = np.arange(12.0).reshape(3, 4) ** 2 % 11
FLAT = {f"{i:03d}.png": image(GRAY[i]) for i in range(N)}


def labeled(name: str, content: str) -> bytes:
    return zipped({**FLAT, name: content.encode()})


def turned(file):
    note = Image.Exif()
    note[274] = 3  # upside down
    Image.fromarray(GRAY[0][::-1, ::-1]).save(file, "PNG", exif=note)


PICTURES = {
    "IDX": lambda: idx(GRAY),
    "IDX with labels, gzipped": lambda: zipped(
        {
            "t10k-images-idx3-ubyte.gz": gzip.compress(idx(GRAY)),
            "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(TRUTH.astype(np.uint8))),
        }
    ),
    "pages of a TIFF": lambda: image(
        GRAY[0], "TIFF", save_all=True, append_images=[Image.fromarray(page) for page in GRAY[1:]]
    ),
    "PGM": lambda: zipped({f"{i:03d}.pgm": image(page, "PPM") for i, page in enumerate(GRAY)}),
    "turned by its camera": lambda: zipped({**FLAT, "000.png": packed(turned)}),
    "labels by numbers": lambda: labeled("train.csv", "id,diagnosis\n" + lines("{:03d},{}")),
    "labels without names": lambda: labeled("a.txt", lines("x/{:03d}.png {}")),
    "labels in JSON": lambda: labeled("l.json", json.dumps(dict(zip(FLAT, WORDS.tolist(), strict=True)))),
    "one-hot labels": lambda: labeled(
        "c.csv",
        "file,elm,oak,pine\n" + "".join(f"{i:03d},{t == 0:d},{t == 1:d},{t == 2:d}\n" for i, t in enumerate(TRUTH)),
    ),
}


def lines(form: str) -> str:
    return "".join(form.format(i, t) + "\n" for i, t in enumerate(TRUTH))


@pytest.mark.parametrize("kind", PICTURES)
def test_the_pixels_and_classes_of_pictures(kind):
    found = points(PICTURES[kind]())
    np.testing.assert_array_equal(found.x, GRAY.reshape(N, -1))
    assert "label" not in kind or found.truth.tolist() == TRUTH.tolist()


def test_the_class_of_a_picture_may_begin_its_name():
    found = points(zipped({f"{word}.{i}.png": image(GRAY[i]) for i, word in enumerate(WORDS)}))
    assert found.class_names == ("elm", "oak", "pine")
    assert points(zipped({f"img_{i}.png": image(GRAY[i]) for i in range(N)})).truth is None


def test_a_matrix_with_its_genes_is_turned():
    genes = b"E1\tACTB\tGene Expression\nE2\tCD4\tGene Expression\nE3\tHTO\tAntibody Capture\n"
    folder = {"matrix.mtx": packed(mmwrite, coo_matrix(COUNTS)), "features.tsv": genes, "barcodes.tsv": b"a\nb\nc\nd"}
    found = points(zipped({f"m/{name}.gz": gzip.compress(content) for name, content in folder.items()}))
    assert found.x.tolist() == COUNTS[:2].T.tolist()
    assert found.feature_names == ("ACTB", "CD4")


def test_a_measured_column_is_no_label_and_a_target_no_feature():
    plane = pd.DataFrame({"x": X[:, 0], "y": X[:, 1]})
    assert guess(read(pd.concat([plane] * 6).reset_index(drop=True).add(0.1).to_csv(index=False).encode())).label == ""
    many = pd.DataFrame({"x": np.arange(99) ** 2 / 7, "y": np.arange(99) ** 3 / 9})
    assert guess(read(many.to_csv(index=False).encode())).label == ""
    regression = guess(read(many.rename(columns={"y": "target"}).assign(z=many.x**0.5).to_csv(index=False).encode()))
    assert (regression.label, regression.left_out) == ("", ("target",))


def test_rare_encodings_may_be_chosen():
    content = TABLE.assign(kind=np.array(["łąka", "żółty", "źdźbło"])[TRUTH]).to_csv(index=False).encode("iso8859_2")
    assert points(content, {"encoding": "iso8859_2"}).class_names == ("łąka", "źdźbło", "żółty")


def test_series_of_channels_are_one_point_each():
    series = np.random.default_rng(2).normal(size=(60, 50, 6))
    assert points(packed(np.save, series)).x.shape == (60, 300)


REFUSED = {
    "pickle": (pickle.dumps({"X": X}), "objects (pickle)"),
    "old pickle": (pickle.dumps({"X": X.tolist()}, 0), "objects (pickle)"),
    "torch": (zipped({"a/data.pkl": b"", "a/data/0": b""}), "safetensors.torch.save_file"),
    "R": (gzip.compress(b"RDX3\nX\n" + bytes(90)), "write.csv"),
    "a picture": (image(GRAY[0]), "put all of them into a zip"),
    "a page": (b"<!DOCTYPE html><html>404</html>", "download it again"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n", "git lfs pull"),
    "sound": (zipped({"a/1.wav": b"RIFF", "b/2.wav": b"RIFF"}), "log-mel"),
    "complex": (packed(np.save, X + 1j), "real parts or magnitudes"),
    "complex MATLAB": (packed(savemat, {"X": X + 1j}), "real parts or magnitudes"),
    "a rare sparse matrix": (packed(save_npz, dia_matrix(COUNTS)), "save x.tocsr()"),
    "labels by libsvm": (b"1,2 1:0.5 2:1\n3 1:0.5 2:1\n", "keep one of them"),
    "words": (b"a,b\nu,v\nw,v\n", "it begins with ['u', 'v']"),
    "JSON without a table": (b'{"a": 1, "b": {"c": 2}}', "a list of records"),
    "JSON that is cut": (b'[{"a": 1}, {"a": ', "damaged JSON"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_read_says_what_it_is_and_what_to_do(kind):
    content, words = REFUSED[kind]
    with pytest.raises(EpochscopeError) as told:
        points(content)
    assert words in str(told.value)
