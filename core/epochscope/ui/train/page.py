"""The Train page: the sidebar's choices, the buttons, and one screen of panels that move together."""

from __future__ import annotations

import streamlit as st

from epochscope import glossary
from epochscope.figures import Scene
from epochscope.language import tr
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.library.shown import provides
from epochscope.runs.training.manager import manager
from epochscope.types import EpochscopeError
from epochscope.ui.data.card import data_card
from epochscope.ui.runs.again import queued
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.figure_slots import possible
from epochscope.ui.shared.links import introduction_link
from epochscope.ui.shared.session import FOLLOW, PRESENT, RUN, START_AT_ONCE, take_moved
from epochscope.ui.shared.setup import Setup, setup
from epochscope.ui.shared.stage import panel, prepare
from epochscope.ui.shared.text import explain
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.train import introduction
from epochscope.ui.train.next_run import compare_with_shown, take_settings
from epochscope.ui.train.present import present
from epochscope.ui.train.stage import stage
from epochscope.ui.train.toolbar import act, look_again, seen, toolbar

_POLL, _POLL_OF_WATCHERS = 5.0, 20.0  # seconds; more for mere viewers, so that a class does not slow the training


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
        act("play", "", chosen)
    now = seen(run, chosen)
    name = "line-of-run" if run else "line"
    line = st.container(horizontal=True, vertical_alignment="center", gap="small", key=name)
    with line:
        st.fragment(toolbar)(run, chosen, now)
    if run and now.live:
        st.fragment(look_again, run_every=_POLL_OF_WATCHERS if now.hands_off else _POLL)(run, chosen)
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
        stage(run, possible(now.shows))
    except EpochscopeError as error:
        explain(error)


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


def _pass_on_live_changes(run: Run, chosen: Setup) -> None:
    """A slider moved while its run trains: the recorder hands the new value to the method.

    Only what was moved: the sidebar of somebody who just opened the link may show other values.
    """
    control = manager().control(run.id, page_visitor())
    moved = take_moved(run.spec.method)
    if control and moved:
        control.change({name: value for name, value in chosen.params.flat().items() if name in moved})
