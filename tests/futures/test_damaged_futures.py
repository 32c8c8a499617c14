"""Futures and classes damaged anywhere, at random: data or one sentence, and whole ones are listed as before."""

import random

import pytest
from epochscope.classroom import rooms
from epochscope.futures import store
from epochscope.futures.outcome import labelings
from epochscope.runs.format.spec import runs_folder
from epochscope.server import futures as served
from epochscope.types import EpochscopeError

from benchmarks.damage import damage, whole

COUNT = 30


def one_sentence(error: EpochscopeError, said: str) -> None:
    assert str(error).strip(), said
    assert "\n" not in str(error), said
    assert len(str(error)) < 1000, said


def futures_read(name: str) -> None:
    found = store.Futures(name)
    assert found.status["state"] in ("done", "failed", "stopped", "paused", "interrupted"), found.status
    _ = served.info(found), served.epochs(found, 0), labelings(found), found.points()


def class_read(name: str) -> None:
    room = rooms.find(name.removeprefix("class-"))
    assert room.lesson.plan.seeds
    _ = room.groups()


@pytest.mark.parametrize(("kind", "name"), [("futures", "20260401-000000-futures-0"), ("class", "class-AAAAAA")])
def test_it_is_data_or_one_sentence(kind, name, tmp_path, monkeypatch):
    for number in range(COUNT):
        monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / str(number)))
        rooms._rooms.clear()
        whole(kind, runs_folder() / name)
        neighbor = name[:-1] + "B"
        whole(kind, runs_folder() / neighbor, "AAAAAB")
        said = damage(runs_folder() / name, random.Random(number), [])
        try:
            listed = [one.id for one in store.every()] + [f"class-{one.plan.code}" for one in rooms.every()]
            assert neighbor in listed, said
            (futures_read if kind == "futures" else class_read)(name)
        except EpochscopeError as error:
            one_sentence(error, said)
        except Exception as error:
            error.add_note(said)
            raise
