"""Loops of somebody's own: what they hand over is checked, stored like any epoch, and ends as the loop ended."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from epochscope import Recorder
from epochscope.figures import FIGURES, shown_by
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError

from examples import watch_your_own_loop

N, K = 60, 3
RNG = np.random.default_rng(0)
Z = RNG.normal(size=(N, 4)).astype(np.float32)
Q = np.eye(K, dtype=np.float32)[np.arange(N) % K] * 0.7 + 0.1
TRUTH = np.array(["oak", "<b>elm</b>", "ash"])[np.arange(N) % K]


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


def stored(rec: Recorder) -> Run:
    return Run(rec.run)


def test_three_lines_make_a_run_with_scores_and_everything_that_applies():
    x = RNG.normal(size=(N, 5, 5))
    with Recorder("a loop", x=x, truth=TRUTH, epochs=3) as rec:
        for epoch in range(3):
            rec.log(epoch, z=Z + epoch, q=Q, p=Q**2 / (Q**2).sum(1, keepdims=True), losses={"l": 1.5}, measures=0.25)
    run = stored(rec)
    assert run.status["state"] == "done"
    assert run.status["progress"] == 1.0
    assert run.title == "a loop, k = 3"
    assert run.info["classes"] == ["‹b›elm‹/b›", "ash", "oak"]
    assert (run.info["n"], run.info["f"], run.info["tile"][:2]) == (N, 25, [5, 5])
    assert set(run.info["provides"]) == {"z", "q", "p", "labels", "sizes", "entropy", "entropy_p"}
    assert [line["scores"]["acc"] for line in run.epochs()] == [1, 1, 1]
    assert run.epochs()[2]["losses"] == {"l": 1.5}
    assert run.epochs()[2]["measures"] == {"measure": 0.25}
    index = run.points()["index"]
    np.testing.assert_allclose(run.array(2, "z"), (Z + 2)[index], atol=4e-3)
    assert run.epochs()[2]["has"]["q"] == 0  # the same values are stored once
    assert {"q", "p", "sizes", "scores"} <= {
        figure.key for figure in shown_by(FIGURES.values(), frozenset(run.info["provides"]) | {"truth"})
    }


def test_tensors_with_gradients_and_half_precision_are_taken_and_copied():
    z = torch.tensor(Z, requires_grad=True)
    q = torch.tensor(Q).to(torch.bfloat16)
    labels = torch.arange(N) % K
    rec = Recorder("t", truth=labels)
    rec.log(z=z, q=q, labels=labels, centers=torch.zeros(K, 4), losses=torch.tensor([2.0], requires_grad=True))
    with torch.no_grad():
        z += 5
    rec.log(z=z, q=q, labels=labels, losses={"a": torch.tensor(1.0)})
    rec.close()
    run = stored(rec)
    assert run.epochs()[0]["losses"] == {"loss": 2.0}
    assert abs(run.array(1, "z") - run.array(0, "z") - 5).max() < 0.01
    assert run.epochs()[0]["scores"]["acc"] == 1.0


def test_cluster_ids_are_matched_to_the_epoch_before():
    rec = Recorder("swap")
    for order in ([0, 1, 2], [2, 0, 1]):
        rec.log(z=Z, q=Q[:, order], centers=np.diag([1.0, 2.0, 3.0, 0.0])[:K][order])
    rec.close()
    run = stored(rec)
    assert run.epochs()[1]["scores"]["changed"] == 0
    assert (run.array(0, "labels") == run.array(1, "labels")).all()
    assert (run.array(0, "centers") == run.array(1, "centers")).all()


def test_what_comes_later_is_offered_from_then_on():
    rec = Recorder("later", truth=np.arange(N) % K, epochs=5)
    rec.log(z=Z, phase="pretrain")
    assert stored(rec).info["provides"] == ["z"]
    rec.log(z=Z, q=Q, phase="cluster", extra={"mixing": np.full(K, 1 / K), "spread": np.ones((K, 4))})
    assert set(stored(rec).info["provides"]) == {"z", "q", "labels", "mixing", "spread", "sizes", "entropy"}
    assert stored(rec).status["progress"] == 0.25
    header, _ = unpacked(live.bundle(stored(rec), epochs=1, projection="", frames=0))
    assert {"mixing", "spread"} <= set(header["provides"])
    assert stored(rec).live
    rec.close()


def test_the_loop_s_own_count_is_shown_where_it_differs():
    rec = Recorder("count", k=2)
    for epoch in (0, 1, 10):
        rec.log(epoch, z=Z)
    assert [line["measures"] for line in stored(rec).epochs()] == [{}, {}, {"epoch of the loop": 10}]
    with pytest.raises(EpochscopeError, match="epoch must grow from log to log, but 10 came after 10"):
        rec.log(10, z=Z)


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (ValueError("the weights\nfell off"), "failed", "ValueError: the weights fell off"),
        (EpochscopeError("One sentence."), "failed", "One sentence."),
        (AssertionError(), "failed", "AssertionError"),
        (KeyboardInterrupt(), "stopped", ""),
        (SystemExit(0), "done", ""),
        (SystemExit(3), "stopped", ""),
    ],
)
def test_a_run_ends_as_its_loop_ends_and_the_exception_goes_on(error, state, message):
    with pytest.raises(type(error)), Recorder("ends") as rec:  # noqa: PT012
        rec.log(z=Z, q=Q)
        raise error
    assert (stored(rec).status["state"], stored(rec).status["message"]) == (state, message)
    rec.close("done")
    assert stored(rec).status["state"] == state


def test_without_with_the_end_of_the_program_ends_the_run_and_importing_the_package_alone_loads_nothing():
    code = """
