"""The run folder: what a reader may find while, after and in spite of writing."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.spec import SCHEMA, RunSpec, folder_of, runs_folder
from epochscope.runs.library.trash import remove
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError


def trained(spec: RunSpec) -> Run:
    writer = RunWriter(spec, PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def test_round_trip(count_spec):
    run = trained(count_spec(epochs=3))
    assert run.status["state"] == "done"
    assert [line["epoch"] for line in run.epochs()] == [0, 1, 2, 3]
    assert run.info["n"] == 1797
    assert run.array(2, "z").shape == (1797, 3)
    assert (run.array(2, "z") == 2).all()
    assert run.array(2, "labels").shape == (1797,)
    assert run.array(2, "centers").dtype == np.float32
    points = run.points()
    assert sorted(points["index"]) == list(range(1797))
    assert points["truth"].shape == (1797,)


def test_the_drawn_arrays_are_those_of_the_drawn_points(count_spec):
    run = trained(count_spec(epochs=1))
    index, labels, q = run.points()["index"], run.array(1, "labels"), run.array(1, "q")
    assert (q.argmax(axis=1) == labels[index]).all()


def test_cluster_ids_are_matched_to_the_epoch_before(count_spec):
    run = trained(count_spec(epochs=3))
    for epoch in range(4):  # the method renames its clusters each epoch; the stored ones never change
        assert (run.array(epoch, "labels") == np.arange(1797) % 4).all()
        assert run.array(epoch, "centers")[:, 0].tolist() == [0, 1, 2, 3]
        assert (run.array(epoch, "q").argmax(1) == run.points()["index"] % 4).all()
    assert [line["scores"]["changed"] for line in run.epochs()[1:]] == [0, 0, 0]


def test_a_half_written_line_is_no_epoch(count_spec):
    run = trained(count_spec(epochs=2))
    with run.journal.lines_path.open("ab") as file:
        file.write(b'{"epoch": 3, "phase": "clu')
    assert len(Run(run.id).epochs()) == 3


def test_a_reader_continues_where_it_was(count_spec):
    spec = count_spec(epochs=2)
    writer = RunWriter(spec, PROGRAM)
    reader = Run(writer.id)
    assert reader.epochs() == []
    assert reader.info is None
    train(writer, Control())
    assert len(reader.epochs()) == 3


def test_a_damaged_line_is_named(count_spec):
    run = trained(count_spec(epochs=2))
    content = run.journal.lines_path.read_bytes().splitlines()
    content[1] = b"\x00garbage"
    run.journal.lines_path.write_bytes(b"\n".join(content) + b"\n")
    with pytest.raises(EpochscopeError, match="damaged at line 2"):
        Run(run.id).epochs()


def test_a_newer_format_is_refused_in_one_sentence(count_spec):
    run = trained(count_spec(epochs=1))
    path = run.folder / "run.json"
    about = json.loads(path.read_text())
    about["spec"]["schema"] = SCHEMA + 1
    path.write_text(json.dumps(about))
    with pytest.raises(EpochscopeError, match="newer epochscope"):
        Run(run.id)
    assert list(runs()) == []


@pytest.mark.parametrize("name", ["../etc", "a/b", "", ".", "..", "a b", "x" * 200])
def test_no_path_leaves_the_folder(name):
    with pytest.raises(EpochscopeError, match="not a run id"):
        folder_of(name)


def test_a_folder_that_cannot_be_written(count_spec, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "file" / "runs"))
    with pytest.raises(EpochscopeError, match="cannot be written"):
        RunWriter(count_spec(), PROGRAM)


def test_a_live_run_is_not_removed_and_a_finished_one_is(count_spec):
    writer = RunWriter(count_spec(epochs=1), PROGRAM)
    with pytest.raises(EpochscopeError, match="stop it first"):
        remove(Run(writer.id), PROGRAM)
    train(writer, Control())
    remove(Run(writer.id), PROGRAM)
    assert list(runs()) == []


def test_a_deleted_folder_ends_the_run_quietly(count_spec):
    writer = RunWriter(count_spec(epochs=2), PROGRAM)
    shutil.rmtree(writer.folder)
    train(writer, Control())  # must not raise: nobody is there to catch it


@pytest.mark.slow
def test_killing_the_writer_loses_at_most_the_epoch_in_flight(tmp_path):
    """SIGKILL in the midst of an epoch: what was printed is there and readable, and the run reads as interrupted."""
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(runs_folder())}
    command = [
        sys.executable,
        "-u",
        "-m",
        "epochscope",
        "run",
        "--dataset",
        "blobs",
        "--data.n",
        "300",
        "--method",
        "dec",
    ]
    command += ["--net.widths", "16", "--pretrain.epochs", "300", "--cluster.epochs", "50"]
    for epochs in (1, 4, 15, 60):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for epoch in range(epochs):
            assert process.stdout.readline().startswith(f"epoch {epoch:4}")
        process.send_signal(signal.SIGKILL)
        printed = epochs + sum(line.startswith("epoch") for line in process.stdout)
        process.wait()
        run = next(iter(runs()))
        table = run.epochs()
        assert run.status["state"] == "interrupted"
        assert len(table) >= printed - 1
        for line in table:
            assert run.array(line["epoch"], "z").shape == (300, 10)
