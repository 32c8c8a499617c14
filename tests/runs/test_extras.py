"""What a method shows beyond labels: stored for the drawn points, renamed with the clusters, sent once."""

import math

import numpy as np
import pytest
from epochscope import methods
from epochscope.data.dataset_cache import dataset
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training import epoch_recorder as keep
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.packing import Gray, Packer, gray_of, sample_edges
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames, ellipses
from epochscope.runs.training.scores import ENTROPY_BINS, entropy_histogram, graph_scores
from epochscope.runs.training.snapshot_arrays import ClusterRelabeler, PointSampler, same
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live, of_points
from epochscope.server.bundle import unpacked
from epochscope.types import OPTIONAL_ARRAYS

from tests.support.showcase import SHOWCASE


@pytest.fixture
def show(monkeypatch):
    """Trains the showcase on a data set; keywords are its parameters."""
    monkeypatch.setitem(methods.METHODS, "showcase", SHOWCASE)

    def trained(data: str = "digits", k: int = 10, values: dict | None = None, **params) -> Run:
        writer = RunWriter(RunSpec(data, "showcase", k, 0, data=values or {}, params={"epochs": 3, **params}), PROGRAM)
        train(writer, Control())
        run = Run(writer.id)
        assert run.status["state"] == "done", run.status
        return run

    return trained


def channel(run: Run, epoch: int, name: str) -> np.ndarray:
    """The bytes of a channel as a viewer ends up with them."""
    line = run.epochs()[epoch]
    at = line["at"].get(name) or run.epochs()[line["held"][name]]["at"][name]
    return np.frombuffer(run.journal.read(at), np.uint8)


def test_every_extra_is_stored(show):
    run = show()
    last = run.epochs()[-1]
    assert set(OPTIONAL_ARRAYS) <= set(last["has"])
    assert run.array(4, "neighbors").shape == (1797, 10)
    assert run.array(4, "decoded_centers").shape == (10, 64)
    assert set(last["measures"]) == {"temperature", "entropy of q"}
    assert sum(last["mixing"]) == pytest.approx(1, abs=1e-6)
    assert len(last["field_box"]) == 4
    assert sum(last["entropy"]) == 1797


def test_what_stays_the_same_is_stored_and_sent_once(show):
    run = show()
    for line in run.epochs()[2:]:
        assert line["has"]["neighbors"] == line["has"]["weights"] == 1
        assert line["held"] == {"edges": 1, "edge_weights": 1}
        assert "edge_js" in line["at"]
    header, _ = unpacked(live.bundle(run, epochs=3, projection="", frames=0))
    assert header["epochs"][0]["held"] == {"edges": 1, "edge_weights": 1}
    assert "has" not in header["epochs"][0]


def test_neighbors_are_places_among_the_drawn_points(show, monkeypatch):
    monkeypatch.setattr(keep, "DRAWN_POINTS", 400)
    run = show("blobs", 3, {"n": 1000}, neighbors=5)
    near, index = run.array(2, "neighbors"), run.points()["index"]
    assert near.shape == (400, 5)
    assert near.min() == -1
    assert near.max() < 400
    z = run.array(2, "z").astype(float)
    place, other = np.argwhere(near >= 0)[7]
    assert np.linalg.norm(z[place] - z[near[place, other]]) < np.linalg.norm(z - z[place], axis=1).mean()
    assert len(index) == 400


def test_drawn_rows_and_places():
    drawn = PointSampler(np.array([4, 0, 2]), n=5)
    near = np.array([[1, 4], [0, 2], [4, 3], [0, 1], [0, 2]])
    assert drawn("neighbors", near).tolist() == [[1, 2], [-1, 0], [0, -1]]
    assert drawn("weights", near / 10).tolist() == [[0.0, 0.2], [0.1, 0.4], [0.4, 0.3]]
    assert drawn("neighbors", near) is drawn("neighbors", near)
    assert drawn("spread", near) is near


@pytest.mark.parametrize("name", [name for name, extra in OPTIONAL_ARRAYS.items() if "k" in extra.axes.split()])
def test_axis_k_follows_the_renaming_and_a_constant_array_stays_one_object(name):
    axes = OPTIONAL_ARRAYS[name].axes.split()
    array = np.random.default_rng(0).random([4 if axis == "k" else 5 for axis in axes])
    rename, new_id = ClusterRelabeler(), np.array([2, 0, 3, 1])
    moved = rename({name: array}, new_id)[name]
    for old in range(4):
        np.testing.assert_array_equal(moved.take(new_id[old], axes.index("k")), array.take(old, axes.index("k")))
    assert rename({name: array}, new_id)[name] is moved
    assert rename({name: array.copy()}, new_id)[name] is not moved
    assert rename({name: array}, np.arange(4))[name] is array


