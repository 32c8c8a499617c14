"""The Class page as Streamlit draws it: a class is opened, led, found again, and not led by a stranger."""

import pytest
from epochscope.classroom import rooms
from epochscope.classroom.lesson import JOINS, SCORE
from epochscope.server.visitors import KEPT_AS

from tests.support.lessons import somebody
from tests.support.pages import app, made

STRANGER = {KEPT_AS: f"elsewhere {somebody('stranger').mark}"}
LECTURER = {KEPT_AS: f"elsewhere {somebody('lecturer').mark}"}


def press(test, label: str):
    next(one for one in test.button if one.label == label).click().run()
    assert not test.exception, test.exception
    return test


def words(test) -> str:
    return " ".join(one.value for one in [*test.markdown, *test.error, *test.info, *test.subheader])


@pytest.mark.slow
def test_a_class_is_opened_and_led():
    test = app("pages/classroom.py", user=LECTURER)
    test.radio[0].set_value("moons").run()
    test.number_input[0].set_value(3).run()
    press(test, "Open the class")
    (room,) = rooms.every()
    assert room.plan.seeds == (0, 1, 2)
    assert test.query_params["class"] == room.plan.code
    press(test, "Ask")
    assert room.lesson.open == JOINS
    room.join(somebody("ada"), "Ada")
    room.answer(somebody("ada"), JOINS, 1)
    press(test, "Close the question")
    assert room.lesson.open == ""
    assert [one.label for one in test.button][:2] == ["Ask again", "Train 3 seeds"]
    press(test, "All classes")
    assert "1 student" in words(test)
    press(test, "Delete this class")
    assert rooms.every() == []


@pytest.mark.slow
def test_the_settings_of_a_run_may_be_a_class():
    run = made()
    test = app("pages/classroom.py", user=LECTURER)
    test.radio[0].set_value("run").run()
    (choice,) = test.selectbox
    assert choice.options[0] == run.title  # those that come with epochscope are offered, too
    press(test, "Open the class")
    (room,) = rooms.every()
    assert room.plan.title == run.title
    assert room.plan.spec["dataset"] == "blobs"
    assert "There is no run" not in words(test)


def test_a_stranger_is_shown_the_way_in_and_no_button_that_leads():
    press(app("pages/classroom.py", user=LECTURER), "Open the class")
    (room,) = rooms.every()
    assert [one.key for one in room.plan.questions] == [JOINS, SCORE]
    test = app("pages/classroom.py", user=STRANGER)
    test.query_params["class"] = room.plan.code
    test.run()
    assert f"(join/{room.plan.code})" in words(test)
    assert not {"Ask", "End the class", "Delete this class"} & {one.label for one in test.button}
    test.query_params["class"] = "ZZZZZZ"
    test.run()
    assert "no class with this code" in words(test)
