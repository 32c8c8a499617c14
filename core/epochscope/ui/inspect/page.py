"""The Inspect page: explains a run. The embedding on the left; points, clusters and all data on the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from epochscope.inspect.health import RULES, Note
from epochscope.runs.format.run import Run, open_run, runs
from epochscope.runs.library.findings import findings
from epochscope.runs.library.names import dated, name_of, told_apart
from epochscope.runs.library.shown import stored_words
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.changed import changed_view, names_samples, show_changes
from epochscope.ui.inspect.cluster import cluster_view
from epochscope.ui.inspect.cure import cure, explain_refusal
from epochscope.ui.inspect.point import point_view
from epochscope.ui.inspect.selection import selection_view
from epochscope.ui.inspect.walk import open_point, remind
from epochscope.ui.inspect.whole import whole_view
from epochscope.ui.runs.export import export_menu
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.embedding import choose_projection, embedding
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.selected import selection, take_lasso
from epochscope.ui.shared.session import (
    EPOCH,
    FOCUS,
    INSPECTED,
    POINT,
    RUN,
    SELECTED,
    SINCE,
    VIEW,
    keep_in_address,
    note_projection,
    pending_stage_command,
    shown_projection,
    stage_command,
    take_view,
    view_bar,
)
from epochscope.ui.shared.stage import panel
from epochscope.ui.shared.text import explain, plain

_POLL = 4.0  # seconds between redraws while the run trains
_MOST_RUNS = 60
_RECORDED = "tour-collapse"  # what there is to see until there is a run: one with findings of many kinds
_HEIGHT = "var(--es-inspected)"
_WIDTHS = (1.35, 1)  # of the embedding, and of what explains it
_ICONS = {
    "bad": ":red[:material/error:]",
    "odd": ":orange[:material/warning:]",
    "fine": ":green[:material/check_circle:]",
}

VIEWS: dict[str, Callable[[EpochView], None]] = {
    "whole": whole_view,
    "changed": changed_view,
    "point": point_view,
    "cluster": cluster_view,
    "selection": selection_view,
}
_TITLES = {
    "whole": "Overview",
    "changed": "Changes",
    "point": "Point",
    "cluster": "Cluster",
    "selection": "Selection",
}


def inspect_page() -> None:
    """One run at the epoch of the address line; all views follow the cursor."""
    try:
        run = _choose_run()
        live = run.live
        if run.epochs() and run.info is not None:
            st.fragment(_board, run_every=_POLL if live else None)(run, live)
            return
        st.info(run.status["message"] or "This run has no epoch yet; its views appear with the first one.")
        if live:
            st.fragment(_wait, run_every=1.0)(run)
    except EpochscopeError as error:
        explain(error)


def _choose_run() -> Run:
    """The run of the address line, else the newest, else a recorded one; a menu of the others."""
    runs_by_id = {run.id: run for _, run in zip(range(_MOST_RUNS), runs(), strict=False)}
    asked = in_address(RUN)
    if asked and asked not in runs_by_id:
        runs_by_id = {asked: open_run(asked), **runs_by_id}
    names = list(runs_by_id) or [_RECORDED]
    words = told_apart({name: dated(name_of(run), run.created) for name, run in runs_by_id.items()})
    if not runs_by_id:
        runs_by_id = {_RECORDED: open_run(_RECORDED)}
        words = {_RECORDED: f"{name_of(runs_by_id[_RECORDED])} · recorded, comes with epochscope; no run of yours yet"}
    st.session_state[INSPECTED] = asked or names[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="inspect-bar"):
        chosen = st.selectbox(
            "Run",
            names,
            key=INSPECTED,
            format_func=words.__getitem__,
            label_visibility="collapsed",
            on_change=with_value(INSPECTED, _other_run),
        )
        there = {RUN: str(chosen), **({SELECTED: points} if (points := in_address(SELECTED)) else {})}
        st.page_link("pages/train.py", label="Open in Train", icon=":material/play_circle:", query_params=there)
        export_menu([runs_by_id[str(chosen)]], key="export-menu")
    put_in_address(RUN, chosen)
    return open_run(str(chosen))


def _other_run(run: str) -> None:
    put_in_address(RUN, run)
    for name in (EPOCH, POINT, FOCUS, SELECTED):
        put_in_address(name, None)


def _wait(run: Run) -> None:
    if run.epochs() or not run.live:
        st.rerun()


def _board(run: Run, was_live: bool) -> None:
    """Everything below the bar: redrawn when the cursor comes to rest, when a point is picked, while the run trains."""
    try:
        if run.live != was_live:
            st.rerun()
        info = run.info
        if info is None:
            raise EpochscopeError(f"The folder of run {run.id} is no longer complete; choose another run.")
        _draw(run, info)
    except EpochscopeError as error:
        explain(error)


def _draw(run: Run, info: dict[str, Any]) -> None:
    remind(run)
    selection(EpochView(run, info, len(run.epochs()) - 1))  # one from a link is sent to the stage below
    with st.container(key="inspect-halves"):
        left, right = st.columns(_WIDTHS, gap="small")
    with left, st.container(key="inspect-stage"):
        keep_in_address(_stage(run, info))
    view = _view_at_cursor(run, info)
    with right:
        if view.info.get("every", 1) > 1 and "z" not in view.line["has"]:
            st.caption(f":material/info: {stored_words(run)}")
        try:
            _notes(view)
            _view(view)
        except EpochscopeError as error:
            explain(error)


def _view_at_cursor(run: Run, info: dict[str, Any]) -> EpochView:
    """The run at the epoch of the address line; without one, at its newest."""
    epoch, last = in_address(EPOCH) or "", len(run.epochs()) - 1
    return EpochView(run, info, min(int(epoch), last) if epoch.isdigit() else last)


def _stage(run: Run, info: dict[str, Any]) -> dict[str, Any]:
    """The embedding, its projection and the cursor; their state."""

    def pick(event: dict[str, Any]) -> None:
        open_point(_view_at_cursor(run, info), int(event["index"]))

    def select(lasso: dict[str, Any]) -> None:
        if take_lasso(_view_at_cursor(run, info), lasso):
            put_in_address(VIEW, "selection")

    on = {"pick": pick, "select": select}
    with st.container(key="picture"):
        projection = choose_projection()
        note_projection(projection)
        event = embedding(run, projection, height=_HEIGHT, command=pending_stage_command(), on=on)
    moved = panel("transport", "transport", run=run.id, height="var(--es-cursor)")
    return {**event, **{name: value for name, value in moved.items() if value is not None}}


@lru_cache(maxsize=32)
def _findings(run: Run, epochs: int, projection: str, frames: int, live: bool) -> list[Note]:
    return findings(run, epochs=epochs, projection=projection)


def _notes(view: EpochView) -> None:
    """The findings; a click goes to the epoch and opens the figure that shows it."""
    shown = shown_projection()
    projection = shown.name if shown else ""
    frames = len(view.run.frames(projection).lines()) if projection else 0
    found = _findings(view.run, len(view.run.epochs()), projection, frames, view.run.live)
    why = view.run.status["message"] if view.run.status["state"] in ("failed", "interrupted") else ""
    if why:
        st.caption(f"{_ICONS['bad']} {plain(why)}")
    if not found:
        if not why:
            st.caption(f":material/check_circle: No problems found in this run ({len(RULES)} rules checked).")
        return
    with st.container(gap="xxsmall", key="inspect-notes"):
        for number, note in enumerate(found):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _buttons(note, number)
            cure(view.run, note, number, found)
    explain_refusal()


def _buttons(note: Note, number: int) -> None:
    """The finding itself, and the way to the points that it is about."""
    st.button(
        f"{_ICONS[note.level]} {plain(note.sentence)}",
        key=f"note{number}",
        type="tertiary",
        help=f"Rule: {note.rule}. Click to go to epoch {note.epoch}.",
        on_click=_go_to,
        args=(note,),
    )
    if names_samples(note):
        st.button(
            ":primary[Which samples?]",
            key=f"samples{number}",
            type="tertiary",
            icon=":material/groups:",
            help=f"The points that changed cluster at epoch {note.epoch}, those costliest first.",
            on_click=show_changes,
            args=(note,),
        )


def _go_to(note: Note) -> None:
    put_in_address(EPOCH, note.epoch)
    for name in (VIEW, SINCE):
        put_in_address(name, None)
    put_in_address(FOCUS, note.shown_by)
    stage_command(epoch=note.epoch)


def _view(view: EpochView) -> None:
    asked = in_address(VIEW)
    bar, first = view_bar(asked if asked in VIEWS else "whole")
    chosen = st.segmented_control(
        "View",
        list(VIEWS),
        default=first,
        key=bar,
        required=True,
        format_func=lambda key: _TITLES[key],
        label_visibility="collapsed",
        on_change=with_value(bar, lambda chosen: take_view(bar, chosen)),
    )
    VIEWS[str(chosen)](view)
