"""The buttons above a run: play, pause, step, stop, branch, continue, again; and what they do."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from epochscope import rights
from epochscope.data import Dataset
from epochscope.language import marked, tr
from epochscope.rights import Action
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.library.shown import provides
from epochscope.runs.training.manager import manager
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.runs.training.resume import reason_not_resumable
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.runs.actions import CONTINUE
from epochscope.ui.runs.again import repeat_menu
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import EPOCH, PRESENT, RUN, SELECTED, TAKEN_FROM, TOOLBAR, flash, take_flash
from epochscope.ui.shared.setup import Setup
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.train.branch import branch_button
from epochscope.ui.train.ways import name_and_ways, whose

_RECORDED = marked(
    "This run was recorded by another program, and only that program can train it again. Close it to train here."
)
_AGAIN = marked("Train this run again with other seeds or over a grid of parameters.")
_BUTTONS = {
    marked("Play"): marked(
        "Trains a new run with the settings in the sidebar. To replay a run, use the bar below the figures."
    ),
    marked("Pause"): marked("Pauses the training."),
    marked("Step"): marked("Trains one epoch."),
    marked("Stop"): marked("Ends the training and keeps everything so far."),
}
_CLOSE = marked("Closes this run, so that Play trains with the settings in the sidebar.")


class Seen(NamedTuple):
    """What a toolbar is drawn for: whether the run is live and what figures it provides, whether it is paused and this
    program trains it, and why this visitor may not control it.
    """

    live: bool = False
    shows: frozenset[str] = frozenset()
    paused: bool = False
    here: bool = False
    hands_off: str = ""


def seen(run: Run | None, chosen: Setup | None) -> Seen:
    """What a toolbar would be drawn for now."""
    if run is None:
        return Seen()
    control = manager().control(run.id, page_visitor()) if run.live else None
    shows, paused = provides(run, _data_of(run, chosen)), bool(control and control.paused)
    return Seen(run.live, shows, paused, bool(control), plain(told(_denial(run))))


def look_again(run: Run, chosen: Setup | None) -> None:
    """Draws the page anew once it is out of date. This alone is done every few seconds for everybody who watches: to
    draw a toolbar for each of a class takes more time than its training.
    """
    if _another_page(run, chosen) or st.session_state.get(TOOLBAR) != seen(run, chosen):
        st.rerun()


def _another_page(run: Run | None, chosen: Setup | None) -> bool:
    """Whether the address line asks for another view or another run than this one."""
    if run is None:
        return bool(chosen) and _started()
    return bool(run.info and in_address(PRESENT)) or in_address(RUN) != run.id


def toolbar(run: Run | None, chosen: Setup | None, drawn_for: Seen) -> None:
    """Play, pause, step, stop. `drawn_for`: what the rest of the page is drawn for."""
    now = seen(run, chosen)
    if _another_page(run, chosen) or (now.live, now.shows) != (drawn_for.live, drawn_for.shows):
        st.rerun()
    st.session_state[TOOLBAR] = now
    live, _, paused, control, hands_off = now
    foreign = run is not None and bool(run.spec.external)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="toolbar"):
        for name, icon, disabled in (
            ("Play", "play_arrow", (live and not paused) or foreign),
            ("Pause", "pause", not control or paused),
            ("Step", "plus_one", (live and not control) or foreign),
            ("Stop", "stop", not control),
        ):
            st.button(
                tr(name),
                icon=f":material/{icon}:",
                type="primary" if name == "Play" else "secondary",
                key=name.lower(),
                disabled=disabled,
                help=_help(name, foreign, hands_off if live else ""),
                on_click=act,
                args=(name.lower(), run.id if run else "", chosen),
            )
        if run and not foreign:
            branch_button(run)
        if run and not live and not foreign:
            _continue_button(run, hands_off)
            never = reason_not_repeatable(run.spec)
            repeat_menu(tr("Again"), None if never else resolve(run.spec).spec, plain(told(never)), about=tr(_AGAIN))
        if run:
            name_and_ways(run, whose(run, here=control, live=live, hands_off=hands_off))
        if foreign and not live:
            _close_button()
    if sentence := take_flash():
        explain(EpochscopeError(sentence))


def _close_button() -> None:
    close = press(put_in_address)
    st.button(tr("Close"), icon=":material/close:", key="close", help=tr(_CLOSE), on_click=close, args=(RUN, None))


def _help(button: str, recorded: bool, hands_off: str) -> str | None:
    """What a button of the toolbar does, or why it does nothing."""
    if button == "Play" and recorded:
        return tr(_RECORDED)
    return hands_off or tr(_BUTTONS.get(button, ""))


def _continue_button(run: Run, hands_off: str) -> None:
    """Continues a run that did not finish; disabled, with the reason, if it would fail again or is somebody else's."""
    ended = reason_not_resumable(run)
    why = ended or hands_off
    if not ended or run.status["state"] == "failed":
        st.button(
            tr("Continue"),
            icon=":material/resume:",
            key="resume",
            disabled=bool(why),
            help=plain(told(why)) or tr(CONTINUE),
            on_click=act,
            args=("resume", run.id, None),
        )


@press
def act(what: str, run_id: str, chosen: Setup | None) -> None:
    """Carries out a button: on the run that trains; without one, Play and Step start a new run."""
    visitor = page_visitor()
    try:
        if what == "resume":
            manager().resume(run_id, visitor)
        elif control := manager().control(run_id, visitor):
            getattr(control, what)()
        elif what in ("play", "step") and chosen:
            if absent := chosen.source.needs_download().by_hand:
                raise EpochscopeError(
                    tr("The files of {data} are missing: {files}.", data=chosen.source.title, files=absent)
                )
            started = manager().start(chosen.spec, visitor, step=what == "step")
            put_in_address(RUN, started)
            st.session_state[TAKEN_FROM] = started
            for name in (EPOCH, SELECTED):
                put_in_address(name, None)
        elif run_id:
            rights.require(visitor, Action.STOP, thing_of_run(run_id))
    except EpochscopeError as error:
        flash(str(error))


def _started() -> bool:
    """Whether the address line names a run by now although none was shown when the page was drawn."""
    try:
        return bool(in_address(RUN)) and bool(open_run(str(in_address(RUN))).check())
    except EpochscopeError:
        return False


def _denial(run: Run) -> str:
    """Why this visitor may not control or continue the run; the rule is the same for both. Empty if they may."""
    return rights.denial_reason(page_visitor(), Action.CONTROL, thing_of_run(run.id))


def _data_of(run: Run, chosen: Setup | None) -> Dataset | None:
    """The data set chosen in the sidebar, if the run uses it."""
    if chosen and (chosen.spec.dataset, chosen.spec.data) == (run.spec.dataset, run.spec.data):
        return chosen.data
    return None
