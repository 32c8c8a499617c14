"""UCI HAR as a folder, as a zip, and as the zip in a zip of today, from small files in the true format."""

import io
import zipfile

import numpy as np
import pytest
from epochscope.data import SOURCES, load
from epochscope.types import EpochscopeError

ROWS = {"train": 80, "test": 40}
RNG = np.random.default_rng(0)
X = {part: RNG.uniform(-1, 1, (m, 561)) for part, m in ROWS.items()}


def files(**changes):
    """Name -> content; a change is a function of the lines of that file."""
    made = {"features.txt": [f"{i} f{i}()-X" for i in range(1, 562)], "activity_labels.txt": ["1 WALKING"]}
    for part, m in ROWS.items():
        made[f"{part}/X_{part}.txt"] = ["".join(f" {value: .7e}" for value in row) for row in X[part]]
        made[f"{part}/y_{part}.txt"] = [str(i % 6 + 1) for i in range(m)]
    for name, change in changes.items():
        path = next(path for path in made if path.endswith(f"{name}.txt"))
        made[path] = change(made[path])
    return {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in made.items()}


def zipped(members, prefix=""):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in members.items():
            file.writestr(prefix + name, value)
    return content.getvalue()


def place(cache, members, *, prefix="uci_har/UCI HAR Dataset/"):
    for name, value in members.items():
        path = cache / f"{prefix}{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value)
    return {"cache": cache, "offline": True}


NESTED = {"UCI HAR Dataset.zip": zipped(files(), "UCI HAR Dataset/"), "UCI HAR Dataset.names": b"about"}
LAYOUTS = {
    "folder": (files(), "uci_har/UCI HAR Dataset/"),
    "content of the folder": (files(), "uci_har/"),
    "sample": (files(), "uci_har_sample/UCI HAR Dataset/"),
    "zip": ({"UCI HAR Dataset.zip": zipped(files(), "UCI HAR Dataset/")}, "uci_har/"),
    "zip without folder": ({"any name.zip": zipped(files())}, "uci_har/"),
    "zip in a zip": ({"human+activity+recognition.zip": zipped(NESTED)}, "uci_har/"),
}


@pytest.mark.parametrize(("members", "prefix"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_rows(tmp_path, members, prefix):
    fetch = place(tmp_path, members, prefix=prefix)
    assert SOURCES["uci_har"].needs_download(tmp_path).cached
    dataset = load("uci_har", **fetch)
    rows = np.random.default_rng(0).permutation(120)
    np.testing.assert_allclose(dataset.x, np.concatenate([X["train"], X["test"]])[rows], atol=1e-6)
    np.testing.assert_array_equal(dataset.truth, np.concatenate([np.arange(80) % 6, np.arange(40) % 6])[rows])
    assert dataset.class_names[1] == "walking upstairs"
    assert dataset.feature_names[560] == "f561()-X"
    assert (dataset.scaling, dataset.likelihood) == ("as stored", "real")
    assert "NOT the whole set: these files contain 120 points, 10,299 were published" in dataset.origin
    assert "called HHAR" in dataset.title


def test_scalings(tmp_path):
    fetch = place(tmp_path, files())
    stored = load("uci_har", **fetch).x
    np.testing.assert_allclose(load("uci_har", {"scaling": "times 0.5 (DGG)"}, **fetch).x * 2, stored)
    unit = load("uci_har", {"scaling": "min-max to [0,1]", "n": 100}, **fetch)
    assert (len(unit), unit.likelihood, unit.x.min(), unit.x.max()) == (100, "unit interval", 0, 1)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (
            "train/X_train.txt in .*, line 3, does not have 561 numbers",
            {"X_train": lambda x: [*x[:2], x[2] + " 1", *x[3:]]},
        ),
        (
            "train/X_train.txt in .*, line 4, does not have 561",
            {"X_train": lambda x: [*x[:3], x[3].replace("e", "x"), *x[4:]]},
        ),
        ("test/X_test.txt in .*, line 1, does not have 561 numbers", {"X_test": lambda x: [line[16:] for line in x]}),
        ("test/X_test.txt in .*, line 1, does not have 561 numbers", {"X_test": lambda x: []}),
        ("test/X_test.txt in .*, line 1, does not have 561 numbers", {"X_test": lambda x: ["\0\1\2 rubbish"]}),
        ("line 2, is longer than any line", {"X_test": lambda x: [x[0], "1 " * 10**6]}),
        ("not finite in row 1, column 1", {"X_test": lambda x: ["nan" + x[0][15:], *x[1:]]}),
        (
            "test/y_test.txt in .*, line 5, has the label 7, but labels are 1 to 6",
            {"y_test": lambda y: [*y[:4], "7", *y[5:]]},
        ),
        ("has the label 1.5", {"y_test": lambda y: ["1.5", *y[1:]]}),
        ("have 40 rows of X, but 39 labels", {"y_test": lambda y: y[1:]}),
        ("names 560 features, 561 are needed", {"features": lambda f: f[1:]}),
        ("names 561 features, 561 are needed", {"features": lambda f: ["", *f[1:]]}),
    ],
)
def test_what_is_wrong_is_named(tmp_path, words, changes):
    members = files(**changes)
    with pytest.raises(EpochscopeError, match=words):
        load("uci_har", **place(tmp_path / "a", members))
    with pytest.raises(EpochscopeError, match=words):
        load("uci_har", **place(tmp_path / "b", {"a.zip": zipped(members)}, prefix="uci_har/"))


def test_zips_that_are_something_else(tmp_path, monkeypatch):
    monkeypatch.setattr("epochscope.data.uci_har.MOST_BYTES", 5_000_000)
    without = {name: value for name, value in files().items() if name != "test/y_test.txt"}
    for number, (content, words) in enumerate(
        {
            b"rubbish": "truncated or damaged",
            zipped({"cat.jpg": b"meow"}): r"is not UCI HAR: it has no features\.txt",
            zipped(without, "x/"): r"it has no x/test/y_test\.txt",
            zipped({"UCI HAR Dataset.zip": zipped({"UCI HAR Dataset.zip": b""})}): r"Dataset\.zip in .* is not UCI HAR",
            zipped({"UCI HAR Dataset.zip": bytes(6_000_000)}): "it has more than 5 MB",
            zipped(files() | {"train/X_train.txt": b"1 " * 3_000_000}): "X_train.txt is not this data set",
        }.items()
    ):
        with pytest.raises(EpochscopeError, match=words):
            load("uci_har", **place(tmp_path / str(number), {"a.zip": content}, prefix="uci_har/"))


def test_a_missing_file_of_the_folder_is_named(tmp_path):
    fetch = place(tmp_path, {"train/X_train.txt": files()["train/X_train.txt"]})
    with pytest.raises(EpochscopeError, match=r"features\.txt cannot be read \(No such file"):
        load("uci_har", **fetch)
