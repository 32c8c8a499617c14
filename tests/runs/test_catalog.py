"""The list of runs: lines of ended runs are kept, and renewed as soon as one of their files is another."""

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library import catalog
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    writer = RunWriter(RunSpec("blobs", "kmeans", 3, 0, data={"n": 150}), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def test_an_ended_run_is_read_once_until_it_changes(run, monkeypatch):
    first = catalog.entry(run.id)
    assert first is not None
    assert first.state == "done"
    calls, read = [], catalog.read_entry
    monkeypatch.setattr(catalog, "read_entry", lambda *of: calls.append(1) or read(*of))
    assert catalog.entry(run.id) is first
    assert not calls
    metadata.write(run.folder, Metadata(name="mine"), PROGRAM)
    renamed = catalog.entry(run.id)
    assert renamed is not None
    assert renamed.metadata.name == "mine"
    assert calls


def test_a_run_that_trains_is_read_each_time(run):
    assert catalog.entry(run.id) is not None
    writer = RunWriter(RunSpec("blobs", "kmeans", 3, 1, data={"n": 150}), PROGRAM)
    states = [found.state for found in (catalog.entry(writer.id),) if found]
    writer.finish("stopped")
    states += [found.state for found in (catalog.entry(writer.id),) if found]
    assert states == ["queued", "stopped"]
