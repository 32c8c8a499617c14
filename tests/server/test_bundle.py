"""The bytes a browser gets."""

from base64 import b64decode

import numpy as np
import pytest
from epochscope.projections import PROJECTIONS
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live, window
from epochscope.server.bundle import Bundle, unpacked

PCA = ProjectionSpec("pca", PROJECTIONS["pca"].params().flat())


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    small = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 2, "cluster.tol": 0.0}
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=small), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def test_arrays_start_at_multiples_of_eight_and_come_back():
    bundle = Bundle()
    places = [bundle.add(data) for data in (b"abc", b"", b"0123456789")]
    header, body = unpacked(bundle.packed({"at": places}))
    assert header == {"at": [[0, 3], [8, 0], [8, 10]]}
    assert bytes(body[8:18]) == b"0123456789"
    assert int.from_bytes(bundle.packed({})[4:8], "little") % 8 == 0


def test_something_else_is_refused():
    with pytest.raises(ValueError, match="EPB1"):
        unpacked(b"PK\x03\x04")


def test_a_viewer_that_has_some_epochs_gets_the_others(run):
    header, body = unpacked(live.bundle(run, epochs=4, projection="", frames=0))
    assert [line["epoch"] for line in header["epochs"]] == [4, 5]
    assert header["status"]["state"] == "done"
    offset, size = header["epochs"][1]["at"]["q"]
    assert size == 150 * 3
    q = run.array(5, "q")
    assert abs(body[offset] / 255 - float(q[0, 0])) < 1 / 255


def test_a_long_run_comes_in_several_messages_and_says_so(run, monkeypatch):
    monkeypatch.setattr(live, "MESSAGE_BYTES", 1000)
    seen, rounds = 0, 0
    while True:
        header, _ = unpacked(live.bundle(run, epochs=seen, projection="", frames=0))
        if not header["epochs"]:
            break
        seen += len(header["epochs"])
        rounds += 1
    assert seen == 6
    assert rounds > 1


def bytes_at(body: memoryview, place: list[int]) -> bytes:
    return bytes(body[place[0] : sum(place)])


@pytest.mark.parametrize(("at", "sent"), [(3, [2, 3]), (2**31 - 1, [4, 5]), (0, [0])])
def test_of_a_long_run_the_epoch_that_is_shown_comes_ahead_and_again_in_its_turn(run, monkeypatch, at, sent):
    monkeypatch.setattr(live, "MESSAGE_BYTES", 1000)
    compute_frames(run, PCA)
    ahead, body = unpacked(live.bundle(run, epochs=0, projection=PCA.name, frames=0, at=at))
    assert [line["epoch"] for line in ahead["epochs"]] == sent
    assert [line["epoch"] for line in ahead["frames"]] == sent
    assert (ahead["ahead"], ahead["live"], ahead["recorded"]) == (True, True, 6)
    for line in ahead["epochs"]:
        channels = run.epochs()[line["epoch"]]
        assert line["at"].keys() == channels["at"].keys() | channels["held"].keys()
        assert line["held"] == {}
        for name, place in line["at"].items():
            whole = run.epochs()[channels["held"].get(name, line["epoch"])]
            assert bytes_at(body, place) == run.journal.read(whole["at"][name])
    header, _ = unpacked(live.bundle(run, epochs=0, projection=PCA.name, frames=0))
    assert header["epochs"][0]["epoch"] == 0
    assert "ahead" not in header


def test_a_run_that_fits_into_one_message_comes_in_order(run):
    header, _ = unpacked(live.bundle(run, epochs=0, projection="", frames=0, at=3))
    assert [line["epoch"] for line in header["epochs"]] == list(range(6))
    assert "ahead" not in header


def test_what_a_browser_learns_once(run):
    info = live.info(run)
    assert (info["n"], info["m"], info["r"], info["k"]) == (150, 150, 150, 3)
    points = run.points()
    index, truth = (np.frombuffer(b64decode(info[name]), kind) for name, kind in (("index", "<u4"), ("truth", "<i2")))
    assert index.tolist() == points["index"].tolist()
    assert truth.tolist() == points["truth"][points["index"]].tolist()
    assert info["sprite"] is None
    assert 0 < info["one_cluster"] < 1


def test_large_arrays_of_a_run_with_many_bytes_stay_apart_until_they_are_asked_for(run, monkeypatch):
    compute_frames(run, PCA)
    whole = {"epochs": 0, "projection": PCA.name, "frames": 0}
    monkeypatch.setattr(window, "_LARGE", 100)
    monkeypatch.setattr(live, "_messages", live._Shared(-1, 8))  # the question stays the same, the limit does not
    table = run.epochs()
    for limit, light in ((window.WHOLE_BYTES, False), (100, True)):
        monkeypatch.setattr(window, "WHOLE_BYTES", limit)
        header, _ = unpacked(live.bundle(run, **whole, apart=True))
        assert ("apart" in header["epochs"][0]) == light
        assert [line["losses"] for line in header["epochs"]] == [line["losses"] for line in table]
    assert "apart" not in unpacked(live.bundle(run, **whole))[0]["epochs"][0], "a viewer that cannot ask gets all"
    apart = {line["epoch"]: line["apart"] for line in header["epochs"] if "apart" in line}
    assert sorted(apart) == list(range(len(table) - 2)), "the last two come whole"
    assert {frame["epoch"] for frame in header["frames"] if "apart" in frame} == set(apart)
    asked = [epoch for epoch in apart if "labels" in apart[epoch]]
    lines, body = unpacked(live.arrays(run, projection=PCA.name, epochs=[*asked, 99]))
    assert asked
    assert [line["epoch"] for line in lines["epochs"]] == [line["epoch"] for line in lines["frames"]] == asked
    for line in lines["epochs"]:
        assert {name: size for name, (_, size) in line["at"].items()} == apart[line["epoch"]]
        start, size = line["at"]["labels"]
        labels = run.array(line["epoch"], "labels")[run.points()["index"]]
        assert np.array_equal(np.frombuffer(body[start : start + size], np.uint8), labels)
