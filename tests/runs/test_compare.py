"""Runs side by side: what differs, what they are called, medians and ranges over seeds by hand."""

import statistics

import numpy as np
import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.compare import Asked, band, numbers, other_seeds, settings, titles
from epochscope.runs.library.names import told_apart
from epochscope.runs.training.request import resolve
from epochscope.runs.training.writer import RunWriter

BLOBS = {"n": 120}


def spec(method="dec", seed=0, **params) -> RunSpec:
    return RunSpec("blobs", method, 3, seed, data=BLOBS, params={k.replace("__", "."): v for k, v in params.items()})


def asked(*about, **params) -> Asked:
    request = resolve(spec(*about, **params))
    return Asked(request.spec, request.display)


def line(epoch, seconds, **scores):
    return {"epoch": epoch, "seconds": seconds, "losses": {"kl": 0.5}, "scores": scores}


def test_what_differs_is_marked_and_what_a_run_has_not_is_empty():
    rows = {row.name: row for row in settings([asked("dec"), asked("idec", seed=4, gamma=0.7)])}
    assert rows["method"].values == ("DEC", "IDEC")
    assert rows["seed"].values == (0, 4)
    assert rows["seed"].differs
    gamma = next(row for name, row in rows.items() if name.startswith("γ"))
    assert gamma.values == (None, 0.7)
    assert gamma.differs
    assert not rows["k · clusters"].differs
    assert len({row.name for row in rows.values()}) == len(rows)


def test_equal_requests_differ_in_nothing():
    assert not any(row.differs for row in settings([asked(), asked()]))


def test_names_say_what_sets_runs_apart_and_no_more():
    assert titles([asked("dec"), asked("vade")]) == ["1: DEC", "2: VaDE"]
    assert titles([asked("idec", gamma=0.1), asked("idec", gamma=0.9)]) == ["1: IDEC, γ 0.1", "2: IDEC, γ 0.9"]
    assert titles([asked(seed=1), asked(seed=2)]) == ["1: DEC, seed 1", "2: DEC, seed 2"]
    assert titles([asked(seed=1), asked(seed=2)._replace(name="my best")]) == ["1: DEC, seed 1", "2: my best"]
    alike = [asked(seed=seed)._replace(name="again") for seed in (1, 2)]
    assert titles(alike) == ["1: DEC, seed 1", "2: DEC, seed 2"]


def test_scores_are_offered_first_and_only_what_was_recorded():
    tables = [[line(0, 1.0)], [line(0, 1.0, changed=0.5, acc=0.5) | {"measures": {"alpha": 2.0}}]]
    assert numbers(tables) == {
        "ACC": ("scores", "acc"),
        "loss: kl": ("losses", "kl"),
        "changed": ("scores", "changed"),
        "alpha": ("measures", "alpha"),
    }


@pytest.mark.parametrize("seconds", [False, True])
def test_a_band_is_the_median_and_the_range_as_far_as_all_go(seconds):
    rng = np.random.default_rng(0)
    tables = [[line(e, rng.uniform(1, 2), acc=rng.uniform()) for e in range(5 + extra)] for extra in range(3)]
    found = band(tables, "scores", "acc", seconds=seconds)
    assert found.seeds == 3
    for e in range(5):
        values = [table[e]["scores"]["acc"] for table in tables]
        assert found.median[e] == statistics.median(values)
        assert (found.low[e], found.high[e]) == (min(values), max(values))
        spent = [sum(one["seconds"] for one in table[: e + 1]) for table in tables]
        assert found.x[e] == pytest.approx(statistics.median(spent) if seconds else e)
    assert len(found.x) == 5


def test_epochs_without_the_number_are_left_out():
    tables = [[line(0, 1.0), line(1, 1.0, acc=0.2)], [line(0, 1.0, acc=0.9), line(1, 1.0, acc=0.4)]]
    found = band(tables, "scores", "acc", seconds=False)
    assert (found.x.tolist(), found.median.tolist()) == ([1.0], [pytest.approx(0.3)])
    assert band(tables, "scores", "nmi", seconds=False) is None
    assert band([[], tables[0]], "scores", "acc", seconds=False) is None


def test_other_seeds_of_the_same_settings_are_found_each_once():
    def stored(asked: RunSpec) -> Run:
        writer = RunWriter(asked, PROGRAM)
        writer.finish("done")
        return Run(writer.id)

    mine, same, again, other = (stored(s) for s in (spec(), spec(seed=3), spec(seed=3), spec(seed=4, nu=2.0)))
    assert [run.id for run in other_seeds(mine, [other, again, same, mine])] == [mine.id, again.id]


def test_runs_of_one_name_are_told_apart_even_where_their_ids_end_alike():
    names = {"20261129-1a2b": "DEC", "20261129-3c4d": "DEC", "20261129-5e6f": "IDEC"}
    assert list(told_apart(names).values()) == ["DEC · 1a2b", "DEC · 3c4d", "IDEC"]
    bundled = {"tour-detached": "DEC", "tour-not-detached": "DEC"}
    assert list(told_apart(bundled).values()) == ["DEC · tour-detached", "DEC · tour-not-detached"]
