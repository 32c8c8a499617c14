"""The row of DGG's graph: what DGG's own start makes of it."""

from __future__ import annotations

import numpy as np
import torch
from epochscope.formulas.metrics import accuracy
from epochscope.testing import trial

from benchmarks import graph_start


def test_groups_far_apart_are_found_by_their_graph_alone():
    blobs = trial.blobs()
    labels = graph_start.labels_of_graph(blobs.x, blobs.k, 10, 0).numpy()
    assert accuracy(truth=blobs.truth, predicted=labels) == 1
    again = graph_start.labels_of_graph(blobs.x, blobs.k, 10, 0).numpy()
    np.testing.assert_array_equal(labels, again)


def test_a_row_has_median_and_range(monkeypatch, capsys):
    monkeypatch.setattr(graph_start, "labels_of_graph", lambda x, k, j, seed: torch.arange(len(x)) % (seed + 2))
    graph_start.main(["--seeds", "3"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("| digits | 0.")
