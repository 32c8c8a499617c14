"""Numbers that a figure computes itself from the arrays of each epoch."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.figures import FIGURES
from epochscope.figures.curves import of_numbers
from epochscope.figures.information import INFORMATION
from epochscope.runs.format.run import Run
from epochscope.server import live
from epochscope.server.bundle import unpacked

Q = np.full((40, 4), 0.25, np.float32)


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """Three epochs: only the second and the third have q."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    z = np.random.default_rng(0).normal(size=(40, 3))
    with Recorder("numbers", x=z, k=4) as rec:
        rec.log(z=z)
        rec.log(z=z, q=Q)
        rec.log(z=z, q=np.eye(4, dtype=np.float32)[np.arange(40) % 4])
    return Run(rec.run)


def sent(run: Run) -> list[dict]:
    """What is sent of each epoch, but for the one figure with numbers of its own that this run can show."""
    header, _ = unpacked(live.bundle(run, epochs=0, projection="", frames=0))
    return [
        {table: numbers for table, numbers in epoch["numbers"].items() if table != INFORMATION.panel["table"]}
        for epoch in header["epochs"]
    ]


def test_each_epoch_that_has_what_the_figure_needs_gets_its_numbers(run: Run, monkeypatch) -> None:
    def largest(arrays):
        return {"mean": arrays["q"].astype(float).max(axis=1).mean(), "unknown": np.nan}

    figure = of_numbers("largest_q", "Largest q", "q", needs={"q"}, numbers=largest)
    monkeypatch.setitem(FIGURES, "largest_q", figure)
    table = figure.panel["table"]
    assert sent(run) == [{}, {table: {"mean": 0.25}}, {table: {"mean": 1.0}}]


def test_a_figure_that_fails_leaves_a_gap_and_a_line_in_the_log(run: Run, monkeypatch, caplog) -> None:
    monkeypatch.setitem(FIGURES, "fails", of_numbers("fails", "Fails", "q", needs={"q"}, numbers=lambda arrays: 1 / 0))
    with caplog.at_level(logging.WARNING):
        assert [list(found.values()) for found in sent(run)] == [[], [{}], [{}]]
    assert "The figure fails fails at epoch 1" in caplog.text
