"""Findings about a run: each rule on a history that was made up for it, and all of them on real runs that collapsed."""

import math

import numpy as np
import pytest
from epochscope.formulas.dispersion import CodeShape, code_shape
from epochscope.inspect import health
from epochscope.inspect.health import notes
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.findings import findings as all_findings
from epochscope.runs.library.history import history
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

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
    assert (found.epoch, found.level, found.began) == (3, "bad", 1)
    assert found.sentence == "2 of 4 clusters unused since epoch 3: 2, 3"
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
    assert "(0.660) has been below its start (0.700)" in found.sentence
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


def shape(finite=1.0, spread=1.0, directions=5, active=5):
    return CodeShape(finite, spread, directions, active, (1.0,))


def test_codes_that_are_not_finite():
    codes = [shape(), shape(finite=0.5), shape(finite=0.0, spread=None, directions=0, active=0)]
    found = said([line(e) for e in range(3)], codes=codes)["codes not finite"]
    assert (found.epoch, found.level, found.shown_by) == (1, "bad", "spread")
    assert found.sentence == "All codes are NaN or infinite (at epoch 2; the first at epoch 1)"
    assert "Codes of 50.0% of the points" in said([line(0), line(1)], codes=codes)["codes not finite"].sentence
    assert not said([line(0)], codes=codes)


def test_codes_that_lose_directions():
    def of(counts):
        return said([line(e) for e in range(len(counts))], codes=[shape(directions=c) for c in counts])

    found = of([2, 2, 1, 1])["flattened"]
    assert (found.epoch, found.level, found.shown_by) == (2, "odd", "directions")
    assert "they varied in 2 directions, and now lie on a line" in found.sentence
    assert "now lie in 4 directions" in of([10, 7, 5, 4])["flattened"].sentence
    assert not of([10, 5, 6, 6])
    assert not of([1, 1, 1])
    assert not of([2, 1, 2])  # only what holds at the end


def test_a_vae_whose_posterior_collapses():
    def of(names, active, **more):
        lines = [{**line(e), "losses": dict.fromkeys(names, 1.0), **more} for e in range(len(active))]
        return said(lines, codes=[shape(active=a) for a in active])

    found = of(["reconstruction", "kl"], [5, 2, 0, 0, 0])["posterior collapse"]
    assert (found.epoch, found.level, found.shown_by) == (2, "bad", "directions")
    assert "posterior collapse" not in of(["reconstruction", "kl"], [5, 0, 0])  # two epochs do not show it
    assert "posterior collapse" not in of(["reconstruction", "kl"], [5, 1, 1, 1])
    assert "posterior collapse" not in of(["kl"], [5, 0, 0, 0])  # DEC
    assert "posterior collapse" not in of(["reconstruction", "kl"], [5, 0, 0, 0], has={"p": 0})  # IDEC


def test_a_class_of_few_points_that_larger_ones_take_in():
    lines = [{**line(e), "lost_classes": lost} for e, lost in enumerate([[], [3], [0, 3], [0, 3]])]
    found = said(lines, class_sizes=[30, 30, 30, 10], classes=["a", "b", "c", "rare"])["lost class"]
    assert (found.epoch, found.level, found.shown_by) == (1, "odd", "confusion")
    assert "The small class rare has had no cluster since epoch 1" in found.sentence
    assert not said(lines, class_sizes=[25, 25, 25, 25])  # a class of the usual size is a matter of ACC
    assert not said(lines)


def test_accuracy_below_that_of_k_means_on_the_data():
    def of(values, **more):
        return said([line(e, acc=v) for e, v in enumerate(values)], kmeans=0.8, **more)

    found = of([0.75, 0.72, 0.69, 0.68, 0.69])["below k-means"]
    assert (found.level, found.shown_by) == ("odd", "scores")
    assert "ACC (0.690) is below k-means on the same data (0.800)" in found.sentence
    assert "since epoch 2" in found.rule
    assert "below k-means" not in of([0.5, 0.69, 0.71])
    assert "below k-means" not in of([0.5, 0.6], live=True)  # it may rise yet


def test_a_projection_that_is_older_than_the_epoch():
    lines = [line(e) for e in range(10)]
    found = said(lines, framed=[0, 1, 4])["outdated"]
    assert (found.epoch, found.level) == (4, "odd")
    assert "of epoch 4, the last is 9" in found.sentence
    assert not said(lines, framed=[5])
    assert not said(lines, framed=[])
    assert not said(lines)


def ordered(epoch, **numbers):
    return {**line(epoch), "order": {"chance": 0.02, "structure": 0.5, **numbers}}


