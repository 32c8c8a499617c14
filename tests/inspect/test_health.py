"""Findings about a run: each rule on a history that was made up for it, and all of them on real runs that collapsed."""

import numpy as np
import pytest
from epochscope.inspect import health
from epochscope.inspect.health import notes
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.history import history
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter

EVEN = [25, 25, 25, 25]


def line(epoch, phase="cluster", sizes=EVEN, entropy=None, loss=1.0, **scores):
    found = {"epoch": epoch, "phase": phase, "losses": {"kl": loss}, "scores": scores}
    return {**found, **({"sizes": sizes} if sizes else {}), **({"entropy": entropy} if entropy else {})}


def said(lines, **more):
    return {note.kind: note for note in notes(lines, n=100, k=4, **more)}


def test_a_healthy_history_has_no_finding():
    lines = [line(e, acc=0.6 + e / 100, changed=0.05 / (e + 1)) for e in range(12)]
    assert said(lines, one_cluster=0.25, spreads=[3.0] * 12) == {}
    assert notes([], n=100, k=4) == []


def test_unused_clusters_are_counted_from_the_epoch_after_which_they_stay_empty():
    sizes = [EVEN, [50, 50, 0, 0], [40, 30, 0, 30], [50, 50, 0, 0], [50, 50, 0, 0]]
    found = said([line(e, sizes=s) for e, s in enumerate(sizes)])["unused"]
    assert (found.epoch, found.level) == (3, "bad")
    assert found.sentence == "2 of 4 clusters are unused since epoch 3: 2, 3"
    assert "unused" not in said([line(0, sizes=[25, 25, 49, 1])])  # 1 of 25 is more than two percent


def test_a_cluster_that_swallows_the_others():
    sizes = [EVEN, [10, 60, 20, 10], [10, 70, 10, 10]]
    found = said([line(e, sizes=s) for e, s in enumerate(sizes)], one_cluster=0.25)["swallowed"]
    assert found.epoch == 1
    assert "Cluster 1 has 70%" in found.sentence
    # where one class is as large as that, a large cluster is right
    assert "swallowed" not in said([line(e, sizes=s) for e, s in enumerate(sizes)], one_cluster=0.6)


def test_codes_that_shrink_or_fly_apart_within_the_last_phase():
    lines = [line(e, "pretrain", sizes=None) for e in range(2)] + [line(e) for e in range(2, 6)]
    found = said(lines, spreads=[900.0, 900.0, 4.0, 2.0, 0.3, 0.1])["shrunk"]
    assert found.epoch == 4
    assert found.sentence == "Codes shrink: their spread fell by a factor of 40 from epoch 2 to 5"
    assert said(lines, spreads=[1.0, 1.0, 4.0, 2.0, 0.1, 0.0])["shrunk"].epoch == 4
    assert said(lines, spreads=[1.0, 1.0, 1.0, 2.0, 30.0, 100.0])["grown"].epoch == 4
    assert not said(lines, spreads=[0.01, 1.0, 1.0, 2.0, 4.0, 8.0])
    assert not said(lines, spreads=[None] * 6)


def test_accuracy_below_its_start_its_best_or_at_the_floor():
    def of(values, **more):
        return said([line(e, acc=v) for e, v in enumerate(values)], **more)

    found = of([0.7, 0.71, 0.66, 0.69, 0.67, 0.66])["below start"]
    assert found.epoch == 4
    assert "(0.660) is below its start (0.700)" in found.sentence
    assert of([0.5, 0.7, 0.65, 0.6])["below best"].epoch == 1
    sudden = of([0.5, 0.7, 0.55, 0.6])["fell"]
    assert sudden.epoch == 2
    assert "from 0.700 to 0.550" in sudden.sentence
    floor = of([0.7, 0.26, 0.25, 0.25], one_cluster=0.25)
    assert floor["floor"].epoch == 1
    assert "below start" not in floor
    assert of([0.7]) == {}


