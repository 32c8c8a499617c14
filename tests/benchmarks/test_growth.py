"""The measurement of growth: its slopes, what it leaves out, and one small training."""

import numpy as np
import pytest

from benchmarks.growth import Case, cases, measured, needed, series, slope


def test_slopes_are_those_of_powers():
    xs = [1e3, 3e3, 1e4, 3e4, 1e5]
    assert slope(xs, [2 * x**1.5 for x in xs]) == pytest.approx(1.5)
    kinked = [max(x, 1e4) for x in xs]  # a constant cost hides the growth of small sizes, which do not count
    assert slope(xs, kinked) == pytest.approx(1.0)
    assert slope(xs, [0.0] * 5) is None
    assert slope([1e3], [1.0]) is None


def test_a_series_varies_one_number_and_names_what_fails_or_does_not_fit():
    for rows in cases(["n", "K", "J"], 10_000):
        assert sum(len({getattr(case, name) for case in rows}) > 1 for name in ("n", "k", "j", "f", "method")) == 1
    answers = {"epoch_s": 2.0, "pretrain_s": 0.0, "memory_mb": 5.0, "disk_kb": 7.0, "picture_s": 0.5}

    def one(case):
        if case.n == 300:
            return {"failed": "the reason"}
        return answers | {"epoch_s": case.n / 50}

    rows = [Case("dec", 100), Case("dec", 300), Case("dec", 1000), Case("dec", 10**9)]
    lines = list(series(rows, one, 24.0))
    assert lines[0] == "| dec | 100 x 32 | 10 | - | 2 | - | 5 | 7 | 0.5 |"
    assert lines[1] == "| dec | 300 x 32 | 10 | - | the reason |"
    assert lines[3] == f"| dec | 1,000,000,000 x 32 | 10 | - | left out: about {needed(rows[3]):.0f} GB |"
    assert lines[4] == "| | slope over n | | | 1.00 | - | 0.00 | 0.00 | 0.00 |"


def test_a_training_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    found = measured(Case("kmeans", 200, 3, 4))
    assert found.keys() == {"epoch_s", "pretrain_s", "memory_mb", "disk_kb", "picture_s"}
    assert found["picture_s"] > 0
    assert found["disk_kb"] > 0
    assert np.isfinite(list(found.values())).all()
    assert measured(Case("kmeans", 3, 3, 4)) == {
        "failed": "k = 4 clusters need at least 4 points, but groups has 3; lower k."
    }
