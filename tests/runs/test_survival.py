"""What may happen to a disk and to the files on it: one sentence each, and nothing else is lost."""

import json
import shutil
from pathlib import Path

import pytest
from epochscope import files
from epochscope.__main__ import main
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library import catalog, quota, trash
from epochscope.runs.training import writer as storing
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.resume import Resumed, reason_not_resumable
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

from tests.support.training import continued, recorded, same_runs
from tests.support.waiting import until


class Accident(Control):
    """Something happens to the run's folder after an epoch."""

    def __init__(self, epoch, harm):
        super().__init__()
        self.left, self.harm = epoch, harm

    def epoch_done(self):
        super().epoch_done()
        self.left -= 1
        if self.left == -1:
            self.harm()


def struck(spec, harm, epoch: int = 4) -> Run:
    """A run whose folder meets with `harm` after an epoch; the other runs of the process must go on."""
    writer = RunWriter(spec, PROGRAM)
    train(writer, Accident(epoch, lambda: harm(writer.folder)))
    return Run(writer.id)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize("name", ["frames.bin", "epochs.jsonl"])
def test_a_full_disk(count_spec, name, monkeypatch):
    """The kernel itself says that there is no room: the file is the device that is always full, by a link."""
    monkeypatch.setattr(files, "_ITSELF", 0)
    whole = recorded(count_spec(epochs=12))

    def fill(folder):
        (folder / name).rename(folder / "aside")
        (folder / name).symlink_to("/dev/full")

    run = struck(count_spec(epochs=12), fill)
    (run.folder / name).unlink()
    (run.folder / "aside").rename(run.folder / name)
    assert run.status["state"] == "failed"
    assert "cannot be written (the disk is full); make room" in run.status["message"]
    assert len(Run(run.id).epochs()) == 5
    assert not (run.folder / "reserve").exists()
    same_runs(continued(run), whole)


def test_the_last_word_fits_on_a_full_disk(count_spec, monkeypatch):
    """A disk without one free block: only what the reserve gives back can be written."""
    real, room = storing.write_whole, {"free": 1 << 20}

    def write(path, content):
        if path.name == "reserve":
            room["free"] = 0
        elif not room["free"] and (path.parent / "reserve").exists():
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(storing, "write_whole", write)
    writer = RunWriter(count_spec(), PROGRAM)
    train(writer, Control())
    assert Run(writer.id).status["state"] == "failed"
    assert "the disk is full" in Run(writer.id).status["message"]


def test_a_folder_that_may_no_longer_be_written(count_spec, monkeypatch):
    real = storing.write_whole

    def forbid(folder):
        def write(path, content):
            if path.parent.name == "arrays":
                raise PermissionError(13, "Permission denied")
            real(path, content)

        monkeypatch.setattr(storing, "write_whole", write)

    run = struck(count_spec(epochs=9), forbid)
    assert "cannot be written (Permission denied); give the right to write" in run.status["message"]
    monkeypatch.setattr(storing, "write_whole", real)
    assert continued(run).status["state"] == "done"


def test_a_folder_deleted_under_way_leaves_the_other_runs_alone(count_spec):
    manager = Manager()
    try:
        other = manager.start(count_spec(epochs=300), PROGRAM)
        gone = manager.start(count_spec(epochs=300), PROGRAM)
        until(lambda: len(Run(gone).epochs()) > 3)
        run = Run(gone)
        shutil.rmtree(run.folder, ignore_errors=True)
        until(lambda: manager.control(gone, PROGRAM) is None)
        shutil.rmtree(run.folder, ignore_errors=True)
        assert not run.live
        assert [one.id for one in catalog.entries()] == [other]
        until(lambda: Run(other).status["state"] == "done")
        third = manager.start(count_spec(epochs=2), PROGRAM)
        until(lambda: Run(third).status["state"] == "done")
    finally:
        manager.shutdown(PROGRAM)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "happy"}', b"\xff"])
def test_a_damaged_status_costs_nothing(count_spec, content):
    whole = recorded(count_spec(epochs=8))
    part = recorded(count_spec(epochs=8), last=3)
    (part.folder / "status.json").write_bytes(content)
    assert part.status["state"] == "interrupted"
    assert len(part.epochs()) == 4
    same_runs(continued(part), whole)


