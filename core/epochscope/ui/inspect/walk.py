"""The point shown, and the way to others: back, the next neighbor, the next mistake."""

from __future__ import annotations

import numpy as np
import streamlit as st

from epochscope.inspect.point import nearest
from epochscope.inspect.whole import class_of
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.session import POINT, POINT_BOX, SENT_POINT, TRAIL, VIEW, flash, stage_command, take_flash


def show_point(view: EpochView, i: int | None) -> None:
    """Shows this point, here and on the stage (in a callback)."""
    if i is None:
        flash("No more points: you have seen them all.")
        return
    trail = st.session_state.setdefault(TRAIL, [])
    if (now := in_address(POINT)) and now != str(i):
        trail.append(int(now))
        del trail[:-200]
    _put(view, i)


def open_point(view: EpochView, i: int) -> None:
    """Shows this point in the view of points (in a callback)."""
    show_point(view, i)
    put_in_address(VIEW, "point")


def _put(view: EpochView, i: int) -> None:
    put_in_address(POINT, i)
    st.session_state[SENT_POINT] = (view.run.id, str(i))
    place = int(view.place[i])
    stage_command(pick=place if place >= 0 else None)


def remind(run: Run) -> None:
    """Tells the stage which point the address line names, if it was not told yet; else the first drawn point."""
    if in_address(VIEW) == "point" and not in_address(POINT):
        put_in_address(POINT, int(history(run).points["index"][0]))
    asked = in_address(POINT)
    if asked and asked.isdigit() and st.session_state.get(SENT_POINT) != (run.id, asked):
        place = history(run).points["place"]
        if int(asked) < len(place) and place[int(asked)] >= 0:
            stage_command(pick=int(place[int(asked)]))
    st.session_state[SENT_POINT] = (run.id, asked)


def chosen_point(view: EpochView) -> int:
    """The point of the address line; without one, the first of the drawn ones."""
    asked = in_address(POINT) or ""
    return int(asked) if asked.isdigit() and int(asked) < view.info["n"] else int(view.drawn[0])


def choose_point(view: EpochView, i: int, place: int) -> None:
    """Widgets that choose the point and the next one."""
    st.session_state[POINT_BOX] = i
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Point, by its row",
            0,
            view.info["n"] - 1,
            key=POINT_BOX,
            width=150,
            on_change=with_value(POINT_BOX, lambda i: show_point(view, int(i))),
        )
        trail = st.session_state.get(TRAIL, [])
        st.button("Back", icon=":material/arrow_back:", key="back", disabled=not trail, on_click=_back, args=(view,))
        st.button(
            "Next neighbor",
            icon=":material/arrow_forward:",
            key="on",
            disabled=place < 0,
            on_click=_on,
            args=(view, place),
            help="The nearest point in code space that you have not seen yet.",
        )
        st.button(
            "Next mistake",
            icon=":material/report:",
            key="mistake",
            disabled=view.truth is None or view.labels() is None,
            on_click=_mistake,
            args=(view,),
            help="The most certain mistake that you have not seen yet.",
        )
    st.caption(take_flash() or "Or click a point in the embedding, or a picture below.")


def _back(view: EpochView) -> None:
    trail = st.session_state.get(TRAIL, [])
    if trail:
        _put(view, trail.pop())


def _seen(view: EpochView) -> set[int]:
    return {*st.session_state.get(TRAIL, []), chosen_point(view)}


def _on(view: EpochView, place: int) -> None:
    z, seen = view.array("z"), _seen(view)
    if z is not None:
        near = nearest(z, place, len(seen) + 1)
        show_point(view, next((int(view.drawn[p]) for p in near.places if int(view.drawn[p]) not in seen), None))


def _mistake(view: EpochView) -> None:
    labels, truth, of, q = view.labels(), view.truth, view.matched, view.array("q")
    if labels is None or truth is None or of is None:
        return
    wrong = np.flatnonzero(class_of(labels[view.drawn], of) != truth[view.drawn])
    if q is not None:
        wrong = wrong[np.argsort(-q[wrong].max(axis=1), kind="stable")]
    seen = _seen(view)
    show_point(view, next((int(view.drawn[p]) for p in wrong if int(view.drawn[p]) not in seen), None))
