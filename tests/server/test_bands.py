"""Bands of the rows of a heat map: against a plain loop over all rows."""

import base64

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.runs.format.run import Run
from epochscope.server import bands
from epochscope.server.questions import reply
from epochscope.types import EpochscopeError


def by_hand(rows: np.ndarray, h: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, mean, high = [], [], []
    for band in range(h):
        part = rows[band * len(rows) // h : (band + 1) * len(rows) // h]
        low.append(part.min(axis=0))
        mean.append(part.mean(axis=0))
        high.append(part.max(axis=0))
    return np.array(low), np.array(mean), np.array(high)


@pytest.mark.parametrize(("count", "h"), [(10, 10), (1003, 17), (1003, 1), (5, 2)])
@pytest.mark.parametrize("at_a_time", [4, 64, 10**6])
def test_bands_are_least_mean_and_largest_of_their_rows(monkeypatch, count, h, at_a_time):
    monkeypatch.setattr(bands, "_AT_A_TIME", at_a_time)
    matrix = np.random.default_rng(0).random((count, 3)).astype(np.float32)
    found = bands.bands(lambda start, stop: matrix[start:stop], bands.band_edges(0, count, h), 3)
    for one, other in zip(found, by_hand(matrix, h), strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_rows_lie_by_cluster_the_most_certain_first():
    q = np.array([[0.6, 0.4], [0.1, 0.9], [0.9, 0.1], [0.3, 0.7]])
    order = bands.row_order(q, None)
    assert order.points.tolist() == [2, 0, 1, 3]
    assert order.ends.tolist() == [2, 4]
    assert bands.row_order(q, np.array([1, 1, -1, 0])).points.tolist() == [2, 3, 1, 0]  # labels decide; -1: none


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """2,500 points, more than the browser gets rows of."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    rng = np.random.default_rng(1)
    q = rng.dirichlet([0.3] * 4, 2500)
    p = q**2 / q.sum(axis=0)
    with Recorder("rows", k=4, epochs=2) as recorder:
        recorder.log(z=rng.normal(size=(2500, 2)), losses={"loss": 1.0})
        recorder.log(z=rng.normal(size=(2500, 2)), q=q, p=p / p.sum(axis=1, keepdims=True))
        assert recorder.run
    return Run(recorder.run)


def test_an_answer_holds_all_points_and_says_which_they_are(run):
    q, p = (run.array(1, name).astype(float) for name in "qp")
    ask = {"epoch": "1", "value": "q", "first": "0", "last": "2500", "height": "300"}
    found = reply(run, "bands", ask)
    assert (found["rows"], found["height"], found["k"], found["stride"]) == (2500, 300, 4, 1)
    points = np.frombuffer(base64.b64decode(found["points"]), "<u4")
    assert sorted(points) == list(range(2500))
    assert found["ends"] == np.bincount(q.argmax(axis=1)).cumsum().tolist()
    for name, expected in zip(("low", "mean", "high"), by_hand(q[points], 300), strict=True):
        values = np.frombuffer(base64.b64decode(found[name]), np.uint8).reshape(300, 4) / 255
        assert np.abs(values - expected).max() <= 0.5 / 255 + 1e-6
    part = reply(run, "bands", ask | {"value": "p-q", "first": "1200", "last": "1210"})
    assert (part["height"], part["first"], part["last"]) == (10, 1200, 1210)
    assert np.frombuffer(base64.b64decode(part["points"]), "<u4").tolist() == points[1200:1210].tolist()
    single = np.frombuffer(base64.b64decode(part["mean"]), np.uint8).reshape(10, 4) / 127.5 - 1
    assert np.abs(single - (p - q)[points[1200:1210]]).max() <= 0.5 / 127 + 1e-6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": "z"}, "no matrix 'z'; there are q, p, pi"),
        ({"value": "p-q-p"}, "no matrix"),
        ({"value": "pi"}, "does not store pi"),
        ({"epoch": "0"}, "stores no probabilities"),
        ({"epoch": "99"}, "stores no probabilities"),
        ({"height": "-1"}, "whole numbers"),
    ],
)
def test_what_there_is_not_is_said_in_words(run, change, words):
    with pytest.raises(EpochscopeError, match=words):
        reply(run, "bands", {"epoch": "1", "value": "q", "first": "0", "last": "9", "height": "9"} | change)


def test_a_range_beyond_the_end_is_cut_off(run):
    found = reply(run, "bands", {"epoch": "1", "value": "q", "first": "9999", "last": "0", "height": "0"})
    assert (found["first"], found["last"], found["height"]) == (2499, 2500, 1)
