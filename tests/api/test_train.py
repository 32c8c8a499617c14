"""epochscope.train: the same run as on the command line, with its results in memory."""

import _thread
import json
import threading

import epochscope
import numpy as np
import pandas as pd
import pytest
import torch
from epochscope import EpochscopeError, train
from epochscope.api.points import points
from epochscope.api.settings import keyword
from epochscope.cli import main
from epochscope.data import load
from epochscope.data.scaling import COUNTS, HELP, TFIDF, VARIED_COUNTS, fitted, scaled
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.nets.device import generator
from epochscope.runs.format.run import Run
from epochscope.runs.library.catalog import entries
from epochscope.runs.training import epoch_recorder
from epochscope.runs.training.request import reason_not_repeatable
from epochscope.testing.trial import digits
from epochscope.types import Snapshot
from scipy.sparse import csr_array

from tests.support.methods import EACH
from tests.support.quick_values import first_preset, quick_values
from tests.support.signals import ctrl_c_counts
from tests.support.waiting import until

X = digits().x.numpy()
TRUTH = digits().truth


def quick(method: str = "dec", x=X, **more):
    given = {"k": 10, "seed": 3, "progress": False, "preset": first_preset(method), "params": quick_values(method)}
    if not isinstance(x, str):
        given["scaling"] = "as stored"
    return train(x, method, **{**given, **more})


@pytest.fixture(scope="module")
def dec():
    return quick(weights="all", truth=TRUTH, name="some digits")


@pytest.mark.parametrize("method", EACH)
def test_the_run_is_the_method_s_own_and_takes_in_new_points(method):
    run = quick(method)
    snapshots = [
        step
        for step in METHODS[method].run(
            torch.tensor(X), 10, METHODS[method].start().but(quick_values(method)).suited("real"), generator(3)
        )
        if isinstance(step, Snapshot)
    ]
    last = snapshots[-1]
    np.testing.assert_array_equal(run.z, last.z)
    assert len(run.history) == len(snapshots)
    together = set(zip(run.labels.tolist(), last.labels.tolist(), strict=True))
    assert len(together) == len(np.unique(last.labels))  # the same clusters, whatever their ids
    if METHODS[method].assign is None:  # what it computes holds for the points of the training alone
        with pytest.raises(EpochscopeError, match="cannot take in new points: it has no rule for them"):
            run.predict(X)
        return
    np.testing.assert_array_equal(run.transform(X), run.z)
    if METHODS[method].no_clusters:
        with pytest.raises(EpochscopeError, match=f"gives new points no cluster: {METHODS[method].no_clusters}"):
            run.predict(X)
        return
    np.testing.assert_array_equal(run.predict(X), run.labels)
    assert run.predict(X[:7] + 1e-3).shape == (7,)
    if last.q is not None:
        np.testing.assert_array_equal(run.predict_proba(X), run.q)
        np.testing.assert_array_equal(run.q.argmax(axis=1) if method != "dkm" else run.labels, run.labels)


def test_it_is_the_run_of_the_command_line_bit_for_bit(capsys):
    values = [f"--{name}={value}" for name, value in quick_values("dec").items()]
    command = ["run", "--dataset=blobs", "--data.n=120", "--method=dec", "--k=4", "--seed=5", "--json"]
    assert main([*command, *values]) == 0
    theirs = Run(json.loads(capsys.readouterr().out)["run"])
    ours = train("blobs", "dec", k=4, seed=5, data={"n": 120}, params=quick_values("dec"), progress=False)
    assert [line["digest"] for line in Run(ours.id).epochs()] == [line["digest"] for line in theirs.epochs()]
    assert Run(ours.id).spec == theirs.spec
    np.testing.assert_array_equal(ours.predict(load("blobs", {"n": 120}).x), ours.labels)


def test_results_are_of_all_points_and_epochs_can_be_looked_up(dec):
    assert (dec.state, dec.message) == ("done", "")
    assert dec.title == "DEC on some digits, k = 10, seed 3"
    assert dec.labels.shape == (200,)
    assert dec.q.shape == dec.p.shape == (200, 10)
    assert dec.z.shape == (200, 4)
    assert dec.centers.shape == (10, 4)
    assert list(dec.history.index) == list(range(len(dec.history)))
    assert {"phase", "seconds", "loss kl", "score acc", "size 0"} <= set(dec.history.columns)
    assert dec.epochs_with_weights == [4, 5, 6, 7]
    for epoch in dec.epochs_with_weights:
        at = dec.at(epoch)
        np.testing.assert_array_equal(dec.predict(X, epoch=epoch), at.labels)
        np.testing.assert_allclose(dec.predict_proba(X, epoch=epoch), at.q, atol=2e-3)
        np.testing.assert_allclose(dec.transform(X, epoch=epoch), at.z, atol=2e-2)
        np.testing.assert_array_equal(at.rows, np.arange(200))
    assert dec.at(-1).epoch == 7
    np.testing.assert_array_equal(dec.at(-1).q, dec.q)
    first = dec.at(0)
    assert (first.phase, first.labels, first.q) == ("pretrain", None, None)
    assert first.z.shape == (200, 4)


