"""Continuing a run: whatever ended it, what is there afterwards is what an uninterrupted run leaves, bit for bit."""

import json
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets import pretraining_cache as remember
from epochscope.nets.device import threads
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.training import resume
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.resume import Resumed, reason_not_resumable
from epochscope.runs.training.writer import RunWriter, StorageError
from epochscope.types import EpochscopeError

from tests.support.quick_runs import QUICK
from tests.support.training import Scripted, continued, recorded, same_runs
from tests.support.waiting import until

COMPILES = {"n2d"}
"""Methods whose first training in a process compiles for some seconds (UMAP)."""

every_method = pytest.mark.parametrize(
    "key", [pytest.param(key, marks=pytest.mark.slow if key in COMPILES else ()) for key in METHODS]
)


def quick(key: str, seed: int = 3) -> RunSpec:
    known = METHODS[key].params().flat()
    values = {name: value for name, value in QUICK.items() if name in known}
    return RunSpec("blobs", key, 4, seed, data={"n": 240}, params=values)


def live_changes(key: str) -> dict:
    """Some live parameter of the method moved at the first epoch, and again later on."""
    ranges = dict(METHODS[key].params.ranges())
    names = sorted(METHODS[key].params.live_names())
    if not names:
        return {}
    low, high = ranges[names[0]].low, ranges[names[0]].high
    value = METHODS[key].params().flat()[names[0]]
    near = [min(max(value * factor, low), high) for factor in (0.5, 0.8)]
    return {1: {names[0]: near[0]}, 3: {names[0]: near[1]}}


@every_method
def test_stopped_anywhere_and_continued_equals_uninterrupted(key):
    changes = live_changes(key)
    whole = recorded(quick(key), changes=changes)
    assert whole.status["state"] == "done"
    assert len(whole.param_changes()) == len(changes)
    last = random.Random(key).randrange(len(whole.epochs()) - 1)
    part = recorded(quick(key), changes=changes, last=last)
    assert part.status["state"] == "stopped"
    assert len(part.epochs()) == last + 1
    # a slider that had not been moved yet when the run was stopped is moved at the same epoch as in the other run
    rest = {epoch: values for epoch, values in changes.items() if epoch >= last and not _marked(part, epoch)}
    continued(part, Scripted(changes=rest))
    assert Run(part.id).status["state"] == "done"
    same_runs(Run(part.id), whole)


def _marked(run: Run, epoch: int) -> bool:
    return any(mark["epoch"] == epoch for mark in run.param_changes())


def test_stopped_twice_and_once_while_it_is_computed_again(count_spec):
    whole = recorded(count_spec(epochs=30))
    part = recorded(count_spec(epochs=30), last=12)
    before = {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}
    continued(part, Scripted(last=5))
    assert part.status["state"] == "stopped"
    assert part.status["epochs"] == 13
    after = {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}
    assert {path.name for path in before if before[path] != after.get(path)} == {"status.json"}
    continued(part, Scripted(last=20))
    assert len(Run(part.id).epochs()) == 21
    continued(part)
    same_runs(Run(part.id), whole)


def test_says_how_far_it_is_and_stops_at_once(count_spec, monkeypatch):
    part = recorded(count_spec(epochs=30), last=12)
    told = []
    original = Resumed.status
    monkeypatch.setattr(Resumed, "status", lambda self, **c: (original(self, **c), told.append(dict(self._status))))
    continued(part)
    again = [status["doing"] for status in told if status.get("doing", "").startswith("computing again")]
    assert "computing again: epoch 5 of 13" in again
    assert all(status["epochs"] >= 13 for status in told)
    assert told[-1]["doing"] == ""


def test_torn_files_are_mended(count_spec):
    """Half a line, bytes nobody points to, a lost and a cut array file, half a mark: what a crash can leave."""
    changes = {2: {"gamma": 0.5}}
    whole = recorded(count_spec(epochs=20), changes=changes)
    part = recorded(count_spec(epochs=20), changes=changes, last=9)
    for name, junk in (("epochs.jsonl", b'{"epoch": 10, "pha'), ("frames.bin", b"\1\2\3"), ("marks.jsonl", b'{"ep')):
        with (part.folder / name).open("ab") as file:
            file.write(junk)
    (part.folder / "arrays" / "000004.safetensors").unlink()
    (part.folder / "arrays" / "000005.safetensors").write_bytes(b"\0" * 9)
    (part.folder / "points.safetensors").write_bytes(b"")
    (part.folder / "sprites.png").unlink()
    left = [part.folder / name for name in (".info.json.47.1401", "arrays/.000010.safetensors.47.1401")]
    named_meanwhile = part.folder / ".about.json.48.1402"
    for path in [*left, named_meanwhile]:
        path.write_bytes(b"half of it")
    continued(part)
    assert Run(part.id).status["state"] == "done"
    assert not any(path.exists() for path in left)
    assert named_meanwhile.exists()
    same_runs(Run(part.id), whole)


