"""Figures of the lab on Q and P: places in the triangle, arrows, borders, bars."""

import numpy as np
import pytest
from epochscope.labs.target import figures as target


def test_rows_lie_in_a_triangle_of_equal_sides_and_come_back():
    corners = target.place(np.eye(3))
    assert [np.linalg.norm(corners[i] - corners[j]) for i, j in ((0, 1), (1, 2), (2, 0))] == pytest.approx([1, 1, 1])
    q = np.random.default_rng(0).dirichlet([1, 1, 1], size=50)
    np.testing.assert_allclose(target.rows(target.place(q)), q, atol=1e-12)
    assert target.rows(np.array([[2.0, 0.0], [0.5, -0.3]])).min(axis=1) == pytest.approx([-1.0, -0.3 / np.sqrt(0.75)])


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
