"""Files of somebody's own: each format gives the same points, whatever is wrong gives one sentence and nothing else."""

import gzip
import io
import json
import os
import struct
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from epochscope.__main__ import main
from epochscope.data import BUILT_IN, SOURCES, card, load
from epochscope.data.labels import numbered, sanitize
from epochscope.data.own import raw as raws
from epochscope.data.own.choose import DROP, MEAN, Choice, chosen, suspicious
from epochscope.data.own.raw import Raw, about, guess, unique
from epochscope.data.own.read import read, read_file
from epochscope.data.own.sources import choice_for
from epochscope.data.own.user_datasets import RECOMMENDED, folder, keep, remove, stored_datasets
from epochscope.data.scaling import AS_STORED, COUNTS, MIN_MAX, STANDARDIZE, TOGETHER, VARIED_COUNTS, scaled
from epochscope.methods import METHODS
from epochscope.nets.likelihood import BERNOULLI, GAUSSIAN
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve
from epochscope.types import Dataset, EpochscopeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

X = np.array([[1.5, 10.0], [2.25, 20.0], [3.5, 30.0], [4.5, 40.5]])
WORDS = ["oak", "elm", "oak", "ash"]
TABLE = pd.DataFrame({"id": [7, 3, 9, 1], "width": X[:, 0], "height": X[:, 1], "kind": WORDS})


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


def text(table: pd.DataFrame, **how) -> bytes:
    return table.to_csv(index=False, **how).encode()


def packed(save, *values, **named) -> bytes:
    file = io.BytesIO()
    save(file, *values, **named)
    return file.getvalue()


def picture(value: int, size=(9, 7), kind: str = "PNG", mode: str = "L") -> bytes:
    return packed(lambda file: Image.new(mode, size, value).save(file, kind))