def test_rows_in_another_order():
    found = said([ordered(0, x=0.3), ordered(1, x=0.021), ordered(2, x=0.019)])["order"]
    assert (found.epoch, found.level, found.shown_by) == (1, "bad", "order")
    assert "another order than those of x since epoch 1" in found.sentence
    assert "shuffle=False" in found.advice
    assert "those at the log before" in said([ordered(0), ordered(1, before=0.02)])["order"].sentence
    assert not said([ordered(0, x=0.02, structure=1.0)])  # noise has no order
    assert not said([ordered(0, x=0.1)])


def test_truth_in_another_order():
    chance = {"class_chance": 0.1, "class": 0.11}
    found = said([ordered(0, x=0.3, class_x=0.12, **chance)])["order of truth"]
    assert (found.level, found.shown_by) == ("odd", "order")
    assert "order of truth" in said([ordered(0, **chance)])
    assert not said([ordered(0, x=0.3, class_x=0.9, **chance)])  # z has lost the classes, but not their order
    assert "order of truth" not in said([ordered(0, x=0.02, class_x=0.12, **chance)])  # the order of z, then


def test_every_finding_says_what_to_try_and_every_rule_has_one_here():
    assert len(health.RULES) == 17
    assert len({rule.__qualname__ for rule in health.RULES}) == 17


numbers = st.sampled_from([None, 0.0, 1e-300, 1e-9, 0.5, 1.0, 1.0, 1e12, 1e300])
shares = st.sampled_from([None, 0.0, 0.3, 1.0])
sizes = st.one_of(st.none(), st.lists(st.integers(0, 100), min_size=1, max_size=4))


def maybe(name, values):
    return st.one_of(st.just({}), values.map(lambda value: {name: value}))


@st.composite
def histories(draw):
    """Lines of a run at its worst: no numbers, none that are finite, constants, arrays that are missing."""
    count = draw(st.integers(0, 8))
    lines = []
    for epoch in range(count):
        found = {"epoch": epoch, "phase": draw(st.sampled_from(["pretrain", "cluster"]))}
        for extra in (
            maybe("losses", st.dictionaries(st.sampled_from(["kl", "reconstruction"]), numbers)),
            maybe("measures", st.dictionaries(st.just("clusters"), st.sampled_from([1.0, 3.0]))),
            maybe("scores", st.dictionaries(st.sampled_from(["acc", "changed"]), shares)),
            maybe("sizes", sizes),
            maybe("entropy", st.lists(st.integers(0, 9), min_size=0, max_size=20)),
            maybe("lost_classes", st.lists(st.integers(0, 9), max_size=3)),
            maybe("has", st.just({"p": 0})),
            maybe("order", st.dictionaries(st.sampled_from(["x", "before", "class", "class_x", "structure"]), shares)),
        ):
            found |= draw(extra)
        if "order" in found:
            found["order"] = {name: value for name, value in found["order"].items() if value is not None}
            found["order"]["chance"], found["order"]["class_chance"] = 0.1, 0.2
        lines.append(found)
    return lines


worst = st.sampled_from([None, 0.0, math.nan, math.inf, 1e-320, 5e-324, 1.0, 1.0, 1e308])
shapes = st.one_of(
    st.none(),
    st.builds(CodeShape, st.sampled_from([0.0, 0.5, 1.0]), worst, st.integers(0, 3), st.integers(0, 3), st.just(())),
)


@given(
    histories(),
    st.lists(worst, max_size=9),
    st.lists(shapes, max_size=9),
    st.sampled_from([None, 0.0, 0.5, 1.0]),
    st.tuples(st.lists(st.integers(0, 50), max_size=4), st.sampled_from([None, [], [0]])),
)
@settings(max_examples=150, deadline=None)
def test_no_history_is_too_bad_for_the_rules(lines, spreads, codes, level, more):
    class_sizes, framed = more
    found = notes(
        lines,
        n=100,
        k=3,
        one_cluster=level,
        spreads=spreads,
        codes=codes,
        kmeans=level,
        class_sizes=class_sizes,
        framed=framed,
    )
    for note in found:
        assert 0 <= note.epoch < len(lines)
        assert note.sentence
        assert note.rule
        assert note.advice or note.level == "fine"
        assert "nan" not in note.sentence.replace("NaN", "").lower()


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 4)),
        elements=st.sampled_from([0.0, 1.0, -1.0, 7.5, 1e30, np.inf, np.nan]),
    )
)
@settings(deadline=None)
def test_numbers_about_codes_are_finite_whatever_the_codes_are(z):
    found = code_shape(z)
    assert found.finite == np.isfinite(z).all(axis=1).mean()
    assert found.spread is None if not found.finite else np.isfinite(found.spread)
    assert np.isfinite(found.shares).all()
    distinct = len(np.unique(z[np.isfinite(z).all(axis=1)], axis=0))
    assert found.directions <= min(z.shape[1], max(distinct - 1, 0))


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
    return {note.kind: note for note in all_findings(run)}


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
