"""A clock that is wrong, jumps or repeats an hour: nothing is deleted early or merged, and lists stay in order."""

import json
import os
import time

import pytest
import streamlit as st
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.spec import RunSpec, new_id, runs_folder
from epochscope.runs.library import catalog, trash
from epochscope.types import EpochscopeError
from epochscope.ui.shared import session

from tests.support.training import recorded

DAY = 86400.0


class Clock:
    """What the programs that look into the trash see of the time."""

    def __init__(self, monkeypatch):
        self.now, self.running = time.time(), 0.0
        self._looked = {}
        monkeypatch.setattr(trash, "_clock", lambda: self.now)
        monkeypatch.setattr(trash, "_stopwatch", lambda: self.running)
        monkeypatch.setattr(trash, "_looked", self._looked)

    def start(self) -> int:
        """A server starts; how many runs it deletes."""
        self._looked.clear()
        return trash.empty(PROGRAM, older_than_days=trash.KEPT_DAYS)

    def run(self, seconds: float) -> int:
        """It runs on for so long, then looks."""
        self.now += seconds
        self.running += seconds
        return trash.empty(PROGRAM, older_than_days=trash.KEPT_DAYS)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def thrown(count_spec):
    run = recorded(count_spec(epochs=2))
    trash.throw_away(run.id, PROGRAM)
    return run.id


def test_a_server_that_starts_with_a_clock_far_ahead_deletes_nothing(clock, thrown):
    assert clock.start() == 0
    for years in (1, 80):
        clock.now += years * 365 * DAY
        assert clock.start() == 0
        assert clock.run(3600) == 0
    assert trash.thrown_away(PROGRAM) == [thrown]
    clock.now -= 81 * 365 * DAY
    assert clock.start() == 0


def test_a_clock_that_jumps_while_the_server_runs_deletes_nothing(clock, thrown):
    assert clock.start() == 0
    clock.now += 365 * DAY
    assert clock.run(3600) == 0
    clock.now -= 2 * 365 * DAY
    assert clock.run(3600) == 0
    assert trash.thrown_away(PROGRAM) == [thrown]


def test_the_trash_is_emptied_after_some_days(clock, thrown, count_spec):
    assert clock.start() == 0
    assert clock.run(6 * DAY) == 0
    new = recorded(count_spec(epochs=2)).id
    trash.throw_away(new, PROGRAM)
    assert clock.run(DAY) == 1
    assert trash.thrown_away(PROGRAM) == [new]
    assert trash.restore([new, thrown], PROGRAM) == [new]
    assert len(Run(new).epochs()) == 3
    trash.throw_away(new, PROGRAM)
    os.utime(trash.trash_folder() / new, (1e9, 1e9))
    assert clock.run(6.5 * DAY) == 0, "what was brought back begins anew"
    assert clock.run(6.5 * DAY) == 0
    assert clock.run(0.5 * DAY) == 1
    with pytest.raises(EpochscopeError, match="not a run id"):
        trash.throw_away("../x", PROGRAM)
    with pytest.raises(EpochscopeError, match="There is no run"):
        trash.throw_away(thrown, PROGRAM)


def test_two_servers_do_not_make_time_pass_twice(clock, thrown):
    assert clock.start() == 0
    for _ in range(12):
        assert clock.run(DAY / 2) == 0
        assert clock.start() == 0
    assert clock.run(DAY) == 1


@pytest.mark.parametrize("content", [b"", b"{", b'{"at": "x"}', b'{"at": -1e300, "runs": {"x": [1, NaN]}}'])
def test_a_damaged_note_of_what_was_seen_deletes_nothing(clock, thrown, content):
    clock.start()
    (trash.trash_folder() / ".looks.json").write_bytes(content)
    assert clock.run(30 * DAY) == 0
    assert trash.thrown_away(PROGRAM) == [thrown]


@pytest.fixture
def in_berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_hour_that_summer_time_repeats_keeps_its_order(count_spec, monkeypatch, in_berlin):
    """2026-10-25: it is 02:30 twice in Berlin, an hour apart."""
    first, hour = 1_792_888_200.0, 3600.0
    assert time.strftime("%H:%M", time.localtime(first)) == time.strftime("%H:%M", time.localtime(first + hour))
    ids = []
    for moment in (first + 600, first + hour):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda moment=moment: moment)
            patch.setattr(time, "gmtime", lambda moment=moment, real=time.gmtime: real(moment))
            patch.setattr(time, "localtime", lambda moment=moment, real=time.localtime: real(moment))
            ids.append(recorded(count_spec(epochs=2)).id)
    assert [one.id for one in catalog.entries()] == ids[::-1]
    assert [run.id for run in runs()] == ids[::-1]
    assert ids[0][:15] < ids[1][:15]


def test_ids_are_in_utc(monkeypatch, in_berlin):
    stamp = time.strftime("%Y%m%d-%H", time.gmtime())
    assert new_id(RunSpec("digits", "dec", 3, 0)).startswith(stamp)


def test_lists_go_by_when_a_run_was_made_not_by_its_name(count_spec):
    found = [recorded(count_spec(epochs=2)).id for _ in range(3)]
    for place, run_id in enumerate(found):
        path = runs_folder() / run_id / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": 1e9 - place}))
    assert [one.id for one in catalog.entries()] == found
    assert [run.id for run in runs()] == found


def test_a_clock_that_went_back_merges_no_old_command_into_the_next(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    watch = {"ns": 5_000_000_000}
    monkeypatch.setattr(session.time, "monotonic_ns", lambda: watch["ns"])
    monkeypatch.setattr(session.time, "time_ns", lambda: 10**18 - watch["ns"])  # it goes back all the time
    session.stage_command(epoch=3)
    first = session.pending_stage_command()
    watch["ns"] += 300_000_000_000
    assert session.pending_stage_command() is None
    session.stage_command(pick=7)
    assert session.pending_stage_command() == {"pick": 7, "id": first["id"] + 300_000_000}
    watch["ns"] += 1000
    session.stage_command(select=None)
    assert session.pending_stage_command().keys() == {"pick", "select", "id"}