@pytest.mark.parametrize("name", ["info.json", "points.safetensors", "marks.jsonl", "about.json"])
@pytest.mark.parametrize("content", [b"", b"\xff\xff{"])
def test_other_damaged_files_are_mended_by_continuing(count_spec, name, content):
    part = recorded(count_spec(epochs=8), last=3)
    (part.folder / name).write_bytes(content)
    assert catalog.entry(part.id).epochs == 4
    run = continued(part)
    assert run.check().status["state"] == "done"
    assert run.info["n"] == 1797


def test_a_finished_run_that_lost_epochs_can_be_mended(count_spec):
    run = recorded(count_spec(epochs=8))
    before = {path: path.read_bytes() for path in run.folder.rglob("*.*") if path.is_file()}
    lines = run.journal.lines_path.read_bytes().splitlines(keepends=True)
    run.journal.lines_path.write_bytes(b"".join([*lines[:3], b"\0\0\0\n", *lines[4:]]))
    with pytest.raises(EpochscopeError, match=r"damaged at line 4 \(.*\); continue the run"):
        Run(run.id).check()
    entry = catalog.entry(run.id)
    assert (entry.state, entry.epochs, entry.reason_not_resumable) == (catalog.DAMAGED, 3, "")
    assert "damaged at line 4" in entry.message
    continued(run)
    after = {path: path.read_bytes() for path in before}
    assert {path.name for path in before if before[path] != after[path]} <= {"epochs.jsonl", "status.json"}
    assert len(Run(run.id).check().epochs()) == 9


def test_a_reader_that_met_damage_counts_no_epoch_twice(count_spec):
    run = recorded(count_spec(epochs=4))
    content = run.journal.lines_path.read_bytes()
    run.journal.lines_path.write_bytes(content + b"garbage\n")
    reader = Run(run.id)
    for _ in range(3):
        with pytest.raises(EpochscopeError, match="damaged at line 6"):
            reader.epochs()
    run.journal.lines_path.write_bytes(content)
    assert [line["epoch"] for line in reader.epochs()] == [0, 1, 2, 3, 4]


def test_two_servers_on_one_folder(count_spec, capsys):
    part = recorded(count_spec(epochs=30), last=3)
    first = Resumed(part.id, PROGRAM)
    assert main(["resume", part.id]) == 2
    assert "is being trained right now, here or by another program" in capsys.readouterr().err
    assert "being trained" in reason_not_resumable(Run(part.id))
    with pytest.raises(EpochscopeError, match="still training"):
        trash.throw_away(part.id, PROGRAM)
    first.finish("stopped")


def test_a_newer_format_is_left_alone(count_spec, capsys):
    part = recorded(count_spec(epochs=9), last=3)
    path = part.folder / "run.json"
    found = json.loads(path.read_text())
    found["spec"]["schema"] = 99
    path.write_text(json.dumps(found))
    before = {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}
    assert main(["resume", part.id]) == 2
    assert "newer epochscope" in capsys.readouterr().err
    entry = catalog.entry(part.id)
    assert entry.state == catalog.DAMAGED
    assert "newer epochscope" in entry.message
    assert before == {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}


def test_the_quota_proposes_the_oldest_that_nobody_named(count_spec):
    found = [recorded(count_spec(epochs=2)) for _ in range(4)]
    metadata.write(found[0].folder, Metadata(tags=("keep",)), PROGRAM)
    live = RunWriter(count_spec(), PROGRAM)
    order = [run.id for run in found[1:]]
    size = catalog.folder_bytes(found[1].folder)  # one byte less than has to go
    assert quota.room(catalog.entries(), None, PROGRAM).to_delete == ()
    now = quota.room(catalog.entries(), quota.room(catalog.entries(), None, PROGRAM).used - size - 1, PROGRAM)
    assert [one.id for one in now.to_delete] == order[:2]
    assert now.freed == sum(catalog.folder_bytes(runs_folder() / one) for one in order[:2])
    assert [one.id for one in quota.room(catalog.entries(), 1, PROGRAM).to_delete] == order
    live.finish("stopped")
    quota.set_quota(2.5, PROGRAM)
    assert quota.quota() == 2.5
    (runs_folder() / ".settings.json").write_text("{")
    assert quota.quota() is None
