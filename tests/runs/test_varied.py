"""What differs between runs, and their scores by setting."""

import pytest
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.varied import places, title_of, varied

from tests.support.pages import made


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    for seed in (0, 1):
        for rate in (0.01, 0.02):
            made(seed, **{"cluster.lr": rate, "cluster.epochs": 1})
    return entries()


def test_what_differs_and_its_names(sweep):
    assert varied(sweep) == ["seed", "cluster.lr"]
    assert varied(sweep[:1]) == []
    titles = {title_of(name, sweep) for name in ("cluster.lr", "pretrain.lr")}
    assert len(titles) == 2
    assert title_of("seed", sweep) == "seed"
    assert title_of("data.n", sweep) != "data.n"


def test_seeds_of_one_setting_are_one_place(sweep):
    found = places(sweep, "acc")
    assert len(found) == 2
    assert {one.settings["cluster.lr"] for one in found} == {0.01, 0.02}
    for one in found:
        accs = sorted(each.scores["acc"] for each in sweep if each.values["cluster.lr"] == one.settings["cluster.lr"])
        assert one.range == (accs[0], accs[-1])
        assert one.median == pytest.approx(sum(accs) / 2)
    assert found[0].median >= found[1].median
    assert places(sweep, "nothing") == []