def zipped(members: dict[str, bytes], how=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def dataset(content: bytes, name: str = "a file", **said) -> Dataset:
    """The whole way, as the page and the command line go it."""
    raw = read(content, name)
    choice = choice_for(raw, **said)
    points = chosen(raw, choice, name)
    kept = keep(points, PROGRAM, title=name, file=name, label=choice.label)
    assert about(raw) is not None
    assert suspicious(raw, choice) is not None
    return load(f"own-{kept.id}")


SAME = {
    "csv": lambda: text(TABLE),
    "tsv": lambda: text(TABLE, sep="\t"),
    "semicolon": lambda: text(TABLE, sep=";"),
    "csv.gz": lambda: gzip.compress(text(TABLE)),
    "excel's mark": lambda: b"\xef\xbb\xbf" + text(TABLE),
    "windows": lambda: text(TABLE, lineterminator="\r\n"),
    "blanks": lambda: text(TABLE).replace(b",", b" , "),
    "german": lambda: text(TABLE, sep=";", decimal=","),
    "quoted": lambda: text(TABLE, quoting=1),
    "parquet": lambda: packed(TABLE.to_parquet),
    "npz": lambda: packed(np.savez, id=TABLE["id"], x=X, kind=np.array(WORDS)),
}


@pytest.mark.parametrize("kind", SAME)
def test_every_format_of_a_table_gives_the_same_points(kind):
    data = dataset(SAME[kind]())
    np.testing.assert_allclose(data.x, (X - X.mean(0)) / X.std(0), atol=1e-6)
    assert data.class_names == ("ash", "elm", "oak")
    assert data.truth.tolist() == [2, 1, 2, 0]
    assert data.scaling == STANDARDIZE
    assert card(data).counts == (1, 1, 2)
    if kind != "npz":
        assert data.feature_names == ("width", "height")


def test_one_array_alone_and_a_list_in_parquet():
    assert dataset(packed(np.save, X)).x.shape == (4, 2)
    assert dataset(packed(np.save, X[:, 0])).x.shape == (4, 1)
    table = pd.DataFrame({"code": [list(row) for row in X], "y": [1, 0, 1, 0]})
    data = dataset(packed(table.to_parquet))
    assert data.feature_names == ("code 1", "code 2")
    assert data.truth.tolist() == [1, 0, 1, 0]


def test_pictures_as_an_array_keep_their_pixels():
    shades = np.arange(12 * 6 * 5, dtype=np.uint8).reshape(12, 6, 5)
    raw = read(packed(np.savez, x_train=shades, y_train=np.arange(12) % 3, x_test=shades[:2]), "m.npz")
    assert guess(raw).label == "y_train"
    assert "x_test" in raw.note
    data = dataset(packed(np.savez, x_train=shades, y_train=np.arange(12) % 3))
    assert data.pictures.shape == (12, 6, 5)
    assert (data.scaling, data.likelihood) == (TOGETHER, "unit interval")
    np.testing.assert_allclose(data.x, shades.reshape(12, -1) / 255 * (255 / shades.max()), atol=1e-6)


def test_a_zip_of_pictures_has_its_folders_as_classes():
    members = {f"all/{name}/{i}.png": picture(40 * i + 5 * len(name)) for name in ("cat", "horse") for i in range(3)}
    members |= {"__MACOSX/all/cat/._0.png": b"junk", "all/readme.txt": b"hello"}
    data = dataset(zipped(members))
    assert data.class_names == ("cat", "horse")
    assert data.truth.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.pictures.shape == (6, 7, 9)
    assert data.pictures[:, 0, 0].tolist() == [15, 55, 95, 25, 65, 105]
    mixed = {
        "a/1.png": picture(9, (200, 100)),
        "b/2.jpg": picture(200, (30, 40), "JPEG"),
        "b/3.gif": picture(7, kind="GIF"),
    }
    assert dataset(zipped(mixed)).pictures.shape == (3, 32, 32)
    assert dataset(zipped({"1.png": picture(3), "2.png": picture(8)})).class_names == ()


def test_missing_values_are_dropped_or_filled_and_the_step_is_named():
    table = TABLE.assign(height=[10.0, None, 30.0, 50.0], kind=["oak", "elm", None, "ash"])
    data = dataset(text(table))
    assert data.scaling == "1 row without a label dropped; 1 row with a missing value dropped; standardize"
    assert len(data) == 2
    raw = read(text(table), "t")
    filled = chosen(raw, choice_for(raw, label="none", missing=MEAN), "t")
    np.testing.assert_allclose(filled.x[:, 1], [10, 30, 30, 50])
    assert filled.steps == ("1 missing values set to the mean of their column",)
    assert [column.missing for column in about(raw)] == [0, 0, 1, 1]


def test_a_table_without_names_and_one_that_counts_its_columns():
    data = dataset(b"3,1,5\n4,5,6\n7,8,10\n")
    assert data.feature_names == ("feature 1", "feature 2", "feature 3")
    assert dataset(b"name,1990,1991,size\noak,5,6,1\nelm,8,10,7\n").feature_names == ("1990", "1991", "size")
    assert dataset(b"0,1,2\n4,5,6\n7,8,10\n").x.shape == (2, 3)
    assert dataset(b"a,a,,a\n1,2,3,x\n4,5,7,y\n").feature_names == ("a", "a (2)", "column 3")


def test_labels_are_no_markup_and_classes_are_in_order():
    found = numbered(np.array([10.0, 2.0, 10.0]), "y")
    assert (found.names, found.truth.tolist()) == (("2", "10"), [1, 0, 1])
    assert sanitize("<script>alert(1)</script>\n\x00 x&amp;") == "‹script›alert(1)‹/script› x＆amp;"
    assert len(sanitize("a" * 500)) == 60
    assert unique(["<b>", "<b>", None, ""]) == ["‹b›", "‹b› (2)", "None", "column 4"]
    data = dataset(b"a,kind\n1,<img src=x onerror=alert(1)>\n2,plain\n3,plain\n")
    assert data.class_names == ("plain", "‹img src=x onerror=alert(1)›")[::-1] or "<" not in str(data.class_names)
    assert "<" not in str(data.class_names)


def test_the_same_file_gets_the_same_name_and_titles_differ():
    first = dataset(text(TABLE), "trees")
    again = dataset(text(TABLE, sep=";"), "trees")
    other = dataset(text(TABLE.assign(width=0.0)), "trees")
    assert first.key == again.key != other.key
    assert [kept.title for kept in stored_datasets()] == ["trees", "trees (2)"]
    assert list(SOURCES)[: len(BUILT_IN)] == list(BUILT_IN)
    assert set(list(SOURCES)[len(BUILT_IN) :]) == {first.key, other.key}
    assert SOURCES[first.key].title == "trees"


def test_a_run_of_a_removed_set_keeps_its_name_and_says_what_to_do():
    data = dataset(text(TABLE), "trees")
    spec = resolve(RunSpec(data.key, "kmeans", 3, 0, data={"scaling": MIN_MAX, "n": 3})).spec
    assert resolve(spec).title == "k-means on trees, k = 3, seed 0"
    assert len(load(data.key, spec.data)) == 3
    remove(data.key.removeprefix("own-"), PROGRAM)
    again = RunSpec(**spec.as_dict())
    assert again.data["scaling"] == MIN_MAX
    assert "(removed)" in resolve(again).title
    assert data.key not in list(SOURCES)
    with pytest.raises(EpochscopeError, match=r"no longer exists.*add the same file"):
        load(data.key, spec.data)
    assert dataset(text(TABLE), "trees").key == data.key
    assert len(load(data.key, spec.data)) == 3


COUNTED = np.random.default_rng(0).poisson(np.random.default_rng(1).gamma(0.5, 2, (60, 30))).astype(np.float32)


def test_a_stored_set_keeps_its_scaling_and_a_run_the_one_it_had():
    data = dataset(packed(np.save, COUNTED), "cells")
    assert data.scaling == COUNTS
    own_id = data.key.removeprefix("own-")
    described = folder() / f"{own_id}.json"
    about = json.loads(described.read_text())
    assert about["scaling"] == COUNTS  # settled when it was kept: no rule of a later version can change it
    described.write_text(json.dumps({**about, "scaling": "standardise"}))  # as the first version stored it
    assert SOURCES[data.key].params().scaling == STANDARDIZE
    old = load(data.key)
    np.testing.assert_allclose(old.x.std(axis=0), 1, rtol=1e-5)
    for spec in (RunSpec(data.key, "kmeans", 3, 0), RunSpec(data.key, "kmeans", 3, 0, {"scaling": "standardise"})):
        assert resolve(spec).spec.data["scaling"] == STANDARDIZE
        np.testing.assert_array_equal(load(data.key, resolve(spec).spec.data).x, old.x)
    for scaling in (STANDARDIZE, MIN_MAX, TOGETHER, AS_STORED):  # every one that a stored run can name
        assert len(load(data.key, {"scaling": scaling, "n": 50})) == 50
    with pytest.raises(EpochscopeError, match="scaling must be one of"):
        resolve(RunSpec(data.key, "kmeans", 3, 0, {"scaling": RECOMMENDED}))


def test_features_that_were_kept_have_their_own_names():
    wide = np.random.default_rng(0).poisson(np.random.default_rng(1).gamma(0.3, 2, (40, 2_050))).astype(np.float32)
    names = [f"g{i}" for i in range(2_050)]
    data = dataset(packed(pd.DataFrame(wide, columns=names).to_parquet))
    assert data.scaling == VARIED_COUNTS
    assert data.x.shape == (40, 2_000)
    kept = [names.index(name) for name in data.feature_names]
    np.testing.assert_array_equal(data.x, scaled(wide, COUNTS)[:, kept])


def test_a_word_of_a_vocabulary_is_no_label_where_one_stands_at_the_end():
    words = [f"w{i}" for i in range(150)]
    words[70], words[90] = "class", "target"
    counts = pd.DataFrame(np.random.default_rng(0).poisson(0.5, (30, 150)), columns=words)
    assert guess(read(text(counts.assign(category=np.arange(30) % 3)), "words.csv")).label == "category"
    assert guess(read(text(counts), "words.csv")).label == "class"


def test_the_likelihood_follows_what_the_data_are():
    shades = np.random.default_rng(0).integers(0, 256, (30, 8, 8)).astype(np.uint8)
    for content, expected in ((packed(np.save, shades), BERNOULLI), (packed(np.save, COUNTED), GAUSSIAN)):
        data = dataset(content)
        for key in ("vade", "dgg"):
            assert METHODS[key].params().suited(data.likelihood).likelihood == expected


def test_labels_do_not_change_what_is_recognized():
    labeled = pd.DataFrame(COUNTED).add_prefix("f").assign(label=np.arange(60) % 3)
    assert (
        dataset(text(labeled)).scaling == dataset(text(labeled), label="none", leave_out=("label",)).scaling == COUNTS
    )


def test_no_run_can_name_a_path():
    with pytest.raises(EpochscopeError, match="There is no data set 'own'"):
        resolve(RunSpec("own", "kmeans", 3, 0, data={"file": "/etc/passwd"}))


@pytest.mark.parametrize("key", ["own-", "own-../../etc/passwd", "own-0123456789abcdef", "own-XYZ"])
def test_a_key_that_nobody_gave_is_one_sentence(key):
    with pytest.raises(EpochscopeError, match=r"no data set|no longer exists"):
        load(key)


def test_what_was_kept_is_not_believed(tmp_path):
    data = dataset(text(TABLE), "trees")
    path = tmp_path / "data" / "own" / f"{data.key.removeprefix('own-')}"
    good = path.with_suffix(".json").read_text()
    np.savez(path.with_suffix(".npz"), x=X[:2].astype(np.float32))
    with pytest.raises(EpochscopeError, match="does not match its description"):
        load(data.key)
    for bad in ("", "[]", '{"title": 3}', good.replace('"n": 4', '"n": "many"'), good[:40]):
        path.with_suffix(".json").write_text(bad)
        os.utime(path.with_suffix(".json"), ns=(1, len(bad)))
        assert list(stored_datasets()) == []
        with pytest.raises(EpochscopeError, match=r"no data set|no longer exists"):
            load(data.key)
    assert "pickle" not in json.dumps(good)


def test_on_the_command_line_a_file_becomes_a_kept_set(tmp_path, capsys):
    path = tmp_path / "my trees.csv"
    path.write_bytes(text(pd.concat([TABLE] * 10)))
    arguments = ["run", "--dataset", "own", "--data.file", str(path), "--method", "kmeans", "--json"]
    assert main([*arguments, "--data.leave_out", "id,height", "--data.scaling", MIN_MAX]) == 0
    result = json.loads(capsys.readouterr().out)
    key = next(reversed(list(SOURCES)))
    assert key in result["run"]
    assert (load(key).feature_names, load(key).scaling) == (("width",), MIN_MAX)
    assert SOURCES[key].title == "my trees.csv"
    path.with_name("cells.csv").write_bytes(text(pd.DataFrame(COUNTED).add_prefix("f")))
    for more, taken in (([], COUNTS), (["--data.scaling", STANDARDIZE], STANDARDIZE)):
        arguments[4] = str(path.with_name("cells.csv"))
        assert main([*arguments, "--k", "3", *more]) == 0
        run = json.loads(capsys.readouterr().out)["run"]
        assert Run(run).spec.data["scaling"] == taken
    arguments[4] = str(path)
    for more, sentence in (
        (["--data.file", str(tmp_path / "none.csv")], "none.csv cannot be read (No such file"),
        (["--data.file", ""], "No file was given"),
        (["--data.label", "nope"], "has no column 'nope'; its columns are: id, width"),
        (["--data.label", "width", "--data.leave_out", "id,height"], "No numeric column"),
    ):
        assert main([*arguments, *more]) == 2
        assert sentence in capsys.readouterr().err


def test_on_the_command_line_a_file_is_read_otherwise(tmp_path, capsys):
    path = tmp_path / "weights.tsv"
    rows = "".join(f"{i % 9},{i:03}\t{i}\t{i % 3 - 1}\n" for i in range(100, 140))
    path.write_text(f"a\tb\tlabel\n{rows}")
    arguments = [
        "run",
        "--dataset",
        "own",
        "--data.file",
        str(path),
        "--method",
        "kmeans",
        "--json",
        "--data.leave_out",
        "b",
    ]
    more = ["--data.answers", "decimal=1,5 (comma)", "--data.scaling", AS_STORED, "--data.unlabeled", "-1 is a class"]
    assert main([*arguments, *more]) == 0
    data = load(next(reversed(list(SOURCES))))
    np.testing.assert_allclose(data.x[0], [1.1], rtol=1e-6)
    assert data.class_names == ("-1", "0", "1")
    capsys.readouterr()
    for answers, sentence in (
        ("nope=1", "leaves no question 'nope' open"),
        ("decimal=x", "'x' to 'decimal' is none of"),
    ):
        assert main([*arguments, "--data.answers", answers]) == 2
        assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("what", ["folder", "pipe", "missing", "nul"])
def test_only_plain_files_are_read(what, tmp_path):
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    if what == "pipe":
        os.mkfifo(path)
    with pytest.raises(EpochscopeError, match=r"is no file|cannot be read"):
        read_file("a\0b" if what == "nul" else path)


def header(shape: str, dtype: str = "<f8") -> bytes:
    words = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words


def _changed(content: bytes, at: int, to: bytes) -> bytes:
    return content[:at] + to + content[at + len(to) :]


NPY, NPZ, CSV = packed(np.save, X), packed(np.savez, X=X, y=WORDS), text(TABLE)
PARQUET = packed(TABLE.to_parquet)
ZIP = zipped({"a/1.png": picture(1), "b/2.png": picture(200)})

WRONG = {
    "empty": b"",
    "blank": b" \n\n ",
    "one row": b"a,b\n1,2\n",
    "only names": b"a,b\n",
    "one word": b"hello",
    "words only": b"a,b\nx,y\nz,w\n",
    "ragged": b"a,b\n1,2\n3,4,5\n",
    "short row": b"a,b\n1,2\n3\n",
    "infinite": b"a,b\n1,2\n3,inf\n",
    "beyond single precision": b"a,b\n1,2\n3,1e300\n",
    "all missing": b"a,b\n,\n,\n,\n",
    "utf-16 cut off": "a,b\n1,2\n3,4".encode("utf-16")[:-1],
    "binary": bytes(range(256)) * 9,
    "pickle": b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins",
    "open quote": b'a,b\n1,"2\n3,4\n',
    "a million columns": b",".join([b"1"] * 1_000_000) + b"\n" + b",".join([b"2"] * 1_000_000),
    "too many rows": b"a\n" + b"1\n" * 200_001,
    "gz of nothing": gzip.compress(b""),
    "gz truncated": gzip.compress(CSV * 99)[:60],
    "gz damaged": _changed(gzip.compress(CSV * 99), 30, b"\xff\xff\xff"),
    "npy of objects": packed(np.save, np.array([{}, []], object), allow_pickle=True),
    "npz of objects": packed(np.savez, X=np.array([{}, []], object)),
    "npy promises much": header("(1000000, 1000000)") + bytes(80),
    "npy promises less than nothing": header("(-1, 4)") + bytes(80),
    "npy of huge numbers": header("(10, 99999999999999999999)") + bytes(80),
    "npy of no shape": header("()") + bytes(8),
    "npy with code": header("__import__('os').getcwd()") + bytes(8),
    "npy of complex numbers": packed(np.save, X.astype(complex)),
    "npy of dates": packed(np.save, np.array(["2020-01-01", "2021-01-01"], "M8[D]")),
    "npy of words": packed(np.save, np.array(WORDS)),
    "npy empty": packed(np.save, np.zeros((0, 5))),
    "npy of one": packed(np.save, X[:1]),
    "npy of NaN": packed(np.save, X * np.nan),
    "npy of inf": packed(np.save, X * np.inf),
    "npz of nothing": packed(np.savez),
    "npz of words": packed(np.savez, y=np.array(WORDS)),
    "zip of nothing": zipped({}),
    "zip of texts": zipped({"a.txt": b"hello", "b.md": b"x"}),
    "zip of one picture": zipped({"a/1.png": picture(1)}),
    "zip of a broken picture": zipped({"a/1.png": picture(1), "b/2.png": b"no picture"}),
    "zip of a picture truncated": zipped({"a/1.png": picture(1), "b/2.png": picture(2, (60, 60))[:70]}),
    "zip of a huge picture": zipped(
        {"a/1.png": _changed(picture(1), 16, struct.pack(">II", 60_000, 60_000)), "2.png": ZIP}
    ),
    "zip of an svg": zipped({"a/1.png": b"<svg/>", "b/2.png": b"<svg/>"}),
    "zip with a lying size": ZIP.replace(struct.pack("<I", len(picture(1))), struct.pack("<I", 1 << 30)),
    "excel": zipped({"xl/workbook.xml": b"<a/>", "[Content_Types].xml": b"<a/>"}),
    "zip in a zip": zipped({"a.zip": ZIP}),
    "parquet of words": packed(TABLE[["kind"]].to_parquet),
    "parquet of nothing": packed(TABLE[:0].to_parquet),
    "parquet of lists": packed(pd.DataFrame({"a": [[1], [1, 2]]}).to_parquet),
    "parquet name only": b"PAR1",
    "hdf5 name only": b"\x89HDF\r\n\x1a\n" + bytes(40),
    **{f"npy cut at {at}": NPY[:at] for at in (7, 9, 20, 60, 127, 130, len(NPY) - 1)},
    "npy too long": NPY + b"x",
    **{f"npz cut at {at}": NPZ[:at] for at in (5, 40, 200, len(NPZ) - 30, len(NPZ) - 1)},
    **{f"parquet cut at {at}": PARQUET[:at] for at in (5, 100, len(PARQUET) // 2, len(PARQUET) - 9, len(PARQUET) - 1)},
    **{f"zip cut at {at}": ZIP[:at] for at in (10, 60, len(ZIP) - 20, len(ZIP) - 1)},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_cannot_be_is_one_sentence(kind):
    with pytest.raises(EpochscopeError) as raised:
        dataset(WRONG[kind], "wrong.file")
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert 15 < len(sentence) < 400
    assert sentence.endswith((".", ")."))


def points_or_sentence(content: bytes) -> Dataset | None:
    """The points; None where it was said in one sentence why there are none."""
    made, sentence = None, ""
    try:
        made = dataset(content, "any")
    except EpochscopeError as error:
        sentence = str(error)
    assert "\n" not in sentence
    return made


GOOD = {"npy": NPY, "npz": NPZ, "csv": CSV, "parquet": PARQUET, "zip": ZIP, "gz": gzip.compress(CSV)}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_damage_anywhere_gives_points_or_a_sentence(kind, data):
    content = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                content[at] = data.draw(st.integers(0, 255))
            case 1:
                content[at : at + 4] = struct.pack("<I", data.draw(st.sampled_from([0, 1, 2**31 - 1, 2**32 - 1])))
            case 2:
                del content[at : at + data.draw(st.integers(1, 40))]
            case _:
                content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
        if not content:
            break
    made = points_or_sentence(bytes(content))
    assert made is None or np.isfinite(made.x).all()


CELLS = ["1", "2.5", "-3e4", "", "NA", "x", '"q"', "inf", "<b>", "é", '"a,b"', "1e999", "0x1", "true"]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=4), max_size=8), st.sampled_from(",;\t"))
def test_any_text_gives_points_or_a_sentence(rows, separator):
    made = points_or_sentence("\n".join(separator.join(row) for row in rows).encode())
    if made is not None:
        assert np.isfinite(made.x).all()
        assert made.truth is None or set(np.unique(made.truth)) == set(range(len(made.class_names)))


def test_a_bomb_is_refused_before_it_unpacks(monkeypatch):
    for reader in ("archive", "packed"):
        monkeypatch.setattr(f"epochscope.data.own.{reader}.MOST_BYTES", 1_000_000)
    for bomb in (zipped({"X.npy": bytes(2_000_000)}), gzip.compress(bytes(2_000_000))):
        assert len(bomb) < 5_000
        with pytest.raises(EpochscopeError, match="unpacks to more than"):
            read(bomb, "bomb")


def test_limits_hold_for_every_reader(monkeypatch):
    monkeypatch.setattr(raws, "MOST_VALUES", 5)
    for name in ("npy", "npz", "csv", "parquet", "zip"):
        with pytest.raises(EpochscopeError, match="at most"):
            read(GOOD[name], name)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(label="nope"), "has no column 'nope'; its columns are: a, b, c"),
        (Choice(left_out=("a", "b")), "No numeric column of t is left"),
        (Choice(missing="guess"), "Missing values are handled by"),
        (Choice(missing=DROP), "1 of the 1,300 rows of t are left"),
        (Choice(label="c", missing=MEAN), "'c' has 1,300 different values"),
        (Choice(missing=MEAN), "Column 'b' of t has no values"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence(choice, sentence):
    a = np.arange(1300.0)
    b = np.full(1300, np.nan)
    b[0] = 1.0 if choice.missing == DROP or choice.label else np.nan
    words = np.array([f"w{i}" for i in range(1300)], object)
    with pytest.raises(EpochscopeError, match=sentence):
        chosen(Raw({"a": a, "b": b, "c": words}), choice, "t")


def test_an_infinite_value_is_named_by_its_row_and_column():
    with pytest.raises(EpochscopeError, match="has inf in row 3 of column 'b'"):
        dataset(b"a,b\n1,2\n,3\n5,inf\n6,7\n")


def test_a_number_with_a_slip_is_pointed_out():
    raw = read(b"a,b\n" + b"1,2\n" * 40 + b"3x,4\n", "slip")
    assert suspicious(raw, Choice()) == ["'a' is taken as words because of '3x' in row 41"]


def test_constant_columns_are_kept_and_counted():
    points = chosen(read(b"a,b\n1,5\n2,5\n9,5\n", "c"), Choice(), "c")
    assert points.constant == 1
    assert (dataset(b"a,b\n1,5\n2,5\n9,5\n").x[:, 1] == 0).all()


def test_hdf5_without_its_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(EpochscopeError, match="pip install 'epochscope\\[h5\\]'"):
        read(b"\x89HDF\r\n\x1a\n", "cells.h5ad")


def hdf5(fill) -> bytes:
    h5py = pytest.importorskip("h5py")
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        fill(made)
    return file.getvalue()


def cells(file, sparse: bool = True, codes=(0, 1, -1, 0)) -> None:
    """AnnData as its authors describe it: X, obs with a categorical column, var with names."""
    if sparse:
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "shape": np.array([4, 3])})
        for name, values in (("data", [1.0, 2, 3, 4]), ("indices", [0, 2, 1, 1]), ("indptr", [0, 1, 2, 3, 4])):
            group[name] = values
    else:
        file["X"] = np.array([[1, 0, 0], [0, 0, 2], [0, 3, 0], [0, 4, 0]], np.float32)
    kind = file.create_group("obs").create_group("cell_type")
    kind["codes"], kind["categories"] = np.array(codes, np.int8), ["T <cell>", "B cell"]
    file["obs"].attrs["_index"] = "name"
    file["obs/name"] = ["c1", "c2", "c3", "c4"]
    file["obs/depth"] = [5.0, 6, 7, 9]
    file.create_group("var").attrs["_index"] = "gene"
    file["var/gene"] = ["GATA1", "CD4", "CD8"]


