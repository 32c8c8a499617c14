"""The Results page as Streamlit draws it: our medians, and the published numbers apart from them."""

import numpy as np
import pytest
from epochscope.data import SOURCES
from epochscope.figures import choosing
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED
from epochscope.published import EVIDENCE, TABLES, data_sets, published
from epochscope.runs.library import results as stored
from epochscope.runs.library.choosing import choices
from epochscope.ui.results import page, tables
from epochscope.ui.shared import preset_words

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
    monkeypatch.setattr(page, "read", lambda: found)


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
    assert test.table[0].value["ACC"].tolist() == ["90.0"]


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
    monkeypatch.setattr(page, "read", list)
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
    (row,) = tables.our_rows(stored.summaries(runs), "method")
    assert row["ACC at start"] == "65.0"
    (row,) = tables.our_rows(stored.summaries([made("dec", 0, 0.8)]), "method")
    assert row["ACC at start"] == "–"


def alike(method: str, seed: int, acc: float, **more) -> stored.Result:
    """A result with the recommended preset."""
    labels = stored.packed(np.random.default_rng(seed).integers(0, 3, 50))
    return made(method, seed, acc, RECOMMENDED, silhouette=acc / 4, neighbors=0.9 - acc, labels=labels, **more)


def test_one_preset_for_all_sets_comes_first_with_ranks_measures_and_the_peer(monkeypatch):
    blobs = {"dataset": "blobs", "data": SOURCES["blobs"].params().flat()}
    found = [alike("dec", seed, 0.5 + seed / 10) for seed in range(3)]
    moons = {"dataset": "moons", "data": SOURCES["moons"].params().flat()}
    found += [alike("kmeans", 0, 0.55), alike("kmeans", 0, 0.9, **blobs), alike("soft_kmeans", 0, 0.4)]
    found += [alike("dec", 0, 0.4, **blobs), alike("kmeans", 0, 0.7, **moons)]
    found += [made("dec", 0, 0.3), made("dec", 0, 0.65, system="ClustPy")]
    monkeypatch.setattr(page, "read", lambda: found)
    test = app("pages/results.py")
    assert not test.exception
    chosen, ours, sets = (test.table[at].value for at in range(3))
    assert chosen["runs"].tolist() == ["5"]
    assert chosen["silhouette"].tolist() == [f"70.0{SPACE}(+1.00)"]
    assert (chosen["median run"].tolist(), chosen["best run"].tolist()) == (["55.0"], ["70.0"])
    assert ours["method"].tolist() == ["DEC", "k-means", "Soft k-means (chosen on these labels)"]
    assert "preset" not in ours
    assert [ours[f"rank by {score}"].tolist() for score in ("ACC", "NMI")] == [["1", "2", "3"]] * 2
    assert ours["silhouette"].tolist() == ["0.15", "0.14", "0.10"]
    assert ours["neighbors"].tolist() == ["0.30", "0.35", "0.50"]
    assert [value == "–" for value in ours["stability"]] == [False, True, True]
    assert "–" not in set(ours["consensus"])
    assert ours["ACC of ClustPy"].tolist() == ["65.0", "–", "–"]
    assert sets["method"].tolist() == ["k-means", "DEC", "Soft k-means"]
    assert sets["sets"].tolist() == ["2", "2", "1"]
    assert sets["mean rank by ACC"].tolist() == ["1.5", "1.5", "3.0"]
    assert sets["Blobs"].tolist() == ["90.0", "40.0", "–"]
    assert any("Left out here" in caption.value and "Two moons" in caption.value for caption in test.caption)
    test.segmented_control(key="presets").set_value("presets for a set").run()
    assert test.table[0].value["preset"].tolist() == ["quick demo (chosen on these labels)"]


def test_the_choice_of_each_measure_is_drawn_between_the_median_and_the_best_run():
    runs = [alike("dec", seed, 0.5 + seed / 10) for seed in range(3)]
    v = choosing.view({"digits": choices(runs), "nothing": {}})
    assert (v.names, v.medians, v.best) == (["digits"], [60.0], [70.0])
    assert v.marks["silhouette"] == [(0, 70.0, "rank correlation with ACC +1.00, 3 runs")]
    assert v.marks["neighbors"] == [(0, 50.0, "rank correlation with ACC -1.00, 3 runs")]
    drawn = choosing.figure(v, "Which?")
    assert [trace.name for trace in drawn.data] == ["median to best run", "silhouette", "neighbors", "stability"]
    assert (list(drawn.data[0].base), list(drawn.data[0].x)) == ([60.0], [pytest.approx(10.0)])


def test_a_published_number_that_labels_chose_says_so():
    marked = {(cell.method, cell.acc) for cell in published() if "chosen on these labels" in cell.differs}
    assert {("VaDE", "94.46"), ("VaDE", "85.38")} <= marked
    assert ("DEC", "84.3") not in marked


def test_a_preset_that_has_changed_since_is_named():
    now = METHODS["kmeans"].start("quick demo").flat()
    old = made("kmeans", 0, 0.5, params={**now, "restarts": 99})
    (row,) = tables.our_rows(stored.summaries([old]), "method")
    assert row["preset"] == r"quick demo (differs from today's preset\: restarts)"


def test_a_preset_says_on_which_labels_it_was_chosen():
    quick, *_, paper = METHODS["dec"].presets
    assert (
        preset_words.chosen_on_labels(quick)
        == "Scores on Digits 8 x 8 are flattering: this preset was tuned with their labels."
    )
    assert preset_words.chosen_on_labels(paper) == ""
    assert preset_words.told(quick) == f"{quick.source} {preset_words.chosen_on_labels(quick)}"
    assert preset_words.told(paper) == paper.source
    for method in METHODS.values():
        for preset in method.presets:
            assert set(preset.chosen_on) <= SOURCES.keys()
            assert bool(preset.chosen_on) or preset.title not in ("minutes", "fast")
