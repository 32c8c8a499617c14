"""Branches: a new run goes on from the exact state of an epoch of another one, whatever the method."""

import dataclasses
import shutil
from types import SimpleNamespace

import pytest
import torch
from epochscope.methods import METHODS
from epochscope.nets import pretraining_cache
from epochscope.nets.device import threads
from epochscope.rights import PROGRAM
from epochscope.runs.format import lineage
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.catalog import entry
from epochscope.runs.library.compare import asked, settings, starts, titles
from epochscope.runs.training.branch import branch_spec, changeable
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.reads import Reads
from epochscope.runs.training.sweep import with_seeds
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

from tests.support.quick_runs import QUICK
from tests.support.training import Scripted, continued, recorded

FAST = ("kmeans", "dec", "dgg")
every_method = pytest.mark.parametrize(
    "key", [key if key in FAST else pytest.param(key, marks=pytest.mark.slow) for key in METHODS]
)


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", "off")


def quick(key: str, **more: object) -> RunSpec:
    known = METHODS[key].params().flat()
    values = {name: value for name, value in QUICK.items() if name in known} | more
    return RunSpec("blobs", key, 4, 3, data={"n": 240}, params=values)


def digests(run: Run) -> list[str]:
    assert run.status["state"] == "done", run.status["message"]
    return [line["digest"] for line in run.epochs()]


def branched(run: Run, epoch: int, changes: dict | None = None, **more: object) -> Run:
    return recorded(branch_spec(run, epoch, changes or {}, **more))


def live_change(key: str) -> dict:
    """Half the learning rate of the clustering, or half of some other live number."""
    ranges = dict(METHODS[key].params.ranges())
    names = [name for name in ("cluster.lr", *sorted(METHODS[key].params.live_names())) if name in ranges]
    name = next((name for name in names if ranges[name].kind is float), None)
    return {name: max(METHODS[key].params().flat()[name] * 0.5, ranges[name].low)} if name else {}


@every_method
def test_without_a_change_it_equals_its_parent_and_with_one_a_run_that_had_it(key):
    parent = recorded(quick(key))
    epoch = len(parent.epochs()) - 3
    assert digests(branched(parent, epoch)) == digests(parent)
    if changes := live_change(key):
        epoch = 1 if "pretrain.lr" in changes else epoch  # it is read no more after pretraining
        moved = recorded(quick(key), changes={epoch: changes})
        found = branched(parent, epoch, changes)
        assert digests(found) == digests(moved)
        assert found.param_changes() == moved.param_changes()
        assert digests(found)[: epoch + 1] == digests(parent)[: epoch + 1]


def test_a_parameter_that_was_not_read_yet_gives_the_run_that_had_it_from_the_start():
    parent = recorded(quick("dec"))
    last = max(line["epoch"] for line in parent.epochs() if line["phase"] != "cluster")
    why = changeable(parent, last)
    assert not why["cluster.optimizer"]
    assert not why["watch.patience"]
    assert "is read once, before epoch" in why["net.d"]
    assert "is not read after epoch" in changeable(parent, last + 1)["pretrain.lr"]
    assert "is read once" in changeable(parent, last + 1)["cluster.optimizer"]
    values = {"cluster.optimizer": "sgd", "cluster.restarts": 2}
    assert digests(branched(parent, last, values)) == digests(recorded(quick("dec", **values)))


def test_more_epochs_than_were_planned():
    parent = recorded(quick("dec", **{"cluster.tol": 0.0}))
    end, planned = len(parent.epochs()) - 1, parent.spec.params["cluster.epochs"]
    with pytest.raises(EpochscopeError, match=f"ended by itself at epoch {end}; to go on from there"):
        branch_spec(parent, end, {})
    longer = branched(parent, end, {"cluster.epochs": planned + 2})
    assert digests(longer) == digests(recorded(quick("dec", **{"cluster.tol": 0.0, "cluster.epochs": planned + 2})))
    assert longer.info["plan"]["cluster"] == planned + 2


