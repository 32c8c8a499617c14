"""The folder of futures: what a training writes, what is read of it, who may delete it, and what is said of damage."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from epochscope import settings
from epochscope.futures.outcome import labelings
from epochscope.futures.plan import MOST_MEMBERS, label_of, members_of, reason_not_together
from epochscope.futures.store import Futures, every, throw_away
from epochscope.futures.training import futures_writer, train
from epochscope.rights import PROGRAM, UNKNOWN, Kind, Visitor
from epochscope.runs.format import disk
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager
from epochscope.server import futures as server
from epochscope.types import EpochscopeError

ONE, OTHER = (Visitor(Kind.BROWSER, letter * 64) for letter in "ab")


def trained(spec, seeds=range(3), values=None, control=None, visitor=PROGRAM) -> Futures:
    writer = futures_writer(spec, seeds, values, visitor)
    train(writer, control or Control())
    return Futures(writer.id)


def test_a_training_is_stored_epoch_by_epoch(small_spec):
    futures = trained(small_spec())
    assert futures.status["state"] == "done"
    assert futures.title == "DEC on Digits 8 x 8, k = 10, 3 seeds"
    assert [one.label for one in futures.members] == ["seed 0", "seed 1", "seed 2"]
    epochs = futures.epochs()
    assert [one.phase for one in epochs] == ["pretrain"] * 2 + ["cluster"] * 3
    assert [one.number for one in futures.epochs(3)] == [3, 4]
    for epoch in epochs:
        found = futures.arrays(epoch.number)
        assert found.places.shape == (3, futures.info["m"], 2)
        assert (found.labels is None) == (epoch.phase == "pretrain")
    assert found.labels.shape == (3, 1797)
    assert set(epochs[-1].scores) == {"acc", "nmi", "ari", "changed"}
    assert "changed" not in epochs[2].scores
    assert np.isfinite(epochs[-1].scores["acc"]).all()
    assert labelings(futures).end.shape == (3, 1797)
    assert [one.id for one in every()] == [futures.id]
    assert entries() == []  # no run
    assert disk.run_bytes(None) > 10_000  # but it takes its part of the disk


def test_the_browser_gets_epochs_as_bytes(small_spec):
    futures = trained(small_spec())
    about = server.info(futures)
    assert about["m"] == len(about["truth"]) == futures.info["m"]
    message = server.epochs(futures, 2)
    size = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + size])
    assert (header["live"], header["last"], [one["epoch"] for one in header["epochs"]]) == (False, True, [2, 3, 4])
    numbers = np.frombuffer(message[4 + size :], "<i2").reshape(3, -1)
    m, first = about["m"], futures.arrays(2)
    np.testing.assert_array_equal(numbers[0, : 3 * m * 2].reshape(3, m, 2), first.places)
    np.testing.assert_array_equal(numbers[0, 3 * m * 2 :].reshape(3, m), first.labels[:, futures.points()["index"]])


def test_members_are_seeds_and_values(small_spec):
    spec = small_spec("idec")
    some = members_of(spec, [0, 1], {"gamma": [0.1, 1.0]})
    assert [label_of(one, some) for one in some] == [
        "gamma = 0.1, seed 0",
        "gamma = 0.1, seed 1",
        "gamma = 1, seed 0",
        "gamma = 1, seed 1",
    ]
    with pytest.raises(EpochscopeError, match=f"2 to {MOST_MEMBERS} members, but these would be 1;"):
        members_of(spec, [0])
    with pytest.raises(EpochscopeError, match="these would be 65;"):
        members_of(spec, range(65))
    with pytest.raises(EpochscopeError, match="gamma must be"):
        members_of(spec, [0, 1], {"gamma": [-1.0]})


def test_what_cannot_be_taken_together_is_said(small_spec):
    assert "of k-means are not taken together" in reason_not_together(
        small_spec("dec").__class__("digits", "kmeans", 10, 0)
    )
    layered = small_spec(values={"pretrain.schedule": "greedy layerwise"})
    assert "layerwise pretraining is not taken together" in reason_not_together(layered)
    with pytest.raises(EpochscopeError, match="layerwise"):
        futures_writer(layered, range(2), None, PROGRAM)
    assert every() == []


def test_a_stop_leaves_what_was_written(small_spec):
    control = Control()
    control.stop()
    futures = trained(small_spec(), control=control)
    assert futures.status["state"] == "stopped"
    assert futures.epochs() == []
    assert server.info(futures)["live"] is False
    assert labelings(futures) is None


def test_who_trains_them_no_longer_is_interrupted(small_spec):
    writer = futures_writer(small_spec(), range(2), None, PROGRAM)
    writer.status(state="running")
    assert Futures(writer.id).status["state"] == "running"
    writer._lock.release()
    assert Futures(writer.id).status["state"] == "interrupted"


def test_only_the_owner_deletes_and_only_what_has_ended(small_spec):
    futures = trained(small_spec(), visitor=ONE)
    for visitor in (OTHER, UNKNOWN):
        with pytest.raises(EpochscopeError):
            throw_away(futures.id, visitor)
    writer = futures_writer(small_spec(), range(2), None, ONE)
    with pytest.raises(EpochscopeError, match="still training"):
        throw_away(writer.id, ONE)
    writer.finish("stopped")
    throw_away(writer.id, ONE)
    throw_away(futures.id, PROGRAM)
    assert every() == []
    with pytest.raises(EpochscopeError, match="not known"):
        futures_writer(small_spec(), range(2), None, UNKNOWN)


def test_damage_is_one_sentence(small_spec):
    futures = trained(small_spec(), range(2))
    (futures.folder / "epochs" / "000003.safetensors").write_bytes(b"nonsense")
    with pytest.raises(EpochscopeError, match="missing or damaged"):
        futures.arrays(3)
    for content in (b"", b"{", b"[]", b'{"format": 1}', b'{"format": 99}'):
        (futures.folder / "futures.json").write_bytes(content)
        with pytest.raises(EpochscopeError, match=r"cannot be read|newer epochscope"):
            Futures(futures.id)
    assert every() == []
    with pytest.raises(EpochscopeError, match="There are no futures"):
        Futures("20200101-000000-none")


def test_members_count_as_runs_in_the_queue(small_spec, monkeypatch):
    monkeypatch.setenv(settings.QUEUE_EACH.name, "4")
    manager, spec, ended = Manager(), small_spec(), threading.Event()

    def start(visitor, count):
        return manager.start_work(
            lambda: futures_writer(spec, range(count), None, visitor),
            lambda work, control: (control.cancel.wait(120), work.finish("stopped"), ended.set()),
            visitor,
            counts=count,
        )

    with pytest.raises(EpochscopeError, match="4 is the most for one person"):
        start(ONE, 5)
    assert every() == []
    running = start(ONE, 3)
    with pytest.raises(EpochscopeError, match="3 of your runs wait or train, so 2 more would be too many"):
        start(ONE, 2)
    start(OTHER, 2)
    assert manager.stop([running], OTHER) == 0
    assert manager.stop([running], ONE) == 1
    assert ended.wait(120)
    assert Futures(running).status["state"] == "stopped"
    manager.shutdown(PROGRAM)