@pytest.mark.parametrize("harm", ["garbage in the middle", "lost bytes", "no bytes at all", "no lines at all"])
def test_damage_costs_only_the_time_to_compute_it_again(count_spec, harm):
    whole = recorded(count_spec(epochs=12))
    part = recorded(count_spec(epochs=12), last=9)
    lines = part.journal.lines_path.read_bytes().splitlines(keepends=True)
    if harm == "garbage in the middle":
        part.journal.lines_path.write_bytes(b"".join([*lines[:4], b"\0garbage\n", *lines[5:]]))
    elif harm == "lost bytes":
        os.truncate(part.journal.bytes_path, part.journal.bytes_path.stat().st_size // 2)
    elif harm == "no bytes at all":
        part.journal.bytes_path.unlink()
    else:
        part.journal.lines_path.unlink()
    continued(part)
    assert Run(part.id).status["state"] == "done"
    same_runs(Run(part.id), whole)


def test_frames_of_a_projection_go_on_where_they_were(count_spec):
    pca = ProjectionSpec("pca", {})
    part = recorded(count_spec(epochs=8), last=4)
    compute_frames(part, pca)
    journal = part.frames(pca.name)
    with journal.lines_path.open("ab") as lines, journal.bytes_path.open("ab") as content:
        lines.write(b'{"epoch": 5')
        content.write(b"123")
    run = continued(part)
    compute_frames(run, pca)
    found = run.frames(pca.name).lines()
    assert sorted(line["epoch"] for line in found) == list(range(9))
    end = max(start + size for line in found for start, size in line["at"].values())
    assert journal.bytes_path.stat().st_size == end


def test_a_difference_is_one_sentence_and_changes_nothing(count_spec):
    part = recorded(count_spec(epochs=20), last=9)
    lines = [json.loads(line) for line in part.journal.lines_path.read_text().splitlines()]
    lines[6]["digest"] = "0" * 32
    part.journal.lines_path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    info = json.loads((part.folder / "info.json").read_text())
    info["made_with"] |= {"torch": "1.0"}
    (part.folder / "info.json").write_text(json.dumps(info))
    before = {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}
    status = continued(part).status
    assert status["state"] == "stopped"
    assert status["message"].startswith("Epoch 6, computed again, is not the stored one (torch 1.0 then, ")
    assert "run it again as a new run" in status["message"]
    after = {path: path.read_bytes() for path in part.folder.rglob("*") if path.is_file()}
    assert {path.name for path in before if before[path] != after.get(path)} == {"status.json"}


def test_other_data_are_noticed(count_spec):
    part = recorded(count_spec(epochs=20), last=3)
    info = json.loads((part.folder / "info.json").read_text())
    (part.folder / "info.json").write_text(json.dumps({**info, "f": 63}))
    assert "data of this run are no longer the same" in continued(part).status["message"]


def test_runs_of_an_earlier_version_have_no_digest(count_spec):
    whole = recorded(count_spec(epochs=9))
    part = recorded(count_spec(epochs=9), last=5)
    lines = [json.loads(line) for line in part.journal.lines_path.read_text().splitlines()]
    part.journal.lines_path.write_text("".join(json.dumps({**x, "digest": 0} | {}) + "\n" for x in lines))
    text = part.journal.lines_path.read_text().replace(', "digest": 0', "")
    part.journal.lines_path.write_text(text)
    run = continued(part)
    assert [line["scores"] for line in run.epochs()] == [line["scores"] for line in whole.epochs()]


def test_what_cannot_be_continued_says_why(count_spec):
    done = recorded(count_spec(epochs=2))
    assert "has finished" in reason_not_resumable(done)
    with pytest.raises(EpochscopeError, match="nothing to continue"):
        Resumed(done.id, PROGRAM)
    writer = RunWriter(RunSpec("blobs", "kmeans", 200, 0, data={"n": 100}), PROGRAM)
    train(writer, Control())
    assert "would fail again in the same way (k = 200" in reason_not_resumable(Run(writer.id))
    live = RunWriter(count_spec(), PROGRAM)
    with pytest.raises(EpochscopeError, match="being trained right now"):
        Resumed(live.id, PROGRAM)
    live.finish("stopped")
    with pytest.raises(EpochscopeError, match="There is no run"):
        Resumed("20200101-000000-nothing", PROGRAM)


def test_of_two_programs_only_one_continues(count_spec, monkeypatch):
    part = recorded(count_spec(epochs=9), last=3)
    first = Resumed(part.id, PROGRAM)
    with pytest.raises(EpochscopeError, match="being trained right now"):
        Resumed(part.id, PROGRAM)
    monkeypatch.setattr(resume, "reason_not_resumable", lambda run: "")  # both looked at the same instant
    with pytest.raises(EpochscopeError, match="trained by another program"):
        Resumed(part.id, PROGRAM)
    train(first, Control())
    with pytest.raises(EpochscopeError, match="has finished by now"):
        Resumed(part.id, PROGRAM)
    assert Run(part.id).status["state"] == "done"


def test_a_run_that_failed_for_lack_of_room_goes_on(count_spec, monkeypatch):
    whole = recorded(count_spec(epochs=9))
    writer = RunWriter(count_spec(epochs=9), PROGRAM)
    real = RunWriter._keep

    def full(self, line, files, parts):
        if line["epoch"] == 4:
            raise OSError(28, "No space left on device")
        real(self, line, files, parts)

    monkeypatch.setattr(RunWriter, "_keep", full)
    train(writer, Control())
    run = Run(writer.id)
    assert run.status["state"] == "failed"
    assert "the disk is full" in run.status["message"]
    monkeypatch.setattr(RunWriter, "_keep", real)
    same_runs(continued(run), whole)


def test_pretraining_as_remembered_and_as_trained(tmp_path, monkeypatch):
    """A change during pretraining acted while it was trained; by now the same pretraining is remembered without it."""
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", str(tmp_path / "kept"))
    monkeypatch.setattr(remember, "WORTH_SECONDS", 0.0)
    spec = quick("dec")
    changes = {1: {"pretrain.lr": 2e-3}}
    whole = recorded(spec, changes=changes)
    part = recorded(spec, changes=changes, last=4)
    recorded(spec)
    assert list((tmp_path / "kept").glob("*.safetensors"))
    run = continued(part)
    assert run.status["state"] == "done", run.status["message"]
    same_runs(run, whole)


def test_as_many_threads_as_the_first_time():
    before = torch.get_num_threads()
    part = recorded(quick("ae_kmeans"), last=2)
    info = json.loads((part.folder / "info.json").read_text())
    info["made_with"]["threads"] = before + 1
    (part.folder / "info.json").write_text(json.dumps(info))
    assert Resumed(part.id, PROGRAM).threads == before + 1
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_the_manager_continues_a_run(count_spec):
    part = recorded(count_spec(epochs=9), last=3)
    manager = Manager()
    try:
        assert manager.resume(part.id, PROGRAM) == part.id
        until(lambda: part.status["state"] == "done")
        assert len(Run(part.id).epochs()) == 10
    finally:
        manager.shutdown(PROGRAM)


@pytest.mark.slow
def test_killed_at_any_instant_and_continued_from_the_command_line(tmp_path):
    """SIGKILL, then another program goes on: the numbers are those of a run that nobody disturbed."""
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(runs_folder()), "OMP_NUM_THREADS": "1"}
    python = [sys.executable, "-u", "-m", "epochscope"]
    command = [*python, "run", "--dataset", "blobs", "--data.n", "300", "--method", "idec"]
    command += ["--net.widths", "16", "--pretrain.epochs", "120", "--cluster.epochs", "40", "--cluster.tol", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    for epoch in range(10):
        assert process.stdout.readline().startswith(f"epoch {epoch:4}")
    process.send_signal(signal.SIGKILL)
    process.wait()
    run = next(iter(runs()))
    assert run.status["state"] == "interrupted"
    done = subprocess.run(
        [*python, "resume", run.id, "--json"], check=False, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "done"
    writer = RunWriter(run.spec, PROGRAM)
    train(writer, Control())
    one, other = Run(run.id), Run(writer.id)
    assert [line["digest"] for line in one.epochs()] == [line["digest"] for line in other.epochs()]
    assert one.journal.bytes_path.read_bytes() == other.journal.bytes_path.read_bytes()


def test_storage_errors_are_sentences(count_spec):
    writer = RunWriter(count_spec(), PROGRAM)
    (writer.folder / "arrays").rmdir()
    (writer.folder / "arrays").write_text("")  # in the way
    with pytest.raises(StorageError, match=r"cannot be written \(Not a directory\); see to it"):
        writer.append({"z": np.zeros((3, 2), np.float32)}, {})
    writer.finish("stopped")
