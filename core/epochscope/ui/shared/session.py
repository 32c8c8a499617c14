"""Every key of the session and of the address line, in one place."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

_MOVED, _SAID, _DELETED, _IMPORTED = "moved", "said", "deleted", "imported"
STATE = "state"  # of the shown run, as the stage last told it
DATA = "data"  # the widget of the data set; in the address line by its title
# Names in the address line; all other names there belong to widgets (bind="query-params").
RUN, RUNS, EPOCH, COLOR, SHOW, PLACES = "run", "runs", "epoch", "color", "show", "figures"
VIEW, POINT, CLUSTER, SINCE, FOCUS = "view", "point", "group", "since", "focus"  # of the Inspect page
SELECTED = "selected"  # points: epochscope.ui.shared.selected
TOUR, PRESENT = "tour", "present"  # epochscope.ui.tours.bar, epochscope.ui.train.present
_PROJECTION = "shown-projection"
_ORDER, _ORDER_HOLDS, _MOMENT = "order", 15_000_000, 500_000  # microseconds


def in_address(name: str) -> str | None:
    """A value from the address line."""
    return st.query_params.get(name)


def put_in_address(name: str, value: Any) -> None:
    """Writes a value into the address line (None removes it), so that the link reopens this view."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def bound(name: str) -> Any:
    """How a field of whole numbers is bound to the address line: not at all to infinity, at which Streamlit raises."""
    with contextlib.suppress(ValueError):
        if not math.isfinite(float(in_address(name) or 0)):
            return None
    return "query-params"


def keep_in_address(told: Mapping[str, Any]) -> None:
    """What the stage reports (where the cursor rests, colors, what lies over the points): a link reopens the view."""
    if (epoch := told.get("epoch")) is not None:
        put_in_address(EPOCH, None if epoch == "live" else epoch)
    if color := told.get("color"):
        put_in_address(COLOR, color)
    if (show := told.get("show")) is not None:
        put_in_address(SHOW, show or None)


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


def order(**what: Any) -> None:
    """Asks the stage for something it is to do once: epoch, pick, select (epochscope.ui.shared.stage.panel).

    What was asked for a moment ago is asked again: the browser hears of both at once.
    """
    now, last = time.time_ns() // 1000, st.session_state.get(_ORDER) or {"id": 0}
    st.session_state[_ORDER] = {**(last if now - last["id"] < _MOMENT else {}), **what, "id": now}


def ordered() -> dict[str, Any] | None:
    """The last order, while it is young: the browser does it once, however often it hears of it."""
    last = st.session_state.get(_ORDER)
    return last if last and time.time_ns() // 1000 - last["id"] < _ORDER_HOLDS else None


def note_projection(spec: Any) -> None:
    """Remembers which projection the embedding shows (a ProjectionSpec)."""
    st.session_state[_PROJECTION] = spec


def shown_projection() -> Any:
    """The projection that the embedding shows; None before it does."""
    return st.session_state.get(_PROJECTION)
