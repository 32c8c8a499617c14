"""Every key of the session and of the address line, in one place."""

from __future__ import annotations

from typing import Any

import streamlit as st

_MOVED, _SAID, _DELETED, _IMPORTED = "moved", "said", "deleted", "imported"
STATE = "state"  # of the shown run, as the stage last told it
DATA = "data"  # the widget of the data set; in the address line by its title
# Names in the address line; all other names there belong to widgets (bind="query-params").
RUN, RUNS, EPOCH, COLOR, SHOW, PLACES = "run", "runs", "epoch", "color", "show", "figures"


def in_address(name: str) -> str | None:
    """A value from the address line."""
    return st.query_params.get(name)


def put_in_address(name: str, value: Any) -> None:
    """Writes a value into the address line (None removes it), so that the link reopens this view."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def say(sentence: str) -> None:
    """Keeps a sentence for the next redraw (a callback cannot draw)."""
    st.session_state[_SAID] = sentence


def take_said() -> str:
    """The sentence kept since the last call."""
    return st.session_state.pop(_SAID, "")


def note_deleted(run_ids: list[str]) -> None:
    """Remembers which runs were thrown away last, for the undo button."""
    st.session_state[_DELETED] = run_ids


def last_deleted() -> list[str]:
    """The runs thrown away last in this session."""
    return st.session_state.get(_DELETED, [])


def forget_deleted() -> None:
    """Nothing is left to undo."""
    st.session_state.pop(_DELETED, None)


def imported() -> int:
    """How many zips were taken in this session."""
    return st.session_state.get(_IMPORTED, 0)


def note_imported() -> None:
    """Counts a zip that was taken."""
    st.session_state[_IMPORTED] = imported() + 1


def note_moved(owner: str, name: str) -> None:
    """Remembers that somebody moved this live parameter (widgets call it)."""
    st.session_state.setdefault(_MOVED, set()).add((owner, name))


def take_moved(owner: str) -> set[str]:
    """Names of the live parameters of `owner` moved since the last call."""
    moved = st.session_state.pop(_MOVED, set())
    return {name for who, name in moved if who == owner}


def param_key(owner: str, name: str) -> str:
    """The widget of one parameter: 'dec.gamma' in the address line."""
    return f"{owner}.{name}"
