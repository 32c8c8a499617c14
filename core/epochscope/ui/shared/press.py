"""Presses that are carried out whole, whatever else the page asks of the server at that moment.

A page asks by itself: its panels report, its fragments poll. When the browser asks for the whole page, Streamlit gives
up what it is drawing, also in the middle of a callback; what stands after `if st.button(...)` is then never reached. So
a button has a callback, the callback is a `press`, and the way to another page is kept until that page is there. The
other half is `runner.fastReruns` in .streamlit/config.toml.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from epochscope.ui.shared.address import renew_address

_PRESSED, _SHOWN = "pressed", "shown-page"  # in the session: a _Pressed; the page that was drawn last, by its hash
_ECHO_SECONDS = 5.0  # after a page was reached, in which the browser may still ask for the one that was left

P = ParamSpec("P")


class Way(NamedTuple):
    """A page to go to: its file, and what its address says."""

    page: str
    query: Mapping[str, str] = {}


class _Pressed(NamedTuple):
    """The last press that led to another page: the page it was on, by its hash, and its address; the way; and when
    the other page was reached, None before it was.
    """

    page: str
    before: Mapping[str, str]
    way: Way
    arrived: float | None = None


def press(act: Callable[P, Way | None]) -> Callable[P, None]:
    """Makes a callback that is not interrupted. If `act` returns a way, the browser goes there."""

    @wraps(act)
    def whole(*args: P.args, **kwargs: P.kwargs) -> None:
        with _uninterrupted():
            before = st.query_params.to_dict()
            if way := act(*args, **kwargs):
                shown = st.session_state.get(_SHOWN, "")
                st.session_state[_PRESSED] = _Pressed(shown, before, way)
        if way:
            st.rerun()  # of the whole page, which goes on

    return whole


def with_value(key: str, act: Callable[[Any], Way | None]) -> Callable[[], None]:
    """The callback of a widget: `act` gets what the widget of this key says.

    It is not called when another page was drawn since: Streamlit keeps the callbacks of a page that was left, and a
    browser that has not heard of that yet sends the widgets of that page once more.
    """
    page = st.session_state.get(_SHOWN)

    @press
    def callback() -> Way | None:
        left = st.session_state.get(_SHOWN) != page or key not in st.session_state
        return None if left else act(st.session_state[key])

    return callback


@press
def go_to(page: str, query: Mapping[str, str]) -> Way:
    """The callback of a button that only leads to another page."""
    return Way(page, query)


def go_on() -> None:
    """Takes the way of the last press, again if the browser asked for the page that was left before it heard of that.
    To be called by every page before it draws anything.
    """
    renew_address()
    context = get_script_run_ctx()
    st.session_state[_SHOWN] = shown = context.page_script_hash if context else ""
    last: _Pressed | None = st.session_state.get(_PRESSED)
    if last is None:
        return
    if shown != last.page:
        st.session_state[_PRESSED] = last._replace(arrived=last.arrived or time.monotonic())
    elif last.arrived is None:
        st.switch_page(last.way.page, query_params=dict(last.way.query))
    elif time.monotonic() - last.arrived > _ECHO_SECONDS or getattr(context, "is_history_navigation", False):
        del st.session_state[_PRESSED]
    elif _of_the_page_left(last.before):
        st.switch_page(last.way.page, query_params=dict(last.way.query))


def _of_the_page_left(before: Mapping[str, str]) -> bool:
    """Whether the address is that of a page before the press, however its widgets stand; a link in the menu is bare."""
    now = st.query_params.to_dict()
    return now == before or any(now.get(name) == value for name, value in before.items())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """What the browser asks for in the meantime waits: Streamlit looks for it at each access to the session."""
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if requests is None or "on_scriptrunner_yield" in vars(requests):  # no page, or within a press
        yield
        return
    requests.on_scriptrunner_yield = lambda: None
    try:
        yield
    finally:
        del requests.on_scriptrunner_yield
