"""The benchmark of presets resumes, leaves out what is missing, and counts in its table what it says."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pytest
from epochscope.methods.base import RECOMMENDED

from benchmarks import rows, transfer

CALL = ["--sets", "digits", "--methods", "ae_kmeans", "--preset", "quick demo", "--n", "60", "--seeds", "2"]


def test_it_trains_writes_and_does_not_train_again(tmp_path, capsys, monkeypatch):
    call = [*CALL, "--results", str(tmp_path / "results.jsonl")]
    transfer.main(call)
    first = capsys.readouterr().out
    found = rows.read_lines(tmp_path / "results.jsonl")
    assert [(r["method"], r["seed"]) for r in found] == [(m, s) for s in (0, 1) for m in ("kmeans", "ae_kmeans")]
    own = [r for r in found if r["method"] == "ae_kmeans"]
    assert all(r["params"]["net.widths"] == "256-256" and r["epochs"] > 1 and not r["returned"] for r in own)
    assert all(0.2 < r["end"]["acc"] <= r["best_acc"] <= 1 for r in own)
    assert "| Autoencoder + k-means | " in first
    assert "| k-means on the data | " in first

    monkeypatch.setattr(transfer, "trained", lambda *_: pytest.fail("trained again"))
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"set": "digits", "dr')
    transfer.main(call)
    assert capsys.readouterr().out == first


def test_a_set_without_files_is_left_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path))
    transfer.drawn.cache_clear()
    transfer.main([*CALL, "--sets", "mnist", "--results", str(tmp_path / "results.jsonl")])
    assert capsys.readouterr().err.count("mnist is left out") == 1
    assert not (tmp_path / "results.jsonl").exists()


def test_the_table_counts_falls_and_what_is_above_k_means():
    def of(method: str, key: str, seed: int, accs: tuple[float, float], *, params: int = 1) -> dict:
        scores = {"start": {"acc": accs[0]}, "end": {"acc": accs[1]}}
        preset = "" if method == "kmeans" else RECOMMENDED
        return {
            "set": key,
            "draw": 1,
            "n": 9,
            "method": method,
            "preset": preset,
            "params": params,
            "seed": seed,
        } | scores

    results = [
        *(of("kmeans", key, 0, (0, 0.5)) for key in ("digits", "counts")),
        of("dec", "digits", 0, (0.9, 0.1), params=0),  # of an earlier version of the preset
        *(of("dec", "digits", seed, (0.6, end)) for seed, end in enumerate((0.7, 0.62, 0.1))),
        *(of("dec", "counts", seed, (0.6, end)) for seed, end in enumerate((0.52, 0.4, 0.49))),
    ]
    options = argparse.Namespace(draw=1, preset=RECOMMENDED, methods=["dec", "idec"], sets=["digits", "counts"])
    row = transfer.table(transfer.cells(results, options)).splitlines()[2]
    assert row == "| DEC | 0.600 → 0.620 (0.100 to 0.700; 3) | 0.600 → 0.490 (0.400 to 0.520; 3) | 1 of 2 | 1 |"


def test_simulated_counts_are_a_draw_of_uneven_types():
    x, truth, likelihood = transfer.simulated_counts(300, 3)
    assert (x.shape, likelihood, set(truth)) == ((300, 2000), "real", set(range(8)))
    assert np.isfinite(x).all()
    assert (x >= 0).all()
    assert 0.2 < (x == 0).mean() < 0.9
    depths = np.expm1(x.astype(float)).sum(axis=1)
    np.testing.assert_allclose(depths, np.median(depths), rtol=1e-3)  # every cell has the same depth now
    assert not np.array_equal(x, transfer.simulated_counts(300, 4).x)
    assert np.array_equal(x, transfer.simulated_counts(300, 3).x)


def test_every_setting_of_a_run_is_a_plain_number():
    points = transfer.simulated_counts(60, 0)
    options = argparse.Namespace(draw=1, preset=RECOMMENDED)
    asked = transfer.request("counts", points, options, "dgg", 0)
    assert json.loads(json.dumps(asked)) == asked
    assert asked["params"]["reconstruction"] == 0.125