import sys, epochscope
assert not {"torch", "numpy"} & {*sys.modules}
import numpy as np
rec = epochscope.Recorder("plain", k=2)
rec.log(z=np.random.rand(9, 2))
print(rec.run, flush=True)
raise ValueError("lost")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    status = Run(done.stdout.strip()).status
    assert (status["state"], status["message"]) == ("failed", "ValueError: lost")


def test_a_recorder_whose_name_is_used_again_has_ended():
    rec = Recorder("first", k=2)
    rec.log(z=Z)
    first = rec.run
    rec = Recorder("second", k=2)
    assert Run(first).status["state"] == "done"


BAD = {
    "z must have the shape n x d": {"z": Z[0]},
    "z must have one code for each of the 60 points, but its shape is \\(59, 4\\)": {"z": Z[:-1]},
    "z must be an array or a tensor of numbers": {"z": [[1, 2], [3]]},
    "z must hold numbers": {"z": np.array([["a", "b"]] * N)},
    "q must have two axes, but its shape is \\(60,\\)": {"q": Q[:, 0]},
    "q must have the shape n = 60 x k = 3, but its shape is \\(59, 3\\)": {"q": Q[:-1]},
    "q must hold probabilities.*row 0 sums to 3.6": {"q": Q * 3.6},
    "q must hold probabilities.*smallest -0.2": {"q": Q - np.array([0.3, 0.0, -0.3], np.float32)},
    "p must have the shape n = 60 x k = 3": {"q": Q, "p": Q[:, :2]},
    "labels must be whole numbers from 0 to 2, but in row 0 there is -1": {"q": Q, "labels": np.full(N, -1)},
    "labels must be whole numbers from 0 to 2, but in row 7": {"q": Q, "labels": np.eye(N)[7] * 3},
    "centers must have the shape k = 3 x d = 4, but its shape is \\(3, 5\\)": {"q": Q, "centers": np.ones((3, 5))},
    "losses must be numbers by name, but a has the shape \\(60,\\)": {"q": Q, "losses": {"a": np.ones(N)}},
    "losses must be an array or a tensor of numbers|losses must hold numbers": {"q": Q, "losses": "much"},
    "extra has no 'gates'; what can be shown is: decoded_centers": {"q": Q, "extra": {"gates": Z}},
    "field must have the shape g x g": {"q": Q, "extra": {"field": np.ones((3, 4))}},
    "neighbors must be whole numbers from 0 to 59": {"q": Q, "extra": {"neighbors": np.full((N, 2), 60)}},
    "epoch must be an array or a tensor|epoch must hold numbers": {"q": Q, "epoch": "ten"},
    "The number of clusters does not follow from z alone": {},
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_wrong_argument_is_one_sentence_that_names_it(sentence):
    rec = Recorder("bad", x=RNG.normal(size=(N, 6)))
    with pytest.raises(EpochscopeError, match=sentence) as raised:
        rec.log(**{"z": Z, **BAD[sentence]})
    assert "\n" not in str(raised.value)
    rec.log(z=Z, q=Q)  # nothing was begun by half
    assert len(stored(rec).epochs()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": " "}, "needs a name"),
        ({"x": np.ones(5)}, "x must have one row for each point"),
        ({"x": np.ones((5, 2)), "truth": [1, 2]}, "truth has 2 labels, but x has 5 points"),
        ({"truth": np.arange(1000)}, "truth has 1,000 different values"),
        ({"truth": np.ones((3, 2))}, "truth must be one label for each point"),
        ({"truth": [1.0, float("nan")]}, "row 2 has nan"),
        ({"k": "3"}, "k must be a whole number"),
    ],
)
def test_a_wrong_recorder_is_one_sentence(arguments, sentence):
    with pytest.raises(EpochscopeError, match=sentence):
        Recorder(**{"name": "bad", **arguments})


