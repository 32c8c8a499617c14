"""The selection: points inside a lasso, of a cluster or of a class, that stay selected at every epoch."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.figures import over_epochs
from epochscope.inspect import selection as about
from epochscope.inspect.changes import NAMES
from epochscope.inspect.query import MOST_LETTERS
from epochscope.inspect.whole import class_of, cluster_name, cluster_sizes
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.kept import compare_selection, keep_selection, open_kept
from epochscope.ui.inspect.walk import open_point
from epochscope.ui.inspect.whole import compared_epoch
from epochscope.ui.inspect.why import why
from epochscope.ui.shared.address import put_in_address
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.selected import clear, select_group, select_query, selection
from epochscope.ui.shared.session import QUERY_BOX, SELECTION_BOX, VIEW, flash, take_flash
from epochscope.ui.shared.stage import chart, gallery
from epochscope.ui.shared.text import plain

SHOWN = 96
"""Most points in the gallery."""
_TOO_LARGE = "It has too many points for a link, so it lasts only while this page is open."


def show_group(view: EpochView, kind: str, group: int) -> None:
    """Selects all points of a class, or of a cluster at this epoch, and shows them."""
    try:
        select_group(view, kind, group)
        put_in_address(VIEW, "selection")
    except EpochscopeError as error:  # a class without points
        flash(str(error))


def selection_view(view: EpochView) -> None:
    """How to select points; the classes, clusters, history and members of the selection."""
    _choose(view)
    _query(view)
    chosen = selection(view)
    if sentence := take_flash():
        st.caption(f":material/info: {plain(sentence)}")
    if chosen is None:
        st.caption(
            "Nothing is selected. Draw around some points with the box or lasso tool of the embedding, "
            "choose a cluster or class in the menu, or type what the points have in common."
        )
        return
    rows = chosen.rows
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(rows):,} point{'s' * (len(rows) != 1)}** {plain(chosen.words)}")
        st.download_button(
            "Download as CSV",
            lambda: _csv(view, rows),
            f"{view.run.id}-epoch{view.epoch}-selection.csv",
            "text/csv",
            icon=":material/download:",
            key="selection-csv",
            on_click="ignore",
        )
        keep_selection(view, chosen)
        st.button("Clear", icon=":material/close:", key="selection-clear", on_click=clear)
    if chosen.link is None:
        st.caption(_TOO_LARGE)
    labels = view.labels()
    if labels is None:
        st.caption(f"There are no clusters at epoch {view.epoch} ({view.phase}).")
    else:
        _table(view, rows, labels)
    shares = about.shares(rows, view.history.labels(), view.k)
    if len(shares.epochs) > 1:
        made = over_epochs.areas("Clusters of the selection", shares.epochs, shares.shares, y="share of the selection")
        chart("selection-shares", made, run=view.run.id, height="240px", epochs=True)
    _gallery(view, rows, labels)
    compare_selection(view, rows)
    if view.epoch > 0:
        why(view, rows.tolist(), compared_epoch(view))


def _choose(view: EpochView) -> None:
    labels, truth = view.labels(), view.truth
    sizes = np.zeros(0, int) if labels is None else cluster_sizes(labels, view.k)
    options = [("cluster", j) for j in range(len(sizes)) if sizes[j]]
    if truth is not None:
        options += [("class", c) for c in range(len(view.classes))]

    def take(chosen: tuple[str, int] | None) -> None:
        if chosen:
            show_group(view, *chosen)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Select all of",
            options,
            index=None,
            key=SELECTION_BOX,
            width=260,
            placeholder="a cluster or a class",
            format_func=lambda one: f"{one[0]} {one[1] if one[0] == 'cluster' else view.class_name(one[1])}",
            on_change=with_value(SELECTION_BOX, take),
        )
        open_kept(view)


def _query(view: EpochView) -> None:
    """A line that says what the points have in common."""
    since = compared_epoch(view)

    def take(words: str | None) -> None:
        if line := (words or "").strip():
            try:
                select_query(view, since, line)
            except EpochscopeError as error:
                flash(str(error))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Select by a query",
            key=QUERY_BOX,
            max_chars=MOST_LETTERS,
            placeholder="class = 4 and cluster = 9 and confidence < 0.6 and moved > 1",
            on_change=with_value(QUERY_BOX, take),
        )
        with st.popover("", icon=":material/help:", help="What a query may say"):
            st.markdown("\n".join(f"- `{name}`: {plain(about)}" for name, about in NAMES.items()))
            st.caption(
                "Compare with = != < <= > >= or `in (…)`, join with and, or, not and parentheses. The earlier epoch is "
                f"{since}."
            )


def _table(view: EpochView, rows: np.ndarray, labels: np.ndarray) -> None:
    counts = about.counts(rows, labels, view.truth)
    table = pd.DataFrame(counts.counts, columns=[cluster_name(j) for j in counts.clusters])
    names = [view.class_name(c) for c in counts.classes] if view.truth is not None else ["all"]
    table.insert(0, "true class", names)
    table["total"] = counts.counts.sum(axis=1)
    st.dataframe(table, hide_index=True, key="selection-table", height=min(250, 36 * (len(table) + 1) + 3))


def _gallery(view: EpochView, rows: np.ndarray, labels: np.ndarray | None) -> None:
    places = view.place[rows]
    drawn = places[places >= 0]
    step = max(1, len(drawn) // SHOWN)
    shown = drawn[::step][:SHOWN]
    text = "" if len(shown) == len(rows) else f"{len(shown)} of {len(rows):,} points, evenly sampled"
    if len(drawn) < len(rows):
        text += f"; {len(rows) - len(drawn):,} of them are not drawn"
    st.caption(f"Labeled with their clusters. {text}")
    wrong, of, truth = np.zeros(len(shown), bool), view.matched, view.truth
    if labels is not None and of is not None and truth is not None:
        wrong = class_of(labels[view.drawn[shown]], of) != truth[view.drawn[shown]]
    items = [
        (int(p), "" if labels is None or labels[view.drawn[p]] < 0 else str(labels[view.drawn[p]]), bool(bad))
        for p, bad in zip(shown, wrong, strict=True)
    ]
    gallery("selection-gallery", items, run=view.run.id, label="The selection", on_pick=partial(open_point, view))


def _csv(view: EpochView, rows: np.ndarray) -> str:
    q = view.array("q")
    confidence = None
    if q is not None:
        confidence = np.full(view.info["n"], np.nan)
        confidence[view.drawn] = q.astype(float).max(axis=1)
    return about.as_csv(
        rows,
        epoch=view.epoch,
        labels=view.labels(),
        truth=view.truth,
        classes=view.classes,
        confidence=confidence,
    )
