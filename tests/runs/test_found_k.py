"""A method that finds the number of clusters itself: what a run stores, matches, scores and continues."""

from __future__ import annotations

import numpy as np
from epochscope.methods import METHODS
from epochscope.runs.format.spec import RunSpec

from tests.support.training import continued, recorded, same_runs

QUICK = {
    "net.widths": "16",
    "net.d": 3,
    "pretrain.epochs": 2,
    "cluster.epochs": 4,
    "cluster.every": 1,
    "cluster.lr": 0.02,
}


def spec() -> RunSpec:
    params = METHODS["dcc"].params().but(QUICK).flat()
    return RunSpec("blobs", "dcc", 2, 0, {"n": 120}, params)


def test_a_run_holds_a_number_of_clusters_that_changes_and_continues_bit_for_bit() -> None:
    whole = recorded(spec())
    table, info = whole.epochs(), whole.info
    assert whole.status["state"] == "done"
    clustered = [line for line in table if "sizes" in line]
    counts = [int(line["measures"]["clusters"]) for line in clustered]
    assert len(set(counts)) > 1
    assert info["k"] == max(whole.spec.k, *counts) == clustered[-1]["k"] > whole.spec.k
    assert all(len(line["sizes"]) == line["k"] for line in clustered)
    assert all(0 <= line["scores"]["nmi"] <= 1 for line in clustered)
    assert "k =" not in whole.title
    last = len(table) - 1
    labels = whole.array(last, "labels")
    assert len(np.unique(labels[labels >= 0])) == counts[-1]
    assert clustered[-1]["unassigned"] == (labels < 0).sum() > 0
    assert whole.array(last, "neighbors").min() == -1
    same_runs(whole, continued(recorded(spec(), last=4)))
