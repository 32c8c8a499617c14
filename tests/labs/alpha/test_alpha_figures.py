"""Figures of the lab on soft k-means: paint and its border, curves over alpha, exponents."""

import numpy as np
from epochscope.labs.alpha import figures as alpha


def traces(figure):
    assert figure["layout"]["title"]["text"]
    return {trace.get("name"): trace for trace in figure["data"]}


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
