"""Edges in a part of the plane: counted line by line, and chosen as a loop over all of them would."""

import base64

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.server import edges
from epochscope.server.questions import reply
from epochscope.types import EpochscopeError

PCA = ProjectionSpec("pca", {})


def crossed(start: np.ndarray, end: np.ndarray, width: int, height: int) -> np.ndarray:
    """Cells that lines cross, one line and one step at a time."""
    counts = np.zeros((height, width), int)
    for (x0, y0), (x1, y1) in zip(start, end, strict=True):
        steps = int(np.ceil(max(abs(x1 - x0), abs(y1 - y0))))
        for i in range(steps + 1):
            t = i / max(steps, 1)
            x, y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
            counts[min(int(y), height - 1), min(int(x), width - 1)] += 1
    return counts


@pytest.mark.parametrize("at_a_time", [7, 10**6])
def test_lines_are_counted_in_each_cell_that_they_cross(monkeypatch, at_a_time):
    monkeypatch.setattr(edges, "_AT_A_TIME", at_a_time)
    rng = np.random.default_rng(0)
    start, end = (rng.random((50, 2)) * [30, 20] for _ in range(2))
    start[0], end[0] = (3.5, 3.5), (3.5, 3.5)  # a point
    found, counted = edges.line_density(start, end, 30, 20)
    expected = crossed(start, end, 30, 20)
    assert counted == 50
    assert found.sum() == expected.sum()
    assert np.abs(found - expected).sum() <= 4  # single precision, at the edge of a cell


def test_lines_beyond_the_grid_are_cut_off_and_those_beside_it_left_out():
    start, end = np.array([[-10, 5], [-10, -5], [5, -3], [2, 2]]), np.array([[20, 5], [20, -5], [5, 13], [2, 2]])
    found, counted = edges.line_density(start, end, 10, 10)
    assert counted == 3
    assert found[5].tolist() == [1, 1, 1, 1, 1, 2, 1, 1, 1, 2]  # its end falls into the last cell
    assert found[:, 5].min() == 1
    assert found[2, 2] == 1


def test_of_too_many_crossings_a_sample_is_counted(monkeypatch):
    monkeypatch.setattr(edges, "_MOST_STEPS", 5000)
    start, end = np.zeros((1000, 2)), np.full((1000, 2), 9.5)
    found, counted = edges.line_density(start, end, 10, 10)
    assert 300 < counted < 600
    assert found.sum() == 11 * counted


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """400 points with 5 neighbors each, a tenth of them none."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    rng = np.random.default_rng(2)
    near = rng.integers(0, 400, (400, 5))
    with Recorder("graph", k=2, epochs=1) as recorder:
        recorder.log(
            z=rng.normal(size=(400, 3)),
            losses={"loss": 1.0},
            extra={"neighbors": near, "weights": rng.random((400, 5))},
        )
        assert recorder.run
    made = Run(recorder.run)
    compute_frames(made, PCA)
    return made


def ask(run: Run, **change) -> dict:
    query = {
        "epoch": 0,
        "projection": PCA.name,
        "left": -9,
        "right": 9,
        "bottom": -9,
        "top": 9,
        "width": 60,
        "height": 40,
    }
    return reply(run, "graph", {name: str(value) for name, value in (query | change).items()})


def test_few_edges_come_one_by_one_many_as_their_density(run, monkeypatch):
    near = run.array(0, "neighbors")
    xy = read_xy(run.frames(PCA.name), run.frames(PCA.name).lines()[0])
    box = {"left": 0.2, "right": 1.4, "bottom": -0.3, "top": 0.8}
    inside = (xy[:, 0] >= 0.2) & (xy[:, 0] <= 1.4) & (xy[:, 1] >= -0.3) & (xy[:, 1] <= 0.8)
    expected = [(i, int(j)) for i, row in enumerate(near) for j in row if j >= 0 and (inside[i] or inside[j])]
    found = ask(run, **box)
    ends = np.frombuffer(base64.b64decode(found["ends"]), "<u4").reshape(-1, 2)
    assert [tuple(map(int, pair)) for pair in ends] == expected
    assert found["edges"] == len(expected) < found["all"] == 2000
    assert len(base64.b64decode(found["weights"])) == len(expected)
    monkeypatch.setattr(edges, "MOST_EDGES", 100)
    edges._graph.cache_clear()
    dense = ask(run)
    assert (dense["edges"], dense["counted"]) == (2000, 2000)
    tones = np.frombuffer(base64.b64decode(dense["density"]), np.uint8).reshape(40, 60)
    counts = np.expm1(tones / 255 * np.log1p(dense["most"]))
    scale = np.array([60 / 18, -40 / 18])
    cells = (xy - [-9, 9]) * scale
    pairs = np.array([(i, j) for i, row in enumerate(near) for j in row])
    assert np.abs(counts - crossed(cells[pairs[:, 0]], cells[pairs[:, 1]], 60, 40)).max() < 0.02 * dense["most"] + 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"left": 9}, "empty"),
        ({"width": 10**6}, "1 to 500,000 cells"),
        ({"epoch": 7}, "no graph in this projection"),
        ({"projection": "umap-0123456789"}, "no graph in this projection"),
        ({"projection": "../x"}, "projection"),
        ({"left": "nan"}, "empty"),
        ({"left": "-inf"}, "empty"),
    ],
)
def test_what_cannot_be_shown_is_said_in_words(run, change, words):
    with pytest.raises(EpochscopeError, match=words):
        ask(run, **change)
