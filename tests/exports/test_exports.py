"""Tables, pages, animations and vectors of a real run, read back by other means than they were written."""

import csv
import io
import json
import re
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
from epochscope.exports import animation, page, tables, tensorboard
from epochscope.exports.embedding import PCA, centers, groups, known_projections, positions
from epochscope.figures import theme
from epochscope.rights import PROGRAM
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError
from PIL import Image, ImageColor

SMALL = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 3, "cluster.tol": 0.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        writer = RunWriter(RunSpec("digits", "idec", 10, 0, params=SMALL), PROGRAM)
        train(writer, Control())
        yield Run(writer.id)


def test_curves_as_csv_and_parquet_are_the_stored_numbers(run):
    rows = list(csv.DictReader(io.StringIO(tables.csv([run]).decode())))
    table = run.epochs()
    assert [int(row["epoch"]) for row in rows] == [line["epoch"] for line in table]
    for row, line in zip(rows, table, strict=True):
        for name in ("acc", "nmi"):
            stored = line.get("scores", {}).get(name)
            assert row[f"score {name}"] == ("" if stored is None else str(stored))
        assert float(row["loss reconstruction"] or "nan") == pytest.approx(
            line["losses"].get("reconstruction", np.nan), nan_ok=True
        )
    frame = pd.read_parquet(io.BytesIO(tables.parquet([run, run])))
    assert len(frame) == 2 * len(table)
    assert frame["size 3"].dropna().tolist()[-1] == table[-1]["sizes"][3]


def test_the_page_needs_no_network_and_shows_no_markup_of_names(run):
    text = page.page(run, PROGRAM, name="<script>alert(1)</script>")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="?https?:', text)
    assert text.count('class="plotly-graph-div"') == 7
    assert text.count("Plotly.newPlot(") == 7
    assert '"name":"centers"' in text
    last = run.epochs()[-1]
    assert f"ACC {last['scores']['acc']:.3f} · NMI {last['scores']['nmi']:.3f}" in text
    early = page.page(run, PROGRAM, 0)
    assert early.count('class="plotly-graph-div"') == 3  # embedding, scores, losses: there are no clusters yet
    with pytest.raises(EpochscopeError, match="no epoch 99"):
        page.page(run, PROGRAM, 99)


def test_the_animation_has_a_picture_an_epoch(run):
    with Image.open(io.BytesIO(animation.gif(run, PROGRAM))) as file:
        assert file.n_frames == len(run.epochs())
        assert file.size == (480, 524 + 6 + 2 * 18)  # the key has two rows
        file.seek(file.n_frames - 1)
        colors = file.convert("RGB").getcolors(1 << 20)
    assert len([color for count, color in colors if count > 60]) >= 10  # ten classes and the ground


def test_the_key_of_an_animation_fits_and_says_what_it_leaves_out():
    assert [mark.text for mark in animation.key_rows(("a", "b"), "more", (0, 1))[0]] == ["a", "b", "more"]
    rows = animation.key_rows(tuple(f"a rather long name {i}" for i in range(40)), "more", range(40))
    assert len(rows) == 3
    shown = sum(map(len, rows)) - 1
    assert rows[-1][-1].text == f"and {40 - shown} more"
    assert all(mark.x < 480 for row in rows for mark in row)


def test_centers_lie_among_the_points_of_their_frame(run):
    xy, middles = positions(run, PROGRAM), centers(run)
    assert set(middles) < set(xy)  # pretraining has none
    for epoch, places in middles.items():
        assert places.shape == (10, 2)
        low, high = xy[epoch].min(axis=0), xy[epoch].max(axis=0)
        assert ((places >= low) & (places <= high)).mean() > 0.8


def test_pages_and_animations_of_many_points_show_some_and_say_so(run, monkeypatch):
    for module in ("embedding", "page"):
        monkeypatch.setattr(f"epochscope.exports.{module}.MOST_POINTS", 20)
    n = run.info["n"]
    assert f"figures of 20 of {n:,} points, a random sample" in page.page(run, PROGRAM)
    assert {len(xy) for xy in positions(run, PROGRAM).values()} == {20}
    assert Image.open(io.BytesIO(animation.gif(run, PROGRAM))).n_frames == len(run.epochs())