def test_another_seed_from_there_on():
    parent = recorded(quick("dec"))
    epoch = len(parent.epochs()) - 3
    same, other = branched(parent, epoch, seed=11), branched(parent, epoch, seed=12)
    assert digests(same) == digests(branched(parent, epoch, seed=11))
    assert digests(same)[: epoch + 1] == digests(other)[: epoch + 1]
    assert digests(same)[epoch + 1 :] != digests(other)[epoch + 1 :]
    assert same.param_changes()[-1] == {"epoch": epoch, "name": "seed", "symbol": "seed", "old": 3, "new": 11}


def test_a_branch_of_a_branch_goes_on_without_its_parents():
    """Earlier changes are repeated, a stop in the common past is continued, and the parents may be deleted."""
    first = recorded(quick("idec"), changes={4: {"gamma": 0.3}})
    second = branched(first, 5, {"nu": 2.0}, seed=5)
    third = branch_spec(second, 6, {"cluster.batch": 32})
    assert [step["epoch"] for step in third.branch["course"]] == [4, 5, 6]
    whole = recorded(third)
    for last in (2, 6):
        part = recorded(third, last=last)
        assert part.status["state"] == "stopped"
        continued(part)
        assert digests(Run(part.id)) == digests(whole)
        assert Run(part.id).param_changes() == whole.param_changes()
    for run in (first, second):
        shutil.rmtree(run.folder)
    assert digests(recorded(third)) == digests(whole)


def test_what_a_parent_changed_at_that_very_epoch_is_left_out():
    first = recorded(quick("dec"), changes={5: {"nu": 2.0}})
    assert digests(branched(first, 5)) == digests(recorded(quick("dec")))


def test_as_many_threads_as_its_parent_had():
    with threads(torch.get_num_threads() + 1):
        parent = recorded(quick("ae_kmeans"))
    spec = branch_spec(parent, 2, {})
    assert RunWriter(spec, PROGRAM).threads == parent.info["made_with"]["threads"]
    assert recorded(spec).info["made_with"]["threads"] == parent.info["made_with"]["threads"]


def test_it_tells_how_far_it_is_and_belongs_to_no_other_past(monkeypatch):
    parent, told = recorded(quick("dec")), []
    original = RunWriter.status
    monkeypatch.setattr(RunWriter, "status", lambda self, **c: (original(self, **c), told.append(self._status)))
    spec = branch_spec(parent, 5, {"nu": 2.0})
    recorded(spec)
    assert "computing the common past: epoch 3 of 5" in [status.get("doing") for status in told]
    assert told[-1].get("doing", "") == ""
    elsewhere = dataclasses.replace(spec, seed=spec.seed + 1)
    status = recorded(elsewhere).status
    assert status["state"] == "failed"
    assert "is not that of the run it branches from" in status["message"]
    again = recorded(*with_seeds(spec, 1))
    assert again.status["state"] == "done"
    assert again.spec.parent == ""
    assert [change["new"] for change in again.param_changes()] == [2.0]
    assert again.spec.settings_key == spec.settings_key


def test_a_reseeded_branch_after_pretraining_from_the_cache(tmp_path, monkeypatch):
    """At the last epoch of pretraining, and within it: from the cache or computed, the same."""
    parent = recorded(quick("dec"))
    last = max(line["epoch"] for line in parent.epochs() if line["phase"] != "cluster")
    within, after = (
        digests(branched(parent, 1, {"pretrain.lr": 2e-3}, seed=9)),
        digests(branched(parent, last, seed=9)),
    )
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", str(tmp_path / "kept"))
    monkeypatch.setattr(pretraining_cache, "WORTH_SECONDS", 0.0)
    recorded(quick("dec"))
    assert list((tmp_path / "kept").glob("*.safetensors"))
    again = recorded(quick("dec"))
    assert digests(branched(again, 1, {"pretrain.lr": 2e-3}, seed=9)) == within
    assert digests(branched(again, last, seed=9)) == after


