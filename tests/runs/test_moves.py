"""Why a point moved, of stored runs: the run is computed again, and the parts add up to what it did."""

import os
import shutil
import threading

import numpy as np
import pytest
from epochscope.inspect import moves as about
from epochscope.methods import METHODS
from epochscope.rights import PROGRAM, UNKNOWN, Kind, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.branch import branch_spec
from epochscope.runs.training.control import Control
from epochscope.runs.training.move_files import read_move, write_move
from epochscope.runs.training.moves import Explainer, estimated_seconds, explain_move, reason_not_explainable
from epochscope.runs.training.slices import Slices
from epochscope.types import EpochscopeError

from tests.support.quick_runs import QUICK
from tests.support.training import recorded
from tests.support.waiting import until

DIVIDED = [key for key, method in METHODS.items() if method.divides_steps]
FAST = ("dec", "dgg")
TERMS = {
    "dec": {"pull"},
    "idec": {"pull", "reconstruction"},
    "vade": {"pull", "reconstruction"},
    "dgg": {"pull", "reconstruction", "reconstruction of neighbors", "prior from the graph"},
}


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", "off")


def quick(key: str, **more: object) -> RunSpec:
    known = METHODS[key].params().flat()
    values = {name: value for name, value in QUICK.items() if name in known} | more
    values |= {"cluster.tol": 0.0} if "cluster.tol" in known else {}
    return RunSpec("blobs", key, 4, 3, data={"n": 200}, params=values)


def first_cluster(run: Run) -> int:
    return next(line["epoch"] for line in run.epochs() if "labels" in line["has"])


def test_the_methods_that_were_promised():
    assert set(DIVIDED) == set(TERMS)


@pytest.mark.parametrize("key", [key if key in FAST else pytest.param(key, marks=pytest.mark.slow) for key in DIVIDED])
def test_the_parts_add_up_to_what_the_stored_codes_did(key):
    run = recorded(quick(key))
    before = [line["digest"] for line in run.epochs()]
    since = first_cluster(run) + 1
    rows = [3, 77, 150]
    move = explain_move(run, rows, since, since + 1)
    place = np.argsort(run.points()["index"])
    stored = [run.array(epoch, "z")[place][rows].astype(float) for epoch in (since, since + 1)]
    np.testing.assert_allclose(move.true, stored[1] - stored[0], atol=2e-3 * np.abs(stored).max())  # half precision
    np.testing.assert_allclose(move.moved.sum(axis=0) + move.remainder, move.true, atol=1e-9)
    length = np.linalg.norm(move.true, axis=1)
    assert np.linalg.norm(move.remainder, axis=1).sum() < 0.05 * length.sum()
    assert move.left_over < 0.05
    assert TERMS[key] <= {part.term for part in move.parts}
    assert {part.own for part in move.parts if part.term == "pull"} == {True, False}
    assert move.visits >= len(rows)
    assert [line["digest"] for line in Run(run.id).epochs()] == before
    # clusters are numbered as they are stored
    np.testing.assert_allclose(move.state.centers, run.array(since, "centers"), rtol=1e-6)


def test_the_first_epoch_of_clustering_has_no_steps_before():
    run = recorded(quick("dec", **{"cluster.optimizer": "sgd"}))
    since = first_cluster(run)
    move = explain_move(run, [5], since, since + 1)
    assert "steps before" not in {part.term for part in move.parts}
    assert move.left_over < 0.05
    longer = explain_move(run, [5], since, since + 2)  # over several epochs, too
    assert longer.steps == 2 * move.steps
    assert longer.left_over < 0.05


@pytest.mark.slow
def test_a_branch_and_a_reset_are_computed_again_as_they_were():
    parent = recorded(quick("dec", **{"resets.every": 1, "cluster.epochs": 3}))
    since = first_cluster(parent) + 1
    move = explain_move(parent, [5, 6], since, since + 1)
    assert "a reset of the weights" in {part.term for part in move.parts}
    assert move.left_over < 0.05
    branch = recorded(branch_spec(parent, since, {"cluster.lr": 5e-3}, seed=9))
    other = explain_move(branch, [5, 6], since, since + 1)
    np.testing.assert_array_equal(other.state.z, move.state.z)
    assert not np.allclose(other.true, move.true)


def test_what_cannot_be_explained_says_why():
    run = recorded(quick("dec", **{"cluster.epochs": 2}))
    since = first_cluster(run)
    with pytest.raises(EpochscopeError, match=r"There is no such point: .* 0 to 199"):
        explain_move(run, [200], since, since + 1)
    with pytest.raises(EpochscopeError, match=r"201 points are too many|There is no such point"):
        explain_move(run, range(201), since, since + 1)
    assert "between two epochs from 0 to" in reason_not_explainable(run, since, since)
    assert "between two epochs" in reason_not_explainable(run, since, 99)
    assert "while there are clusters" in reason_not_explainable(run, 0, 1)
    assert not reason_not_explainable(run, since, since + 1)
    assert estimated_seconds(run, since, since + 1) > 0
    plain = recorded(RunSpec("blobs", "kmeans", 3, 0, data={"n": 60}))
    assert "k-means does not say what its gradient steps" in reason_not_explainable(plain, 0, 1)