def test_points_lie_where_the_projection_puts_them(run):
    xy = positions(run, PROGRAM)[len(run.epochs()) - 1]
    image = np.asarray(
        animation.picture(xy[:1], np.array([2]), np.array([*xy[0], 1.0]), ("", "")).convert("RGB")
    ).astype(int)
    dot = np.argwhere(np.abs(image - ImageColor.getrgb(theme.color(2))).sum(axis=2) < 40)
    assert dot.mean(axis=0) == pytest.approx([44 + 240, 240], abs=1)


def test_vectors_for_the_projector(run):
    with zipfile.ZipFile(io.BytesIO(tensorboard.projector_zip(run))) as file:
        vectors = np.loadtxt(io.BytesIO(file.read("vectors.tsv")), delimiter="\t")
        rows = file.read("metadata.tsv").decode().splitlines()
        config = file.read("projector_config.pbtxt").decode()
        one = json.loads(file.read("projector_config.json"))["embeddings"][0]
        with Image.open(io.BytesIO(file.read("sprite.png"))) as sprite:
            sheet = np.asarray(sprite)
    z, last = run.array(len(run.epochs()) - 1, "z"), len(run.epochs()) - 1
    np.testing.assert_allclose(vectors, z.astype(float), rtol=1e-4, atol=1e-6)
    assert one["tensorShape"] == list(z.shape)
    assert rows[0] == "row\tcluster\tclass"
    points, labels = run.points(), run.array(last, "labels")
    i = points["index"][5]
    assert rows[6].split("\t") == [str(i), str(labels[i]), str(points["truth"][i])]
    assert "single_image_dim: 8 single_image_dim: 8" in config
    from sklearn.datasets import load_digits

    columns = sheet.shape[1] // 8
    assert sheet.shape[0] == sheet.shape[1]
    tile = sheet[5 // columns * 8 :, 5 % columns * 8 :][:8, :8]
    picture = load_digits().images[i]
    assert np.corrcoef(tile.ravel(), picture.ravel())[0, 1] > 0.99


def test_projections_that_are_known(run):
    assert [spec.key for spec in known_projections(run)] == ["pca"]
    assert sorted(positions(run, PROGRAM, PCA)) == list(range(len(run.epochs())))


def test_frames_of_an_earlier_version_are_known_until_there_are_newer_ones(run):
    compute_frames(run, PCA)
    projections = run.folder / "projections"
    old = projections / "tsne-0123456789"  # landmarks and the others came later as parameters
    try:
        shutil.copytree(projections / PCA.name, old)
        about = {"key": "tsne", "params": {"points": 2000, "perplexity": 30.0, "iterations": 30, "first": 250}}
        (old / "params.json").write_text(json.dumps(about))
        (spec,) = [spec for spec in known_projections(run) if spec.key == "tsne"]
        assert spec.name == old.name
        assert positions(run, PROGRAM, spec).keys() == positions(run, PROGRAM, PCA).keys()
        newer = projections / ProjectionSpec("tsne", {}).name
        shutil.copytree(old, newer)
        (newer / "params.json").write_text(json.dumps({"key": "tsne", "params": ProjectionSpec("tsne", {}).params}))
        assert [spec.name for spec in known_projections(run)] == [PCA.name, newer.name]
    finally:
        for folder in projections.glob("tsne-*"):
            shutil.rmtree(folder)


def test_words_about_a_run_are_cleaned():
    about = Metadata(name=" a\x00\u202eb\n c ", tags=["x", " x ", "", 3, "y" * 99], notes="\x1bhi\n", group="../g")
    assert about == Metadata(name="ab c", tags=("x", "y" * 30), notes="hi", group="g")


def test_clusters_have_the_colors_of_the_classes_they_are_matched_to(run):
    """As on the stage: the number of a cluster is arbitrary, and the picture beside it colors by class."""
    epoch = len(run.epochs()) - 1
    found, points = groups(run, epoch, "cluster"), run.points()
    assert sorted(found.hues) == list(range(len(found.hues)))
    labels, truth = run.array(epoch, "labels"), points["truth"]
    agree = np.array([*found.hues, -1])[labels] == truth
    assert agree.mean() == pytest.approx(run.epochs()[epoch]["scores"]["acc"])  # what ACC counts
