"""File systems that are really full or read-only, where they can be mounted: the disk is named, runs are shown."""

import shutil
import subprocess
import sys

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library import catalog
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

from tests.support.training import continued, recorded, same_runs
from tests.support.waiting import until

SIZE = 2048  # KB


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A folder of runs on a small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(folder / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_DISK_FREE", "1e-6")  # all of it may be filled
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill(disk, left: int) -> None:
    """Leaves so many KB."""
    (disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - left * 1024)))


@pytest.mark.parametrize("left", [0, 4, 8, 16, 24, 32, 36, 40, 48, 64, 96, 160, 256])
def test_whatever_room_is_left_the_disk_is_named(disk, count_spec, left):
    """Either there is no run, or it says why it failed; and it goes on once there is room."""
    runs_folder().mkdir()
    fill(disk, left)
    manager = Manager()
    try:
        run_id = manager.start(count_spec(epochs=6), PROGRAM)
    except EpochscopeError as error:
        run_id, why = "", str(error)
    if not run_id:
        assert "cannot be written (the disk is full); make room" in why or "of the disk of" in why
        assert not [path for path in runs_folder().iterdir() if path.name != ".alive"]
        return
    until(lambda: manager.control(run_id, PROGRAM) is None)
    run = Run(run_id)
    assert run.status["state"] == "failed"
    assert "cannot be written (the disk is full); make room" in run.status["message"]
    (disk / "ballast").unlink()
    assert Run(run_id).status["state"] == "failed"
    assert continued(run).status["state"] == "done"


def test_frames_of_a_run_on_a_full_disk_are_shown_from_memory(disk, count_spec, capfd):
    run, pca = recorded(count_spec(epochs=4)), ProjectionSpec("pca", {})
    fill(disk, 12)
    compute_frames(run, pca)
    assert sorted(line["epoch"] for line in run.frames(pca.name).lines()) == [0, 1, 2, 3, 4]
    assert len(run.frames(pca.name).read(run.frames(pca.name).lines()[0]["at"]["xy"])) == 4 * 1797
    assert "Traceback" not in capfd.readouterr().err


def test_continuing_on_a_full_disk_leaves_the_run_as_it_was(disk, count_spec):
    whole = recorded(count_spec(epochs=6))
    part = recorded(count_spec(epochs=6), last=2)
    before = part.status
    fill(disk, 0)
    with pytest.raises(EpochscopeError, match="the disk is full"):
        continued(part)
    assert part.status == before
    (disk / "ballast").unlink()
    same_runs(continued(part), whole)


@pytest.fixture
def read_only(disk, tmp_path):
    """The same folder once more, as those see it who may only read it."""
    seen = tmp_path / "seen"
    seen.mkdir()
    for command in (["mount", "--bind", str(disk), str(seen)], ["mount", "-o", "remount,bind,ro", str(seen)]):
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no folder can be shown read-only here")
    yield seen
    subprocess.run(["umount", "-l", str(seen)], check=True, capture_output=True)


def test_a_class_that_may_only_read_the_folder_watches(read_only, count_spec, monkeypatch, capfd):
    """The run of the teacher is seen to train, to end, and with its projection; nothing is written, no traceback."""
    writer = RunWriter(count_spec(epochs=4), PROGRAM)
    there = writer.folder
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(read_only / "runs"))
    run = Run(writer.id)
    writer.status(state="running")
    assert run.status["state"] == "running"
    assert "being trained right now" in catalog.entry(run.id).reason_not_resumable
    train(writer, Control())
    assert run.status["state"] == "done"
    compute_frames(run, ProjectionSpec("pca", {}))
    assert len(run.frames(ProjectionSpec("pca", {}).name).lines()) == 5
    assert not (there / "projections").exists()
    with pytest.raises(EpochscopeError, match=r"\(Read-only file system\); give the right to write"):
        RunWriter(count_spec(), PROGRAM)
    assert "Traceback" not in capfd.readouterr().err