def test_a_run_that_comes_out_differently_is_not_explained(monkeypatch):
    run = recorded(quick("dec"))
    since = first_cluster(run)
    lines = (run.folder / "epochs.jsonl").read_text().splitlines()
    digest = run.epochs()[since]["digest"]
    lines[since] = lines[since].replace(digest, "0" * len(digest))
    (run.folder / "epochs.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(EpochscopeError, match=f"Epoch {since}, computed again, is not the stored one"):
        explain_move(Run(run.id), [1], since, since + 1)


def test_it_is_computed_once_and_kept_beside_the_run(monkeypatch):
    run = recorded(quick("idec"))
    since = first_cluster(run)
    visitor, explainer = Visitor(Kind.BROWSER, "a" * 64), Explainer()
    with pytest.raises(EpochscopeError, match="not known who asks"):
        explainer.ask(run, [4], since, since + 1, UNKNOWN)
    assert explainer.known(run, [4], since, since + 1) is None
    job = explainer.ask(run, [4], since, since + 1, visitor)
    until(lambda: job.ended)
    assert job.move is not None, job.error
    assert explainer.ask(run, [4], since, since + 1, PROGRAM) is job
    kept = Explainer().known(run, [4], since, since + 1)
    assert kept is not None
    for one, other in zip(kept.move[:3], job.move[:3], strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(kept.move.moved, job.move.moved)
    assert kept.move.parts == job.move.parts
    assert about.sentence(kept.move) == about.sentence(job.move)
    assert about.pull_formula(kept.move) == about.pull_formula(job.move)
    (file,) = (run.folder / "moves").iterdir()
    file.write_bytes(file.read_bytes()[:-20])  # torn: it is computed again
    assert Explainer().known(run, [4], since, since + 1) is None
    shutil.rmtree(run.folder)
    write_move(run, job.move)  # the run was deleted meanwhile: nothing comes back
    assert not run.folder.exists()


def test_a_damaged_file_is_no_explanation(monkeypatch):
    run = recorded(quick("dec"))
    since = first_cluster(run)
    move = explain_move(run, [4], since, since + 1)
    write_move(run, move._replace(moved=np.full_like(move.moved, np.nan)))
    assert read_move(run, [4], since, since + 1) is None
    write_move(run, move._replace(parts=move.parts[1:]))
    assert read_move(run, [4], since, since + 1) is None
    z, q, p, centers, *_ = move.state
    wrong = [{"z": z.T}, {"z": z[:0]}, {"q": q[:, :-1]}, {"q": q[0]}, {"p": p.T}, {"p": np.vstack([p, p])}]
    for one in (*wrong, {"centers": centers[:-1]}, {"centers": centers.ravel()}, {"spread": centers[1:]}):
        write_move(run, move._replace(state=move.state._replace(**one)))
        assert read_move(run, [4], since, since + 1) is None, one
    write_move(run, move)
    assert read_move(run, [4], since, since + 1) is not None
    (run.folder / "moves" / "more").write_bytes(b"")
    os.truncate(run.folder / "moves" / "more", 50_000_000)  # what others had explained, as much as is kept
    write_move(run, move._replace(seconds=7.0))
    kept = read_move(run, [4], since, since + 1)
    assert kept is not None
    assert kept.seconds == move.seconds


def test_it_can_be_stopped():
    run = recorded(quick("dec", **{"cluster.epochs": 3}))
    since = first_cluster(run)
    explainer, mine, other = Explainer(), Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
    with explainer._slices.among(Control()):  # somebody else's is being computed
        job = explainer.ask(run, [4], since, since + 1, mine)
        assert explainer.ask(run, [4], since, since + 1, other) is job
        explainer.stop(mine)
        assert not job.control.stopped  # the other one still waits
        explainer.stop(other)
        assert job.control.stopped
        assert explainer.known(run, [4], since, since + 1) is None
    until(lambda: job.ended)
    assert job.move is None
    assert not job.error


def test_a_long_explanation_gives_way_to_others():
    slices, long, short, began = Slices(0.0), Control(), Control(), threading.Event()

    def compute() -> None:
        with slices.among(long):
            began.set()
            while not long.stopped:
                slices.give_way(long)

    thread = threading.Thread(target=compute)
    thread.start()
    began.wait(60)
    with slices.among(short):  # it would wait for ever
        assert slices._line[0] is short
        slices.give_way(short)  # there and back
        assert slices._line[0] is short
        long.stop()  # while it waits
        thread.join(60)
    assert len(slices) == 0


def test_without_memory_no_second_explanation_begins(monkeypatch):
    run = recorded(quick("dec"))
    since, explainer = first_cluster(run), Explainer()
    monkeypatch.setattr("epochscope.limits.free_memory", lambda: 1)
    with (
        explainer._slices.among(Control()),
        pytest.raises(EpochscopeError, match="there is no memory for one more; ask again later"),
    ):
        explainer.ask(run, [4], since, since + 1, PROGRAM)
    job = explainer.ask(run, [4], since, since + 1, PROGRAM)
    until(lambda: job.ended)
    assert job.move is not None, job.error
