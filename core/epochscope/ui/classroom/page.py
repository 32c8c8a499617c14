"""The Class page: a lesson is chosen and opened here, and this page is what the projector shows."""

from __future__ import annotations

import time

import streamlit as st

from epochscope import rights
from epochscope.classroom import leading, preparing, rooms
from epochscope.classroom.experiments import RUN, Experiment, experiments
from epochscope.classroom.lesson import JOINS
from epochscope.classroom.rooms import Room
from epochscope.language import marked, ntr, tr
from epochscope.rights import Action
from epochscope.runs.format.run import open_run
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.names import name_of
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.classroom.lesson import lesson_page
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.session import EXPERIMENT, LESSON, LESSON_POINT, LESSON_RUN, LESSON_SEEDS, flash, take_flash
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor

_USUAL_SEEDS = 12
_ALONE = 860  # pixels of the choice while there are no classes beside it
_STYLE = """
[class*="st-key-class-point"] button { height: auto; min-height: 0; padding: 4px 6px; }
[class*="st-key-class-point"] img { width: 2.6rem; height: 2.6rem; max-height: none; object-fit: contain;
  image-rendering: pixelated; border-radius: 3px; }
"""
_OF_RUN = marked(
    "Any run of autoencoder + k-means, DEC, IDEC, DKM or VaDE, on your own data if you like: which group will a point "
    "join, and what ACC will your seed reach?"
)
_MOST_RUNS = 100  # the newest ones
_ABOUT = marked(
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
                try:
                    lesson_page(room)
                except EpochscopeError as error:  # its futures were deleted, or a file is damaged
                    explain(error)
                return
            link = f"join/{room.plan.code}"
            st.info(tr("This class was opened by somebody else. To take part: [join it]({link}).", link=link))
    _choice()


def _choice() -> None:
    """The prepared experiments, the settings of runs, and the classes that were opened before."""
    style(_STYLE)
    st.subheader(tr("Class as an experiment"), anchor=False)
    st.markdown(tr(_ABOUT))
    prepared = experiments()
    mine = [room for room in rooms.every() if rights.may(page_visitor(), Action.TEACH, room.thing)]
    left, right = st.columns([3, 2], gap="large") if mine else (st.container(width=_ALONE), None)
    with left:
        key = st.radio(
            tr("Experiment"),
            [*prepared, RUN],
            format_func=lambda one: tr(prepared[one].title) if one in prepared else tr("The settings of a run"),
            captions=[*(tr(one.about) for one in prepared.values()), tr(_OF_RUN)],
            key=EXPERIMENT,
        )
        if key == RUN:
            _choose_run()
        if key in prepared or st.session_state.get(LESSON_RUN):
            _opening(str(key))
        if not mine:
            st.caption(tr("A class stays here when the page is closed or the server ends, until you delete it."))
    if right:
        with right:
            _earlier(mine)


def _choose_run() -> None:
    """One of the runs whose seeds can be trained together."""
    names = {one.id: one.name for one in entries()[:_MOST_RUNS] if one.readable}
    suited = [run_id for run_id in names if not _unsuitable(run_id)]
    if not suited:
        st.caption(tr("There is none yet: train one of these methods on the Train page first."))
    else:
        st.selectbox(tr("A run"), suited, format_func=names.__getitem__, key=LESSON_RUN, width=460)


@st.cache_data(max_entries=500, show_spinner=False)
def _unsuitable(run_id: str) -> str:
    try:
        return preparing.reason_unsuitable(open_run(run_id).spec)
    except EpochscopeError as error:
        return str(error)


def _experiment(key: str) -> Experiment:
    """What is chosen. Raises EpochscopeError where it can be no lesson."""
    if key in experiments():
        return experiments()[key]
    run = open_run(str(st.session_state.get(LESSON_RUN)))
    return preparing.of_run(run.spec, name_of(run))


def _opening(key: str) -> None:
    """How many seeds, which point, and the button that opens a class."""
    try:
        experiment = _experiment(key)
        _choose_point(experiment)
    except EpochscopeError as error:
        explain(error)
        return
    most = leading.most_seeds(experiment, page_visitor())
    st.number_input(
        tr("Seeds"),
        2,
        most,
        min(_USUAL_SEEDS, most),
        key=_key(LESSON_SEEDS, key),
        width=240,
        help=tr("Each is trained; students own one each, and share them where they are more."),
    )
    st.button(
        tr("Open the class"), icon=":material/school:", type="primary", key="class-open", on_click=_open, args=(key,)
    )


def _key(widget: str, experiment: str) -> str:
    return f"{widget}-{experiment}"


def _choose_point(experiment: Experiment) -> None:
    """The point that the class is asked about: one of those between two groups; without pictures, the first."""
    some = preparing.candidates(experiment) if JOINS in experiment.questions else []
    if some and some[0][1]:
        st.segmented_control(
            tr("The digit that the class is asked about: each of these lies between two groups"),
            range(len(some)),
            format_func=lambda place: f"![picture {place + 1}]({some[place][1]})",
            default=0,
            required=True,
            key=_key(LESSON_POINT, experiment.key),
        )


def _open(key: str) -> None:
    """Opens a class by what the widgets say now: what they said when the page was drawn may be older."""
    state = st.session_state
    try:
        experiment = _experiment(key)
        place = state.get(_key(LESSON_POINT, key))
        point = None if place is None else preparing.candidates(experiment)[place % preparing.CANDIDATES][0]
        most = leading.most_seeds(experiment, page_visitor())
        seeds = min(most, int(state.get(_key(LESSON_SEEDS, key), _USUAL_SEEDS)))
        room = leading.open_lesson(experiment, seeds, point, page_visitor())
        put_in_address(LESSON, room.plan.code)
    except EpochscopeError as error:
        flash(str(error))


def _earlier(mine: list[Room]) -> None:
    """The classes that this visitor may lead."""
    st.markdown(f"**{tr('Your classes')}**")
    for room in mine[:20]:
        _row(room)


def _row(room: Room) -> None:
    plan, lesson, title = room.plan, room.lesson, told(room.plan.title)
    day = time.strftime("%Y-%m-%d, %H:%M", time.localtime(plan.created))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        count = len(lesson.students)
        words = ntr("{n} student", "{n} students", count) + (tr(", ended") if lesson.ended else "")
        st.markdown(f"{plain(title)}  \n:small[{day} · {words}]", width="stretch")
        name = f"{title}, {day}"
        with st.container(horizontal=True, gap="small", width="content"):
            st.button(
                tr("Open"),
                key=f"class-go-{plan.code}",
                help=plain(name),
                on_click=put_in_address,
                args=(LESSON, plan.code),
            )
            with st.popover(tr("Delete"), icon=":material/delete:", key=f"class-menu-{plan.code}"):
                st.markdown(
                    tr("Delete this class with its predictions for good? Its training stays on the Futures page.")
                )
                st.button(
                    tr("Delete this class"),
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
