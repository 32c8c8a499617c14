"""From point to point: which one is looked at, the way back, the next neighbor, the next mistake."""

from __future__ import annotations

import numpy as np
import streamlit as st

from epochscope.inspect.point import nearest
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history
from epochscope.ui.shared.epoch_view import Look
from epochscope.ui.shared.session import POINT, VIEW, in_address, order, put_in_address, say, take_said

_SHOWN = "shown"  # the point that the stage was last told
_TRAIL = "trail"  # points looked at before, for "back"


def show_point(look: Look, i: int | None) -> None:
    """Makes a point the one that is looked at, here and on the stage (a callback, or before the view is drawn)."""
    if i is None:
        say("There is none left: all of them were looked at.")
        return
    trail = st.session_state.setdefault(_TRAIL, [])
    if (now := in_address(POINT)) and now != str(i):
        trail.append(int(now))
        del trail[:-200]
    _put(look, i)


def _put(look: Look, i: int) -> None:
    put_in_address(POINT, i)
    st.session_state[_SHOWN] = (look.run.id, str(i))
    place = int(look.place[i])
    order(pick=place if place >= 0 else None)


def remind(run: Run) -> None:
    """Marks the point of a link on the stage, which does not know it yet; without one, the first drawn point."""
    if in_address(VIEW) == "point" and not in_address(POINT):
        put_in_address(POINT, int(history(run).points["index"][0]))
    asked = in_address(POINT)
    if asked and asked.isdigit() and st.session_state.get(_SHOWN) != (run.id, asked):
        place = history(run).points["place"]
        if int(asked) < len(place) and place[int(asked)] >= 0:
            order(pick=int(place[int(asked)]))
    st.session_state[_SHOWN] = (run.id, asked)


def chosen_point(look: Look) -> int:
    """The point of the address line; without one, the first of the drawn ones."""
    asked = in_address(POINT) or ""
    return int(asked) if asked.isdigit() and int(asked) < look.info["n"] else int(look.drawn[0])


def choose_point(look: Look, i: int, place: int) -> None:
    """Widgets for the point and for going on from it."""
    st.session_state["point-box"] = i
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Point (its row in the data set)",
            0,
            look.info["n"] - 1,
            key="point-box",
            width=210,
            on_change=lambda: show_point(look, int(st.session_state["point-box"])),
        )
        trail = st.session_state.get(_TRAIL, [])
        st.button("Back", icon=":material/arrow_back:", key="back", disabled=not trail, on_click=_back, args=(look,))
        st.button(
            "Next neighbor",
            icon=":material/arrow_forward:",
            key="on",
            disabled=place < 0,
            on_click=_on,
            args=(look, place),
            help="The point nearest to this one in the codes that was not looked at yet.",
        )
        st.button(
            "Next mistake",
            icon=":material/report:",
            key="mistake",
            disabled=look.truth is None or look.labels() is None,
            on_click=_mistake,
            args=(look,),
            help="The surest of the points in a cluster of another class that were not looked at yet.",
        )
    st.caption(take_said() or "Or click a point in the embedding, or one of the pictures below.")


def _back(look: Look) -> None:
    trail = st.session_state.get(_TRAIL, [])
    if trail:
        _put(look, trail.pop())


def _seen(look: Look) -> set[int]:
    return {*st.session_state.get(_TRAIL, []), chosen_point(look)}


def _on(look: Look, place: int) -> None:
    z, seen = look.array("z"), _seen(look)
    if z is not None:
        near = nearest(z, place, len(seen) + 1)
        show_point(look, next((int(look.drawn[p]) for p in near.places if int(look.drawn[p]) not in seen), None))


def _mistake(look: Look) -> None:
    labels, truth, of, q = look.labels(), look.truth, look.matched, look.array("q")
    if labels is None or truth is None or of is None:
        return
    wrong = np.flatnonzero(of[labels[look.drawn]] != truth[look.drawn])
    if q is not None:
        wrong = wrong[np.argsort(-q[wrong].max(axis=1), kind="stable")]
    seen = _seen(look)
    show_point(look, next((int(look.drawn[p]) for p in wrong if int(look.drawn[p]) not in seen), None))
