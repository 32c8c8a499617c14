"""Driving a method: pause, step, stop, live changes, failures, and what is written of them."""

import threading

import numpy as np
import pytest
from epochscope.data import dataset_cache
from epochscope.exports.tensorboard import thumbnails
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.record import record
from epochscope.runs.training.request import resolve
from epochscope.runs.training.writer import RunWriter
from epochscope.types import Dataset, EpochscopeError

from tests.support.waiting import until


@pytest.fixture
def manager():
    made = Manager()
    yield made
    made.shutdown(PROGRAM)


def test_step_trains_one_epoch_and_pauses(count_spec, manager):
    run = Run(manager.start(count_spec(epochs=50), PROGRAM, step=True))
    until(lambda: run.status["state"] == "paused")
    assert len(run.epochs()) == 1
    manager.control(run.id, PROGRAM).step()
    until(lambda: len(run.epochs()) == 2)
    until(lambda: run.status["state"] == "paused")
    assert len(run.epochs()) == 2
    manager.control(run.id, PROGRAM).play()
    until(lambda: run.status["state"] == "done")
    assert len(run.epochs()) == 51


def test_stop_ends_a_paused_run_at_once(count_spec, manager):
    run = Run(manager.start(count_spec(epochs=50), PROGRAM, step=True))
    until(lambda: run.status["state"] == "paused")
    manager.control(run.id, PROGRAM).stop()
    until(lambda: run.status["state"] == "stopped")
    assert len(run.epochs()) == 1
    until(lambda: manager.control(run.id, PROGRAM) is None)


def test_stop_does_not_wait_for_the_end_of_an_epoch(manager):
    """An epoch of 20,000 points in the full network takes seconds; stop must come between two gradient steps."""
    spec = RunSpec("blobs", "dec", 3, 0, data={"n": 20000}, params={"pretrain.epochs": 5})
    run = Run(manager.start(spec, PROGRAM))
    until(lambda: run.status.get("progress"))  # gradient steps are being made
    before = len(run.epochs())
    manager.control(run.id, PROGRAM).stop()
    until(lambda: run.status["state"] == "stopped")
    assert len(run.epochs()) == before


def test_a_live_change_reaches_the_method_and_is_marked(count_spec):
    spec = count_spec(epochs=4)
    writer, control = RunWriter(spec, PROGRAM), Control()
    control.change({"gamma": 0.5, "epochs": 900})  # epochs is not live: it must not change
    train(writer, control)
    run = Run(writer.id)
    assert run.param_changes() == [{"epoch": 0, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 0.5}]
    assert [line["losses"]["gamma"] for line in run.epochs()] == [0.1, 0.5, 0.5, 0.5, 0.5]


def test_a_failing_method_says_so_and_others_go_on(count_spec, manager):
    bad = Run(manager.start(count_spec(epochs=9, fails_at=3), PROGRAM))
    good = Run(manager.start(count_spec(epochs=9), PROGRAM))
    until(lambda: bad.status["state"] == "failed")
    until(lambda: good.status["state"] == "done")
    assert bad.status["message"] == "RuntimeError in Count: the weights fell off"
    assert len(bad.epochs()) == 3
    assert "fell off" in (bad.folder / "traceback.txt").read_text()


def test_impossible_settings_fail_with_one_sentence():
    writer = RunWriter(RunSpec("blobs", "kmeans", 200, 0, data={"n": 100}), PROGRAM)
    train(writer, Control())
    status = Run(writer.id).status
    assert status["state"] == "failed"
    assert "k = 200" in status["message"]
    assert "\n" not in status["message"]


def test_colored_pictures_have_colored_tiles_and_no_gray_decoding():
    shots = np.random.default_rng(0).integers(0, 256, (20, 5, 4, 3)).astype(np.uint8)
    x = shots.reshape(20, -1).astype(np.float32) / 255
    data = Dataset(key="digits", title="shots", x=x, scaling="as stored", likelihood="unit interval", pictures=shots)
    writer = RunWriter(RunSpec("digits", "kmeans", 2, 0), PROGRAM)
    record(writer, data, Control())
    run = Run(writer.id)
    assert run.status["state"] == "done"
    assert run.info["tile"][:2] == [4, 5]
    assert not run.info["decodes"]
    np.testing.assert_array_equal(thumbnails(run), shots[run.points()["index"]])


