"""Selections under a name: of one visitor, for every run on the same points, and never written into a run."""

import base64
import zlib

import numpy as np
import pytest
from epochscope.rights import PROGRAM, UNKNOWN, Kind, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.library import kept as library
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.kept import MOST, forget, keep, kept
from epochscope.types import EpochscopeError

from tests.support.training import recorded

MINE, THEIRS = Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
ROWS = np.array([2, 3, 59])


def kmeans(n: int = 60, seed: int = 0) -> Run:
    return recorded(RunSpec("blobs", "kmeans", 3, seed, data={"n": n}, params={"epochs": 2}))


def test_a_selection_is_there_for_every_run_on_the_same_points_and_for_nobody_else():
    run, again, other = kmeans(), kmeans(seed=4), kmeans(n=70)
    before = sorted(path.name for path in run.folder.rglob("*"))
    keep(run, ROWS, " the odd ones ", "inside the lasso", MINE)
    keep(run, ROWS[:1], "one", "by a line", MINE)
    for place in (run, again):
        assert [(one.name, one.words, one.count) for one in kept(place, MINE)] == [
            ("one", "by a line", 1),
            ("the odd ones", "inside the lasso", 3),
        ]
    assert kept(again, MINE)[1].points().tolist() == ROWS.tolist()
    assert not kept(other, MINE)
    assert not kept(run, THEIRS)
    assert not kept(run, PROGRAM)
    assert sorted(path.name for path in run.folder.rglob("*")) == before
    assert {one.id for one in entries()} == {run.id, again.id, other.id}  # it is no run
    keep(again, ROWS[1:], "the odd ones", "anew", MINE)  # one of the same name is replaced
    assert [(one.name, one.count) for one in kept(run, MINE)] == [("the odd ones", 2), ("one", 1)]
    forget(run, "the odd ones", THEIRS)  # theirs, which there is not
    forget(other, "the odd ones", MINE)
    assert len(kept(run, MINE)) == 2
    forget(run, "the odd ones", MINE)
    assert [one.name for one in kept(run, MINE)] == ["one"]


def test_what_cannot_be_kept_is_one_sentence(monkeypatch):
    run = kmeans()
    with pytest.raises(EpochscopeError, match="Type a name"):
        keep(run, ROWS, "  ", "", MINE)
    with pytest.raises(EpochscopeError, match="Nothing is selected"):
        keep(run, ROWS[:0], "none", "", MINE)
    with pytest.raises(EpochscopeError, match="not known who asks"):
        keep(run, ROWS, "mine", "", UNKNOWN)
    with pytest.raises(EpochscopeError, match="not known who asks"):
        forget(run, "mine", UNKNOWN)
    assert kept(run, UNKNOWN) == []
    for number in range(MOST):
        keep(run, ROWS, f"number {number}", "", MINE)
    with pytest.raises(EpochscopeError, match=f"{MOST} selections are the most"):
        keep(run, ROWS, "one more", "", MINE)
    keep(run, ROWS, "number 7", "again", MINE)
    monkeypatch.setattr(library, "_MOST_BYTES", 100)
    assert kept(run, MINE) == []
    with pytest.raises(EpochscopeError, match="too large to be kept together"):
        keep(run, ROWS, "mine", "", MINE)


def test_a_damaged_file_holds_nothing_and_a_forged_one_costs_nothing():
    run = kmeans()
    keep(run, ROWS, "mine", "", MINE)
    (file,) = (runs_folder() / ".selections").iterdir()
    whole = file.read_bytes()
    for content in (b"", whole[:-9], b"[1]", b'{"name": 3}', whole.replace(b'"n":60', b'"n":-1')):
        file.write_bytes(content)
        assert kept(run, MINE) == []
    bomb = base64.b64encode(zlib.compress(bytes(50_000_000)))
    (one,) = (library.Kept("mine", "", "x", 60, 3, rows.decode()) for rows in (bomb,))
    with pytest.raises(EpochscopeError, match="'mine' is damaged"):
        one.points()
