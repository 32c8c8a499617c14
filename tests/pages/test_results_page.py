"""The Results page as Streamlit draws it: our medians, and the published numbers apart from them."""

import pytest
from epochscope.data import SOURCES
from epochscope.methods import METHODS
from epochscope.published import EVIDENCE, TABLES, data_sets, published
from epochscope.runs.library import results as stored
from epochscope.ui.results import page as shown

from tests.support.pages import app

SPACE = "\u00a0"  # between words that stay together


def made(method: str, seed: int, acc: float | None, preset: str | None = None, **more) -> stored.Result:
    title = preset or METHODS[method].presets[0].title
    scores = {"state": "failed", "message": "no luck"} if acc is None else {"state": "done", "acc": acc, "nmi": acc / 2}
    values = {"dataset": "digits", "data": SOURCES["digits"].params().flat(), "method": method, "k": 10, "seed": seed}
    values |= {"preset": title, "params": METHODS[method].start(title).flat(), "epochs": 7, "seconds": 3.5}
    return stored.Result(**{**values, **scores, **more})


@pytest.fixture
def some(monkeypatch):
    """Results of every method on the digits, one failure, and one on a data set nobody knows any more."""
    found = [made(key, seed, 0.5 + seed / 10) for key in reversed(METHODS) for seed in (0, 1, 3)]
    found += [made("dec", 9, None), made("kmeans", 0, 0.9, dataset="gone")]
    monkeypatch.setattr(shown, "read", lambda: found)


@pytest.mark.usefixtures("some")
def test_medians_and_ranges_of_every_method():
    test = app("pages/results.py")
    ours = test.table[0].value
    assert ours["method"].tolist() == [method.title for method in METHODS.values()]
    assert set(ours["ACC"]) == {"60.0 (50.0 to 80.0)".replace(" ", SPACE)}
    assert set(ours["NMI"]) == {"30.0 (25.0 to 40.0)".replace(" ", SPACE)}
    assert ours["seeds"].tolist() == ["3, 1 failed" if key == "dec" else "3" for key in METHODS]
    assert set(ours["epochs"]) == {"7"}
    assert any("seed 9: no luck" in caption.value for caption in test.caption)
    test.segmented_control(key="score").set_value("NMI").run()
    assert not test.exception
    test.segmented_control(key="measured").set_value("gone").run()
    assert test.table[0].value["ACC"].tolist() == ["90.0 (90.0 to 90.0)".replace(" ", SPACE)]


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("data", data_sets())
def test_published_numbers_of_every_data_set(data):
    test = app("pages/results.py")
    test.segmented_control(key="published").set_value(data).run()
    assert not test.exception
    assert any(text.value == "Published, mixed protocols" for text in test.subheader)
    tables = [table.value for table in test.table if "evidence" in table.value]
    assert sum(map(len, tables)) == len(list(published(data=data)))
    marks = {word.replace(SPACE, " ") for table in tables for word in table["evidence"]}
    assert marks <= {word for word, _ in EVIDENCE.values()}


def test_without_results_the_page_says_how_to_make_them(monkeypatch):
    monkeypatch.setattr(shown, "read", list)
    test = app("pages/results.py")
    assert any("benchmarks.accuracy" in text.value for text in test.markdown)


def test_the_file_that_ships_can_be_shown():
    test = app("pages/results.py")
    assert not test.exception
    assert stored.read()


def test_every_published_cell_is_of_a_column_and_says_what_differs():
    assert len(list(published())) == sum(len(row.cells) for table in TABLES for row in table.rows)
    for table in TABLES:
        for row in table.rows:
            assert row.cells.keys() <= table.columns.keys()
    for cell in published():
        assert cell.differs
        assert cell.acc
    assert {row.key for table in TABLES for row in table.rows} & METHODS.keys() >= {
        "dec",
        "idec",
        "kmeans",
        "ae_kmeans",
    }
    assert [cell.acc for cell in published(method="dec", data="MNIST")] == ["84.3", "84.3", "91.2"]


def test_what_clustering_began_with_stands_beside_what_it_ended_with():
    runs = [made("dec", seed, 0.8, start={"acc": begun}) for seed, begun in enumerate((0.5, 0.7, 0.65))]
    (row,) = shown.our_rows(stored.summaries(runs), "method")
    assert row["ACC at start"] == "65.0"
    (row,) = shown.our_rows(stored.summaries([made("dec", 0, 0.8)]), "method")
    assert row["ACC at start"] == "–"


def test_a_preset_that_has_changed_since_is_named():
    now = METHODS["kmeans"].start("quick demo").flat()
    old = made("kmeans", 0, 0.5, params={**now, "restarts": 99})
    (row,) = shown.our_rows(stored.summaries([old]), "method")
    assert row["preset"] == r"quick demo (differs from today's preset\: restarts)"
