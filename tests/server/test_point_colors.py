"""Colors that the server works out for one epoch: against the scores of the run and against SciPy."""

import asyncio
import json

import numpy as np
import pytest
from epochscope.data import load
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.features import column, column_name, data_of, scaled
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.server import visitors
from epochscope.server.of_points import point_colors
from epochscope.server.start import ROUTES
from epochscope.types import EpochscopeError
from scipy.stats import entropy
from starlette.requests import Request


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    params = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 2, "cluster.tol": 0.0}
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=params), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def test_the_match_gives_the_accuracy_and_the_entropy_is_that_of_q(run):
    last = len(run.epochs()) - 1
    found = point_colors(run, last)
    labels, truth = run.array(last, "labels"), run.points()["truth"]
    assert (np.array(found["match"])[labels] == truth).mean() == pytest.approx(
        run.epochs()[last]["scores"]["acc"], abs=1e-6
    )
    q = run.array(last, "q").astype(float)
    expected = entropy(q, axis=1) / np.log(3)
    assert np.abs(np.array(found["entropy"]) / 255 - expected).max() < 0.004
    assert point_colors(run, 0) == {"match": None, "entropy": None, "numbers": []}  # pretraining
    assert point_colors(run, 999) == {"match": None, "entropy": None, "numbers": []}


def test_a_column_of_the_data_at_the_drawn_points(run):
    data, _ = data_of(run)
    assert data is not None
    found = column(run, 1)
    assert (found["name"], found["names"], found["count"]) == ("y", ["x", "y"], 2)
    drawn = data.x[run.points()["index"], 1]
    low, high = np.quantile(drawn.astype(float), [0.01, 0.99])
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    back = np.array(found["values"]) / 255 * (high - low) + low
    assert np.abs(back - drawn.clip(low, high)).max() <= (high - low) / 509
    with pytest.raises(EpochscopeError, match="no feature 2: choose one from 0 to 1"):
        column(run, 2)


def test_one_outlier_does_not_take_the_scale_and_a_constant_has_one():
    assert scaled(np.r_[np.arange(200.0), 1e9]).high < 200
    assert scaled(np.r_[np.zeros(500), 3.0])[1:] == (0, 3)  # what is seldom is still there
    assert scaled(np.full(5, 2.0)).values.tolist() == [0] * 5


def test_columns_are_called_by_name_else_by_their_place_in_the_picture():
    assert column_name(load("digits", {}), 28) == ("pixel 28", "row 3, column 4")
    assert column_name(load("blobs", {}), 0) == ("x", "")


def test_the_address_answers_and_refuses_in_words(run):
    (route,) = [route for route in ROUTES if route.path.endswith("/hues")]

    def answer(name: str, epoch: str):
        scope = {"type": "http", "path_params": {"run": name}, "query_string": f"epoch={epoch}".encode(), "headers": []}
        given = asyncio.run(route.endpoint(Request(visitors.introduced(scope), asyncio.Event().wait)))
        return given.status_code, json.loads(given.body)

    assert len(answer(run.id, "3")[1]["entropy"]) == 150
    for epoch in ("-1", "x", ""):
        code, said = answer(run.id, epoch)
        assert code == 404
        assert "whole number" in said["error"]
    assert answer("nope", "1")[0] == 404


def test_the_address_of_a_feature_answers_and_refuses_in_words(run):
    (route,) = [route for route in ROUTES if route.path.endswith("/feature")]

    def answer(asked: str):
        scope = {"type": "http", "path_params": {"run": run.id}, "query_string": asked.encode(), "headers": []}
        given = asyncio.run(route.endpoint(Request(visitors.introduced(scope), asyncio.Event().wait)))
        return given.status_code, json.loads(given.body)

    assert len(answer("column=1")[1]["values"]) == 150
    for asked in ("column=-1", "column=2", "column=x", ""):
        code, said = answer(asked)
        assert code == 404
        assert "choose one" in said["error"] or "whole number" in said["error"]
