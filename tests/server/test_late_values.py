"""A widget that a press has set keeps what it was set to, whatever the browser says that has not heard of it."""

from typing import Any

import pytest
from epochscope.server import late_values
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest


@pytest.fixture(autouse=True)
def _this_test_alone(monkeypatch):
    for name in ("on_script_will_rerun", "on_script_finished"):
        monkeypatch.setattr(SafeSessionState, name, getattr(SafeSessionState, name))
    late_values.forget_values_of_before()


def _page() -> None:
    import streamlit as st

    st.number_input("N", value=5, key="n", on_change=lambda: st.session_state.update(changed=st.session_state.n))
    st.number_input("Other", value=5, key="other")
    st.button("Set", on_click=lambda: st.session_state.update(n=1))


class _Browser:
    """A browser that hears of nothing unless it is told to."""

    def __init__(self) -> None:
        self.page = AppTest.from_function(_page).run()
        self.press = self.page.button[0].click()._widget_state

    def says(self, n: int, *, press: bool = False, other: int = 5) -> int:
        """Sends its widgets; what the server has for the number then."""
        fields = (self.page.number_input("n").set_value(n), self.page.number_input("other").set_value(other))
        said = [one._widget_state for one in fields]
        self.page._run(WidgetStates(widgets=[*said, *([self.press] if press else [])]))
        return self.page.session_state["n"]


def test_what_it_said_before_is_no_change_and_it_is_told_again():
    browser = _Browser()
    assert browser.says(7) == 7
    assert browser.says(7, press=True) == 1
    for other in (5, 6):
        assert browser.says(7, other=other) == 1
        assert browser.page.number_input("n").proto.set_value
        assert browser.page.session_state["changed"] == 7
    assert browser.page.session_state["other"] == 6
    assert browser.says(1) == 1
    assert browser.says(7) == 7  # it had heard: a person says so
    assert browser.page.session_state["changed"] == 7


def test_another_value_is_a_change():
    browser = _Browser()
    browser.says(7)
    assert browser.says(7, press=True) == 1
    assert browser.says(8) == 8


def test_after_a_while_it_has_heard(monkeypatch):
    monkeypatch.setattr(late_values, "LATE_SECONDS", 0.0)
    browser = _Browser()
    browser.says(7)
    assert browser.says(7, press=True) == 1
    assert browser.says(7) == 7


class _Guarded(dict):
    """What a session was set to; nobody may look through it while another thread could write."""

    def __init__(self, lock: Any) -> None:
        super().__init__(n=1)
        self.lock = lock

    def __iter__(self):
        assert self.lock._is_owned()
        return super().__iter__()


def test_a_script_that_ends_reads_while_no_other_thread_writes():
    """Else the end of a script may fail, and the page waits for it for ever."""
    session = SafeSessionState(SessionState(), lambda: None)
    session._state._new_session_state = _Guarded(session._lock)
    session.on_script_finished(frozenset())