def test_more_points_than_are_drawn_are_all_there(monkeypatch):
    monkeypatch.setattr(epoch_recorder, "DRAWN_POINTS", 50)
    run = quick("kmeans")
    assert len(run.labels) == len(run.z) == 200
    before = run.at(1)
    assert before.rows.shape == (50,)
    assert (np.diff(before.rows) > 0).all()
    np.testing.assert_allclose(before.z, X[before.rows], atol=1e-3)
    assert before.labels.shape == (200,)


def test_epochs_without_weights_say_so(dec):
    with pytest.raises(EpochscopeError, match="Epoch 2 belongs to the phase pretrain, before there are clusters"):
        dec.predict(X, epoch=2)
    with pytest.raises(EpochscopeError, match="There is no epoch 8: this run has the epochs 0 to 7"):
        dec.predict(X, epoch=8)
    with pytest.raises(EpochscopeError, match="There is no epoch 9"):
        dec.at(9)
    few = quick(weights=np.array([5, 5]))
    assert few.epochs_with_weights == [5, 7]
    with pytest.raises(EpochscopeError, match="The weights of epoch 6 were not kept; train with"):
        few.predict(X, epoch=6)
    none = quick(weights=None)
    assert none.epochs_with_weights == []
    with pytest.raises(EpochscopeError, match="The weights of epoch 7 were not kept"):
        none.predict(X)
    for wrong in ("first", 3):
        with pytest.raises(EpochscopeError, match="weights must be"):
            quick(weights=wrong)


def test_the_app_lists_it_and_says_that_it_cannot_be_repeated(dec):
    assert dec.id in [one.id for one in entries()]
    said = reason_not_repeatable(Run(dec.id).spec)
    assert said == (
        "The data of this run, some digits, came from another program; only that program can train on them again."
    )
    aside = quick("kmeans", record=False)
    assert aside.id not in [one.id for one in entries()]
    folder = aside._stored().folder
    assert aside.at(0).z.shape == (200, 64)
    del aside
    until(lambda: not folder.exists())


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float64),
        torch.tensor,
        csr_array,
        pd.DataFrame,
        lambda x: x.tolist(),
        lambda x: torch.tensor(x).requires_grad_(),
        lambda x: x.reshape(-1, 8, 8),
    ],
    ids=["float64", "tensor", "sparse", "table", "list", "with gradient", "pictures"],
)
def test_kinds_of_points(convert, dec):
    x = convert(X)
    run = quick(x=x, truth=TRUTH)
    np.testing.assert_array_equal(run.labels, dec.labels)
    np.testing.assert_array_equal(run.predict(x), dec.labels)
    assert run.settings["data"]["fingerprint"] == dec.settings["data"]["fingerprint"]
    assert (Run(run.id).folder / "sprites.png").exists() == (np.ndim(x) == 3)


def test_classes_are_numbers_or_words_and_decide_k_and_scores():
    words = pd.Series(["even" if digit % 2 == 0 else "odd" for digit in TRUTH], dtype="category")
    run = train(X, "KMeans", truth=words, progress=False)
    assert run.settings["k"] == 2
    assert Run(run.id).info["classes"] == ["even", "odd"]
    assert 0 < run.history["score acc"].iloc[-1] <= 1
    assert train(X, "kmeans", progress=False).settings["k"] == 10


