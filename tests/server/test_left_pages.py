"""Requests of a page that was left: what its panels report late is dropped, and nothing else is."""

from epochscope.server.left_pages import LATE_SECONDS, Asked
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState


def asks(page: str, *widgets: str, fragment: str = "") -> ClientState:
    state = ClientState(page_script_hash=page, fragment_id=fragment)
    state.widget_states.widgets.extend(WidgetState(id=one, bool_value=True) for one in widgets)
    return state


def on_data_from_train() -> Asked:
    tab = Asked()
    for state in (asks(""), asks("train", "language", "transport"), asks("train", "tiles", fragment="stage")):
        assert not tab.late(state, 0)
    assert not tab.late(asks("data", "language"), 10)
    return tab


def test_what_the_page_that_was_left_reports_is_late():
    tab = on_data_from_train()
    assert tab.late(asks("train", "language", "transport"), 10.1)
    assert tab.late(asks("train", "tiles"), 10.2)
    assert tab.late(asks("train", fragment="stage"), 10.3)
    assert not tab.late(asks("data", "language", "set"), 10.4)


def test_a_click_that_leads_back_is_obeyed_and_what_is_asked_there_afterwards():
    tab = on_data_from_train()
    assert not tab.late(asks("train", "language"), 11)
    assert not tab.late(asks("train", "language", "transport"), 11.1)
    assert tab.late(asks("data", fragment="card"), 11.2)


def test_after_some_seconds_whatever_comes_is_obeyed():
    tab = on_data_from_train()
    assert not tab.late(asks("train", "language", "transport"), 10 + LATE_SECONDS)