@pytest.mark.parametrize("method", ["kmeans", "dec"])
def test_fewer_distinct_points_than_clusters_end_a_run_before_it_trains(method):
    x = np.tile(np.array([[0.0, 1.0], [2.0, 3.0]], np.float32), (30, 1))
    data = Dataset(key="digits", title="two places", x=x, scaling="as stored", likelihood="real")
    writer = RunWriter(RunSpec("digits", method, 10, 0), PROGRAM)
    record(writer, data, Control())
    status = Run(writer.id).status
    sentence = "Only 2 of the 60 points of two places differ from each other, fewer than k = 10: choose fewer clusters."
    assert (status["state"], status["message"]) == ("failed", sentence)
    assert not Run(writer.id).epochs()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"dataset": "nope"}, "There is no data set 'nope'"),
        ({"method": "nope"}, "There is no method 'nope'"),
        ({"k": 0}, "k must be"),
        ({"seed": -1}, "seed must be"),
        ({"params": {"nope": 1}}, "no parameter 'nope'"),
        ({"params": {"nu": "many"}}, "nu must be a number"),
        ({"params": {"nu": float("nan")}}, "params must be numbers"),
        ({"data": {"n": 10**9}}, "n must be"),
    ],
)
def test_a_spec_that_cannot_be(wrong, sentence):
    good = {"dataset": "blobs", "method": "dec", "k": 3, "seed": 0}
    with pytest.raises(EpochscopeError, match=sentence):
        resolve(RunSpec(**{**good, **wrong}))


def test_a_run_stopped_while_queued_never_starts(count_spec):
    writer, control = RunWriter(count_spec(), PROGRAM), Control()
    control.stop()
    train(writer, control)
    assert Run(writer.id).status["state"] == "stopped"
    assert Run(writer.id).epochs() == []


def test_two_runs_at_the_same_time_give_the_numbers_each_gives_alone():
    """Same seed, same numbers, whatever else runs: bit for bit, with another run of other size in the next thread."""
    small = {"net.widths": "32-32", "pretrain.epochs": 2, "cluster.epochs": 3}
    spec = RunSpec("digits", "idec", 10, 7, params=small)
    other = RunSpec("digits", "dec", 8, 3, params=small)
    alone = RunWriter(spec, PROGRAM)
    train(alone, Control())
    writers = [RunWriter(spec, PROGRAM), RunWriter(other, PROGRAM)]
    threads = [threading.Thread(target=train, args=(writer, Control())) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = Run(alone.id), Run(writers[0].id)
    assert first.status["state"] == second.status["state"] == "done"
    assert len(first.epochs()) == len(second.epochs())
    for a, b in zip(first.epochs(), second.epochs(), strict=True):
        assert a["losses"] == b["losses"]
        assert a.get("scores") == b.get("scores")
        for name in a["has"]:
            assert np.array_equal(first.array(a["epoch"], name), second.array(b["epoch"], name))


def test_progress_never_runs_backwards(count_spec, monkeypatch):
    seen = []
    writer = RunWriter(count_spec(epochs=5), PROGRAM)
    original = writer.status
    monkeypatch.setattr(writer, "status", lambda **c: (seen.append(c.get("progress")), original(**c)))
    train(writer, Control())
    values = [value for value in seen if value is not None]
    assert values == sorted(values)
    assert values[-1] == 1.0


def test_a_data_set_is_loaded_once(monkeypatch):
    calls = []
    real = dataset_cache.load
    monkeypatch.setattr(dataset_cache, "load", lambda *a, **k: (calls.append(a), real(*a, **k))[1])
    first = dataset_cache.dataset("blobs", {"n": 123})
    assert dataset_cache.dataset("blobs", {"n": 123}) is first
    assert len(calls) == 1
