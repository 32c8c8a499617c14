"""The address line: what pages read from it and write into it.

The browser sends its address with everything it asks for. Something that it asked for just before it heard of a write
still brings the address as it was; a page drawn from that would undo what a person did. So a write holds until the
browser has sent the new value, or another one that it was never told to leave.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_HELD = "address-writes"  # in the session: a _Held
_HOLDS_SECONDS = 30.0  # longer than a request waits for its turn, even on a busy machine


class _Write(NamedTuple):
    """`before`: the values that the browser may still send (None: the name is absent); `after`: the value written."""

    before: frozenset[str | None]
    after: str | None
    since: float


class _Held(NamedTuple):
    """The writes of a page by name, and the address that came with what is being answered: Streamlit's own changes with
    each write. `page`: its hash; `request`: an object that is another one in each request of the browser, and stays
    the same when the page draws itself once more.
    """

    page: str
    request: object
    sent: Mapping[str, list[str]]
    writes: dict[str, _Write]


def in_address(name: str) -> str | None:
    """A value from the address line."""
    write = _holding(name)
    if write and st.query_params.get(name) != write.after:
        _put(name, write.after)
    return st.query_params.get(name)


def put_in_address(name: str, value: Any) -> None:
    """Writes a value into the address line (None removes it), so that the link reopens this view.

    The browser is sent the whole line, so whatever else it has not heard of goes with it.
    """
    renew_address()
    now, after = in_address(name), None if value is None else str(value)
    if now == after:
        return
    writes = _held().writes
    before = writes[name].before if name in writes else frozenset()
    writes[name] = _Write(before | {now}, after, time.monotonic())
    _put(name, after)


def renew_address() -> None:
    """Writes again what the browser has not heard of, also what is not read while the page is drawn."""
    for name in [*_held().writes]:
        in_address(name)


def _put(name: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _holding(name: str) -> _Write | None:
    """The write of this name that the browser has not heard of, as far as is known."""
    held = _held()
    write = held.writes.get(name)
    if write is None:
        return None
    sent = held.sent[name][-1] if name in held.sent else None
    heard = sent == write.after and sent not in write.before
    if heard or sent not in {*write.before, write.after} or time.monotonic() - write.since > _HOLDS_SECONDS:
        del held.writes[name]
        return None
    return write


def _held() -> _Held:
    """What is held of this page: nothing after another page was opened, or after a way through the history."""
    context = get_script_run_ctx()
    if context is None:
        return _Held("", None, {}, {})
    page, request = context.page_script_hash, context.context_info or context.cursors
    held: _Held | None = st.session_state.get(_HELD)
    if held and held.page == page and held.request is request:
        return held
    writes = held.writes if held and held.page == page and not context.is_history_navigation else {}
    held = _Held(page, request, parse_qs(context.query_string, keep_blank_values=True), writes)
    st.session_state[_HELD] = held
    return held