def test_more_clusters_than_before_is_one_sentence():
    rec = Recorder("grow", truth=np.arange(N) % K)
    rec.log(z=Z)
    with pytest.raises(EpochscopeError, match="q must have the shape n = 60 x k = 3, but its shape is"):
        rec.log(z=Z, q=np.full((N, 5), 0.2))


def test_numbers_that_blow_up_are_news_and_no_error():
    rec = Recorder("nan")
    rec.log(z=Z * np.nan, q=Q * np.nan, centers=np.full((K, 4), np.inf), losses={"a": float("nan")})
    rec.close()
    assert stored(rec).epochs()[0]["losses"] == {"a": None}
    assert stored(rec).epochs()[0]["sizes"] == [N, 0, 0]


def test_a_full_disk_costs_the_recording_but_not_the_training(monkeypatch):
    rec = Recorder("disk")
    rec.log(z=Z, q=Q)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunWriter, "append", full)
    with pytest.warns(RuntimeWarning, match="disk stops here"):
        rec.log(z=Z + 1, q=Q)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rec.log(z=Z + 2, q=Q)
    assert stored(rec).status["state"] == "failed"
    assert "No space left" in stored(rec).status["message"]


def test_pictures_of_any_layout_become_thumbnails():
    for shape, tile in (
        ((7, 1, 9, 8), [8, 9]),
        ((7, 3, 9, 8), [8, 9]),
        ((7, 9, 8, 3), [8, 9]),
        ((7, 200, 100), [25, 50]),
    ):
        rec = Recorder("pictures", x=torch.rand(shape), k=2)
        rec.log(z=Z[:7])
        rec.close()
        assert stored(rec).info["tile"][:2] == tile, shape


def test_a_run_of_our_own_says_nothing_about_recording(tmp_path):
    spec = RunSpec("blobs", "kmeans", 3, 0)
    assert "external" not in spec.as_dict()
    again = resolve(RunSpec(**RunSpec("external", "external", 3, 0, external="A <i> loop?").as_dict()))
    assert (again.title, again.method_params.flat(), again.algorithm.plan(None)) == ("A <i> loop?, k = 3", {}, {})
    with pytest.raises(EpochscopeError, match="only that program has the data: start it again"):
        again.algorithm.run(None, 3, None, None)
    with pytest.raises(EpochscopeError, match="only that program has the data"):
        again.source.load(None, None)
    assert "only that can train it again" in reason_not_repeatable(again.spec)


def test_the_example_trains_and_is_recorded():
    rec = watch_your_own_loop.train(pretraining=2, epochs=4)
    run = stored(rec)
    assert [line["phase"] for line in run.epochs()] == ["pretrain", "pretrain", "cluster", "cluster"]
    assert run.epochs()[1]["losses"]["loss"] < run.epochs()[0]["losses"]["loss"]
    assert run.epochs()[3]["scores"]["acc"] > 0.5
    assert run.info["decodes"]