@pytest.mark.parametrize("sparse", [True, False])
def test_annotated_data(sparse):
    raw = read(hdf5(lambda file: cells(file, sparse)), "cells.h5ad")
    choice = choice_for(raw)
    assert choice.label == "cell_type"
    points = chosen(raw, choice._replace(left_out=("depth",)), "cells.h5ad")
    assert points.feature_names == ("GATA1", "CD4", "CD8")
    assert points.x.tolist() == [[1, 0, 0], [0, 0, 2], [0, 4, 0]]
    assert points.class_names == ("B cell", "T ‹cell›")
    assert points.truth.tolist() == [1, 0, 1]


def test_hdf5_arrays_by_their_paths():
    data = dataset(
        hdf5(lambda file: (file.create_dataset("deep/x", data=X), file.create_dataset("y", data=[1, 2, 1, 2])))
    )
    assert data.truth.tolist() == [0, 1, 0, 1]
    assert data.x.shape == (4, 2)


HDF5_WRONG = {
    "nothing": lambda file: file.create_group("a"),
    "words": lambda file: file.create_dataset("a", data=["x", "y"]),
    "huge": lambda file: file.create_dataset("a", (10**6, 10**6), "f4"),
    "many columns": lambda file: file.create_dataset("a", (2, 10**6), "f4"),
    "elsewhere": lambda file: file.create_dataset("a", (4, 4), "u1", external=[("/etc/passwd", 0, 16)]),
    "bad code": lambda file: cells(file, codes=(0, 1, 7, 0)),
    "bad sparse": lambda file: (cells(file), file["X/indices"].__setitem__(0, 99)),
    "lying shape": lambda file: (cells(file), file["X"].attrs.modify("shape", np.array([10**6, 10**6]))),
    "no kind": lambda file: (cells(file), file["X"].attrs.__delitem__("encoding-type")),
    "X of words": lambda file: (file.create_dataset("X", data=["a"]), file.create_group("obs")),
    "obs is no group": lambda file: (file.create_dataset("X", data=X), file.create_dataset("obs", data=[1])),
}


@pytest.mark.parametrize("kind", HDF5_WRONG)
def test_an_hdf5_file_that_cannot_be_is_one_sentence(kind):
    content = hdf5(HDF5_WRONG[kind])
    with pytest.raises(EpochscopeError) as raised:
        dataset(content, "wrong.h5")
    assert "\n" not in str(raised.value)


def test_a_link_into_another_file_is_not_followed(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["z"] = X

    def fill(file):
        file["own"] = X[:, :1]
        file["stolen"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "z")

    assert list(read(hdf5(fill), "links.h5").columns) == ["own 1"]
