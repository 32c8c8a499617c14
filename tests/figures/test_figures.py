"""Each figure: its view by value on six points, its drawing by titles, axes and traces."""

import json

import numpy as np
import pytest
from epochscope.figures import (
    FIGURES,
    Scene,
    chosen,
    class_balance,
    cluster_bars,
    curves,
    embedding,
    force,
    grids,
    heat_map,
    pictures,
    row_entropy,
    shown_by,
    theme,
    values,
)
from epochscope.runs.format.channels import CHANNELS, LINE_NUMBERS

Q = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6], [0.5, 0.5], [0.3, 0.7]], np.float32)
SCENE = Scene(k=3)
BASE = {"z", "labels", "centers", "truth"}
DEC = {*BASE, "q", "p", "pictures"}
VADE = {*BASE, "q", "spread", "mixing", "decoded_centers", "samples", "reconstructions", "pictures", "measures"}
DGG = {*VADE, "pi", "neighbors", "weights", "neighbor_js", "cross_reconstructions"} - {"mixing"}
FIELD = {*BASE, "q", "field", "field_box", "field_codes", "field_prior", "measures"}
KEYS = [
    *(
        "embedding",
        "q",
        "p",
        "p-q",
        "pi",
        "pi-q",
        "scores",
        "losses",
        "graph",
        "measures",
        "changed",
        "sizes",
        "mixing",
    ),
    *(
        "entropy",
        "entropy_p",
        "force",
        "field",
        "affinity",
        "decoded_centers",
        "samples",
        "reconstructions",
        "cross_reconstructions",
        "compare",
        "perturbed",
        "information",
        "information_plane",
        "spectral_loss",
    ),
]


@pytest.mark.parametrize("key", KEYS)
def test_every_figure_can_be_framed_before_there_is_data(key):
    figure = FIGURES[key].empty(SCENE)
    assert figure.layout.title.text
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text or FIGURES[key].panel.get("single")  # each measure has a unit of its own
    assert figure.layout.uirevision == "keep"
    json.loads(figure.to_json())
    assert len(figure.to_json()) < 4000  # a frame, not data


def test_the_list_is_complete():
    assert {key for key, figure in FIGURES.items() if figure.key != key} == set()
    kinds = {"points", "raster", "lines", "bars", "grid", "pictures", "scatter", "trail", "compare"}
    assert all(figure.panel["kind"] in kinds for figure in FIGURES.values())
    assert sorted(FIGURES) == sorted(KEYS)


@pytest.mark.parametrize(
    ("provides", "tall", "low"),
    [
        (DEC, ["q", "p", "p-q"], ["scores", "losses", "sizes"]),
        (VADE, ["q", "samples", "decoded_centers"], ["scores", "losses", "mixing"]),
        (DGG, ["q", "cross_reconstructions", "pi-q"], ["scores", "losses", "graph"]),
        (FIELD, ["q", "field"], ["scores", "losses", "measures"]),
        (BASE, ["changed"], ["scores", "losses", "sizes"]),
        (BASE - {"truth"}, [], ["losses", "sizes", "changed"]),
    ],
)
def test_the_special_figures_of_a_run_come_first(provides, tall, low):
    figures = [figure for figure in shown_by(FIGURES.values(), provides) if figure.key != "embedding"]
    assert [figure.key for figure in chosen(figures, tall=len(tall), low=3)] == tall + low


def test_a_figure_is_offered_only_where_all_it_needs_is_there():
    keys = {figure.key for figure in shown_by(FIGURES.values(), {"z", "labels", "samples"})}
    assert keys == {"embedding", "losses", "changed", "sizes"}  # no truth, no pictures


def test_what_a_method_alone_has_leads() -> None:
    imsat = [figure.key for figure in shown_by(FIGURES.values(), {*BASE, "q", "perturbed", "pictures"})]
    assert imsat.index("information") < imsat.index("sizes")
    assert imsat.index("information_plane") < imsat.index("sizes")
    assert imsat.index("perturbed") < imsat.index("p" if "p" in imsat else "changed")
    spectral = [figure.key for figure in shown_by(FIGURES.values(), {*BASE, "spectrum", "measures"})]
    assert spectral.index("spectral_loss") < spectral.index("sizes")


def test_entropies_lie_between_none_and_that_of_all_clusters_alike():
    view = row_entropy.view([5, 0, 1, 2], k=4)
    assert view.top == pytest.approx(np.log(4))
    figure = row_entropy.figure(view, "Entropy")
    assert list(figure.data[0].x) == pytest.approx([v * np.log(4) for v in (1 / 8, 3 / 8, 5 / 8, 7 / 8)])
    assert list(figure.layout.xaxis.range) == pytest.approx([0, np.log(4)])


