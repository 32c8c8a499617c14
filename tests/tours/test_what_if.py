"""The tour "What if": its texts say what the recorded data say, and what is recorded is found where it is asked for."""

import numpy as np
import pytest
from epochscope.futures.outcome import labelings, last_acc, outcome
from epochscope.futures.store import Futures, bundled
from epochscope.runs.format.bundled import bundled_folder
from epochscope.runs.format.lineage import family
from epochscope.runs.format.run import Run
from epochscope.runs.library.bundled_entries import bundled_entries, with_bundled
from epochscope.runs.library.cures import helped, members_of, outcomes, start_of
from epochscope.runs.library.findings import findings
from epochscope.runs.training import recompute
from epochscope.runs.training.move_files import kept_moves, read_move, ships_with_run
from epochscope.runs.training.request import resolve
from epochscope.tours import STORIES
from epochscope.tours.base import address, step_text
from epochscope.tours.recipes import FUTURES, RECIPES
from epochscope.types import EpochscopeError

STORY = STORIES["what-if"]


def text(place: int) -> str:
    return step_text(STORY, STORY.steps[place - 1])[1]


def acc(run: str, epoch: int = -1) -> float:
    return Run(run).epochs()[epoch]["scores"]["acc"]


def test_the_branch_shares_the_past_and_is_in_one_tree_with_its_parent():
    parent, branch = Run("tour-what-if"), Run("tour-what-if-nu")
    left = branch.spec.course[-1]["epoch"]
    assert f"from epoch {left} on, ν 1 → 5." in text(2)
    digests = [[line["digest"] for line in run.epochs()] for run in (parent, branch)]
    assert digests[0][: left + 1] == digests[1][: left + 1]
    assert digests[0][left + 1] != digests[1][left + 1]
    tree = family(parent.id, with_bundled(parent.id, []))
    assert [node.run.id for node in tree] == [parent.id, branch.id]
    assert tree[1].run.changed == "ν 1 → 5"
    apart = abs(acc(branch.id) - acc(parent.id))
    said = f"{acc(branch.id):.3f} instead of {acc(parent.id):.3f}, a difference of {apart:.3f}."
    assert said in text(3)


def test_other_runs_do_not_list_what_is_bundled():
    assert with_bundled("20260101-000000-mine", []) == []


def test_the_futures_are_other_seeds_of_that_run_and_differ_more_than_the_branch():
    futures = Futures("tour-seeds")
    assert [one.id for one in bundled()] == ["tour-seeds"]
    assert [one.spec.seed for one in futures.members] == list(FUTURES["tour-seeds"].seeds)
    same = futures.members[1]
    assert resolve(same.spec).spec == RECIPES["tour-what-if"].spec
    found = labelings(futures)
    assert found is not None
    ends = last_acc(futures, found)
    assert ends[1] == pytest.approx(acc("tour-what-if"), abs=1e-6)  # the member with its seed has its bits
    assert f"between {ends.min():.3f} and {ends.max():.3f}: seeds differ by up to {np.ptp(ends):.3f}" in text(4)
    assert np.ptp(ends) > 3 * abs(acc("tour-what-if-nu") - acc("tour-what-if"))
    seen, apart = outcome(found), ~np.eye(len(ends), dtype=bool)
    middle = [np.median(one) for one in (seen.between_starts[apart], seen.between_ends[apart], seen.own)]
    assert f"from an ARI of {middle[0]:.2f} to {middle[1]:.2f}; yet" in text(5)
    assert f"own start, by {middle[2]:.2f}." in text(5)
    assert middle[0] < middle[1] < middle[2]


def test_the_explained_point_came_to_its_cluster_mostly_because_of_others():
    run = Run("tour-what-if")
    (kept,) = kept_moves(run)
    assert ships_with_run(run, kept)
    asked = address(STORY, 6)
    assert (int(asked["point"]), int(asked["epoch"])) == (kept.points[0], kept.epoch)
    assert kept.since == kept.epoch - 1
    move = read_move(run, *kept)
    assert move is not None
    i = kept.points[0]
    place = run.points()["index"].tolist().index(i)
    true = run.array(kept.epoch, "z")[place].astype(float) - run.array(kept.since, "z")[place]
    assert move.true[0] == pytest.approx(true, abs=0.02)  # codes are stored in half precision
    labels = [int(run.array(epoch, "labels")[i]) for epoch in kept[1:]]
    truth = run.points()["truth"]
    most = [
        np.bincount(truth[run.array(epoch, "labels") == label]).argmax()
        for epoch, label in zip(kept[1:], labels, strict=True)
    ]
    assert most[0] != truth[i] == most[1]
    length = np.linalg.norm(move.true)
    own = np.array([part.own for part in move.parts])
    along = move.moved[:, 0] @ move.true[0] / length**2
    assert f"{along[own].sum():.0%} of its way is what the loss wanted of it, {along[~own].sum():.0%} came" in text(6)
    assert along[~own].sum() > 0.5
    assert f"the other {move.left_over:.1%}." in text(6)


def test_one_cure_of_three_helped():
    run = Run("tour-cured")
    found = findings(run)
    note = next(note for note in found if note.kind == "fell")
    members = members_of(run, start_of(note, found), with_bundled(run.id, []))
    seen = outcomes(note, members)
    assert len(seen) == 4
    (best,) = helped(seen)
    said = f"“Try it” started {len(members)} branches: no fall in {best.free} of {best.runs} with “{best.words}”, in"
    assert said in text(7)
    assert f"in {seen[0].free} without" in text(7)
    assert best.acc.low > 2 * seen[0].acc.high
    assert {one.id for one in members} == {one.id for one in bundled_entries() if one.parent == run.id}


def test_a_run_that_is_other_here_says_so_and_one_of_ones_own_is_not_asked(monkeypatch):
    asked = []

    def differs(run, *args, **more):
        asked.append(run.id)
        raise EpochscopeError("Epoch 0, computed again, is not the stored one.")

    monkeypatch.setattr(recompute, "recompute", differs)
    monkeypatch.setattr(recompute, "_found", {})
    for _ in range(2):
        assert "not the stored one" in recompute.difference_here(Run("tour-what-if"))
    assert asked == ["tour-what-if"]  # once
    own = Run("mine", bundled_folder("tour-what-if"))
    assert not recompute.difference_here(own)
    assert len(asked) == 1
