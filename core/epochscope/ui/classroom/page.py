"""The Class page: a lesson is chosen and opened here, and this page is what the projector shows."""

from __future__ import annotations

import time

import streamlit as st

from epochscope import rights
from epochscope.classroom import leading, preparing, rooms
from epochscope.classroom.experiments import Experiment, experiments
from epochscope.classroom.lesson import JOINS
from epochscope.classroom.rooms import Room
from epochscope.rights import Action
from epochscope.types import EpochscopeError
from epochscope.ui.classroom.lesson import lesson_page
from epochscope.ui.shared.session import (
    EXPERIMENT,
    LESSON,
    LESSON_POINT,
    LESSON_SEEDS,
    flash,
    in_address,
    put_in_address,
    take_flash,
)
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor

_USUAL_SEEDS = 12
_STYLE = """
[class*="st-key-class-point"] button { height: auto; min-height: 0; padding: 4px 6px; }
[class*="st-key-class-point"] img { width: 2.6rem; height: 2.6rem; max-height: none; image-rendering: pixelated;
  border-radius: 3px; }
"""
_ABOUT = (
    "Students join with their phones, without accounts. Each predicts what a training will do and owns one of its "
    "seeds; the projector shows the predictions beside what happened, and who was near."
)


def classroom_page() -> None:
    """The lesson that the address names, or a choice of experiments."""
    if sentence := take_flash():
        explain(EpochscopeError(sentence))
    if asked := in_address(LESSON):
        try:
            room = rooms.find(asked)
        except EpochscopeError as error:
            explain(error)
        else:
            if rights.may(page_visitor(), Action.TEACH, room.thing):
                lesson_page(room)
                return
            st.info(f"This class was opened by somebody else. To take part: [join it](join/{room.plan.code}).")
    _choice()


def _choice() -> None:
    """The prepared experiments, and the classes that were opened before."""
    style(_STYLE)
    st.subheader("Class as an experiment", anchor=False)
    st.markdown(_ABOUT)
    prepared = experiments()
    left, right = st.columns([3, 2], gap="large")
    with left:
        key = st.radio(
            "Experiment",
            list(prepared),
            format_func=lambda one: prepared[one].title,
            captions=[one.about for one in prepared.values()],
            key=EXPERIMENT,
        )
        _opening(prepared[str(key)])
    with right:
        _earlier()


def _opening(experiment: Experiment) -> None:
    """How many seeds, which point, and the button that opens a class."""
    try:
        if JOINS in experiment.questions:
            _choose_point(experiment)
    except EpochscopeError as error:
        explain(error)
        return
    most = leading.most_seeds(experiment, page_visitor())
    st.number_input(
        "Seeds",
        2,
        most,
        min(_USUAL_SEEDS, most),
        key=_key(LESSON_SEEDS, experiment.key),
        width=240,
        help="Each is trained; students own one each, and share them where they are more.",
    )
    st.button(
        "Open the class",
        icon=":material/school:",
        type="primary",
        key="class-open",
        on_click=_open,
        args=(experiment.key,),
    )


def _key(widget: str, experiment: str) -> str:
    return f"{widget}-{experiment}"


def _choose_point(experiment: Experiment) -> None:
    """The point that the class is asked about: one of those between two groups; without pictures, the first."""
    some = preparing.candidates(experiment)
    if some[0][1]:
        st.segmented_control(
            "The picture that the class is asked about: each lies between two groups",
            range(len(some)),
            format_func=lambda place: f"![digit]({some[place][1]})",
            default=0,
            required=True,
            key=_key(LESSON_POINT, experiment.key),
        )


def _open(key: str) -> None:
    """Opens a class by what the widgets say now: what they said when the page was drawn may be older."""
    experiment, state = experiments()[key], st.session_state
    try:
        place = state.get(_key(LESSON_POINT, key))
        point = None if place is None else preparing.candidates(experiment)[place][0]
        most = leading.most_seeds(experiment, page_visitor())
        seeds = min(most, int(state.get(_key(LESSON_SEEDS, key), _USUAL_SEEDS)))
        room = leading.open_lesson(experiment, seeds, point, page_visitor())
        put_in_address(LESSON, room.plan.code)
    except EpochscopeError as error:
        flash(str(error))


def _earlier() -> None:
    """The classes that this visitor may lead."""
    mine = [room for room in rooms.every() if rights.may(page_visitor(), Action.TEACH, room.thing)]
    st.markdown("**Your classes**")
    if not mine:
        st.caption("None yet. A class stays here when the page is closed or the server ends, until you delete it.")
    for room in mine[:20]:
        _row(room)


def _row(room: Room) -> None:
    plan, lesson = room.plan, room.lesson
    day = time.strftime("%d %b %Y, %H:%M", time.localtime(plan.created))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        count = len(lesson.students)
        words = f"{count} {'student' if count == 1 else 'students'}" + (", ended" if lesson.ended else "")
        st.markdown(f"{plain(plan.title)}  \n:small[{day} · {words}]", width="stretch")
        name = f"{plan.title}, {day}"
        st.button(
            "Open", key=f"class-go-{plan.code}", help=plain(name), on_click=put_in_address, args=(LESSON, plan.code)
        )
        with st.popover("Delete", icon=":material/delete:", key=f"class-menu-{plan.code}"):
            st.markdown("Delete this class with its predictions for good? Its training stays on the Futures page.")
            st.button(
                "Delete this class",
                type="primary",
                key=f"class-delete-{plan.code}",
                on_click=_delete,
                args=(plan.code,),
            )


def _delete(code: str) -> None:
    try:
        rooms.delete(code, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
