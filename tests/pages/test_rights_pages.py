"""What a stranger finds on the pages: everything to look at, and beside each button that does nothing the reason."""

import numpy as np
import pytest
from epochscope.data.own.choose import Points
from epochscope.data.own.user_datasets import keep, stored_datasets
from epochscope.rights import PROGRAM, Kind, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.quota import set_quota
from epochscope.runs.training.manager import manager
from epochscope.server.visitors import KEPT_AS

from tests.support.pages import app, button, made, panels, select
from tests.support.waiting import until

OWNER, STRANGER = Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
OPERATOR = Visitor(Kind.AT_THE_MACHINE, "c" * 64)
SLOW = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
WHY = "by somebody else"


def told(visitor: Visitor) -> dict[str, str]:
    """What Streamlit keeps of a connection of theirs."""
    return {KEPT_AS: f"{'machine' if visitor.kind is Kind.AT_THE_MACHINE else 'elsewhere'} {visitor.mark}"}


def page(visitor: Visitor, path: str = "", **query: str):
    """A page that they have open."""
    return app(path, user=told(visitor), **query)


def popover(test, label: str):
    return next(one.proto.popover for one in test.get("popover") if one.proto.popover.label == label)


def forced(disabled):
    """A click by a client that pays no heed to what is disabled."""
    disabled.proto.disabled = False
    disabled.click().run()


def test_a_stranger_watches_a_run_that_trains_and_cannot_stop_it():
    run = Run(manager().start(SLOW, OWNER))
    until(lambda: run.status["state"] == "running")
    test = page(STRANGER, run=run.id)
    assert panels(test) == 9
    for key in ("play", "pause", "stop"):
        assert test.button(key=key).disabled, key
        assert WHY in test.button(key=key).help
    assert any("started by somebody else: view only" in text.value for text in test.caption)
    forced(test.button(key="stop"))
    assert run.live
    test.select_slider(key="dec.pretrain.lr").set_value(0.01).run()
    assert not run.param_changes()
    test = page(OWNER, run=run.id)
    test.button(key="pause").click().run()
    until(lambda: run.status["state"] == "paused")
    test = page(STRANGER, run=run.id)
    assert test.button(key="play").disabled
    assert manager().control(run.id, STRANGER) is None
    test = page(OPERATOR, run=run.id)
    test.button(key="stop").click().run()
    until(lambda: run.status["state"] == "stopped")
    test = page(STRANGER, run=run.id)
    assert test.button(key="resume").disabled
    assert WHY in test.button(key="resume").help
    assert not test.button(key="play").disabled  # trains a run of one's own


def test_a_stranger_finds_buttons_with_reasons_on_the_runs_page():
    made(1, last=1, visitor=OWNER)
    test = select(page(STRANGER, "pages/runs.py"), 0)
    assert button(test, "Continue").disabled
    assert WHY in button(test, "Continue").help
    for label in ("Name, tags, notes", "Delete"):
        assert popover(test, label).disabled, label
        assert WHY in popover(test, label).help
    for label in ("Open in Train", "Inspect", "Duplicate"):
        assert not button(test, label).disabled, label
    for label in ("Export", "Run again"):
        assert not popover(test, label).disabled, label
    assert not [one for one in test.button if one.label == "Save"]
    test = select(page(OWNER, "pages/runs.py"), 0)
    assert not button(test, "Continue").disabled
    assert not popover(test, "Name, tags, notes").disabled
    assert not popover(test, "Delete").disabled


@pytest.mark.parametrize("now", [told(STRANGER), {}], ids=["stranger", "unknown"])
def test_a_page_that_was_open_before_says_why_instead_of_doing_it(now):
    run = made(1, last=1, visitor=OWNER)
    test = select(page(OWNER, "pages/runs.py"), 0)
    for press in (lambda: button(test, "Continue"), lambda: test.button(key="delete"), lambda: button(test, "Save")):
        test.user = told(OWNER)
        select(test, 0)
        chosen = press()
        test.user = now
        chosen.click().run()
        assert not test.exception
        said = [*(one.value for one in test.error), popover(test, "Name, tags, notes").help]
        assert any("somebody else" in text or "not known who asks" in text for text in said)
        assert run.status["state"] == "stopped"
        assert run.folder.is_dir()
        assert metadata.read(run.folder) == Metadata()