def test_the_plane_of_information_shows_two_curves_of_another_figure():
    panel, of_figure = FIGURES["information_plane"].panel, FIGURES["information"]
    numbers = of_figure.numbers({"q": Q})
    assert {panel["x"], panel["y"]} < numbers.keys()
    assert panel["table"] == of_figure.panel["table"]
    most = np.log(Q.shape[1])
    assert list(FIGURES["information_plane"].empty(Scene(Q.shape[1])).data[0].x) == pytest.approx([0, most])
    assert max(numbers[panel["x"]], numbers[panel["y"]]) <= most + 1e-9


def test_bars_and_pictures_show_what_is_declared():
    panels = [figure.panel for figure in FIGURES.values()]
    assert {panel["value"] for panel in panels if panel["kind"] == "bars"} <= LINE_NUMBERS.keys()
    shown = {panel["value"] for panel in panels if panel["kind"] == "pictures"}
    assert {CHANNELS[name].encoding for name in shown} == {"gray"}


def test_the_entropy_of_p_is_offered_only_for_runs_that_counted_it():
    old, new = ({figure.key for figure in shown_by(FIGURES.values(), DEC | more)} for more in ({"q"}, {"entropy_p"}))
    assert new - old == {"entropy_p"}


def test_pull_against_confidence_takes_lengths_and_largest_entries():
    view = force.view(Q[:2], np.array([[3.0, 4.0], [0.0, 1.0]]))
    assert view.confidence == pytest.approx([0.9, 0.8])
    assert view.force.tolist() == [5.0, 1.0]
    assert force.figure(view).layout.xaxis.title.text == "largest qᵢⱼ"


def test_a_field_lies_in_its_box_row_0_lowest_and_a_matrix_row_0_highest():
    values = np.arange(6).reshape(2, 3) / 6
    figure = grids.figure(grids.view(values, (-1, 1, 0, 4)), "D", "x", "y")
    assert (figure.data[0].y[0], figure.data[0].x[-1]) == (0, 1)
    matrix = grids.figure(grids.view(values), "C", "x", "y")
    assert tuple(matrix.layout.yaxis.range) == (1.5, -0.5)


def test_pictures_that_belong_together_stand_side_by_side():
    parts = np.arange(2 * 3 * 4).reshape(2, 3, 2, 2).astype(np.uint8)
    view = pictures.view(parts)
    assert view.rows.shape == (3, 2, 2, 2)
    sheet = pictures.figure(view, "Reconstructions").data[0].z
    assert sheet[:2].tolist() == [[0, 1, 12, 13], [2, 3, 14, 15]]


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


def test_bars_have_the_colors_of_their_clusters():
    bars = cluster_bars.figure(cluster_bars.View([4, 0, 2]), "Cluster sizes", "points").data[0]
    assert list(bars.y) == [4, 0, 2]
    assert list(bars.marker.color) == list(theme.PALETTE[:3])


def test_a_histogram_has_a_bin_for_each_of_a_few_values_else_equal_bins():
    v = values.view(np.array([[0, 1, 1], [3, 0, 0]], np.float32) / 16)
    assert v.counts.tolist() == [3, 2, 0, 1]
    np.testing.assert_allclose(v.edges * 16, [-0.5, 0.5, 1.5, 2.5, 3.5], atol=1e-5)
    many = values.view(np.random.default_rng(0).normal(size=900))
    assert (len(many.counts), many.counts.sum()) == (values.BINS, 900)
    for same in (np.full(5, 7.0), np.zeros(5), np.full(5, 1, np.float32) + np.float32(1e-7)):
        assert values.view(same).counts.tolist() == [5]


def test_histograms_of_values_name_what_they_count():
    v = values.view(np.arange(3.0))
    figure = values.figure(v, "Values as stored", "value in the file", "values", values.BEFORE, log=True)
    assert figure.layout.title.text == "Values as stored"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "value in the file",
        "values (log scale)",
    )
    assert figure.layout.yaxis.type == "log"
    plain = values.figure(v, "Row sums as stored", "sum of a point's values", "points", values.BEFORE)
    assert plain.layout.yaxis.title.text == "points"
    assert list(plain.data[0].y) == [1, 1, 1]


def test_class_balance_names_the_classes():
    figure = class_balance.figure(("a", "b"), (3, 4))
    assert figure.layout.xaxis.ticktext == ("a", "b")


def test_drawing_leaves_the_input_alone():
    before = Q.copy()
    heat_map.figure(heat_map.view(Q, Q), "Q")
    assert (before == Q).all()