def test_other_axes_do_not_move():
    near, labels = np.array([[1], [2], [0]]), np.array([0, 1, 1])
    moved = ClusterRelabeler()({"neighbors": near, "labels": labels}, np.array([1, 0]))
    assert moved["neighbors"] is near
    assert moved["labels"].tolist() == [1, 0, 0]


def test_a_read_only_view_counts_as_the_array_itself():
    array = np.arange(6.0)
    assert same(array[:], array[:])
    assert not same(array[:], array[1:])
    assert not same(array, array.copy())
    assert not same(array, None)


def test_edges_are_a_fair_sample_between_drawn_points(monkeypatch):
    from epochscope.runs.training import packing

    monkeypatch.setattr(packing, "MOST_EDGES", 2000)
    places = np.random.default_rng(0).integers(-1, 1000, (1000, 10))
    edges = sample_edges(places)
    assert edges.between == (places >= 0).sum() > 9000
    assert len(edges.row) == 2000
    assert (places[edges.row, edges.column] >= 0).all()
    assert len(set(zip(edges.row, edges.column, strict=True))) == 2000
    assert np.bincount(edges.row // 100).min() > 130  # expected 200 each, sd 13
    again = sample_edges(places)
    assert (again.row == edges.row).all()
    assert (again.column == edges.column).all()


def test_edge_channels_agree_with_the_stored_graph(show):
    run = show()
    near, weights, js = (run.array(2, name) for name in ("neighbors", "weights", "neighbor_js"))
    raw = channel(run, 2, "edges")
    j, between = raw[:8].view("<u4")
    pairs = raw[8:].view("<u2").reshape(-1, 2)
    assert (j, between) == (10, 17970)
    assert len(pairs) == 17970
    for name, stored in (("edge_weights", weights), ("edge_js", js)):
        packed = channel(run, 2, name)
        top = float(packed[:4].view("<f4")[0])
        for e in (0, 99, 17969):
            column = near[pairs[e, 0]].tolist().index(pairs[e, 1])
            assert packed[4 + e] * top / 255 == pytest.approx(
                min(top, float(stored[pairs[e, 0], column])), abs=top / 255
            )
    assert channel(run, 2, "edge_js")[:4].view("<f4")[0] == pytest.approx(math.log(2))


def test_pictures_are_gray_values_only_where_features_are_pixels(show):
    run = show()
    data = dataset("digits", run.spec.data)
    gray = gray_of(data)
    assert np.abs(gray(data.x[:50]).reshape(50, 8, 8).astype(int) - data.pictures[:50]).max() <= 1
    assert len(channel(run, 2, "decoded_centers")) == 10 * 64
    assert len(channel(run, 2, "samples")) == 10 * 5 * 64
    assert len(channel(run, 2, "reconstructions")) == 2 * 6 * 64
    assert len(channel(run, 2, "cross_reconstructions")) == 3 * 6 * 64
    assert run.info["decodes"]
    plain = show("blobs", 3, {"n": 200})
    assert "decoded_centers" not in plain.epochs()[2]["at"]
    assert plain.array(2, "decoded_centers").shape == (3, 2)
    assert not plain.info["decodes"]


def test_of_many_large_samples_a_few_of_each_cluster_are_sent():
    gray = Gray(np.full(784, 255.0, np.float32), np.zeros(784, np.float32))
    for k, samples, sent in ((10, 8, 5), (2, 12, 8), (40, 8, 3), (120, 2, 2)):
        packed, _ = Packer(gray)(0, {"samples": np.zeros((k, samples, 784), np.float32)})
        assert len(packed["samples"]) == min(k, 100) * sent * 784


def test_gray_values_stay_in_range():
    gray = Gray(np.full(2, 255.0), np.zeros(2))
    assert gray(np.array([[-0.5, 2.0]])).tolist() == [[0, 255]]


def test_numbers_that_are_not_finite_do_not_stop_the_packing():
    assert len(Packer()(0, {"field_codes": np.zeros((0, 2))})[0]["field_codes"]) == 12
    packed, _ = Packer()(0, {"forces": np.array([[np.nan, 1.0], [0.0, 0.5]]), "pi": np.array([[np.nan, 1.0]])})
    assert packed["pi"] == b"\x00\xff"
    assert len(packed["pull"]) == 6


def test_purity_and_cut_of_a_small_graph():
    near = np.array([[1, 2], [0, 3], [3, 0], [2, 1]])
    weights = np.array([[0.9, 0.1], [0.5, 0.5], [1.0, 0.0], [0.25, 0.75]])
    labels, truth = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    found = graph_scores(near, weights, labels=labels, truth=truth)
    # same class: 0-1 .9, 1-0 .5, 2-3 1, 3-2 .25; between clusters: 1-3 .5, 2-3 1, 3-2 .25, 3-1 .75; of 4 in all
    assert found == {"purity": pytest.approx(2.65 / 4), "cut": pytest.approx(2.5 / 4)}
    assert graph_scores(near, None, labels=None, truth=truth) == {"purity": 0.5}


def test_graph_numbers_stand_among_the_scores(show):
    scores = show().epochs()[2]["scores"]
    assert {"acc", "purity", "cut"} <= scores.keys()
    assert 0 < scores["purity"] <= 1


def test_entropy_histogram_of_sure_and_unsure_rows():
    q = np.array([[1.0, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3]])
    assert entropy_histogram(q).tolist() == [2, *[0] * (ENTROPY_BINS - 2), 1]


def test_linear_projections_carry_ellipses_and_arrows(show):
    run = show(d=4)
    spec = ProjectionSpec("pca", {})
    compute_frames(run, spec)
    journal = run.frames(spec.name)
    line = next(line for line in journal.lines() if line["epoch"] == 3)
    entries = np.frombuffer(journal.read(line["at"]["ellipses"]), "<f4").reshape(10, 3)
    z = run.array(3, "z").astype(float)
    xy = np.frombuffer(journal.read(line["at"]["xy"]), "<i2").reshape(-1, 2) / 32767 * line["scale"] + line["center"]
    axes = np.linalg.lstsq(z - z.mean(0), xy - xy.mean(0), rcond=None)[0]
    spread = run.array(3, "spread").astype(float)
    for c in range(10):
        (xx, xy_), (_, yy) = axes.T @ np.diag(spread[c] ** 2) @ axes
        np.testing.assert_allclose(entries[c], [xx, xy_, yy], rtol=0.02, atol=0.01 * max(xx, yy))
    arrows = np.frombuffer(journal.read(line["at"]["forces"]), "<i2").reshape(-1, 2) / 32767 * line["force_scale"]
    assert arrows.shape == (300, 2)
    expected = run.array(3, "forces")[:300].astype(float) @ axes
    np.testing.assert_allclose(arrows, expected, atol=0.02 * np.abs(expected).max())
    header, _ = unpacked(live.bundle(run, epochs=0, projection=spec.name, frames=0))
    assert {"at_ellipses", "at_forces", "force_scale"} <= header["frames"][0].keys()


def test_ellipse_entries_of_one_direction():
    axes = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert ellipses(np.array([[2.0, 3.0]]), axes).tolist() == [[13.0, 9.0, 9.0]]


def test_a_failed_run_keeps_its_sentence(monkeypatch):
    monkeypatch.setitem(methods.METHODS, "showcase", SHOWCASE)
    writer = RunWriter(RunSpec("blobs", "showcase", 3, 0, data={"n": 200}, params={"fails_at": 2}), PROGRAM)
    train(writer, Control())
    run = Run(writer.id)
    assert run.status["message"].startswith("NaN in W at epoch 2")
    assert len(run.epochs()) == 3


def test_all_neighbors_of_one_point_can_be_asked_for(show):
    run = show()
    found = of_points.neighbors(run, 2, 17)["neighbors"]
    near, weights = run.array(2, "neighbors")[17], run.array(2, "weights")[17]
    assert [place for place, _, _ in found] == near[np.argsort(-weights, kind="stable")].tolist()
    assert found[0][1] == pytest.approx(float(weights.max()))
    assert of_points.neighbors(run, 0, 17)["neighbors"] == []  # no graph in this phase
    assert of_points.neighbors(run, 99, 17)["neighbors"] == []
    assert of_points.neighbors(run, 2, 10**6)["neighbors"] == []
