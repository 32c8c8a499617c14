"""The Train page: the sidebar's choices, the buttons, and one screen of panels that move together."""

from __future__ import annotations

import streamlit as st

from epochscope import glossary, rights
from epochscope.data import Dataset
from epochscope.figures import Scene
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
from epochscope.ui.data.card import data_card
from epochscope.ui.runs.actions import CONTINUE
from epochscope.ui.runs.again import queued, repeat_menu
from epochscope.ui.shared.figure_slots import possible
from epochscope.ui.shared.links import introduction_link
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import (
    EPOCH,
    FOLLOW,
    PRESENT,
    RUN,
    SELECTED,
    START_AT_ONCE,
    TAKEN_FROM,
    flash,
    in_address,
    put_in_address,
    take_flash,
    take_moved,
)
from epochscope.ui.shared.setup import Setup, setup
from epochscope.ui.shared.stage import panel, prepare
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.train import introduction
from epochscope.ui.train.branch import branch_button
from epochscope.ui.train.next_run import compare_with_shown, take_settings
from epochscope.ui.train.present import present
from epochscope.ui.train.stage import stage
from epochscope.ui.train.ways import name_and_ways, whose

_POLL, _POLL_OF_WATCHERS = 5.0, 20.0  # seconds
_RECORDED = marked(
    "This run was recorded by another program, and only that program can train it again. Close it to train here."
)
_AGAIN = marked("Train this run again with other seeds or over a grid of parameters.")
_BUTTONS = {
    marked("Play"): marked(
        "Trains: a new run with the settings of the sidebar. The bar below the figures replays what is stored."
    ),
    marked("Pause"): marked("Pause the training."),
    marked("Step"): marked("Train one epoch."),
    marked("Stop"): marked("End the training; what is there stays."),
}
_CLOSE = marked("Closes this run, so that Play trains with the settings in the sidebar.")


def train_page() -> None:
    """Everything on one screen; all panels follow one cursor."""
    run = _shown_run()
    if introduction.wanted():
        return introduction.introduction()
    if run and in_address(PRESENT) and run.info:
        return present(run, possible(provides(run, None)))
    chosen: Setup | None = None
    take_settings(run)
    with st.sidebar:
        heading = st.container()
        try:
            chosen = setup(running=run is not None and run.live)
        except EpochscopeError as error:
            explain(error)
    with heading:
        compare_with_shown(chosen, run)
    if run and chosen:
        _pass_on_live_changes(run, chosen)
    if chosen and st.session_state.pop(START_AT_ONCE, False):
        _act("play", "", chosen)
    live = run is not None and run.live
    shows = provides(run, _data_of(run, chosen)) if run else frozenset()
    name = "line-of-run" if run else "line"
    line = st.container(horizontal=True, vertical_alignment="center", gap="small", key=name)
    with line:
        st.fragment(_toolbar, run_every=_poll(run) if run and live else None)(run, chosen, live, shows)
    queued()
    if run and (presentation := in_address(FOLLOW)):
        panel("follow", "follow", run=run.id, height="44px", presentation=presentation)
    if run is None:
        panel("ready", "transport", run=None, height="0px")  # the browser loads the stage's modules meanwhile
        if chosen and chosen.data is not None:
            data_card(chosen.data, chosen.source)
            prepare(Scene(chosen.spec.k))
        introduction_link()
        return
    try:
        with line:
            panel(
                "tiles",
                "tiles",
                run=run.id,
                height="44px",
                going=run.live,
                terms={tile: tr(meaning) for tile, meaning in glossary.TILES.items()},
            )
        stage(run, possible(shows))
    except EpochscopeError as error:
        explain(error)


def _poll(run: Run) -> float:
    """Seconds between redraws of the toolbar; more for mere viewers, so that a class does not slow the training."""
    return _POLL_OF_WATCHERS if _denial(run) else _POLL


def _denial(run: Run) -> str:
    """Why this visitor may not control or continue the run; the rule is the same for both. Empty if they may."""
    return rights.denial_reason(page_visitor(), Action.CONTROL, thing_of_run(run.id))


def _shown_run() -> Run | None:
    """The run of the address line."""
    run_id = in_address(RUN)
    if not run_id:
        return None
    try:
        return open_run(run_id).check()
    except EpochscopeError as error:
        explain(error)
        return None


def _data_of(run: Run, chosen: Setup | None) -> Dataset | None:
    """The data set chosen in the sidebar, if the run uses it."""
    if chosen and (chosen.spec.dataset, chosen.spec.data) == (run.spec.dataset, run.spec.data):
        return chosen.data
    return None


def _pass_on_live_changes(run: Run, chosen: Setup) -> None:
    """A slider moved while its run trains: the recorder hands the new value to the method.

    Only what was moved: the sidebar of somebody who just opened the link may show other values.
    """
    control = manager().control(run.id, page_visitor())
    moved = take_moved(run.spec.method)
    if control and moved:
        control.change({name: value for name, value in chosen.params.flat().items() if name in moved})


def _toolbar(run: Run | None, chosen: Setup | None, was_live: bool, showed: frozenset[str]) -> None:
    """Play, pause, step, stop. Redrawn when the stage reports another state, and every few seconds anyway."""
    live = run is not None and run.live
    control = manager().control(run.id, page_visitor()) if run and live else None
    if (
        live != was_live
        or (run and ((run.info and in_address(PRESENT)) or in_address(RUN) != run.id))
        or (run is None and chosen and _started())
    ):
        st.rerun()  # the page changes, another run is shown, or this one has ended and needs no more polling
    if run and provides(run, _data_of(run, chosen)) != showed:
        st.rerun()  # there are more figures to choose from
    paused, foreign = bool(control and control.paused), run is not None and bool(run.spec.external)
    hands_off = plain(told(_denial(run))) if run else ""
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
                on_click=_act,
                args=(name.lower(), run.id if run else "", chosen),
            )
        if run and not foreign:
            branch_button(run)
        if run and not live and not foreign:
            _continue_button(run, hands_off)
            never = reason_not_repeatable(run.spec)
            repeat_menu(tr("Again"), None if never else resolve(run.spec).spec, plain(told(never)), about=tr(_AGAIN))
        if run:
            name_and_ways(run, whose(run, here=bool(control), live=live, hands_off=hands_off))
        if foreign and not live:
            st.button(
                tr("Close"),
                icon=":material/close:",
                key="close",
                help=tr(_CLOSE),
                on_click=press(put_in_address),
                args=(RUN, None),
            )
    if sentence := take_flash():
        explain(EpochscopeError(sentence))


def _close_button() -> None:
    close = press(put_in_address)
    st.button("Close", icon=":material/close:", key="close", help=_CLOSE, on_click=close, args=(RUN, None))


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
            on_click=_act,
            args=("resume", run.id, None),
        )


@press
def _act(what: str, run_id: str, chosen: Setup | None) -> None:
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
