"""Who trains a run is known from locks that were tried; a lock that cannot be tried says nothing."""

import errno
import fcntl
import json
import os
import subprocess
import sys

import pytest
from epochscope.files import patiently, reason
from epochscope.rights import PROGRAM
from epochscope.runs.format import locks
from epochscope.runs.format.locks import Holder, holder
from epochscope.runs.format.run import UNWRITTEN, Run
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library import catalog
from epochscope.runs.training import writer as storing
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.resume import Resumed, reason_not_resumable
from epochscope.runs.training.writer import LostError, RunWriter
from epochscope.types import EpochscopeError

from tests.support.training import continued, recorded, same_runs
from tests.support.waiting import until


def refused(monkeypatch, code: int):
    """From now on every flock fails with this error, as on NFS without its lock service."""

    def flock(handle, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)


def forbidden(monkeypatch, code: int = errno.EACCES):
    """From now on nothing may be opened for writing: a folder that others may only read."""
    real = os.open

    def opened(path, flags, *more, **named):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(code, os.strerror(code))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", opened)


def test_a_run_in_a_folder_that_may_only_be_read_is_seen_to_train_and_to_have_ended(count_spec, monkeypatch):
    writer = RunWriter(count_spec(), PROGRAM)
    writer.status(state="running")
    run = Run(writer.id)
    with monkeypatch.context() as patch:
        forbidden(patch)
        assert run.status["state"] == "running"
        assert "being trained right now" in reason_not_resumable(run)
    writer._lock.release()
    with monkeypatch.context() as patch:
        forbidden(patch, errno.EROFS)
        assert run.status["state"] == "interrupted"


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EIO])
def test_where_locks_fail_nothing_is_taken_for_dead(count_spec, monkeypatch, code):
    writer = RunWriter(count_spec(), PROGRAM)
    writer.status(state="running")
    refused(monkeypatch, code)
    status = Run(writer.id).status
    assert status["state"] == "running"
    assert "cannot be told from here" in status["message"]
    assert catalog.entry(writer.id).reason_not_resumable


def test_a_lock_file_that_is_not_there_says_nothing_where_none_can_be_made(count_spec, monkeypatch):
    writer = RunWriter(count_spec(), PROGRAM)
    writer.status(state="running")
    writer._lock.release()
    (writer.folder / "lock").unlink()
    with monkeypatch.context() as patch:
        forbidden(patch)
        assert Run(writer.id).status["state"] == "running"
    assert Run(writer.id).status["state"] == "interrupted"  # here it could be had


