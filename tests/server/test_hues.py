"""Colours that the server works out for one epoch: against the scores of the run and against SciPy."""

import asyncio
import json

import numpy as np
import pytest
from scipy.stats import entropy
from starlette.requests import Request

from core.runs.manager import train
from core.runs.record import Control
from core.runs.spec import RunSpec
from core.runs.store import Run, RunWriter
from core.server import ROUTES
from core.server.live import hues


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    params = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 2, "cluster.tol": 0.0}
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=params))
    train(writer, Control())
    return Run(writer.id)


def test_the_match_gives_the_accuracy_and_the_entropy_is_that_of_q(run):
    last = len(run.epochs()) - 1
    found = hues(run, last)
    labels, truth = run.array(last, "labels"), run.points()["truth"]
    assert (np.array(found["match"])[labels] == truth).mean() == pytest.approx(
        run.epochs()[last]["scores"]["acc"], abs=1e-6
    )
    q = run.array(last, "q").astype(float)
    expected = entropy(q, axis=1) / np.log(3)
    assert np.abs(np.array(found["entropy"]) / 255 - expected).max() < 0.004
    assert hues(run, 0) == {"match": None, "entropy": None}  # pretraining
    assert hues(run, 999) == {"match": None, "entropy": None}


def test_the_address_answers_and_refuses_in_words(run):
    (route,) = [route for route in ROUTES if route.path.endswith("/hues")]

    def answer(name: str, epoch: str):
        scope = {"type": "http", "path_params": {"run": name}, "query_string": f"epoch={epoch}".encode(), "headers": []}
        given = asyncio.run(route.endpoint(Request(scope)))
        return given.status_code, json.loads(given.body)

    assert len(answer(run.id, "3")[1]["entropy"]) == 150
    for epoch in ("-1", "x", ""):
        code, said = answer(run.id, epoch)
        assert code == 404
        assert "whole number" in said["error"]
    assert answer("nope", "1")[0] == 404
