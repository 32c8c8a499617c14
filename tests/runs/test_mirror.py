"""A run that is trained elsewhere has the same folder here, however often it is begun again on the way."""

import json

import pytest
from epochscope.rights import PROGRAM, UNKNOWN
from epochscope.runs.format.news import Known, news_of
from epochscope.runs.format.run import Run
from epochscope.runs.training.mirror import Mirror
from epochscope.runs.training.writer import LostError, RunWriter, stored_mark
from epochscope.types import EpochscopeError

from tests.support.training import recorded, same_runs


def waiting(spec) -> tuple[Run, str]:
    writer = RunWriter(spec, PROGRAM, waits=True)
    return Run(writer.id), stored_mark(writer.folder)


def fetch(mirror: Mirror, run: Run, most_bytes: int = 1) -> None:
    """Until nothing is new; an epoch at a time where `most_bytes` is small."""
    while (news := news_of(run, mirror.known, most_bytes)).epochs:
        mirror.take(news)


def test_it_is_the_same_run_and_is_watched_on_the_way(count_spec):
    elsewhere = recorded(count_spec())
    here, mark = waiting(count_spec())
    assert here.status["state"] == "queued"
    mirror = Mirror(here.id, PROGRAM, mark)
    mirror.take(news_of(elsewhere, mirror.known, 1)._replace(status={"state": "running", "epochs": 1, "message": ""}))
    assert Run(here.id).status["state"] == "running"
    assert len(Run(here.id).check().epochs()) == 1
    fetch(mirror, elsewhere)
    mirror.finish("done")
    assert Run(here.id).check().status["state"] == "done"
    same_runs(Run(here.id), elsewhere)


def test_a_run_begun_again_elsewhere_goes_on_where_it_was(count_spec):
    short, whole = recorded(count_spec(), last=2), recorded(count_spec())
    here, mark = waiting(count_spec())
    mirror = Mirror(here.id, PROGRAM, mark)
    fetch(mirror, short)
    stored = (here.folder / "epochs.jsonl").read_bytes()
    first = news_of(whole, mirror.known, 1)
    mirror.take(first._replace(epochs=first.epochs[:1], status={"state": "running", "epochs": 1, "message": ""}))
    assert mirror.known == Known(whole.id, 1, len(short.epochs()))
    assert Run(here.id).status["doing"] == "computing again: epoch 1 of 3"
    assert (here.folder / "epochs.jsonl").read_bytes() == stored
    fetch(mirror, whole)
    mirror.finish("done")
    same_runs(Run(here.id), whole)


def test_what_becomes_known_on_the_way_is_taken_over_unless_it_is_behind(count_spec):
    """info.json grows while a run trains; when it is begun again elsewhere, the one here knows more."""
    elsewhere = recorded(count_spec())
    here, mark = waiting(count_spec())
    mirror = Mirror(here.id, PROGRAM, mark)
    fetch(mirror, elsewhere)
    told = json.loads((elsewhere.folder / "info.json").read_bytes()) | {"reads": {"gamma": [0, 3]}}
    (elsewhere.folder / "info.json").write_text(json.dumps(told))
    mirror.take(news_of(elsewhere, mirror.known, 1))
    assert json.loads((here.folder / "info.json").read_bytes()) == told
    assert news_of(elsewhere, mirror.known, 1).info is None
    again = recorded(count_spec())
    first = news_of(again, mirror.known, 1)
    assert first.info is not None
    mirror.take(first._replace(epochs=first.epochs[:1]))
    assert json.loads((here.folder / "info.json").read_bytes()) == told
    fetch(mirror, again)
    mirror.take(news_of(again, mirror.known, 1))
    assert (here.folder / "info.json").read_bytes() == (again.folder / "info.json").read_bytes()


def test_an_epoch_that_differs_is_told_and_nothing_is_changed(count_spec):
    here, mark = waiting(count_spec())
    mirror = Mirror(here.id, PROGRAM, mark)
    fetch(mirror, recorded(count_spec(), last=2))
    stored = (here.folder / "epochs.jsonl").read_bytes()
    with pytest.raises(EpochscopeError, match="Epoch 0, computed again on another machine, is not the stored one"):
        fetch(mirror, recorded(count_spec(gamma=0.9)))
    assert (here.folder / "epochs.jsonl").read_bytes() == stored


def test_only_who_may_and_only_while_it_waits(count_spec):
    here, mark = waiting(count_spec())
    with pytest.raises(EpochscopeError, match="not known who asks"):
        Mirror(here.id, UNKNOWN, mark)
    with pytest.raises(LostError, match="continued by another program"):
        Mirror(here.id, PROGRAM, "0" * 16)
    held = Mirror(here.id, PROGRAM, mark)
    with pytest.raises(LostError, match="trained by another program"):
        Mirror(here.id, PROGRAM, mark)
    held.finish("stopped")
    assert Run(here.id).status["state"] == "stopped"
