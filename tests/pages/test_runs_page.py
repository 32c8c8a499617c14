"""The Runs page as Streamlit draws it: search, names, deletion and its undo, duplicates, groups, continuing."""

import json
import threading

import pytest
import streamlit
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.library import catalog, summaries, trash
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.quota import set_quota
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import manager, train
from epochscope.runs.training.writer import RunWriter
from epochscope.ui.runs import page

from tests.support.pages import SMALL, app, button, followed, made, select, still_charts
from tests.support.waiting import until

NASTY = "<b onclick=alert(1)>**bold** [x](http://evil)</b>"


@pytest.fixture
def three() -> list[Run]:
    """Newest first."""
    runs = [made(seed) for seed in range(3)]
    return [next(run for run in runs if run.id == one.id) for one in entries()]


def test_search_by_words_and_tags(three):
    metadata.write(three[1].folder, Metadata(name="The good one", tags=("lecture",), notes="watch epoch 3"), PROGRAM)
    test = app("pages/runs.py")
    assert len(test.dataframe[0].value) == 3
    for words, count in (("#lecture", 1), ("GOOD epoch", 1), ("blobs dec", 3), ("seed 2", 1), ("nothing", 0)):
        test.text_input(key="find").set_value(words).run()
        assert not test.exception
        assert [len(table.value) for table in test.dataframe] == [count, count] * bool(count), words  # and a phone's


def test_a_name_with_markup_stays_text(three):
    metadata.write(
        three[0].folder, Metadata(name=NASTY, tags=(NASTY,), notes=NASTY, group="g", group_title=NASTY), PROGRAM
    )
    test = select(app("pages/runs.py"), 0)
    assert test.dataframe[0].value["name"][0] == " ".join(NASTY.split())
    assert not [text for text in [*test.markdown, *test.caption] if "<b" in text.value and r"\<b" not in text.value]
    assert test.text[0].value == NASTY


def test_naming_a_run(three):
    test = select(app("pages/runs.py"), 1)
    fields = {field.label: field for field in test.text_input}
    fields["Name"].set_value("  My\n run ")
    fields["Tags, comma-separated"].set_value("a, #b,, a")
    test.text_area[0].set_value("two\nlines")
    button(test, "Save").click().run()
    assert not test.exception
    assert metadata.read(three[1].folder) == Metadata(name="My run", tags=("a", "b"), notes="two\nlines")
    assert test.dataframe[0].value["name"].tolist() == ["", "My run", ""]


def test_delete_asks_and_can_be_undone(three):
    test = select(app("pages/runs.py"), 0, 2)
    assert any("Move these 2 runs to the trash?" in text.value for text in test.markdown)
    test.button(key="delete").click().run()
    assert not test.exception
    assert [one.id for one in entries()] == [three[1].id]
    button(test, "Undo delete of 2").click().run()
    assert not test.exception
    assert [one.id for one in entries()] == [run.id for run in three]
    assert "undo" not in [one.key for one in test.button]


def test_a_live_run_is_not_deleted(three):
    writer = RunWriter(RunSpec("blobs", "dec", 3, 9, data={"n": 120}, params=SMALL), PROGRAM)
    test = select(app("pages/runs.py"), [one.id for one in entries()].index(writer.id))
    assert test.button(key="delete").disabled
    writer.finish("stopped")


def test_the_trash_comes_back_or_is_emptied(three):
    trash.throw_away(three[0].id, PROGRAM)
    trash.throw_away(three[1].id, PROGRAM)
    test = app("pages/runs.py")
    test.button(key="trash.restore").click().run()
    assert len(entries()) == 3
    trash.throw_away(three[0].id, PROGRAM)
    test = app("pages/runs.py")
    test.button(key="trash.empty").click().run()
    assert not test.exception
    assert trash.thrown_away(PROGRAM) == []
    assert len(entries()) == 2


def test_the_quota_shows_first_what_would_go(three):
    metadata.write(three[2].folder, Metadata(name="the oldest, kept"), PROGRAM)
    set_quota(1e-6, PROGRAM)
    test = app("pages/runs.py")
    shown = next(text.value for text in test.markdown if "these would be deleted" in text.value)
    assert shown.count("\n- ") == 2
    assert len(entries()) == 3
    test.button(key="quota.apply").click().run()
    assert not test.exception
    assert [one.id for one in entries()] == [three[2].id]
    assert len(trash.thrown_away(PROGRAM)) == 2


