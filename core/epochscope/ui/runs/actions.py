"""Actions on the selected runs: open, continue, duplicate, repeat, name, export, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from epochscope import rights
from epochscope.exports.recipe import command, python
from epochscope.futures.plan import MOST_MEMBERS, members_of, reason_not_together
from epochscope.futures.training import futures_writer, train
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
from epochscope.runs.training.sweep import grid, parse_values, ranges, with_seeds
from epochscope.types import EpochscopeError
from epochscope.ui.runs.export import export
from epochscope.ui.shared.family import draw_tree, family_of, rows_of
from epochscope.ui.shared.session import FUTURES, RUN, RUNS, flash, note_deleted
from epochscope.ui.shared.setup import fill_in
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

CONTINUE = "Recomputes and verifies the stored epochs, then continues: the same results as without a break."
_NOTHING = "–"

_BRANCH = (
    "A command or a call of Python names the settings of the start, not what a branch changes later; its citation "
    "holds that, too: epochscope replay trains it again."
)


def actions(chosen: Sequence[Entry]) -> None:
    """A row of buttons for the selected runs, and below it the message of a single run."""
    one = chosen[0] if len(chosen) == 1 else None
    readable = one is not None and bool(one.created)
    foreign = {each.id: why for each in chosen if (why := _denial(each.id, page_visitor()))}
    why = plain(foreign[one.id]) if one and one.id in foreign else None
    spec, never = _repeatable(one)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-actions"):
        if st.button("Open in Train", type="primary", icon=":material/play_circle:", disabled=not readable) and one:
            st.switch_page("pages/train.py", query_params={RUN: one.id})
        if st.button("Inspect", icon=":material/troubleshoot:", disabled=not readable) and one:
            st.switch_page("pages/inspect.py", query_params={RUN: one.id})
        several = [each.id for each in chosen if each.created]
        if st.button("Compare", icon=":material/compare:", disabled=not 2 <= len(several) <= MOST_COMPARED):
            st.switch_page("pages/compare.py", query_params={RUNS: ".".join(several)})
        resumable = [run.id for run in chosen if not run.reason_not_resumable and run.id not in foreign]
        st.button(
            "Continue",
            icon=":material/resume:",
            disabled=not resumable,
            help=why or (plain(one.reason_not_resumable) if one and one.reason_not_resumable else CONTINUE),
            on_click=_resume,
            args=(resumable,),
        )
        if st.button("Duplicate", icon=":material/content_copy:", disabled=not spec, help=never or _DUPLICATE) and spec:
            _duplicate(spec)
        with st.popover("Run again", icon=":material/repeat:", disabled=not spec, help=never or None):
            if spec:
                repeat(spec)
        disabled = one is None or bool(why)
        with st.popover("Name, tags, notes", icon=":material/edit:", disabled=disabled, help=why):
            if one and not disabled:
                _words(one)
        with st.popover("Copy", icon=":material/code:", disabled=not readable, help="As command, as Python, to cite."):
            if one and readable:
                _copy(one)
        with st.popover("Export", icon=":material/download:", disabled=not chosen):
            if chosen:
                export(chosen)
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
        texts |= {} if never else {"Command": (command(run.spec), "bash"), "Python": (python(run.spec), "python")}
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


def _duplicate(spec: RunSpec) -> None:
    fill_in(spec)
    if spec.course:
        flash(f"These are the settings of the start; what was changed at epoch {spec.course[-1]['epoch']} is not.")
    st.switch_page("pages/train.py")


_DUPLICATE = "Opens the Train page with the settings of this run filled in."


def _resume(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        try:
            manager().resume(run_id, page_visitor())
        except EpochscopeError as error:
            flash(str(error))


def _words(one: Entry) -> None:
    """The form for name, tags and notes of a run."""
    about = one.metadata
    with st.form(f"words-{one.id}", border=False):
        name = st.text_input("Name", about.name, max_chars=NAME_LENGTH, placeholder=one.title)
        tags = st.text_input("Tags, comma-separated", ", ".join(about.tags))
        notes = st.text_area("Notes", about.notes, max_chars=NOTES_LENGTH)
        if st.form_submit_button("Save"):
            try:
                said = replace(about, name=name, tags=tags_of(tags), notes=notes)
                write_metadata(folder_of(one.id), said, page_visitor())
            except EpochscopeError as error:
                flash(str(error))
            st.rerun()


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


def repeat(spec: RunSpec) -> None:
    """The same run with other seeds, over a grid of one or two parameters, or many of them as one computation."""
    seeds, values, together = st.tabs(["Other seeds", "Grid of parameters", "Many at once"])
    with seeds:
        count = st.number_input("Number of additional seeds", 1, 100, 5, key="again.count")
        last = spec.seed + int(count)
        st.button(
            f"Run seeds {spec.seed + 1} to {last}",
            type="primary",
            key="again.seeds",
            on_click=_start_seeds,
            args=(spec, int(count)),
        )
    with values:
        known = ranges(spec)
        picked = [_axis(spec, known, place) for place in (1, 2)]
        st.button(
            "Run all combinations",
            type="primary",
            key="again.grid",
            disabled=not any(name for name, _ in picked),
            on_click=_start_grid,
            args=(spec, [(name, text) for name, text in picked if name]),
        )

    with together:
        _many_at_once(spec, known)


def _many_at_once(spec: RunSpec, known: dict[str, Any]) -> None:
    """Futures: seeds, and values of one parameter, trained as one batched computation."""
    if why := reason_not_together(spec):
        st.caption(plain(why))
        return
    count = int(st.number_input("Number of seeds", 1, MOST_MEMBERS, 16, key="futures.count"))
    name, text = _axis(spec, known, 3)
    st.caption("All are trained as one computation and shown side by side on the Futures page.")
    if st.button(f"Train {count} seeds at once", type="primary", key="futures.start"):
        try:
            values = {name: parse_values(known[name], name, text)} if name else {}
            seeds = range(spec.seed, spec.seed + count)
            members = members_of(spec, seeds, values)
            started = manager().start_work(
                lambda: futures_writer(spec, seeds, values, page_visitor()), train, page_visitor(), counts=len(members)
            )
        except EpochscopeError as error:
            st.error(plain(str(error)))
        else:
            st.switch_page("pages/futures.py", query_params={FUTURES: started})


def _axis(spec: RunSpec, known: dict[str, Any], place: int) -> tuple[str, str]:
    """One parameter of the grid: (dotted name or "", the values as typed)."""
    name = st.selectbox(
        ("First parameter", "Second parameter", "And values of a parameter")[place - 1],
        ["", *known],
        format_func=lambda name: _NOTHING if not name else known[name].label or name,
        key=f"again.name{place}",
    )
    if not name:
        return "", ""
    now = {"k": spec.k, "seed": spec.seed, **spec.params}[name]
    text = st.text_input(
        f"Values, comma-separated (now {now})", key=f"again.values.{name}", help=f"Allowed: {known[name].words}."
    )
    return name, text


def _start_seeds(spec: RunSpec, count: int) -> None:
    _start(lambda: (with_seeds(spec, count), f"{resolve(spec).title}: {count} more seeds"))


def _start_grid(spec: RunSpec, axes: Sequence[tuple[str, str]]) -> None:
    known = ranges(spec)

    def made() -> tuple[list[RunSpec], str]:
        values = {name: parse_values(known[name], name, text) for name, text in axes}
        varied = ", ".join(f"{name} = {' '.join(map(str, some))}" for name, some in values.items())
        request = resolve(spec)
        return grid(spec, values), f"{request.algorithm.title} on {request.source.title}: {varied}"

    _start(made)


def _start(make: Any) -> None:
    try:
        specs, title = make()
        manager().start_group(specs, title, page_visitor())
        st.toast(f"{len(specs)} runs were queued; the Runs page shows their progress.")
    except EpochscopeError as error:
        flash(str(error))
