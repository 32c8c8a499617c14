"""Scores of several seeds: the view by value, the drawing by titles, rows and medians."""

import pytest
from epochscope.figures import seeds

SCORES = {"a": [80.0, 70.0, 75.0], "b": [60.0], "none": []}


def test_the_view_has_a_row_a_name_best_first_and_leaves_out_what_has_no_scores():
    assert seeds.view(dict(reversed(SCORES.items()))) == seeds.view(SCORES)
    assert seeds.view(SCORES) == seeds.View(["a", "b"], [0, 0, 0, 1], [80.0, 70.0, 75.0, 60.0], [75.0, 60.0], {})


def test_what_another_library_reaches_is_a_mark_in_the_row_of_that_name():
    v = seeds.view(SCORES, {"Other": {"b": 50.0, "none": 1.0}, "Third": {}})
    assert v.others == {"Other": [(1, 50.0)]}
    drawn = seeds.figure(v, "ACC", "ACC in percent")
    assert [trace.name for trace in drawn.data] == ["one seed", "Other, median", "median"]
    assert (list(drawn.data[1].x), list(drawn.data[1].y)) == ([50.0], [1])


def test_dots_and_medians_are_drawn_top_down():
    figure = seeds.figure(seeds.view(SCORES), "ACC on digits", "ACC in percent")
    dots, bars = figure.data
    assert list(dots.x) == [80.0, 70.0, 75.0, 60.0]
    assert list(bars.x) == pytest.approx([75.0, 60.0])
    assert figure.layout.title.text == "ACC on digits"
    assert figure.layout.xaxis.title.text == "ACC in percent"
    assert figure.layout.yaxis.ticktext == ("a", "b")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_nothing_at_all_can_be_drawn():
    assert seeds.figure(seeds.view({}), "ACC", "ACC in percent").to_json()