def test_losses_that_are_no_number_or_grow():
    broken = said([line(0), line(1, loss=None), line(2, loss=None)])["nan"]
    assert broken.epoch == 1
    grown = said([line(e, loss=v) for e, v in enumerate([2, 1, 1.5, 4, 6, 8])])["loss grew"]
    assert (grown.epoch, grown.sentence) == (4, "Loss 'kl' grew by a factor of 8 since epoch 1")
    # a divergence that begins at (nearly) nothing and rises is what DEC does at each new target
    assert said([line(e, loss=v) for e, v in enumerate([0.0, 0.1, 0.2, 0.3, 0.3, 0.3])]) == {}


def test_labels_that_move_at_once_never_or_always():
    def of(values):
        return said([line(e, **({"changed": v} if e else {})) for e, v in enumerate([0.0, *values])])

    assert of([0.5, 0.2, 0.1, 0.05, 0.42, 0.01])["mass move"].epoch == 5
    assert "mass move" not in of([0.5, 0.4, 0.01, 0.01])  # a phase begins with movement
    assert of([0.2] * 12)["restless"].epoch == 8
    assert of([0.2, 0.1, 0.0, 0.0, 0.0])["quiet"].epoch == 3
    assert "quiet" not in of([0.2, 0.0, 0.0])


def test_assignments_that_say_nothing():
    even, sure = [0] * 18 + [5, 95], [100] + [0] * 19
    found = said([line(0, entropy=sure), line(1, entropy=even), line(2, entropy=even)])["flat"]
    assert found.epoch == 1
    assert "100% of its rows" in found.sentence


def test_assignments_that_are_sure_and_wrong():
    sure, unsure = [95, 0, 0, 0, 5] + [0] * 15, [60] + [0] * 18 + [40]
    found = said([line(0, entropy=unsure, acc=0.5), *(line(e, entropy=sure, acc=0.5) for e in (1, 2))])
    assert found["sure and wrong"].epoch == 1
    assert "95% of the points" in found["sure and wrong"].sentence
    assert "sure and wrong" not in said([line(0, entropy=sure, acc=0.9)])


def test_a_parameter_moved_shortly_before_is_named():
    lines = [line(e, sizes=EVEN if e < 5 else [100, 0, 0, 0]) for e in range(8)]
    param_changes = [{"epoch": 4, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 5.0}]
    assert said(lines, param_changes=param_changes)["unused"].sentence.endswith(
        "(γ was changed from 0.1 to 5.0 after epoch 4)"
    )
    assert "γ" not in said(lines, param_changes=[{**param_changes[0], "epoch": 1}])["unused"].sentence


def test_every_rule_has_a_finding_here():
    assert len(health.RULES) == 9  # one in test_returned.py


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))

    def record(**params) -> Run:
        writer = RunWriter(
            RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 2, "net.widths": "32", **params}), PROGRAM
        )
        train(writer, Control())
        return Run(writer.id)

    return record


def findings(run):
    return {
        note.kind: note
        for note in notes(
            run.epochs(), n=1797, k=10, one_cluster=run.info["one_cluster"], spreads=history(run).spreads()
        )
    }


def test_a_run_with_too_large_steps_really_collapses_and_is_found_out(recorded):
    run = recorded(**{"cluster.lr": 1.0, "cluster.epochs": 5, "cluster.tol": 0.0})
    table = run.epochs()
    found = findings(run)
    start = next(line["epoch"] for line in table if line["phase"] == "cluster")
    assert {"unused", "swallowed", "fell"} <= found.keys()
    assert found["unused"].epoch == start + 1
    assert max(table[-1]["sizes"]) > 0.5 * 1797
    assert table[found["fell"].epoch]["scores"]["acc"] < table[found["fell"].epoch - 1]["scores"]["acc"] - 0.1


def test_a_run_that_goes_well_is_left_alone(recorded):
    run = recorded(**{"cluster.epochs": 3, "pretrain.epochs": 4})
    assert not [note for note in findings(run).values() if note.level == "bad"]
    labels, spreads = history(run).labels(), history(run).spreads()
    assert len(labels) == len(spreads) == len(run.epochs())
    assert [labels[e] is None for e in (0, len(labels) - 1)] == [True, False]
    assert np.array_equal(labels[-1], run.array(len(labels) - 1, "labels"))
    again = history(run).labels()
    assert all(a is b for a, b in zip(labels, again, strict=True))