def test_a_run_that_cannot_be_read_is_a_line_with_a_sentence(three):
    path = three[0].folder / "run.json"
    found = json.loads(path.read_text())
    found["spec"]["schema"] = 99
    path.write_text(json.dumps(found))
    three[1].journal.lines_path.write_bytes(b"garbage\n")
    (three[2].folder / "run.json").write_text('{"spec": 3}')
    test = app("pages/runs.py")
    ids = [one.id for one in entries()]
    states = dict(zip(ids, test.dataframe[0].value["state"], strict=True))
    assert [states[run.id] for run in three] == ["damaged"] * 3
    for run, words in zip(three, ("newer epochscope", "damaged at line 1", "damaged"), strict=True):
        select(test, ids.index(run.id))
        assert any(words in text.value for text in test.caption), words


def test_runs_that_nobody_has_read_are_read_behind_the_page(monkeypatch):
    first, second = sorted((made(0), made(1)), key=lambda run: run.id)  # newer ids are read first
    catalog._known.clear()
    catalog._readers.clear()
    monkeypatch.setattr(summaries, "kept", lambda *_: {})
    read, held = catalog.read_entry, threading.Event()

    def wait_for_the_older(folder, run_id):
        if run_id == first.id:
            held.wait(60)
        return read(folder, run_id)

    monkeypatch.setattr(catalog, "read_entry", wait_for_the_older)
    monkeypatch.setattr(page, "listing", lambda: catalog.listing(-1.0))
    test = app("pages/runs.py")
    until(lambda: second.id in catalog._known[str(second.folder.parent)])
    test.run()
    assert any("Reading runs for the first time" in one.value and "of 2" in one.value for one in test.caption)
    assert len(test.dataframe[0].value) == 1, "the newest one is shown"
    held.set()
    until(lambda: not catalog.unread() and first.id in catalog._known[str(first.folder.parent)])
    test.run()
    assert len(test.dataframe[0].value) == 2
    assert not any("Reading runs" in one.value for one in test.caption)


def test_what_differs_has_a_column_and_a_plot_with_the_best_and_its_range():
    for seed, nu in ((0, 1.0), (1, 1.0), (0, 2.0)):
        made(seed, nu=nu)
    test = app("pages/runs.py")
    table = test.dataframe[0].value
    assert {"seed", "ν"} <= set(table.columns)
    assert "k" not in table.columns
    assert sorted(table["ν"]) == [1.0, 1.0, 2.0]
    assert test.selectbox(key="plot-x").value == "nu"
    best = next(one.value for one in test.caption if one.value.startswith("Best ACC"))
    assert "with ν" in best.replace("\\", "")
    assert still_charts(test) == ["score-plot"]
    assert not test.segmented_control, "one setting differs: nothing to draw across"


def test_a_duplicate_opens_with_the_run_s_settings():
    run = made(5, **{"pretrain.batch": 123, "nu": 2.5})
    test = select(app("pages/runs.py"), 0)
    followed(button(test, "Duplicate").click().run())
    assert test.selectbox(key="data").value == "blobs"
    test.button(key="play").click().run()
    again = Run(test.query_params["run"]).spec
    assert (again.data, again.params, again.k, again.seed) == (run.spec.data, run.spec.params, 3, 5)


def test_continue_on_both_pages():
    run = made(1, last=1, **{"cluster.epochs": 3})
    assert run.status["state"] == "stopped"
    test = select(app("pages/runs.py"), 0)
    button(test, "Continue").click().run()
    assert not test.exception
    until(lambda: run.status["state"] == "done")
    other = made(2, last=2)
    test = app(run=other.id)
    test.button(key="resume").click().run()
    assert not test.exception
    until(lambda: other.status["state"] == "done")
    until(lambda: manager().control(other.id, PROGRAM) is None)
    test.run()
    assert "resume" not in [one.key for one in test.button]


