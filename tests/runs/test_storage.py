"""What of the points is stored: all of them, at every epoch while that is little, otherwise at some epochs."""

import itertools

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.runs.format import schema
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.thumbnails import pictured_points, sprites_name
from epochscope.runs.format.whole import check_whole
from epochscope.runs.library.shown import stored_words
from epochscope.runs.training import epoch_recorder
from epochscope.runs.training.packing import sample_edges
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.snapshot_arrays import PointSampler, small
from epochscope.runs.training.storage_policy import StoragePolicy
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live
from epochscope.server.bundle import unpacked

from tests.support.training import continued, recorded, same_runs


def loop(n: int, epochs: int, **more) -> Run:
    """A recorded loop of n points in 3 clusters."""
    rng = np.random.default_rng(0)
    with Recorder("loop", epochs=epochs, **more) as recorder:
        for _ in range(epochs):
            recorder.log(z=rng.normal(size=(n, 4)), q=rng.dirichlet(np.ones(3), n), losses=1.0)
    return Run(recorder.run)


def test_all_points_are_stored_and_drawn_beyond_the_former_sample():
    run = loop(70_000, 2)
    info = run.info
    assert (info["n"], info["m"], info["most_epoch_bytes"]) == (70_000, 70_000, schema.STORED_EPOCH_BYTES)
    assert run.array(1, "z").shape == (70_000, 4)
    assert sorted(run.points()["index"].tolist()) == list(range(70_000))
    pca = ProjectionSpec("pca", {})
    compute_frames(run, pca)
    header, body = unpacked(live.bundle(run, epochs=0, projection=pca.name, frames=0))
    assert [frame["at"][1] for frame in header["frames"]] == [4 * 70_000] * 2
    start, size = header["epochs"][1]["at"]["labels"]
    labels = np.frombuffer(body[start : start + size], np.uint8)
    assert np.array_equal(labels, run.array(1, "labels")[run.points()["index"]])
    assert "all 70,000 points are stored at every epoch" in stored_words(run)


def test_the_policy_takes_every_epoch_up_to_its_limit_and_beyond_it_few_enough():
    policy = StoragePolicy(100, {"train": 10})
    assert [policy("pretrain", 100) for _ in range(3)] == [True] * 3
    assert policy.every == 1
    assert [place for place in range(11) if policy("train", 301)] == [0, 4, 8, 10], "and the last one planned"
    assert policy.every == 4
    assert all(StoragePolicy(None, {})("train", 10**9) for _ in range(3))


