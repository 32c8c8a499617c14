"""Loops of somebody's own: what they hand over is checked, stored like any epoch, and ends as the loop ended."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from epochscope import Recorder
from epochscope.figures import FIGURES, shown_by
from epochscope.inspect import whole
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.findings import findings
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live, of_points
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError
from scipy.sparse import csr_matrix

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
    assert {"mixing", "spread"} <= set(header["grown"]["provides"])
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
    "labels must be whole numbers from 0 to 2 .-1: in no cluster., but in row 0 there is -2": {
        "q": Q,
        "labels": np.full(N, -2),
    },
    "labels must be whole numbers from 0 to 2 .-1: in no cluster., but in row 7": {"q": Q, "labels": np.eye(N)[7] * 3},
    "centers must have the shape k = 3 x d = 4, but its shape is \\(3, 5\\)": {"q": Q, "centers": np.ones((3, 5))},
    "losses must be numbers by name, but a has the shape \\(60,\\).*sample_a=": {"q": Q, "losses": {"a": np.ones(N)}},
    "weights must be a number, one number for each of the 60 points, or a list": {"q": Q, "weights": np.ones((3, 4))},
    "weights must be .*, but its shape is \\(1001,\\)": {"q": Q, "weights": np.ones(1001)},
    "lr must be an array or a tensor|lr must hold numbers": {"q": Q, "lr": "small"},
    "A run takes 20 numbers of each point": {"q": Q, "measures": {f"number {i}": np.ones(N) for i in range(21)}},
    "extra has no 'sample_numbers'": {"q": Q, "extra": {"sample_numbers": Z}},
    "losses must be an array or a tensor of numbers|losses must hold numbers": {"q": Q, "losses": "much"},
    "extra has no 'gates'; what can be shown is: affinity": {"q": Q, "extra": {"gates": Z}},
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
        ({"truth": np.arange(1001)}, "truth has 1,001 different values, but at most 1000"),
        ({"truth": np.ones((3, 2))}, "truth must be one label for each point"),
        ({"truth": [None, float("nan")]}, "truth has no label"),
        ({"truth": [1.0, float("inf")]}, "row 2 has inf"),
        ({"k": "3"}, "k must be a whole number"),
    ],
)
def test_a_wrong_recorder_is_one_sentence(arguments, sentence):
    with pytest.raises(EpochscopeError, match=sentence):
        Recorder(**{"name": "bad", **arguments})


def test_more_clusters_than_the_recorder_was_made_for_is_one_sentence():
    rec = Recorder("grow", k=3)
    rec.log(z=Z)
    with pytest.raises(EpochscopeError, match="q has 5 clusters, but this recorder was made with k = 3"):
        rec.log(z=Z, q=np.full((N, 5), 0.2))


def test_the_number_of_clusters_may_change_from_log_to_log():
    rec = Recorder("split and merge")
    for k in (2, 5, 4):
        labels = np.arange(N) % k
        q = np.eye(k, dtype=np.float32)[labels]
        rec.log(z=Z, q=q, centers=np.ones((k, 4)), extra={"mixing": np.full(k, 1 / k)}, labels=labels)
    rec.close()
    run = stored(rec)
    assert (run.spec.k, run.info["k"]) == (2, 5)
    assert [len(line["sizes"]) for line in run.epochs()] == [2, 5, 5]
    assert [line["measures"].get("clusters") for line in run.epochs()] == [None, 5, 4]
    assert [run.array(e, "q").shape for e in range(3)] == [(N, 5)] * 3
    assert run.array(0, "q")[:, 2:].max() == 0
    assert np.isnan(run.array(0, "centers")[2:]).all()
    assert run.array(0, "centers", 1).shape == (4,)
    assert run.array(0, "mixing").tolist() == [0.5, 0.5, 0, 0, 0]
    assert not [note for note in findings(run) if note.kind == "unused"]
    header, _ = unpacked(live.bundle(run, epochs=0, projection="", frames=0))
    assert (header["grown"]["k"], [line["k"] for line in header["epochs"]]) == (5, [2, 5, 5])


def test_points_in_no_cluster_are_shown_and_count_as_wrong():
    labels = np.where(np.arange(N) < 6, -1, np.arange(N) % K)
    with Recorder("noise", truth=TRUTH) as rec:
        rec.log(z=Z, labels=labels)
        rec.log(z=Z, labels=np.roll(labels, 3))
        rec.log(z=Z, labels=np.full(N, -1))
    run = stored(rec)
    line = run.epochs()[0]
    assert (line["unassigned"], sum(line["sizes"]), line["scores"]["acc"]) == (6, N - 6, 0.9)
    assert (run.array(0, "labels") == labels).all()
    assert run.epochs()[1]["scores"]["changed"] == pytest.approx(6 / N)
    assert run.epochs()[2]["scores"]["acc"] == 0
    assert not whole.mistakes(
        truth=run.points()["truth"], labels=run.array(0, "labels").astype(int), of=np.array([2, 0, 1])
    )[6:].any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint64, np.int8, np.float32, bool])
def test_labels_of_any_kind_of_number_without_q(kind):
    labels = (np.arange(N) % 2).astype(kind)
    with Recorder("kinds") as rec:
        rec.log(z=Z, labels=labels)
    assert stored(rec).epochs()[0]["sizes"] == [N // 2, N // 2]


@pytest.mark.parametrize(
    "truth",
    [
        np.array([b"oak", b"elm", b"ash"])[np.arange(N) % K],
        [b"oak", "elm", "ash"] * (N // K),
        pd.Categorical(["oak", "elm", "ash"] * (N // K)),
        pd.Series(["oak", "elm", "ash"] * (N // K), dtype="category"),
        pd.Series(["oak", "elm", "ash"] * (N // K), index=range(5, N + 5)),
        np.array([["oak"], ["elm"], ["ash"]] * (N // K)),  # one column, as scikit-learn's tables have it
    ],
)
def test_truth_of_any_kind_of_word(truth):
    with Recorder("words", truth=truth) as rec:
        rec.log(z=Z, q=Q)
    assert stored(rec).info["classes"] == ["ash", "elm", "oak"]
    assert stored(rec).epochs()[0]["scores"]["acc"] == 1


@pytest.mark.parametrize(
    "truth",
    [
        [3.0, np.nan, 7.0] * (N // 3),
        [-1, 3, 7] * (N // 3),
        pd.Categorical([None, "a", "b"] * (N // 3)),
        [pd.NA, "a", None, "b"] * (N // 4),
    ],
)
def test_points_without_a_class_do_not_count(truth):
    with Recorder("some known", truth=truth) as rec:
        rec.log(z=Z, q=Q)
    run = stored(rec)
    assert len(run.info["classes"]) == 2
    assert (run.points()["truth"] == -1).any()
    assert 0 < run.epochs()[0]["scores"]["acc"] <= 1
    assert live.info(run)["truth"] is not None


def test_one_hot_truth_and_sparse_data_are_taken():
    with Recorder("rows of a table", x=csr_matrix(np.abs(Z)), truth=np.eye(K)[np.arange(N) % K]) as rec:
        rec.log(z=Z, q=Q)
    run = stored(rec)
    assert (run.info["f"], run.info["classes"], run.epochs()[0]["scores"]["acc"]) == (4, ["0", "1", "2"], 1)


def test_minus_one_is_a_class_beside_one_other():
    with Recorder("two signs", truth=np.where(np.arange(N) % 2, 1, -1)) as rec:
        rec.log(z=Z, labels=np.arange(N) % 2)
    assert (stored(rec).info["classes"], stored(rec).epochs()[0]["scores"]["acc"]) == (["-1", "1"], 1)


def test_labels_alone_say_how_many_clusters_there_are():
    with Recorder("merging", x=Z) as rec:
        for k in (5, 5, 3, 3):
            rec.log(z=Z, labels=np.arange(N) % k)
    assert [line["measures"].get("clusters") for line in stored(rec).epochs()] == [None, None, 3, 3]
    assert "unused" not in found(rec)


def test_up_to_a_thousand_clusters():
    n, k = 3000, 1000
    labels = RNG.permutation(np.arange(n) % k)
    with Recorder("many", truth=labels) as rec:
        rec.log(z=RNG.normal(size=(n, 3)), labels=labels)
        rec.log(z=RNG.normal(size=(n, 3)), labels=np.where(labels == 7, -1, labels), q=np.full((n, k), 1 / k))
    run = stored(rec)
    assert run.info["k"] == 1000
    assert (run.array(0, "labels") == labels).all()
    assert (run.array(1, "labels")[labels == 7] == -1).all()
    assert run.epochs()[0]["scores"]["acc"] == 1
    assert {"labels16"} <= run.epochs()[0]["at"].keys()
    with pytest.raises(EpochscopeError, match="must be from 1 to 1,000 here, but is 1,001"):
        Recorder("more").log(z=np.ones((2000, 2)), labels=np.arange(2000) % 1001)


def test_numbers_have_a_place_by_their_shape():
    with Recorder("numbers") as rec:
        for epoch in range(2):
            rec.log(
                z=Z,
                q=Q,
                lr=0.1,
                grad_norm=torch.tensor(2.5),
                sample_loss=np.where(np.arange(N) == 3, np.nan, np.arange(N)),
                measures={"weights": np.arange(7) + epoch},
                extra={"margin": torch.ones(N)} if epoch else None,
                clip=None,
            )
    run = stored(rec)
    assert run.epochs()[0]["measures"] == {"lr": 0.1, "grad_norm": 2.5}
    assert run.epochs()[1]["vectors"] == {"weights": [1, 2, 3, 4, 5, 6, 7]}
    assert run.info["numbers"] == ["sample_loss", "margin"]
    assert run.array(0, "sample_numbers").shape == (N, 1)
    place = int(np.flatnonzero(run.points()["index"] == 3)[0])
    loss, margin = of_points.point_colors(run, 1)["numbers"]
    assert (loss["name"], margin["name"]) == ("sample_loss", "margin")
    assert loss["values"][place] is None
    assert max(value for value in loss["values"] if value is not None) == 255
    assert [one["name"] for one in of_points.point_colors(run, 0)["numbers"]] == ["sample_loss"]
    header, _ = unpacked(live.bundle(run, epochs=0, projection="", frames=0))
    assert header["grown"]["numbers"] == ["sample_loss", "margin"]
    assert all("vectors" not in line for line in header["epochs"])


def encoded(epoch: int, x: np.ndarray) -> np.ndarray:
    """What a network of random weights makes of x, a little different at each epoch."""
    weights = np.random.default_rng(5).normal(size=(x.shape[1], 4)) + 0.02 * np.random.default_rng(epoch).normal(
        size=(x.shape[1], 4)
    )
    return np.tanh(x @ weights / 2)


def kinds(rec: Recorder) -> set[str]:
    return {note.kind for note in findings(stored(rec))} & {"order", "order of truth"}


CLOUDS = 3 * np.random.default_rng(2).normal(size=(4, 12))[np.arange(600) % 4]
CLOUDS = CLOUDS + np.random.default_rng(3).normal(size=(600, 12))
SHUFFLE = np.random.default_rng(4).permutation(600)


@pytest.mark.parametrize("x", [CLOUDS, None], ids=["with x", "without x"])
def test_a_shuffled_loader_is_found_out_without_labels(x):
    with Recorder("anew each time", x=x, k=4) as rec:
        for epoch in range(3):
            rec.log(z=encoded(epoch, CLOUDS[np.random.default_rng(epoch).permutation(600)]))
    assert kinds(rec) == {"order"}
    with Recorder("right", x=x, truth=np.arange(600) % 4) as rec:
        for epoch in range(3):
            rec.log(z=encoded(epoch, CLOUDS))
    assert kinds(rec) == set()


def test_a_shuffle_that_stays_the_same_needs_x_or_truth():
    with Recorder("once", x=CLOUDS, k=4) as rec:
        for epoch in range(3):
            rec.log(z=encoded(epoch, CLOUDS[SHUFFLE]))
    assert kinds(rec) == {"order"}
    with Recorder("truth alone", truth=np.arange(600) % 4) as rec:
        rec.log(z=encoded(0, CLOUDS[SHUFFLE]))
    assert kinds(rec) == {"order of truth"}
    with Recorder("truth is shuffled", x=CLOUDS, truth=(np.arange(600) % 4)[SHUFFLE]) as rec:
        rec.log(z=encoded(0, CLOUDS))
    assert kinds(rec) == {"order of truth"}


def test_codes_without_structure_have_no_order_to_doubt():
    noise = np.random.default_rng(6)
    with Recorder("noise", x=CLOUDS, truth=np.arange(600) % 4) as rec:
        for _ in range(3):
            rec.log(z=noise.normal(size=(600, 4)))
        rec.log(z=np.ones((600, 4)))
        rec.log(z=np.full((600, 4), np.nan))
    assert kinds(rec) == set()


def found(rec: Recorder) -> dict:
    return {note.kind: note for note in findings(stored(rec))}


def test_two_clouds_that_are_flattened_to_a_line_are_found_out():
    z = np.random.default_rng(0).normal(size=(300, 2)) + 4 * (np.arange(300) % 2)[:, None] * [1, 0]
    with Recorder("flat", k=2) as rec:
        for epoch in range(6):
            rec.log(z=z * [1, 0.5**epoch])
    note = found(rec)["flattened"]
    assert (note.epoch, note.shown_by) == (3, "directions")


def test_the_posterior_collapse_of_a_vae_is_found_out():
    z = np.random.default_rng(0).normal(size=(300, 4))
    with Recorder("vae", k=2) as rec:
        for epoch in range(8):
            names = ("reconstruction", "kl") if epoch < 6 else ("rec_loss", "kld")
            rec.log(z=z * 0.5**epoch, losses=dict(zip(names, (1.0, 0.5**epoch), strict=True)))
    assert found(rec)["posterior collapse"].epoch == 4
    with Recorder("no vae", k=2) as rec:
        for epoch in range(8):
            rec.log(z=z * 0.5**epoch, losses={"loss": 1.0})
    assert "posterior collapse" not in found(rec)


def test_a_small_class_without_a_cluster_is_found_out():
    truth = np.array(["rare"] * 10 + ["oak", "elm"] * 145)
    rare, oak = truth == "rare", truth == "oak"
    with Recorder("small", truth=truth) as rec:
        rec.log(z=np.ones((300, 2)), labels=np.where(rare, 2, oak))
        rec.log(z=np.ones((300, 2)), labels=np.where(rare, 0, oak))
    note = found(rec)["lost class"]
    assert (note.epoch, "The small class rare" in note.sentence) == (1, True)


def test_codes_worse_than_k_means_on_the_data_are_found_out():
    truth = np.arange(600) % 4
    with Recorder("worse", x=CLOUDS, truth=truth, k=4) as rec:
        for _ in range(2):
            rec.log(z=CLOUDS, labels=np.where(np.arange(600) < 300, truth, np.arange(600) // 7 % 4))
    assert stored(rec).info["kmeans_acc"] > 0.95
    assert "below k-means" in found(rec)


def test_numbers_that_blow_up_are_news_and_no_error():
    rec = Recorder("nan")
    rec.log(z=Z * np.nan, q=Q * np.nan, centers=np.full((K, 4), np.inf), losses={"a": float("nan")})
    rec.close()
    assert stored(rec).epochs()[0]["losses"] == {"a": None}
    line = stored(rec).epochs()[0]
    assert (line["sizes"], line["unassigned"]) == ([0] * K, N)
    assert {"nan", "codes not finite"} <= {note.kind for note in findings(stored(rec))}


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
    assert "only that program can train it again" in reason_not_repeatable(again.spec)


def test_the_example_trains_and_is_recorded():
    rec = watch_your_own_loop.train(pretraining=2, epochs=4)
    run = stored(rec)
    assert [line["phase"] for line in run.epochs()] == ["pretrain", "pretrain", "cluster", "cluster"]
    assert run.epochs()[1]["losses"]["loss"] < run.epochs()[0]["losses"]["loss"]
    assert run.epochs()[3]["scores"]["acc"] > 0.5
    assert run.info["decodes"]
