"""What a stranger finds on the pages: everything to look at, and beside each button that does nothing the reason."""

import numpy as np
import pytest
from epochscope import rights
from epochscope.data.own.choose import Points
from epochscope.data.own.user_datasets import keep, shelf
from epochscope.rights import Person
from epochscope.runs.format import metadata as about
from epochscope.runs.format.metadata import About
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.store import Run
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import entries, set_quota
from epochscope.runs.training.manager import manager

from tests.support.pages import app, button, made, panels, select
from tests.support.waiting import until

OWNER, STRANGER, OPERATOR = Person("a" * 64), Person("b" * 64), Person("c" * 64, operator=True)
SLOW = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
WHY = "by somebody else"


@pytest.fixture
def act(monkeypatch):
    def be(somebody: Person) -> None:
        monkeypatch.setattr(rights, "_who", [lambda: somebody])

    be(OWNER)
    return be


def popover(test, label: str):
    return next(one.proto.popover for one in test.get("popover") if one.proto.popover.label == label)


def forced(disabled):
    """A click by a client that pays no heed to what is disabled."""
    disabled.proto.disabled = False
    disabled.click().run()


def test_a_stranger_watches_a_run_that_trains_and_cannot_stop_it(act):
    run = Run(manager().start(SLOW))
    until(lambda: run.status["state"] == "running")
    act(STRANGER)
    test = app(run=run.id)
    assert panels(test) == 9
    for key in ("play", "pause", "stop"):
        assert test.button(key=key).disabled, key
        assert WHY in test.button(key=key).help
    assert any("started by somebody else: watching only" in text.value for text in test.caption)
    forced(test.button(key="stop"))
    assert run.live
    test.select_slider(key="dec.pretrain.lr").set_value(0.01).run()
    assert not run.marks()
    act(OWNER)
    test = app(run=run.id)
    test.button(key="pause").click().run()
    until(lambda: run.status["state"] == "paused")
    act(STRANGER)
    test = app(run=run.id)
    assert test.button(key="play").disabled
    assert manager().control(run.id) is None
    act(OPERATOR)
    test = app(run=run.id)
    test.button(key="stop").click().run()
    until(lambda: run.status["state"] == "stopped")
    act(STRANGER)
    test = app(run=run.id)
    assert test.button(key="resume").disabled
    assert WHY in test.button(key="resume").help
    assert not test.button(key="play").disabled  # trains a run of one's own


def test_a_stranger_finds_buttons_with_reasons_on_the_runs_page(act):
    made(1, last=1)
    act(STRANGER)
    test = select(app("pages/runs.py"), 0)
    assert button(test, "Continue").disabled
    assert WHY in button(test, "Continue").help
    for label in ("Name, tags, notes", "Delete"):
        assert popover(test, label).disabled, label
        assert WHY in popover(test, label).help
    for label in ("Open on the stage", "Inspect", "Duplicate"):
        assert not button(test, label).disabled, label
    for label in ("Export", "Run again"):
        assert not popover(test, label).disabled, label
    assert not [one for one in test.button if one.label == "Save"]
    act(OWNER)
    test = select(app("pages/runs.py"), 0)
    assert not button(test, "Continue").disabled
    assert not popover(test, "Name, tags, notes").disabled
    assert not popover(test, "Delete").disabled


def test_a_page_that_was_open_before_says_why_instead_of_doing_it(act):
    run = made(1, last=1)
    test = select(app("pages/runs.py"), 0)
    act(STRANGER)
    for press in (lambda: button(test, "Continue"), lambda: test.button(key="delete"), lambda: button(test, "Save")):
        act(OWNER)
        select(test, 0)
        chosen = press()
        act(STRANGER)
        chosen.click().run()
        assert not test.exception
        assert run.status["state"] == "stopped"
        assert run.folder.is_dir()
        assert about.read(run.folder) == About()


def test_of_several_selected_runs_only_one_s_own_are_deleted(act):
    theirs = made(1)
    act(STRANGER)
    made(2)
    test = select(app("pages/runs.py"), 0, 1)
    assert any("1 of the selected runs were started by somebody else and stay" in text.value for text in test.caption)
    test.button(key="delete").click().run()
    assert [one.id for one in entries()] == [theirs.id]
    act(OPERATOR)
    test = select(app("pages/runs.py"), 0)
    assert any("started from another browser" in text.value for text in test.caption)


def test_quota_and_trash_are_not_a_stranger_s(act):
    theirs = made(1)
    lying = made(2)
    trash.throw_away(lying.id)
    act(OPERATOR)
    set_quota(1e-6)
    act(STRANGER)
    test = app("pages/runs.py")
    assert test.number_input(key="quota").disabled
    assert "only who runs it" in test.number_input(key="quota").help
    assert not {"quota.apply", "trash.empty", "trash.restore", "undo"} & {one.key for one in test.button}
    act(OPERATOR)
    test = app("pages/runs.py")
    shown = next(text.value for text in test.markdown if "these would go" in text.value)
    assert "started from another browser" in shown
    act(OWNER)
    test = app("pages/runs.py")
    test.button(key="trash.restore").click().run()
    assert {one.id for one in entries()} == {theirs.id, lying.id}


def test_a_group_is_cancelled_by_its_owner(act):
    group = manager().start_group([SLOW] * 3, "slow ones")
    act(STRANGER)
    test = app("pages/runs.py")
    assert test.button(key=f"cancel-{group}").disabled
    assert WHY in test.button(key=f"cancel-{group}").help
    forced(test.button(key=f"cancel-{group}"))
    assert all(one.live for one in entries())
    act(OWNER)
    app("pages/runs.py").button(key=f"cancel-{group}").click().run()
    until(lambda: not any(one.live for one in entries()))


def test_data_of_somebody_else_stay(act):
    x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    points = Points(x, None, (), ("a", "b"), None, (), 0)
    kept = keep(points, title="mine", file="a.csv", label="")
    act(STRANGER)
    again = keep(points, title="taken over", file="b.csv", label="")
    assert (again.id, again.title) == (kept.id, "mine")
    test = app("pages/data.py")
    test.selectbox(key="data").set_value(f"own-{kept.id}").run()
    assert popover(test, "Remove these data").disabled
    assert WHY in popover(test, "Remove these data").help
    button(test, "Remove").click().run()
    assert [one.title for one in shelf()] == ["mine"]
    assert WHY in test.error[0].value
    act(OWNER)
    button(test.run(), "Remove").click().run()
    assert not list(shelf())


def test_whoever_looks_without_a_browser_is_the_program():
    test = app()
    test.button(key="play").click().run()
    run = Run(test.query_params["run"])
    assert not (run.folder / rights.OWNER).exists()