@pytest.mark.parametrize("scaling", HELP)
def test_new_points_are_scaled_as_those_of_the_training(scaling):
    x = np.random.default_rng(0).gamma(2, 3, (150, 4)).astype(np.float32) * [1, 10, 100, 0] + 7
    x = np.floor(x).astype(np.float32)
    made = fitted(x, scaling)
    np.testing.assert_allclose(made.of(x), scaled(x, scaling), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(made.of(x)[:5], made.of(x[:5]))
    run = quick("kmeans", x, k=3, scaling=scaling)
    np.testing.assert_array_equal(run.predict(x), run.labels)
    np.testing.assert_array_equal(run.predict(x[:9]), run.labels[:9])
    np.testing.assert_allclose(run.transform(x), made.of(x))


def test_parameters_by_keyword_by_dotted_name_and_as_on_the_command_line():
    short = {"net.widths": "16", "pretrain.epochs": 1, "cluster.restarts": 2}
    run = train(
        X,
        preset=first_preset("dec"),
        params=short,
        cluster_epochs=2,
        nu=2,
        **{"cluster.lr": "0.01"},
        progress=False,
        record=False,
    )
    chosen = run.settings["params"]
    assert (chosen["cluster.epochs"], chosen["nu"], chosen["cluster.lr"]) == (2, 2.0, 0.01)
    assert chosen["net.widths"] == "16"
    quick_demo = METHODS["dec"].presets[0]
    assert chosen["pretrain.batch"] == quick_demo.values["pretrain.batch"]


WRONG = {
    "There is no parameter 'cluster.speed' here; the parameters are: nu, ": {"params": {"cluster.speed": 1}},
    "lr must be a number from 1e-06 to 10, but got 'fast'": {"cluster_lr": "fast"},
    "The parameter cluster.lr is given twice": {"params": {"cluster.lr": 0.1}, "cluster_lr": 0.1},
    "DEC has no preset 'slow'; choose one of": {"preset": "slow"},
    "There is no method 'dex'; choose one of": {"method": "dex"},
    "There is no data set 'digit'; choose one of": {"x": "digit"},
    "k must be a whole number, but got 2.5": {"k": 2.5},
    "seed must be a whole number, but got 'one'": {"seed": "one"},
    "whole number from 1 to the 200 points, but got 300": {"k": 300},
    "whole number from 1 to the 200 points, but got 0": {"k": 0},
    "truth must be one label for each of the 200 points": {"truth": [1, 2, 3]},
    "There is no scaling 'up'; choose one of": {"scaling": "up"},
    "x must have one row for each point": {"x": np.arange(5.0)},
    r"x must hold finite numbers that fit into float32, but x\[1, 2\] is nan": {
        "x": np.where(np.arange(200 * 64).reshape(200, 64) == 66, np.nan, X)
    },
    r"x\[0, 0\] is 1e\+300": {"x": np.full((20, 2), 1e300)},
    "Column 'b' of x holds no numbers": {"x": pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})},
    "x must be an array or a tensor of numbers": {"x": [[1, 2], [3]]},
    "`data` holds values for a data set named by its key": {"data": {"n": 5}},
    "brings its classes and its scaling": {"x": "blobs", "truth": [1]},
}


def test_points_whose_class_is_not_known_do_not_count():
    whole = quick("kmeans", truth=TRUTH).history
    some = quick("kmeans", truth=np.where(np.arange(len(X)) < 20, np.nan, TRUTH))
    assert 0 < some.history["score acc"].iloc[-1] <= 1
    assert some.history["score acc"].iloc[-1] == pytest.approx(whole["score acc"].iloc[-1], abs=0.1)


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_argument_is_one_sentence_and_leaves_no_run(sentence):
    before = len(entries())
    with pytest.raises(EpochscopeError, match=sentence):
        train(**{"x": X, "progress": False, **WRONG[sentence]})
    assert len(entries()) == before


def test_new_points_that_do_not_fit_are_refused(dec):
    with pytest.raises(EpochscopeError, match="x must have the 64 features of the training, but it has 3"):
        dec.predict(X[:, :3])
    table = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    run = quick("kmeans", table, k=2)
    np.testing.assert_array_equal(run.predict(table), run.labels)
    with pytest.raises(EpochscopeError, match="x must have the columns of the training in their order: a, b, c"):
        run.predict(table[["c", "b", "a"]])


def test_a_training_that_fails_says_why_and_keeps_what_there_was():
    with pytest.raises(epochscope.TrainingError, match="NaN") as failed:
        quick("soft_kmeans", x=100 * X, preset="as in the paper", softmax="naive", standardize="no")
    run = failed.value.run
    assert run.state == "failed"
    assert run.message == str(failed.value)
    assert len(run.history) >= 1


def test_ctrl_c_ends_in_order_and_gives_the_run_so_far(monkeypatch):
    real = epoch_recorder.EpochRecorder.__call__

    def press(self, snapshot, seconds):
        epoch = real(self, snapshot, seconds)
        if epoch == 5:
            _thread.interrupt_main()
        return epoch

    monkeypatch.setattr(epoch_recorder.EpochRecorder, "__call__", press)
    with ctrl_c_counts():
        run = train(X, "dec", k=10, params=quick_values("dec", cluster_epochs=400, cluster_tol=0.0), progress=False)
    assert run.state == "stopped"
    assert 6 <= len(run.history) < 400
    np.testing.assert_array_equal(run.predict(X), run.labels)
    assert Run(run.id).status["state"] == "stopped"
    assert "epochscope.train" not in [thread.name for thread in threading.enumerate() if thread.is_alive()]


