"""Measures without labels over results: by hand on labels made up, and what they would have chosen."""

import numpy as np
import pytest
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED
from epochscope.runs.library.choosing import MEASURES, choices, comparable, measured, ranks
from epochscope.runs.library.results import Result, packed
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

RNG = np.random.default_rng(5)
LABELS = RNG.integers(0, 3, (5, 80))
GROUPS = ["dec", "dec", "vade", "dec", "kmeans"]
VALUES = {"dataset": "digits", "data": {}, "preset": RECOMMENDED, "k": 3, "state": "done"}


def made(row: int, **more) -> Result:
    method = GROUPS[row]
    own = {"method": method, "seed": row, "params": METHODS[method].start(RECOMMENDED).flat()}
    scores = {"acc": row / 10, "silhouette": -row / 10, "neighbors": row / 20, "labels": packed(LABELS[row])}
    return Result(**{**VALUES, **own, **scores, **more})


RUNS = [made(row) for row in range(5)]


def test_stability_and_consensus_are_means_of_pairs():
    found = measured(RUNS)
    assert found.keys() == MEASURES.keys()
    first = [adjusted_rand_score(LABELS[0], LABELS[other]) for other in (1, 3)]
    assert found["stability"][0] == pytest.approx(np.mean(first))
    assert np.isnan(found["stability"][4])
    others = [normalized_mutual_info_score(LABELS[0], LABELS[other]) for other in (2, 4)]
    assert found["consensus"][0] == pytest.approx(np.mean(others))


def test_a_run_without_labels_is_left_out_of_comparisons_alone():
    found = measured([*RUNS, made(0, labels="", silhouette=None)])
    assert np.isnan([values[-1] for name, values in found.items() if name != "neighbors"]).all()
    np.testing.assert_allclose(found["stability"][:5], measured(RUNS)["stability"])


def test_each_measure_chooses():
    found = choices(RUNS)
    assert (found["neighbors"].chosen, found["neighbors"].correlation) == (pytest.approx(0.4), pytest.approx(1))
    assert (found["silhouette"].chosen, found["silhouette"].correlation) == (0, pytest.approx(-1))
    assert found["stability"].runs == 3
    assert choices(RUNS[:2]) == {}


def test_only_runs_of_today_s_preset_on_the_same_data_are_compared():
    strangers = [
        made(0, system="clustpy"),
        made(1, preset="quick demo"),
        made(2, method="gone"),
        made(4, params={**RUNS[4].params, "restarts": 99}, k=4),
    ]
    found = comparable([*RUNS[::-1], made(0, k=5), *strangers])
    methods = [[summary.one.method for summary in here] for here in found.values()]
    assert methods == [["kmeans", "dec", "vade"], ["dec"]]
    assert sorted(r.seed for r in found[RUNS[0].data_key][1].done) == [0, 1, 3]


def test_equal_values_share_a_place():
    assert ranks({"a": 0.5, "b": 0.9, "c": 0.5, "d": None, "e": 0.1}) == {"b": 1, "a": 2, "c": 2, "e": 4}
