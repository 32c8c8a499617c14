"""A press is carried out whole, and leads where it leads, whatever the browser asks for at that moment."""

import ast
import tomllib
from pathlib import Path

import pytest
from epochscope.resources import resource
from epochscope.ui.shared import address
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

_UI = Path(resource("bundled/icon.png")).parents[1] / "ui"
_WAITS_ON_PURPOSE = {
    "data/page.py"
}  # the download: draws its progress where the button stood, on a page that asks nothing


def test_presses_that_wait_are_not_thrown_away():
    settings = tomllib.loads(Path(resource("app/.streamlit/config.toml")).read_text())
    assert settings["runner"]["fastReruns"] is False


def test_buttons_act_by_callbacks():
    names = {"button", "form_submit_button"}
    found = [
        f"{path.relative_to(_UI)}:{node.lineno}"
        for path in _UI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
        and not any(one.arg == "on_click" for one in node.keywords)
        and str(path.relative_to(_UI)) not in _WAITS_ON_PURPOSE
    ]
    assert found == []


def test_what_a_widget_says_is_taken_by_with_value():
    given = [
        ast.unparse(one.value)
        for path in _UI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for one in node.keywords
        if one.arg in ("on_change", "on_select")
    ]
    assert [one for one in given if one not in ("'rerun'", "'ignore'") and not one.startswith("with_value(")] == []
    assert any(one.startswith("with_value(") for one in given)


def _page_with_a_box() -> None:
    import streamlit as st
    from epochscope.ui.shared.press import with_value

    if st.session_state.setdefault("shown-page", "page of the box") == "page of the box":
        take = st.session_state.setdefault("taken", []).append
        st.selectbox("Box", ["a", "b", "c"], key="box", on_change=with_value("box", take))


def test_a_widget_of_a_page_that_was_left_reports_nothing():
    page = AppTest.from_function(_page_with_a_box).run()
    box = page.selectbox("box")
    said = WidgetStates(widgets=[box.set_value("b")._widget_state])
    late = WidgetStates(widgets=[box.set_value("c")._widget_state])
    page._run(said)
    assert page.session_state["taken"] == ["b"]
    page.session_state["shown-page"] = "another"
    page._run(said)
    page._run(late)  # a browser that has not heard yet that the box is gone
    assert not page.exception
    assert page.session_state["taken"] == ["b"]


def test_pictures_come_with_the_page():
    """Streamlit throws away a picture that it keeps as a file once the page is drawn anew."""
    given = [
        ast.unparse(node.args[0])
        for path in _UI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.image"
    ]
    assert given
    assert [one for one in given if "inline(" not in one] == []


def _page() -> None:
    import streamlit as st
    from epochscope.ui.shared.address import put_in_address
    from epochscope.ui.shared.press import go_on, press
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    def act() -> None:
        context = get_script_run_ctx()
        assert context
        assert context.script_requests
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        st.session_state["begun"] = True  # here Streamlit looks whether something else is asked for
        st.session_state["done"] = True
        put_in_address("run", "new")

    go_on()
    st.button("Bare", on_click=act)
    st.button("Press", on_click=press(act))


def test_what_is_asked_for_meanwhile_waits_until_a_press_is_done():
    """The bare callback shows what would happen: it ends at the first access to the session."""
    test = AppTest.from_function(_page).run()
    test.button[0].click().run()
    assert "done" not in test.session_state
    test.button[1].click().run()
    assert test.session_state["done"]
    assert test.query_params["run"] == "new"


def _writer() -> None:
    import streamlit as st
    from epochscope.ui.shared.address import in_address, put_in_address

    for value in ("new", "newer", None):
        st.button(str(value), key=f"write-{value}", on_click=put_in_address, args=("run", value))
    if st.button("epoch", key="write-epoch", on_click=put_in_address, args=("epoch", 1)):
        return
    st.text(str(in_address("run")))
    if "drawn" not in st.session_state:
        st.session_state["drawn"] = True
        st.rerun()


class _Browser:
    """What a page that shows its `run`, and always draws itself twice, says to an address."""

    def __init__(self):
        self.test = AppTest.from_function(_writer)
        self.test.context = {"locale": "en"}  # as of a real browser
        self.test.run()

    def __call__(self, address: str | None, press: str = "") -> str:
        if address is None:
            self.test.query_params.pop("run", None)
        else:
            self.test.query_params["run"] = address
        if "drawn" in self.test.session_state:
            del self.test.session_state["drawn"]
        (self.test.button(key=f"write-{press}").click() if press else self.test).run()
        return self.test.text[0].value


@pytest.mark.parametrize("old", ["old", None])
def test_a_request_sent_before_a_write_was_heard_of_does_not_undo_it(old):
    browser = _Browser()
    assert browser(old) == str(old)
    assert browser(old, press="new") == "new"
    assert browser(old) == "new"
    assert browser.test.query_params["run"] == "new"  # and the browser is told again
    assert browser(old, press="newer") == "newer"
    assert browser("new") == "newer"
    assert browser("newer") == "newer"
    assert browser(old) == str(old)  # it had heard, so somebody went back


def test_a_write_does_not_take_another_with_it():
    browser = _Browser()
    assert browser("old", press="new") == "new"
    browser.test.query_params["run"] = "old"
    browser.test.button(key="write-epoch").click().run()
    assert browser.test.query_params == {"run": "new", "epoch": "1"}


def test_what_was_taken_out_of_the_address_stays_out():
    browser = _Browser()
    assert browser("old", press="None") == "None"
    assert browser("old") == "None"
    assert browser(None) == "None"
    assert browser("old") == "old"


def test_another_address_than_those_before_is_obeyed():
    browser = _Browser()
    assert browser("old", press="new") == "new"
    assert browser("third") == "third"
    assert browser("old") == "old"


def test_a_write_does_not_hold_for_ever(monkeypatch):
    browser = _Browser()
    assert browser("old", press="new") == "new"
    monkeypatch.setattr(address, "_HOLDS_SECONDS", 0.0)
    assert browser("old") == "old"