def test_other_seeds_and_a_grid_are_groups():
    run = made(4)
    test = select(app("pages/runs.py"), 0)
    test.number_input(key="again.count").set_value(3).run()
    button(test, "Run seeds 5 to 7").click().run()
    assert not test.exception
    until(lambda: not any(one.live for one in entries()))
    assert sorted(Run(one.id).spec.seed for one in entries() if one.metadata.group) == [5, 6, 7]
    assert {one.state for one in entries()} == {"done"}
    test = select(app("pages/runs.py"), [one.id for one in entries()].index(run.id))
    assert any("3 of 3 ended" in text.value and "ACC" in text.value for text in test.caption)
    test.selectbox(key="again.name1").set_value("nu").run()
    test.text_input(key="again.values.nu").set_value("1, 2").run()
    test.selectbox(key="again.name2").set_value("k").run()
    test.text_input(key="again.values.k").set_value("2, many").run()
    test.button(key="again.grid").click().run()
    assert "k must be a whole number" in test.error[0].value
    assert len(entries()) == 4
    test.text_input(key="again.values.k").set_value("2, 3").run()
    test.button(key="again.grid").click().run()
    assert not test.exception
    until(lambda: not any(one.live for one in entries()))
    made_now = [Run(one.id).spec for one in entries() if "nu = " in one.metadata.group_title]
    assert sorted((spec.params["nu"], spec.k) for spec in made_now) == [(1, 2), (1, 3), (2, 2), (2, 3)]


def test_a_run_that_has_ended_can_be_repeated_from_the_train_page():
    run = made(8)
    test = app(run=run.id)
    test.number_input(key="again.count").set_value(2).run()
    test.button(key="again.seeds").click().run()
    assert not test.exception
    assert any("2 runs were queued" in one.value for one in test.caption)
    test.button(key="queued-read").click().run()
    assert not any("were queued" in one.value for one in test.caption)
    until(lambda: not any(one.live for one in entries()))
    assert sorted(Run(one.id).spec.seed for one in entries() if one.metadata.group) == [9, 10]


def test_the_list_renews_itself_while_something_trains(monkeypatch):
    polled = []
    original = streamlit.fragment
    monkeypatch.setattr("streamlit.fragment", lambda body, **more: polled.append(more) or original(body, **more))
    made(9)
    app("pages/runs.py")
    assert {"run_every": 2.0} not in polled
    slow = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
    run_id = manager().start(slow, PROGRAM)
    until(lambda: Run(run_id).epochs())
    app("pages/runs.py")
    assert {"run_every": 2.0} in polled
    manager().stop([run_id], PROGRAM)
    until(lambda: not Run(run_id).live)


def test_a_group_is_cancelled_as_a_whole():
    slow = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
    group = manager().start_group([slow] * 5, "slow ones", PROGRAM)
    test = app("pages/runs.py")
    test.button(key=f"cancel-{group}").click().run()
    assert not test.exception
    until(lambda: not any(one.live for one in entries()))
    assert [one.state for one in entries()] == ["stopped"] * 5
    assert (runs_folder() / entries()[0].id).is_dir()


def test_a_run_started_by_itself_comes_before_those_that_wait():
    slow = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
    manager().start_group([slow] * 5, "slow ones", PROGRAM)
    until(lambda: sum(one.state == "running" for one in entries()) == 2)
    alone = manager().start(RunSpec("blobs", "kmeans", 3, 0, data={"n": 120}), PROGRAM)
    running = [one.id for one in entries() if one.state == "running"]
    manager().stop(running[:1], PROGRAM)
    until(lambda: Run(alone).status["state"] == "done")
    assert sum(one.state == "queued" for one in entries()) >= 2
    manager().stop([one.id for one in entries()], PROGRAM)


def test_a_run_that_is_deleted_or_damaged_while_it_is_shown_is_one_sentence():
    shown, damaged = made(1), made(2)
    test = app(run=shown.id)
    assert not test.error
    trash.throw_away(shown.id, PROGRAM)
    test.run()
    assert not test.exception
    assert "There is no run" in test.error[0].value
    damaged.journal.lines_path.write_bytes(b"garbage\n")
    test = app(run=damaged.id)
    assert "damaged at line 1" in test.error[0].value
    assert "continue the run" in test.error[0].value
    (damaged.folder / "info.json").write_bytes(b"{")
    test = app(run=damaged.id)
    assert "info.json is damaged" in test.error[0].value


def test_a_run_that_would_fail_again_says_so_instead_of_continuing():
    writer = RunWriter(RunSpec("blobs", "kmeans", 200, 0, data={"n": 100}), PROGRAM)
    train(writer, Control())
    test = select(app("pages/runs.py"), 0)
    continuing = button(test, "Continue")
    assert continuing.disabled
    assert "would fail again" in continuing.help
    test = app(run=writer.id)
    assert test.button(key="resume").disabled
    assert "would fail again" in test.button(key="resume").help
