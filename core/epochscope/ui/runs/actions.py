"""Actions on the selected runs: open, continue, duplicate, repeat, name, export, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from epochscope import rights
from epochscope.exports.recipe import command, not_told, python
from epochscope.language import marked
from epochscope.rights import Action, Visitor
from epochscope.runs.format.metadata import NAME_LENGTH, NOTES_LENGTH, tags_of
from epochscope.runs.format.metadata import write as write_metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, folder_of, thing_of_run
from epochscope.runs.library.catalog import Entry
from epochscope.runs.library.citation import citation
from epochscope.runs.library.compare import MOST_COMPARED
from epochscope.runs.library.trash import KEPT_DAYS, throw_away
from epochscope.runs.training.manager import manager
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.types import EpochscopeError
from epochscope.ui.runs.again import repeat_menu
from epochscope.ui.runs.export import export
from epochscope.ui.shared.family import draw_tree, family_of, rows_of
from epochscope.ui.shared.press import Way, go_to, press
from epochscope.ui.shared.session import RUN, RUNS, flash, note_deleted
from epochscope.ui.shared.setup import fill_in
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

CONTINUE = marked("Recomputes and verifies the stored epochs, then continues: the same results as without a break.")
_BRANCH = (
    "A command or a line of Python holds the settings at the start, not what a branch changes later. The citation "
    "holds both: epochscope replay trains from it."
)


def actions(chosen: Sequence[Entry]) -> None:
    """A row of buttons for the selected runs, and below it the message of a single run."""
    one = chosen[0] if len(chosen) == 1 else None
    readable = one is not None and bool(one.created)
    foreign = {each.id: why for each in chosen if (why := _denial(each.id, page_visitor()))}
    why = plain(foreign[one.id]) if one and one.id in foreign else None
    spec, never = _repeatable(one)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-actions"):
        ways(chosen)
        resumable = [run.id for run in chosen if not run.reason_not_resumable and run.id not in foreign]
        st.button(
            "Continue",
            icon=":material/resume:",
            disabled=not resumable,
            help=why or (plain(one.reason_not_resumable) if one and one.reason_not_resumable else CONTINUE),
            on_click=_resume,
            args=(resumable,),
        )
        st.button(
            "Duplicate",
            icon=":material/content_copy:",
            disabled=not spec,
            help=never or _DUPLICATE,
            on_click=_duplicate,
            args=(spec,),
        )
        repeat_menu("Run again", spec, never)
        disabled = one is None or bool(why)
        with st.popover("Name, tags, notes", icon=":material/edit:", disabled=disabled, help=why):
            if one and not disabled:
                _words(one)
        with st.popover(
            "Copy", icon=":material/code:", disabled=not readable, help=("As a command, as Python, or as a citation.")
        ):
            if one and readable:
                _copy(one)
        with st.popover("Export", icon=":material/download:", disabled=not chosen):
            if chosen:
                export([Run(each.id) for each in chosen if each.created and each.epochs])
        disabled = len(foreign) == len(chosen)  # none is selected, or none is the visitor's
        with st.popover(
            "Delete", icon=":material/delete:", disabled=disabled, help=why or next(iter(foreign.values()), None)
        ):
            _delete([each for each in chosen if each.id not in foreign], len(foreign))
    if one is None:
        st.caption(
            f"{len(chosen)} runs selected." if chosen else "Select runs with the checkboxes on the left of the table."
        )
        return
    _about(one)


def ways(chosen: Sequence[Entry]) -> None:
    """Buttons to the pages that show the selected runs."""
    one = chosen[0] if len(chosen) == 1 else None
    readable = one is not None and bool(one.created)
    shown = {RUN: one.id} if one else {}
    for label, page, icon in (("Open in Train", "train", "play_circle"), ("Inspect", "inspect", "troubleshoot")):
        st.button(
            label,
            type="primary" if page == "train" else "secondary",
            icon=f":material/{icon}:",
            disabled=not readable,
            on_click=go_to,
            args=(f"pages/{page}.py", shown),
        )
    several = [each.id for each in chosen if each.created]
    st.button(
        "Compare",
        icon=":material/compare:",
        disabled=not 2 <= len(several) <= MOST_COMPARED,
        on_click=go_to,
        args=("pages/compare.py", {RUNS: ".".join(several)}),
    )


def _about(one: Entry) -> None:
    """What is said of a single selected run, and its family."""
    st.caption(" · ".join(plain(part) for part in (one.name, one.state, one.message) if part))
    if (rows := rows_of(family_of(one.id))) and (other := draw_tree(rows, one.id, key=f"tree-{one.id}")):
        st.switch_page("pages/train.py", query_params={RUN: other})
    if one.metadata.notes:
        st.text(one.metadata.notes)


def _copy(one: Entry) -> None:
    """The run as text; each box has a button that copies it."""
    try:
        run = Run(one.id)
        never = reason_not_repeatable(run.spec) or (_BRANCH if run.spec.course else "")
        texts: dict[str, tuple[str, str | None]] = {}
        if not never:
            before = not_told(run)
            texts = {"Command": (before + command(run.spec), "bash"), "Python": (before + python(run.spec), "python")}
        try:
            texts["Citation"] = (citation(run), None)
        except EpochscopeError as error:  # it trains, or is of an older format: the other texts are there all the same
            never = never or str(error)
    except EpochscopeError as error:
        st.caption(plain(str(error)))
        return
    if not texts:
        st.caption(plain(never))
        return
    for tab, (text, language) in zip(st.tabs(list(texts)), texts.values(), strict=True):
        tab.code(text, language=language, wrap_lines=True, height=300)
    if never:
        st.caption(plain(never))


def _repeatable(one: Entry | None) -> tuple[RunSpec | None, str]:
    """(settings of a run, "") if it can be trained here again, else (None, why not); (None, "") without a run."""
    if one is None:
        return None, ""
    try:
        spec = Run(one.id).spec
    except EpochscopeError as error:
        return None, plain(str(error))
    never = reason_not_repeatable(spec)
    return (None, plain(never)) if never else (resolve(spec).spec, "")


def _denial(run_id: str, visitor: Visitor) -> str:
    """Why the visitor may not change a run; the rule is the same for every change. Empty if they may."""
    return rights.denial_reason(visitor, Action.DELETE, thing_of_run(run_id))


@press
def _duplicate(spec: RunSpec) -> Way:
    fill_in(spec)
    if spec.course:
        flash(f"These are the settings at the start; what was changed at epoch {spec.course[-1]['epoch']} is not.")
    return Way("pages/train.py")


_DUPLICATE = "Opens the Train page with the settings of this run."


@press
def _resume(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        try:
            manager().resume(run_id, page_visitor())
        except EpochscopeError as error:
            flash(str(error))


def _words(one: Entry) -> None:
    """The form for name, tags and notes of a run."""
    about = one.metadata
    key = f"words-{one.id}"
    with st.form(key, border=False):
        st.text_input("Name", about.name, max_chars=NAME_LENGTH, placeholder=one.title, key=f"{key}-name")
        st.text_input("Tags, comma-separated", ", ".join(about.tags), key=f"{key}-tags")
        st.text_area("Notes", about.notes, max_chars=NOTES_LENGTH, key=f"{key}-notes")
        st.form_submit_button("Save", on_click=_save_words, args=(one, key))


@press
def _save_words(one: Entry, key: str) -> None:
    said = st.session_state
    try:
        tags = tags_of(said[f"{key}-tags"])
        about = replace(one.metadata, name=said[f"{key}-name"], tags=tags, notes=said[f"{key}-notes"])
        write_metadata(folder_of(one.id), about, page_visitor())
    except EpochscopeError as error:
        flash(str(error))


def _delete(chosen: Sequence[Entry], left_alone: int) -> None:
    """Asks for confirmation; says how many of the runs somebody else started."""
    live = [one for one in chosen if one.live]
    gone = [one.id for one in chosen if not one.live]
    if live:
        st.caption(f"{len(live)} of them are still running: stop them first.")
    if left_alone:
        st.caption(f"{left_alone} of the selected runs were started by somebody else and are kept.")
    if others := sum(rights.started_elsewhere(page_visitor(), thing_of_run(run_id)) for run_id in gone):
        st.caption(f"{others} of them {'was' if others == 1 else 'were'} started from another browser.")
    what = "this run" if len(gone) == 1 else f"these {len(gone)} runs"
    st.markdown(f"Move {what} to the trash? It is emptied after {KEPT_DAYS:g} days; until then it can be undone.")
    st.button(f"Delete {what}", type="primary", disabled=not gone, key="delete", on_click=delete, args=(gone,))


def delete(run_ids: Sequence[str]) -> None:
    """Moves runs to the trash and remembers them for the undo button."""
    done = []
    for run_id in run_ids:
        try:
            throw_away(run_id, page_visitor())
            done.append(run_id)
        except EpochscopeError as error:
            flash(str(error))
    note_deleted(done)
