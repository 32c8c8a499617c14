"""What the figures of all labs share: mixed colors, and that Plotly knows all of them as they are sent."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest
from epochscope.labs import SESSIONS
from epochscope.labs.shared.figures.plane import CLUSTERS, mixed
from epochscope.labs.shared.figures.plotly_json import as_json


def test_colors_mix_by_weights():
    assert mixed(np.eye(3)) == list(CLUSTERS[:3])
    half = mixed(np.array([[0.5, 0.5, 0.0]]))[0]
    for at in (1, 3, 5):
        one, other = (int(color[at : at + 2], 16) for color in CLUSTERS[:2])
        assert abs(int(half[at : at + 2], 16) - (one + other) / 2) <= 0.5


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
