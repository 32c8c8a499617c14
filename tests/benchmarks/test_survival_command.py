"""The long test of survival in short: some kills at random instants, and the run equals a quiet one."""

import multiprocessing
import random

import pytest

from benchmarks.survival import request, survive


@pytest.mark.slow
def test_some_kills_at_random_instants(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["epochscope.runs.training.manager", "epochscope.runs.training.resume"])
    rng, kills = random.Random(1), 0
    for seed in range(5):
        killed, same, _ = survive(request("idec", seed), rng, context)
        assert same
        kills += killed
        if kills:
            break
    assert kills
