"""All keys of the session and of the address line."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from epochscope.types import NO_OVERLAY
from epochscope.ui.shared.address import in_address, put_in_address

# Kept in the session only.
_MOVED, _FLASH, _DELETED, _IMPORTED = "moved", "flash", "deleted", "imported"
_PROJECTION, _COMMAND, _VIEW_TURN = "shown-projection", "stage-command", "view-turn"
_COMMAND_LASTS, _MOMENT = 15_000_000, 500_000  # microseconds
INTRODUCED = "introduced"  # whether the introduction need not be shown unasked
START_AT_ONCE = "start-at-once"  # the Train page is to press Play itself, once
TAKEN_FROM = "taken-from"  # the run whose settings the sidebar was filled with
PRESENTATION = "presentation"  # what this session presents: epochscope.server.presentations
TOOLBAR = "toolbar"  # what the toolbar of the Train page was drawn for: epochscope.ui.train.toolbar
STATE = "state"  # of the shown run, as the stage last reported it
QUEUED = "queued"  # runs that were started together last, until it has been read: (their number, title of the group)
SELECTION = "selection"  # the selected points: epochscope.ui.shared.selected
TRAIL, SENT_POINT = "trail", "sent-point"  # points visited before; the point last sent to the stage: ui.inspect.walk
EXPERIMENT, LESSON_RUN = "class-experiment", "class-run"  # of the class to be opened
LESSON_SEEDS, LESSON_POINT = "class-seeds", "class-point"
LESSON_QUESTION, LESSON_NAMES = "class-question", "class-names"  # what the projector shows of a class
UPLOAD_TURN = "own.turn"  # counts the data sets added in this session; a new count gives an empty form

# Widgets that code fills or reads; the address line has their values under other names, if at all.
HEADLINE, INSPECTED, VIEW_BAR, POINT_BOX = "headline", "inspected", "view-bar", "point-box"
COMPARED = "compared"
AGAIN_MENU = "again-menu"
CLUSTER_BOX, SINCE_BOX, SELECTION_BOX = "cluster-box", "since-box", "selection-box"
QUERY_BOX, KEEP_BOX, KEPT_BOX, COMPARE_BOX = "query-box", "keep-box", "kept-box", "selection-compare"

# Names in the address line, written by put_in_address.
FUTURES, LESSON = "futures", "class"
RUN, RUNS, EPOCH, COLOR, SHOW, FIGURE_SLOTS = "run", "runs", "epoch", "color", "show", "figures"
VIEW, POINT, CLUSTER, SINCE, FOCUS = "view", "point", "group", "since", "focus"  # of the Inspect page
SELECTED = "selected"  # points: epochscope.ui.shared.selected
TOUR, PRESENT = "tour", "present"  # epochscope.ui.tours.bar, epochscope.ui.train.present
INTRODUCTION, FOLLOW = "introduction", "follow"  # epochscope.ui.train: introduction, follow
LANGUAGE = "lang"  # a code of epochscope.language.LANGUAGES; only read

# Widgets bound to the address line (bind="query-params"), where a data set or a method is named by its title.
DATA, METHOD, SEED, PROJECTION = "data", "method", "seed", "projection"
OTHER_SEEDS, CLOCK, CURVE, ALL_SETTINGS = "seeds", "clock", "number", "all_settings"  # of the Compare page
CARD, TAB = "card", "tab"  # of the Methods page
MEASURED, SCORE, PUBLISHED, PROTOCOL = "measured", "score", "published", "presets"  # of the Results page
FIND, PLOT = "find", "plot"  # of the Runs page
LAB_STEP = "part"  # of a lab with several steps


def adopt(name: str, titles: Mapping[str, str]) -> str:
    """Lets the address line name a choice by its key or title, in any case, although its widget knows titles only; to
    be called before the widget is drawn. `titles`: of all choices, by key. Returns what is asked for and does not
    exist; empty otherwise.
    """
    asked = in_address(name)
    if asked is None or name in st.session_state or asked in titles.values():
        return ""
    for key, title in titles.items():
        if asked.casefold() in (key.casefold(), title.casefold()):
            st.query_params.pop(name)  # its widget writes that name from now on
            st.session_state[name] = key
            return ""
    return asked[:60]


def view_bar(view: str) -> tuple[str, str]:
    """The key of the bar of views of the Inspect page, and the view that it begins with.

    Whenever code opens another view, the bar becomes a new widget: otherwise the stage, which may report something
    before the browser has drawn the bar anew, would bring back with its report what the bar showed before.
    """
    turn, first = st.session_state.get(_VIEW_TURN, (0, view))
    if st.session_state.get(f"{VIEW_BAR}-{turn}", first) != view:
        turn, first = turn + 1, view
    st.session_state[_VIEW_TURN] = turn, first
    return f"{VIEW_BAR}-{turn}", first


def take_view(bar: str, view: str) -> None:
    """Opens the view that a person chose in this bar; not what a bar echoes that is no longer shown."""
    if bar == f"{VIEW_BAR}-{st.session_state[_VIEW_TURN][0]}":
        put_in_address(VIEW, view)


def bound(name: str) -> Any:
    """The `bind` of a whole-number field; None if the address line says infinity, for which Streamlit raises."""
    with contextlib.suppress(ValueError):
        if not math.isfinite(float(in_address(name) or 0)):
            return None
    return "query-params"


def keep_in_address(event: Mapping[str, Any]) -> None:
    """Keeps what the stage reports (epoch of the cursor, colors, overlays), so that a link reopens the view."""
    if (epoch := event.get("epoch")) is not None:
        put_in_address(EPOCH, None if epoch == "live" else epoch)
    if color := event.get("color"):
        put_in_address(COLOR, color)
    if (show := event.get("show")) is not None:
        put_in_address(SHOW, show or NO_OVERLAY)


def flash(sentence: str) -> None:
    """Keeps a sentence for the next redraw (a callback cannot draw)."""
    st.session_state[_FLASH] = sentence


def take_flash() -> str:
    """The sentence kept since the last call."""
    return st.session_state.pop(_FLASH, "")


def note_deleted(run_ids: list[str]) -> None:
    """Remembers the runs deleted last, for the undo button."""
    st.session_state[_DELETED] = run_ids


def last_deleted() -> list[str]:
    """The runs deleted last in this session."""
    return st.session_state.get(_DELETED, [])


def forget_deleted() -> None:
    """Forgets the last deletion: it can no longer be undone."""
    st.session_state.pop(_DELETED, None)


def imported() -> int:
    """Number of zips imported in this session."""
    return st.session_state.get(_IMPORTED, 0)


def note_imported() -> None:
    """Counts an imported zip."""
    st.session_state[_IMPORTED] = imported() + 1


def note_moved(owner: str, name: str) -> None:
    """Remembers that this live parameter was moved (called by its widget)."""
    st.session_state.setdefault(_MOVED, set()).add((owner, name))


def take_moved(owner: str) -> set[str]:
    """Names of the live parameters of `owner` moved since the last call."""
    moved = st.session_state.pop(_MOVED, set())
    return {name for who, name in moved if who == owner}


def clusters_key(dataset: str) -> str:
    """Key of the widget of k, one per data set."""
    return f"{dataset}.clusters"


def preset_key(method: str) -> str:
    """Key of the widget of the preset, one per method."""
    return f"{method}.preset"


def param_key(owner: str, name: str) -> str:
    """Key of the widget of a parameter, such as 'dec.gamma'; also its name in the address line."""
    return f"{owner}.{name}"


def stage_command(**what: Any) -> None:
    """Tells the stage to do something once: epoch, color, show, pick, select (epochscope.ui.shared.stage.panel).

    A command given a moment ago is sent again together with this one: the browser may not have received it yet.
    """
    now, last = _stopwatch(), st.session_state.get(_COMMAND) or {"id": -_COMMAND_LASTS}
    st.session_state[_COMMAND] = {**(last if now - last["id"] < _MOMENT else {}), **what, "id": now}


def pending_stage_command() -> dict[str, Any] | None:
    """The last command, for some seconds: the browser carries it out once, however often it receives it."""
    last = st.session_state.get(_COMMAND)
    return last if last and _stopwatch() - last["id"] < _COMMAND_LASTS else None


def _stopwatch() -> int:
    """Microseconds that only grow, whatever happens to the clock."""
    return time.monotonic_ns() // 1000


def note_projection(spec: Any) -> None:
    """Remembers which projection the embedding shows (a ProjectionSpec)."""
    st.session_state[_PROJECTION] = spec


def shown_projection() -> Any:
    """The projection that the embedding shows; None before it does."""
    return st.session_state.get(_PROJECTION)
