"""Selections under a name: kept for this browser, opened in any run on the same points, compared between these runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.inspect.selection import fate
from epochscope.inspect.whole import match
from epochscope.runs.format.run import Run, runs
from epochscope.runs.library import kept as library
from epochscope.runs.library.names import dated, name_of, told_apart
from epochscope.types import EpochscopeError
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.selected import Selection, select_rows
from epochscope.ui.shared.session import COMPARE_BOX, KEEP_BOX, KEPT_BOX, flash
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_LOOKED_THROUGH, _COMPARED = 60, 12  # runs


def open_kept(view: EpochView) -> None:
    """A menu of the selections that were kept of these points; nothing where there are none."""
    there = {one.name: one for one in library.kept(view.run, page_visitor())}
    if not there:
        return

    def take(name: str | None) -> None:
        if (one := there.get(name or "")) is None:
            return
        try:
            select_rows(view, one.points(), f"of the selection “{one.name}” ({one.words})")
        except EpochscopeError as error:
            flash(str(error))

    st.selectbox(
        "Kept selections",
        list(there),
        index=None,
        key=KEPT_BOX,
        width=220,
        placeholder="one of yours",
        format_func=lambda name: f"{name}: {there[name].count:,} points",
        on_change=with_value(KEPT_BOX, take),
    )


def keep_selection(view: EpochView, chosen: Selection) -> None:
    """A button that keeps the selection under a name, or deletes one."""

    def keep() -> None:
        name = st.session_state.get(KEEP_BOX) or ""
        try:
            library.keep(view.run, chosen.rows, name, chosen.words, page_visitor())
            flash(f"“{name.strip()}” is kept for this browser, for every run on these points.")
        except EpochscopeError as error:
            flash(str(error))

    with st.popover("Keep", icon=":material/bookmark:", key="selection-keep"):
        st.text_input("Name", key=KEEP_BOX, max_chars=60, placeholder="for example: fours that went to 9")
        st.button("Keep the selection", on_click=keep, key="keep-selection")
        st.caption("It is kept for this browser; the run itself does not change.")
        for one in library.kept(view.run, page_visitor()):
            st.button(
                f"Delete “{plain(one.name)}”",
                key=f"forget-{one.name}",
                type="tertiary",
                icon=":material/delete:",
                on_click=_forget,
                args=(view.run, one.name),
            )


def _forget(run: Run, name: str) -> None:
    try:
        library.forget(run, name, page_visitor())
    except EpochscopeError as error:
        flash(str(error))


def compare_selection(view: EpochView, rows: np.ndarray) -> None:
    """What became of the selected points at the end of the other runs on the same points."""
    if not st.toggle("Compare with other runs on these points", key=COMPARE_BOX):
        return
    key, found = library.data_key(view.run), {}
    for _, run in zip(range(_LOOKED_THROUGH), runs(), strict=False):
        if run.info is not None and run.epochs() and library.data_key(run) == key and len(found) < _COMPARED:
            found[run.id] = run
    found = {view.run.id: view.run, **found}
    if len(found) < 2:
        st.caption("There is no other run on these points yet.")
        return
    words = told_apart({name: dated(name_of(run), run.created) for name, run in found.items()})
    lines = [_line(words[name], run, rows) for name, run in found.items()]
    st.dataframe(
        pd.DataFrame([line for line in lines if line]),
        hide_index=True,
        key="selection-fates",
        height="content",
        column_config={
            "accuracy": st.column_config.NumberColumn(format="%.3f"),
            "together": st.column_config.NumberColumn(
                format="percent", help="Share of the selected points in the cluster that has most of them."
            ),
        },
    )


def _line(name: str, run: Run, rows: np.ndarray) -> dict[str, object]:
    info = run.info or {}
    view = EpochView(run, info, len(run.epochs()) - 1)
    labels, truth = view.labels(), view.truth
    if labels is None:
        return {}
    of = None if truth is None else match(truth=truth, labels=labels, classes=len(view.classes), k=view.k)
    found = fate(rows, labels, truth, of)
    return {
        "run": name,
        "epoch": view.epoch,
        "clusters": found.clusters,
        "together": found.together,
        "in cluster": found.largest,
        "accuracy": found.accuracy,
    }