def test_large_epochs_are_stored_at_some_epochs_and_labels_at_all(monkeypatch):
    monkeypatch.setattr(schema, "STORED_EPOCH_BYTES", 300 * 2 * (4 + 3) // 2)
    run = loop(300, 6)
    assert [line["epoch"] for line in run.epochs() if "z" in line["has"]] == [0, 2, 4, 5]
    assert all("labels" in line["has"] and "confidence" in line["at"] for line in run.epochs())
    assert run.info["every"] == 2
    assert run.array(1, "q") is None
    pca = ProjectionSpec("pca", {})
    compute_frames(run, pca)
    assert [line["epoch"] for line in run.frames(pca.name).lines()] == [5, 0, 2, 4]
    header, _ = unpacked(live.bundle(run, epochs=0, projection=pca.name, frames=0))
    assert header["live"] is False, "no frame is waited for that cannot come"
    assert "at 4 of 6 epochs" in stored_words(run)
    check_whole(run.folder)


@pytest.mark.parametrize("limit", [None, 2000])
def test_a_run_that_is_continued_keeps_its_points_and_its_policy(limit):
    """As an older version left it: a sample, without a policy; and as one that stores at some epochs."""
    plan = {"net.widths": "8", "pretrain.epochs": 1, "cluster.epochs": 3, "cluster.tol": 0.0}
    spec = RunSpec("blobs", "idec", 3, 0, data={"n": 400}, params=plan)
    with pytest.MonkeyPatch.context() as then:
        if limit:
            then.setattr(schema, "STORED_EPOCH_BYTES", limit)
        else:
            then.setattr(RunWriter, "most_epoch_bytes", property(lambda _: None))
            then.setattr(epoch_recorder, "DRAWN_POINTS", 100)
        whole, part = recorded(spec), recorded(spec, last=2)
    again = continued(part)
    assert again.status["state"] == "done", again.status
    assert again.info["m"] == (400 if limit else 100)
    same_runs(whole, again)


def test_pictures_lie_on_as_many_sheets_as_they_need(monkeypatch, tmp_path):
    monkeypatch.setattr(epoch_recorder, "TILES", 40)
    monkeypatch.setattr("epochscope.runs.format.whole.TILES", 40)
    monkeypatch.setattr(epoch_recorder, "_PICTURED", 100)
    run = loop(130, 1, x=np.random.default_rng(0).random((130, 6, 5)))
    assert pictured_points(run.info) == 100
    assert [(run.folder / sprites_name(sheet)).exists() for sheet in range(4)] == [True, True, True, False]
    check_whole(run.folder)
    (run.folder / sprites_name(2)).unlink()
    with pytest.raises(Exception, match=r"sprites-2\.png is missing"):
        check_whole(run.folder)


def test_what_is_stored_of_an_array_in_parts_is_what_is_stored_of_all_of_it(monkeypatch):
    monkeypatch.setattr("epochscope.runs.training.snapshot_arrays._PART", 7)
    rng = np.random.default_rng(0)
    index = rng.permutation(50)[:30]
    plain, large = rng.normal(size=(50, 3)).astype(np.float32), rng.normal(size=(50, 3)).astype(np.float32)
    large[index[20], 1] = 1e6
    for array in (plain, large):
        stored = PointSampler(index, 50).stored("z", array)
        assert stored.dtype == small("z", array[index]).dtype
        assert np.array_equal(stored, small("z", array[index]))


def test_edges_of_many_points_have_ends_of_four_bytes(monkeypatch):
    monkeypatch.setattr("epochscope.runs.training.packing.MOST_EDGES", 500)
    rng = np.random.default_rng(0)
    n = 70_000
    near = rng.integers(0, n, (n, 3))
    with Recorder("graph", k=3) as recorder:
        recorder.log(z=rng.normal(size=(n, 2)), labels=rng.integers(0, 3, n), extra={"neighbors": near})
    run = Run(recorder.run)
    at = run.epochs()[0]["at"]
    assert "edges" not in at
    content = run.journal.read(at["edges32"])
    assert np.frombuffer(content[:8], "<u4").tolist() == [3, 3 * n]
    ends = np.frombuffer(content[8:], "<u4").reshape(-1, 2)
    index = run.points()["index"]
    assert len(ends) == 500
    assert all(index[j] in near[index[i]] for i, j in ends.tolist())
    assert ends.max() > 65_535


def test_a_sample_of_edges_is_the_same_whether_all_ends_are_drawn_or_not(monkeypatch):
    monkeypatch.setattr("epochscope.runs.training.packing.MOST_EDGES", 10)
    places = np.arange(60).reshape(20, 3)
    some = sample_edges(places)
    assert (some.between, len(set(zip(some.row.tolist(), some.column.tolist(), strict=True)))) == (60, 10)
    places[::2] = -1
    row, column, between = sample_edges(places)
    assert between == 30
    assert (places[row, column] >= 0).all()
    assert len(row) == 10


@pytest.mark.slow
def test_tsne_lays_landmarks_out_and_places_all_others_frame_by_frame():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 700)
    with Recorder("loop", truth=group, k=3) as recorder:
        for epoch in range(3):
            recorder.log(z=rng.normal(size=(700, 4)) + (3 + epoch) * np.eye(4)[group])
    run = Run(recorder.run)
    spec = ProjectionSpec("tsne", {"points": 200, "perplexity": 10.0, "first": 100})
    compute_frames(run, spec)
    journal = run.frames(spec.name)
    frames = [read_xy(journal, line) for line in sorted(journal.lines(), key=lambda line: line["epoch"])]
    own = group[run.points()["index"]]
    assert [xy.shape for xy in frames] == [(700, 2)] * 3
    for xy in frames:
        middles = np.array([xy[:200][own[:200] == c].mean(axis=0) for c in range(3)])
        nearest = np.linalg.norm(xy[200:, None] - middles, axis=2).argmin(axis=1)
        assert (nearest == own[200:]).mean() > 0.9
    moved = [np.linalg.norm(b - a, axis=1).mean() / a.std() for a, b in itertools.pairwise(frames)]
    assert max(moved) < 0.5, "each frame continues the one before"
    few = ProjectionSpec("tsne", {"points": 200, "perplexity": 10.0, "first": 100, "everything": False})
    compute_frames(run, few)
    assert {len(read_xy(run.frames(few.name), line)) for line in run.frames(few.name).lines()} == {200}
