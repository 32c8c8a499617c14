"""Figures of the Inspect page: what is drawn, to scale, from counts that are known."""

import json

import numpy as np
import pytest
from epochscope.figures import certainty, confusion, flow, over_epochs, path, theme
from epochscope.inspect import whole

TRUTH = np.array([0, 0, 0, 1, 1, 2])
LABELS = np.array([2, 2, 0, 0, 0, 1])


def test_confusion_shows_counts_as_numbers_and_shares_as_colors():
    made = confusion.figure(whole.confusion(truth=TRUTH, labels=LABELS, classes=3, k=4), ["<b>a", "b", "c"])
    assert "ACC 0.833" in made.layout.title.text
    assert np.allclose(made.data[0].z[0], [2 / 3, 1 / 3, 0, 0])
    assert list(made.layout.xaxis.ticktext) == ["2", "0", "1", "3"]
    white, black = made.data[1:]
    assert [(x, y, text) for x, y, text in zip(white.x, white.y, white.text, strict=True)] == [(1, 0, "1")]
    assert [(x, y, text) for x, y, text in zip(black.x, black.y, black.text, strict=True)] == [
        (0, 0, "2"),
        (1, 1, "2"),
        (2, 2, "1"),
    ]
    assert made.layout.xaxis.title.text
    assert len(made.layout.shapes) == 1  # cluster 3 stands behind the line
    many = whole.confusion(truth=np.arange(40), labels=np.arange(40), classes=40, k=40)
    crowded = confusion.figure(many, [f"a rather long name of the class {i}" for i in range(40)])
    assert len(crowded.data) == 1
    assert len(set(crowded.layout.yaxis.ticktext)) == 20, "names that begin alike stay apart"
    assert max(map(len, crowded.layout.yaxis.ticktext)) <= 14
    assert len(crowded.layout.xaxis.tickvals) <= 10


def test_bands_of_the_flow_are_as_high_as_their_points():
    counts = np.array([[30, 10, 0], [0, 40, 0], [5, 0, 15]])
    found = whole.Flow(counts, 2, 7)
    v = flow.view(found)
    assert [(band.start, band.end, band.points) for band in v.bands][:3] == [(1, 1, 40), (0, 0, 30), (2, 2, 15)]
    assert len(v.bands) == 5
    for side, sizes in enumerate((counts.sum(axis=1), counts.sum(axis=0))):
        tops, heights = zip(*v.bars[side], strict=True)
        assert np.allclose(np.array(heights) / v.unit, sizes)
        assert tops[0] == 0
        assert tops[-1] + heights[-1] == pytest.approx(1)
        assert all(b >= a + h for a, h, b in zip(tops[:-1], heights[:-1], tops[1:], strict=True))
    # within a bar the bands follow each other without gap or overlap
    ends = sorted((band.left, band.left + band.points * v.unit) for band in v.bands if band.start == 0)
    assert ends[0][1] == pytest.approx(ends[1][0])
    made = flow.figure(found)
    assert "15 points (15.0%)" in made.layout.title.text
    moves = next(trace for trace in made.data if trace.opacity == 0.6 and trace.fillcolor == theme.color(0))
    y = np.array(moves.y[:-1], float)  # one band, and the gap after it
    half = len(y) // 2
    assert np.allclose(y[half:][::-1] - y[:half], 10 * v.unit)
    numbers, hovers = made.data[-2:]
    assert list(numbers.text) == ["10", "5"]
    assert "cluster 0: 10 of 40 points moved to 1" in hovers.text
    assert [list(side.text) for side in made.data[-4:-2]] == [
        ["40 <b>0</b>", "40 <b>1</b>", "20 <b>2</b>"],
        ["<b>0</b> 35", "<b>1</b> 50", "<b>2</b> 15"],
    ]
    assert "1 point (" in flow.figure(whole.Flow(np.array([[9, 1], [0, 90]]), 0, 1)).layout.title.text


def test_a_flow_between_very_many_clusters_draws_the_largest_bands_only():
    counts = np.random.default_rng(0).integers(0, 4, (60, 60))
    assert len(flow.view(whole.Flow(counts, 0, 1)).bands) == flow.MOST_BANDS
    assert len(flow.figure(whole.Flow(counts, 0, 1)).data) <= flow.MOST_BANDS + 4


def test_certainty_figures_name_their_axes_and_hold_the_numbers():
    q = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], np.float32)
    p = q**2 / (q**2).sum(axis=1, keepdims=True)
    made = certainty.confidence(whole.confidence(q, np.array([False, False, True])))
    assert [trace.name for trace in made.data] == ["right", "mistakes"]
    assert sum(map(sum, (trace.y for trace in made.data))) == 3
    assert len(certainty.confidence(whole.confidence(q, None)).data) == 1
    made = certainty.sharpening(whole.sharpening(q, p))
    assert (made.layout.xaxis.title.text, made.layout.yaxis.title.text) == ("qᵢⱼ", "pᵢⱼ")
    assert [trace.name for trace in made.data[1:]] == ["p = q", "median p"]
    made = certainty.frequencies(whole.frequencies(np.array([0, 1, 1]), 2, q, p))
    assert len(made.data) == 3
    assert [sum(trace.y) for trace in made.data] == pytest.approx([1, 1, 1])
    assert len(certainty.frequencies(whole.frequencies(np.array([0, 1, 1]), 2)).data) == 1


def test_areas_are_stacked_and_curves_may_be_logarithmic():
    shares = np.array([[0.5, 0.48, 0.02], [0.9, 0.08, 0.02]])
    made = over_epochs.areas("Sizes", [4, 5], shares, y="share")
    assert [trace.stackgroup for trace in made.data] == ["all"] * 3
    assert [note.text for note in made.layout.annotations] == ["<b>0</b>", "<b>1</b>"]
    assert made.layout.yaxis.range == (0, 1)
    made = over_epochs.curves("Spread", [0, 1], {"spread": [1.0, None]}, y="rms", log=True)
    assert made.layout.yaxis.type == "log"
    assert json.loads(made.to_json())["data"][0]["y"] == [1.0, None]


def test_the_path_has_a_dot_an_epoch_in_the_colour_of_its_cluster():
    view = path.View([0, 1, 3], np.array([[0, 0], [1, 1], [2, 0]]), [-1, 0, 1], np.zeros((2, 2)), np.array([0, 1]), 1)
    made = path.figure(view, "PCA")
    assert "PCA" in made.layout.title.text
    steps, scale = made.data[1].marker.color, made.data[1].marker.colorscale
    tones = [scale[2 * step][1] for step in steps]  # each step of the scale has a lower and an upper edge
    assert tones == [theme.GUIDE_COLOR, theme.color(0), theme.color(1)]
    assert theme.group_steps([-1, 9, 10]).tolist() == [0, 10, 1]
    assert list(made.data[1].text) == ["epoch 0", "epoch 1, cluster 0", "epoch 3, cluster 1"]
    assert made.data[2].x == (1,)
    nowhere = path.View([], np.zeros((0, 2)), [], np.zeros((0, 2)), None, 1)
    assert len(path.figure(nowhere, "PCA").data) == 2
