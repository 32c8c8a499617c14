"""The Train page: the sidebar's choices, the buttons, and one screen of panels that move together."""

from __future__ import annotations

import streamlit as st

from core.figures import FIGURES, Scene
from core.projections import PROJECTIONS
from core.runs.derive import ProjectionSpec
from core.runs.manager import manager
from core.runs.projector import projector
from core.runs.store import Run
from core.server.live import open_run
from core.types import EpochscopeError
from core.ui.controls import controls
from core.ui.data_card import data_card
from core.ui.session import EPOCH, RUN, in_address, put_in_address, take_moved
from core.ui.setup import Setup, explain, setup
from core.ui.stage import panel

# Everything above and below the two rows of figures takes about 345 pixels: the screen is filled and does not scroll.
_SMALL = "clamp(150px, 23vh, 300px)"
_BIG = f"max(200px, calc(100vh - 345px - {_SMALL}))"


def train_page() -> None:
    """Everything on one screen; all panels follow one cursor."""
    run = _shown_run()
    chosen: Setup | None = None
    with st.sidebar:
        try:
            chosen = setup(running=run is not None and run.live)
        except EpochscopeError as error:
            explain(error)
    if run and chosen:
        _pass_on_live_changes(run, chosen)
    live = run is not None and run.live
    st.fragment(_toolbar, run_every=1.0 if live else None)(run, chosen, live)
    if run is None:
        panel("ready", "transport", run=None, height="0px")  # the browser loads the stage's modules meanwhile
        if chosen and chosen.data is not None:
            data_card(chosen.data, chosen.source)
        return
    try:
        _stage(run)
    except EpochscopeError as error:
        explain(error)


def _shown_run() -> Run | None:
    """The run of the address line."""
    run_id = in_address(RUN)
    if not run_id:
        return None
    try:
        return open_run(run_id)
    except EpochscopeError as error:
        explain(error)
        return None


def _pass_on_live_changes(run: Run, chosen: Setup) -> None:
    """A slider moved while its run trains: the recorder hands the new value to the method.

    Only what was moved: the sidebar of somebody who merely opened the link may show other values.
    """
    control = manager().control(run.id)
    moved = take_moved(run.spec.method)
    if control and moved:
        control.change({name: value for name, value in chosen.params.flat().items() if name in moved})


def _toolbar(run: Run | None, chosen: Setup | None, was_live: bool) -> None:
    """Play, pause, step, stop. Redrawn each second if the run was live when the page was drawn."""
    control = manager().control(run.id) if run else None
    live = run is not None and run.live
    paused = bool(control and control.paused)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        play = st.button("Play", icon=":material/play_arrow:", type="primary", key="play", disabled=live and not paused)
        pause = st.button("Pause", icon=":material/pause:", key="pause", disabled=not control or paused)
        step = st.button(
            "Step", icon=":material/skip_next:", key="step", help="Trains one epoch.", disabled=live and not control
        )
        stop = st.button("Stop", icon=":material/stop:", key="stop", disabled=not control)
        if run:
            where = "" if control or not live else " · trained by another program: watching only"
            st.caption(f"**{run.spec.title}**{where}")
    if control and play:
        control.play()
    elif control and step:
        control.step()
    elif control and pause:
        control.pause()
    elif control and stop:
        control.stop()
    elif (play or step) and chosen:
        _start(chosen, step=step)
    elif live == was_live:
        return
    st.rerun()  # a run that has ended needs no more polling


def _start(chosen: Setup, *, step: bool) -> None:
    try:
        run_id = manager().start(chosen.spec, step=step)
    except EpochscopeError as error:
        explain(error)
        st.stop()
    put_in_address(RUN, run_id)
    put_in_address(EPOCH, None)


def _projection() -> ProjectionSpec:
    """Which projection, with its parameters behind a button."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key="projection-bar"):
        key = st.segmented_control(
            "Projection",
            list(PROJECTIONS),
            default="pca",
            required=True,
            format_func=lambda key: PROJECTIONS[key].title,
            key="projection",
            bind="query-params",
            label_visibility="collapsed",
        )
        with st.popover("", icon=":material/tune:", help="Settings of the projection"):
            st.caption(PROJECTIONS[key].about)
            params = controls(PROJECTIONS[key].params(), key)
    return ProjectionSpec(key, params.flat())


def _stage(run: Run) -> None:
    spec = run.spec
    classes = run.info["classes"] if run.info else ()
    panel("tiles", "tiles", run=run.id, height="92px")
    left, right = st.columns([5, 6], gap="small")
    with left:
        projection = _projection()
        projector().request(run, projection)
        scene = Scene(spec.k, classes, min(1000, run.info["m"]) if run.info else 1000, projection.projection.title)
        panel(
            "embedding",
            FIGURES["embedding"],
            run=run.id,
            scene=scene,
            height=_BIG,
            projection=projection.name,
            title=projection.projection.title,
            note=f"of the {spec.algorithm.space}",
            color="class",  # the stage falls back to clusters where there are no labels
        )
    with right:
        for column, key in zip(st.columns(3, gap="small"), ("q", "p", "p-q"), strict=True):
            with column:
                panel(key, FIGURES[key], run=run.id, scene=scene, height=f"calc({_BIG} + 48px)")
    for column, key in zip(st.columns(3, gap="small"), ("scores", "losses", "sizes"), strict=True):
        with column:
            panel(key, FIGURES[key], run=run.id, scene=scene, height=_SMALL)
    _transport(run)


@st.fragment
def _transport(run: Run) -> None:
    """The one cursor; where it rests is kept in the address line."""
    told = panel("transport", "transport", run=run.id, height="64px")
    epoch = told.get("epoch")
    if epoch is not None:
        put_in_address(EPOCH, None if epoch == "live" else epoch)
