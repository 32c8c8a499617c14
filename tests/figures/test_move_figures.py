"""Figures of a move: bars that add up, arrows that end where their part ends."""

import numpy as np
import pytest
from epochscope.figures import moves as figures
from epochscope.figures import theme
from epochscope.inspect.moves import Move, MovePart, PlaneMap, State, bars

HUES = (3, 1, 0)
PARTS = [MovePart("pull", 0, True), MovePart("pull", 2, False), MovePart("reconstruction", -1, False)]
MOVED = np.array([[[1.0, 0, 0]], [[2, 1, 0]], [[0, -1, 0.5]]])
TRUE = np.array([[3.0, 0.1, 0.5]])
MOVE = Move(np.array([7]), 2, 3, PARTS, MOVED, TRUE, State(np.zeros((1, 3)), None, None, None, None, None), 4, 1, 0.1)


def test_bars_have_the_colors_of_their_clusters_and_add_up():
    made = figures.bar_figure(MOVE, HUES)
    (bar,) = made.data
    assert sum(bar.x) == pytest.approx(np.linalg.norm(TRUE))
    assert list(made.layout.yaxis.ticktext) == [one.words for one in bars(MOVE)]
    assert list(bar.marker.color) == [theme.color(0), theme.GUIDE_COLOR, theme.color(3), theme.GUIDE_COLOR]
    assert list(bar.marker.pattern.shape) == ["/", "/", "", ""]  # others' are hatched, the remainder is not
    assert "Epoch 2 to 3" in made.layout.title.text
    assert made.layout.xaxis.range[1] > max(bar.x)


def test_arrows_start_where_the_point_was_and_end_where_each_part_ends():
    plane = PlaneMap(np.array([[1.0, 0], [0, 1], [0, 0]]), np.array([10.0, 20]))
    view = figures.ArrowView(MOVE, plane, np.zeros((5, 2)), np.array([0, 1, 2, -1, 0]))
    made = figures.arrow_figure(view, HUES, "PCA")
    ends = {trace.name: (trace.x[1], trace.y[1]) for trace in made.data[1:]}
    assert all((trace.x[0], trace.y[0]) == (10, 20) for trace in made.data[1:])
    assert ends["own: pull of center 0"] == (11, 20)
    assert ends["others in cluster 2: pulls"] == (12, 21)
    assert ends["the whole move"] == pytest.approx((13, 20.1))
    low, high = made.layout.xaxis.range
    assert low < 10
    assert high > 13
    assert "PCA, epoch 3" in made.layout.title.text