def test_looking_takes_no_lock_from_anybody_else_who_looks(tmp_path):
    path = tmp_path / "lock"
    assert holder(path) is Holder.NOBODY
    with path.open() as one:
        fcntl.flock(one, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert holder(path) is Holder.NOBODY
    with path.open() as one:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert holder(path) is Holder.SOMEBODY


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_lock_that_fails_at_the_start_leaves_nothing_behind(count_spec, monkeypatch, code):
    runs_folder().mkdir()
    refused(monkeypatch, code)
    with pytest.raises(EpochscopeError, match=r"cannot be written \(its file system has no locks\); choose a folder"):
        RunWriter(count_spec(), PROGRAM)
    assert [path.name for path in runs_folder().iterdir() if path.name != ".alive"] == []


def test_a_lock_of_the_run_that_fails_leaves_no_half_made_folder(count_spec, monkeypatch):
    locks.mark_of_process(runs_folder())
    refused(monkeypatch, errno.ENOLCK)
    with pytest.raises(EpochscopeError, match=r"\(its file system has no locks\)"):
        RunWriter(count_spec(), PROGRAM)
    assert [path.name for path in runs_folder().iterdir()] == [".alive"]


def test_no_reason_is_empty():
    assert reason(OSError("odd")) == "odd"
    assert reason(TimeoutError()) == "another program is using it"
    assert reason(OSError()) == "OSError"


def open_files() -> set[str]:
    """What this process has open below the folder of runs."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return {path for path in found if path.startswith(str(runs_folder()))}


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="lists open files as Linux does")
def test_a_run_that_waits_holds_no_file(count_spec, monkeypatch):
    monkeypatch.setattr(Manager, "_work", lambda self: None)
    manager = Manager()
    stopped = recorded(count_spec(epochs=20), last=2)
    manager.start(count_spec(), PROGRAM)
    before = open_files()
    ids = [manager.start(count_spec(seed=seed), PROGRAM) for seed in range(40)]
    manager.start_group([count_spec(seed=seed) for seed in range(40)], "many", PROGRAM)
    manager.resume(stopped.id, PROGRAM)
    assert open_files() == before
    assert len(before) == 1
    assert {one.state for one in catalog.entries()} == {"queued"}
    with pytest.raises(EpochscopeError, match="being trained right now"):
        Resumed(ids[0], PROGRAM)
    with pytest.raises(EpochscopeError, match="being trained right now"):
        manager.resume(stopped.id, PROGRAM)


WAITS = """
import sys
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.writer import RunWriter
print(RunWriter(RunSpec("digits", "kmeans", 4, 0), PROGRAM, waits=True).id, flush=True)
sys.stdin.read()
"""


def test_a_run_that_waits_is_interrupted_when_its_process_dies(count_spec):
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        run = Run(process.stdout.readline().strip())
        assert run.status["state"] == "queued"
        process.kill()
        process.wait()
        assert run.status["state"] == "interrupted"
        (mark,) = (runs_folder() / ".alive").iterdir()
        RunWriter(count_spec(), PROGRAM).finish("stopped")
        assert mark not in (runs_folder() / ".alive").iterdir()


def test_who_comes_second_to_a_waiting_run_leaves_it_alone(count_spec):
    whole = recorded(count_spec(epochs=8))
    part = recorded(count_spec(epochs=8), last=3)
    waiting = Resumed(part.id, PROGRAM, waits=True)
    status = part.folder / "status.json"
    status.write_text(json.dumps({**json.loads(status.read_text()), "queue": "0" * 16}))
    with pytest.raises(LostError, match="continued by another program meanwhile"):
        waiting.claim()
    before = status.read_bytes()
    train(waiting, Control())
    assert status.read_bytes() == before
    same_runs(continued(part), whole)


def test_a_waiting_run_that_was_deleted_ends_quietly(count_spec):
    manager = Manager()
    try:
        control = manager.control(manager.start(count_spec(epochs=1000), PROGRAM), PROGRAM)
        other = manager.control(manager.start(count_spec(epochs=1000), PROGRAM), PROGRAM)
        third = manager.start(count_spec(epochs=2), PROGRAM)
        (runs_folder() / third).rename(runs_folder() / ".gone")
        control.stop()
        other.stop()
        until(lambda: manager.control(third, PROGRAM) is None)
        assert not (runs_folder() / third).exists()
    finally:
        manager.shutdown(PROGRAM)


def test_a_last_word_that_no_disk_takes_is_heard_here(count_spec, monkeypatch):
    """Not even the reserve gives back a block: the file system is full of something else by then."""
    writer = RunWriter(count_spec(), PROGRAM)
    real = storing.write_whole

    def write(path, content):
        if path.name in ("info.json", "status.json") and b"loading" not in bytes(str(content), "utf-8"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, content)

    monkeypatch.setattr(storing, "write_whole", write)
    train(writer, Control())
    run = Run(writer.id)
    assert run.status["state"] == "failed"
    assert "the disk is full" in run.status["message"]
    monkeypatch.setattr(storing, "write_whole", real)
    assert continued(run).status["state"] == "done"
    assert run.folder not in UNWRITTEN


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
def test_a_training_outlives_a_time_without_file_handles(count_spec, monkeypatch, code):
    whole, calls = recorded(count_spec(epochs=6)), {"failed": 0}
    real = type(whole.folder).open

    def opened(self, mode="r", *more, **named):
        if mode in ("ab", "wb") and calls["failed"] < 30:
            calls["failed"] += 1
            if calls["failed"] % 3:
                raise OSError(code, os.strerror(code))
        return real(self, mode, *more, **named)

    monkeypatch.setattr(type(whole.folder), "open", opened)
    run = recorded(count_spec(epochs=6))
    assert calls["failed"] == 30
    assert run.status["state"] == "done"
    same_runs(run, whole)


def test_patience_ends():
    def never():
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(OSError, match="Too many"):
        patiently(never, seconds=0.05)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes of Unix")
def test_a_forked_helper_that_ends_takes_no_sign_of_life_with_it(count_spec):
    waiting = RunWriter(count_spec(), PROGRAM, waits=True)
    name = locks.mark_of_process(runs_folder())
    if not (child := os.fork()):
        locks._unmark(runs_folder(), os.getppid())
        os._exit(0)
    os.waitpid(child, 0)
    assert (runs_folder() / ".alive" / name).exists()
    assert Run(waiting.id).status["state"] == "queued"
