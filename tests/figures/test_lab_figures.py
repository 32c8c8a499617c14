"""Figures of the labs: places, colors, borders."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest
from epochscope.labs import SESSIONS
from epochscope.labs.alpha import figures as alpha
from epochscope.labs.shared.figures.plane import CLUSTERS, mixed
from epochscope.labs.shared.figures.plotly_json import as_json
from epochscope.labs.target import figures as target


def test_rows_lie_in_a_triangle_of_equal_sides_and_come_back():
    corners = target.place(np.eye(3))
    assert [np.linalg.norm(corners[i] - corners[j]) for i, j in ((0, 1), (1, 2), (2, 0))] == pytest.approx([1, 1, 1])
    q = np.random.default_rng(0).dirichlet([1, 1, 1], size=50)
    np.testing.assert_allclose(target.rows(target.place(q)), q, atol=1e-12)
    assert target.rows(np.array([[2.0, 0.0], [0.5, -0.3]])).min(axis=1) == pytest.approx([-1.0, -0.3 / np.sqrt(0.75)])


def test_colors_mix_by_weights():
    assert mixed(np.eye(3)) == list(CLUSTERS[:3])
    half = mixed(np.array([[0.5, 0.5, 0.0]]))[0]
    for at in (1, 3, 5):
        one, other = (int(color[at : at + 2], 16) for color in CLUSTERS[:2])
        assert abs(int(half[at : at + 2], 16) - (one + other) / 2) <= 0.5


def traces(figure):
    assert figure["layout"]["title"]["text"]
    return {trace.get("name"): trace for trace in figure["data"]}


def test_the_triangle_shows_arrows_borders_and_the_mean_row():
    q = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]])
    p = np.array([[0.8, 0.15, 0.05], [0.2, 0.6, 0.2]])
    view = target.View([q, p], [q, p], q.mean(axis=0), np.full(3, 1 / 3))
    drawn = traces(target.triangle(view, "title"))
    assert {"border for q", "border for p", "q² alone", "q → p", "m = f/n"} <= drawn.keys()
    assert drawn["q → p"]["line"]["color"] == target.AFTER
    further = traces(target.triangle(view._replace(way=[q, p, p, p], alone=None), "title"))
    assert "q² alone" not in further


def test_bars_and_batches_carry_what_they_are_given():
    drawn = traces(target.sizes(np.array([3.0, 1, 1]), np.array([4.0, 0.5, 0.5]), np.array([2.0, 1.5, 1.5])))
    assert list(drawn) == ["fⱼ = Σᵢ qᵢⱼ", "of q² alone", "Σᵢ pᵢⱼ"]
    values = np.array([0.1, 0.05])
    drawn = traces(target.noise(target.Measured((8, 32), values / 2, values, values * 2, values), "title"))
    assert {"90 %", "median", "c·√(1/B − 1/n)"} <= drawn.keys()


def test_curves_mark_where_the_naive_formula_breaks_only_if_it_does_so_in_sight():
    alphas = np.logspace(-2, 3, 5)
    view = alpha.Curves(alphas, np.linspace(5, 1, 5), np.linspace(-3, 1, 5), 1.0, 12.0)
    assert {"L", "F", "k-means", "0/0"} <= traces(alpha.curves(view, 1.0)).keys()
    assert "0/0" not in traces(alpha.curves(view._replace(breaks=1e9), 1.0))


def test_exponents_part_rows_by_whether_they_are_numbers():
    figure = alpha.exponents(np.array([1.0, 200.0, 1e-9]), np.array([False, True, False]), [("float32", 103.97)], "t")
    found, lost = figure["data"][:2]
    assert list(lost["x"]) == [2]
    assert list(lost["y"]) == [200.0]
    low, high = 10.0 ** np.array(figure["layout"]["yaxis"]["range"])
    assert low < min(found["y"])
    assert high > 200


def test_the_field_paints_pull_and_push_and_their_border():
    zeros = np.zeros((5, 5))
    u = np.array([[0.0, 0.0], [1.0, 1.0]])
    view = alpha.View(u, np.stack([u, u]), u, alpha.Paint(-u, np.arange(5), np.arange(5), zeros, zeros, 1))
    drawn = traces(alpha.field(view, "title"))
    assert {"center 2: d = d̄ + 1/α", "−∂F/∂uₖ", "−∂L/∂uₖ"} <= drawn.keys()
    assert drawn.keys() - traces(alpha.field(view._replace(paint=None), "title")).keys() == {
        "center 2: d = d̄ + 1/α",
        "−∂F/∂uₖ",
    }


@pytest.mark.parametrize("name", SESSIONS)
def test_plotly_knows_everything_that_stands_in_the_figures_of_a_lab(name):
    for figure in SESSIONS[name]({}).view().figures.values():
        go.Figure(figure)  # raises where a name or a value is none of its own
        assert json.loads(as_json(figure), parse_constant=pytest.fail)["data"]


def test_plotly_reads_the_bytes_of_an_array_as_its_numbers():
    values = np.array([[1.5, np.nan], [-2.0, 3.25]])
    made = {"data": [{"type": "heatmap", "z": values, "x": np.arange(2), "y": np.array(["a", "b"])}], "layout": {}}
    trace = json.loads(as_json(made))["data"][0]
    assert trace == json.loads(go.Figure(made).to_json())["data"][0] | {"x": trace["x"], "y": ["a", "b"]}
    assert (trace["x"]["dtype"], len(base64.b64decode(trace["x"]["bdata"]))) == ("i4", 8)