def test_of_several_selected_runs_only_one_s_own_are_deleted():
    theirs = made(1, visitor=OWNER)
    made(2, visitor=STRANGER)
    test = select(page(STRANGER, "pages/runs.py"), 0, 1)
    assert any("1 of the selected runs were started by somebody else and are kept" in t.value for t in test.caption)
    test.button(key="delete").click().run()
    assert [one.id for one in entries()] == [theirs.id]
    test = select(page(OPERATOR, "pages/runs.py"), 0)
    assert any("started from another browser" in text.value for text in test.caption)


def test_quota_and_trash_are_not_a_stranger_s():
    theirs = made(1, visitor=OWNER)
    lying = made(2, visitor=OWNER)
    trash.throw_away(lying.id, OWNER)
    set_quota(1e-6, OPERATOR)
    test = page(STRANGER, "pages/runs.py")
    assert test.number_input(key="quota").disabled
    assert "only whoever runs it" in test.number_input(key="quota").help
    assert not {"quota.apply", "trash.empty", "trash.restore", "undo"} & {one.key for one in test.button}
    test = page(OPERATOR, "pages/runs.py")
    shown = next(text.value for text in test.markdown if "these would be deleted" in text.value)
    assert "started from another browser" in shown
    test = page(OWNER, "pages/runs.py")
    test.button(key="trash.restore").click().run()
    assert {one.id for one in entries()} == {theirs.id, lying.id}


def test_a_group_is_cancelled_by_its_owner():
    group = manager().start_group([SLOW] * 3, "slow ones", OWNER)
    test = page(STRANGER, "pages/runs.py")
    assert test.button(key=f"cancel-{group}").disabled
    assert WHY in test.button(key=f"cancel-{group}").help
    forced(test.button(key=f"cancel-{group}"))
    assert all(one.live for one in entries())
    page(OWNER, "pages/runs.py").button(key=f"cancel-{group}").click().run()
    until(lambda: not any(one.live for one in entries()))


def test_data_of_somebody_else_stay():
    x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    points = Points(x, None, (), ("a", "b"), None, (), 0)
    kept = keep(points, OWNER, title="mine", file="a.csv", label="")
    again = keep(points, STRANGER, title="taken over", file="b.csv", label="")
    assert (again.id, again.title) == (kept.id, "mine")
    test = page(STRANGER, "pages/data.py")
    test.selectbox(key="data").set_value(f"own-{kept.id}").run()
    assert popover(test, "Remove this data set").disabled
    assert WHY in popover(test, "Remove this data set").help
    button(test, "Remove").click().run()
    assert [one.title for one in stored_datasets()] == ["mine"]
    assert WHY in test.error[0].value
    test.user = told(OWNER)
    button(test.run(), "Remove").click().run()
    assert not list(stored_datasets())


@pytest.mark.parametrize("user", [{}, {KEPT_AS: ""}, {KEPT_AS: "program"}, {KEPT_AS: "machine b"}, {"email": "a@b.c"}])
def test_nobody_known_starts_nothing_and_is_told_so(user):
    theirs = made(1, visitor=PROGRAM)
    trash.throw_away(theirs.id, PROGRAM)
    test = app(user=user)
    assert any("does not know whose browser" in one.value for one in test.warning)
    test.button(key="play").click().run()
    assert any("not known who asks to start a run" in one.value for one in test.error)
    assert "run" not in test.query_params
    assert not entries()
    test = app("pages/runs.py", user=user)
    assert not {"trash.empty", "trash.restore"} & {one.key for one in test.button}
    assert trash.thrown_away(PROGRAM) == [theirs.id]
