"""A press is carried out whole, and leads where it leads, whatever the browser asks for at that moment."""

import ast
import tomllib
from pathlib import Path

from epochscope.resources import resource
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


def _page() -> None:
    import streamlit as st
    from epochscope.ui.shared.press import go_on, press
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    def act() -> None:
        context = get_script_run_ctx()
        assert context
        assert context.script_requests
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        st.session_state["begun"] = True  # here Streamlit looks whether something else is asked for
        st.session_state["done"] = True
        st.query_params["run"] = "new"

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