def test_one_line_tells_the_outcome_and_silence_is_silent(capsys):
    quick("kmeans", progress=True, truth=TRUTH)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "k-means on data from Python, k = 10, seed 3: done, " in err
    assert "ACC 0." in err
    quick("kmeans")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_line_is_written_over(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    quick(progress=True)
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.count("\r") >= 2
    assert "epoch " in err
    assert "of at most 7, " in err


def test_no_parameter_has_the_name_of_an_argument():
    import inspect

    taken = set(inspect.signature(train).parameters)
    for key, method in METHODS.items():
        names = [keyword(name) for name in method.params().flat()]
        assert len(names) == len(set(names)), key
        assert not taken & set(names), key


def test_a_method_of_a_plugin_without_a_rule_trains_and_says_that_it_has_none(monkeypatch):
    plain: Method = METHODS["kmeans"]._replace(key="plain", title="Plain", assign=None)
    monkeypatch.setitem(METHODS._things, "plain", plain)
    run = quick("plain", params=quick_values("kmeans"))
    assert run.labels.shape == (200,)
    for ask in (run.predict, run.transform, run.predict_proba):
        with pytest.raises(EpochscopeError, match="Plain cannot take in new points: it has no rule for them"):
            ask(X)


def test_points_keep_the_names_of_columns():
    assert points(pd.DataFrame({"a": [1, 2], "b": [True, False]})).names == ("a", "b")
    assert points(X).names == ()


def test_what_x_is_decides_its_scaling_and_new_points_get_the_same(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rates = rng.gamma(0.3, 1.0, (3, 2500))[rng.integers(3, size=120)] * rng.lognormal(0, 0.6, (120, 1))
    cells = rng.poisson(rates).astype(np.float32)
    run = train(cells, "kmeans", k=3)
    assert "Recognized as counts" in (said := capsys.readouterr().err)
    assert VARIED_COUNTS in said
    assert run.z.shape == (120, 2000)
    again = epochscope.load(run.save(tmp_path / "cells"))
    np.testing.assert_array_equal(again.predict(cells[:7]), run.labels[:7])
    np.testing.assert_array_equal(again.transform(cells[7:8]), run.z[7:8])
    with pytest.raises(EpochscopeError, match="the 2500 features of the training"):
        run.predict(cells[:, :2000])
    with pytest.raises(EpochscopeError, match="values of 0 or more"):
        run.predict(-cells)


@pytest.mark.parametrize("scaling", [COUNTS, TFIDF])
def test_statistics_of_a_scaling_are_those_of_the_points_it_was_fitted_to(scaling):
    x = np.random.default_rng(1).poisson(2.0, (60, 12)).astype(np.float32)
    whole, part = fitted(x, scaling), fitted(x[:20], scaling)
    np.testing.assert_array_equal(whole.of(x[:5]), whole.of(x)[:5])
    assert not np.allclose(whole.of(x[:5]), part.of(x[:5]))


def test_a_branch_goes_on_from_an_epoch_with_the_data_that_are_in_memory(dec):
    epoch = len(dec.history) - 3
    same = dec.branch(epoch=epoch, progress=False)
    np.testing.assert_array_equal(same.z, dec.z)
    other = dec.branch(epoch=epoch, cluster_lr=0.02, seed=5, progress=False)
    assert not np.array_equal(other.z, dec.z)
    np.testing.assert_array_equal(other.at(epoch).z, dec.at(epoch).z)
    assert other.settings["branch"]["parent"] == dec.id
    with pytest.raises(EpochscopeError, match="is read once, before epoch"):
        dec.branch(epoch=epoch, params={"net.d": 3})
    with pytest.raises(EpochscopeError, match="There is no epoch 999"):
        dec.branch(epoch=999)


def test_why_a_point_moved(dec, capsys):
    last = len(dec.history) - 1
    found = dec.why([3, 5], epoch=-1)
    assert (found.since, found.epoch, found.points.tolist()) == (last - 1, last, [3, 5])
    np.testing.assert_allclose(found.displacement, dec.z[[3, 5]] - dec.at(last - 1).z[[3, 5]], atol=0.02)
    assert found.table["share"].sum() == pytest.approx(1)
    assert found.remainder < 0.1
    total = sum(found.of(part) for part in found.table["part"])
    np.testing.assert_allclose(total, found.displacement, atol=1e-6)
    assert "on average, moved by" in repr(found)
    with pytest.raises(EpochscopeError, match=r"There is no part 'x'; there are: .*remainder"):
        found.of("x")
    with pytest.raises(EpochscopeError, match="There is no such point"):
        dec.why(10**6)
    with pytest.raises(EpochscopeError, match="a point must be a whole number"):
        dec.why([1.5])
