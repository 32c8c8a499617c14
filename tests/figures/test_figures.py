"""Each figure: its view by value on six points, its drawing by titles, axes and traces."""

import json

import numpy as np
import pytest

from core.figures import FIGURES, Scene, class_balance, cluster_sizes, curves, embedding, heat_map, theme

Q = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6], [0.5, 0.5], [0.3, 0.7]], np.float32)
SCENE = Scene(k=3, classes=("a", "b"), rows=6)


@pytest.mark.parametrize("key", ["embedding", "q", "p", "p-q", "scores", "losses", "sizes", "changed"])
def test_every_figure_can_be_framed_before_there_is_data(key):
    figure = FIGURES[key].empty(SCENE)
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert figure.layout.uirevision == "keep"
    json.loads(figure.to_json())
    assert len(figure.to_json()) < 4000  # a frame, not data


def test_the_list_is_complete():
    assert {key for key, figure in FIGURES.items() if figure.key != key} == set()
    assert all(figure.panel["kind"] in {"points", "raster", "lines", "bars"} for figure in FIGURES.values())


def test_heat_map_rows_are_grouped_by_strongest_cluster_most_certain_first():
    view = heat_map.view(Q, Q)
    assert view.rows[:, 0].tolist() == pytest.approx([0.9, 0.6, 0.5, 0.2, 0.3, 0.4])
    assert view.borders == [3, 6]


def test_p_and_the_difference_keep_the_rows_of_q():
    p = Q**2 / (Q**2).sum(axis=1, keepdims=True)
    view = heat_map.view(p - Q, Q)
    assert view.rows[0] == pytest.approx(p[0] - Q[0])
    assert view.rows.shape == (6, 2)


def test_heat_map_shows_at_most_its_limit():
    assert heat_map.view(Q, Q, limit=4).rows.shape == (4, 2)


def test_a_difference_is_drawn_around_zero():
    trace = heat_map.figure(heat_map.view(Q, Q), "P − Q", difference=True).data[0]
    assert (trace.zmin, trace.zmax) == (-heat_map.DIFFERENCE_LIMIT, heat_map.DIFFERENCE_LIMIT)


def test_embedding_has_a_trace_a_group_and_leaves_out_points_without():
    xy = np.arange(12).reshape(6, 2)
    group = np.array([0, 1, 0, -1, 1, 1])
    figure = embedding.figure(embedding.view(xy, group, ("cat", "dog")))
    assert [trace.name for trace in figure.data] == ["cat", "dog"]
    assert [len(trace.x) for trace in figure.data] == [2, 3]
    assert figure.data[1].marker.color == theme.PALETTE[1]
    assert figure.layout.legend.title.text == "true class"


def test_curves_hold_a_gap_where_an_epoch_has_no_value():
    table = [
        {"epoch": 0, "losses": {}},
        {"epoch": 1, "losses": {"kl": 0.5}},
        {"epoch": 2, "losses": {"kl": 0.4, "reconstruction": 1.0}},
    ]
    view = curves.view(table, "losses")
    assert view == curves.View([0, 1, 2], {"kl": [None, 0.5, 0.4], "reconstruction": [None, None, 1.0]})
    figure = curves.figure(view, "Loss terms", "loss")
    assert [trace.name for trace in figure.data] == ["kl", "reconstruction"]


def test_bars_have_the_colours_of_their_clusters():
    bars = cluster_sizes.figure(cluster_sizes.View([4, 0, 2])).data[0]
    assert list(bars.y) == [4, 0, 2]
    assert list(bars.marker.color) == list(theme.PALETTE[:3])


def test_class_balance_names_the_classes():
    figure = class_balance.figure(("a", "b"), (3, 4))
    assert figure.layout.xaxis.ticktext == ("a", "b")


def test_drawing_leaves_the_input_alone():
    before = Q.copy()
    heat_map.figure(heat_map.view(Q, Q), "Q")
    assert (before == Q).all()