@pytest.mark.parametrize(
    ("epoch", "changes", "words"),
    [
        (999, {}, "There is no epoch 999"),
        (-1, {}, "There is no epoch -1"),
        (5, {"net.d": 3}, "is read once, before epoch 5"),
        (5, {"nonsense": 3}, "There is no parameter 'nonsense'"),
        (5, {"nu": "wide"}, "nu must be a number"),
    ],
)
def test_mistakes_are_sentences(epoch, changes, words, parent):
    with pytest.raises(EpochscopeError, match=words):
        branch_spec(parent, epoch, changes)


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("EPOCHSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        patched.setenv("EPOCHSCOPE_PRETRAINED", "off")
        run = recorded(quick("dec"))
        run.epochs()
        yield run


def test_of_an_earlier_version_only_live_parameters_change(parent, monkeypatch):
    monkeypatch.setattr(Run, "info", property(lambda self: {"n": 240, "f": 2}))
    why = changeable(parent, 2)
    assert not why["nu"]
    assert not why["cluster.batch"]
    assert "which parameters were not read yet" in why["cluster.optimizer"]


def test_what_is_not_known_beforehand_is_refused_once_it_is_known(monkeypatch):
    run = recorded(quick("dec"))
    spec = branch_spec(run, 5, {"nu": 2.0})
    step = {**spec.branch["course"][-1], "changes": {"net.d": 3}}
    forged = dataclasses.replace(spec, branch={**spec.branch, "course": [step]})
    status = recorded(forged).status
    assert status["state"] == "failed"
    assert "is read once, before epoch 5" in status["message"]


def test_its_words(parent, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(parent.folder.parent))
    run = branched(parent, 5, {"nu": 2.0}, seed=7)
    assert run.title.endswith("from epoch 5: ν 1 → 2, seed 7")
    one = entry(run.id)
    assert (one.parent, one.left_at, one.changed) == (parent.id, 5, "ν 1 → 2, seed 7")
    rows = {row.name: row.values for row in settings([asked(parent), asked(run)]) if row.differs}
    assert rows["ν · degrees of freedom"] == (1.0, "1, 2 from epoch 5")
    assert rows["seed"] == (3, "3, 7 from epoch 5")


def test_a_common_past_is_drawn_once(parent, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(parent.folder.parent))
    first, second = branched(parent, 4, {"nu": 2.0}), branched(parent, 6, {"nu": 2.0})
    third = branched(first, 6, {"nu": 3.0})
    assert starts([first, parent, second, third]) == [4, 0, 6, 6]
    assert starts([second, third]) == [0, 4]
    assert starts([parent]) == [0]
    assert titles([asked(run) for run in (parent, first)])[1] == "2: DEC from epoch 4: ν 1 → 2"


def test_reads_are_noted_and_comparisons_are_none():
    reads, hp = Reads(), METHODS["dec"].params()
    watched = reads.watched(hp)
    assert watched == reads.watched(hp)
    assert watched != reads.watched(hp.but({"nu": 3.0}))
    assert watched.flat() == hp.flat()
    watched.check(n=100, f=5, k=3)
    assert reads.spans == {}
    assert repr(watched.net) == repr(hp.net)
    assert set(reads.spans) == {f"net.{item.name}" for item in dataclasses.fields(hp.net)}
    _ = watched.nu
    reads.count = 4
    _ = watched.nu, watched.cluster.lr
    assert reads.spans["nu"] == (0, 4)
    assert reads.spans["cluster.lr"] == (4, 4)


def kin(name: str, parent: str = "", left_at: int | None = None, created: float = 0) -> SimpleNamespace:
    return SimpleNamespace(id=name, parent=parent, left_at=left_at, created=created)


def test_the_tree_of_runs():
    known = [kin("a"), kin("b", "a", 3), kin("c", "a", 9), kin("d", "c", 12), kin("e"), kin("f", "gone", 2)]
    rows = [(node.run.id, node.depth, node.parent_row) for node in lineage.family("d", known)]
    assert rows == [("a", 0, None), ("c", 1, 0), ("d", 2, 1), ("b", 1, 0)]
    assert lineage.family("nowhere", known) == []
    assert [node.run.id for node in lineage.family("f", known)] == ["f"]
    assert [[node.run.id for node in nodes] for nodes in lineage.families(known)] == [["a", "c", "d", "b"]]


def test_two_that_name_each_other_as_parent_end():
    known = [kin("a", "b", 1), kin("b", "a", 2)]
    assert {node.run.id for node in lineage.family("a", known)} == {"a", "b"}


def test_stopped_before_the_branch_it_can_be_stopped_and_paused(parent, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(parent.folder.parent))
    writer, control = RunWriter(branch_spec(parent, 5, {}), PROGRAM), Scripted(last=1)
    train(writer, control)
    assert len(Run(writer.id).epochs()) == 2
    assert isinstance(control, Control)
