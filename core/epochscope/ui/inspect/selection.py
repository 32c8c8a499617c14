"""A selection: points inside a lasso, of a cluster or of a class, that stay selected while the epochs pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.figures import over_epochs
from epochscope.inspect import selection as about
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.walk import show_point
from epochscope.ui.methods.facts import plain
from epochscope.ui.shared.epoch_view import Look
from epochscope.ui.shared.selected import clear, select_group, selection
from epochscope.ui.shared.session import VIEW, put_in_address, say, take_said
from epochscope.ui.shared.stage import chart, gallery

SHOWN = 96
"""Points in the gallery."""
_TOO_LARGE = "It has too many points for a link: it is kept only while this page is open."


def show_group(look: Look, kind: str, group: int) -> None:
    """Selects all points of a class, or of a cluster at this epoch, and shows them."""
    try:
        select_group(look, kind, group)
        put_in_address(VIEW, "selection")
    except EpochscopeError as error:  # a class without points
        say(str(error))


def selection_view(look: Look) -> None:
    """How to select, what is selected, of which classes and clusters it is, where it was, and its members."""
    _choose(look)
    chosen = selection(look)
    if sentence := take_said():
        st.caption(f":material/info: {plain(sentence)}")
    if chosen is None:
        st.caption(
            "Nothing is selected. Draw around some points with the box or lasso tool of the embedding, "
            "or choose a cluster or class in the menu."
        )
        return
    rows = chosen.rows
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(rows):,} points** {plain(chosen.words)}")
        st.download_button(
            "Download as CSV",
            lambda: _csv(look, rows),
            f"{look.run.id}-epoch{look.epoch}-selection.csv",
            "text/csv",
            icon=":material/download:",
            key="selection-csv",
            on_click="ignore",
        )
        st.button("Clear", icon=":material/close:", key="selection-clear", on_click=clear)
    if chosen.link is None:
        st.caption(_TOO_LARGE)
    labels = look.labels()
    if labels is None:
        st.caption(f"There are no clusters at epoch {look.epoch} ({look.phase}).")
    else:
        _table(look, rows, labels)
    found = about.shares(rows, look.history.labels(), look.k)
    if len(found.epochs) > 1:
        made = over_epochs.areas("Clusters of the selection", found.epochs, found.shares, y="share of the selection")
        chart("selection-shares", made, run=look.run.id, height="240px", epochs=True)
    _gallery(look, rows, labels)


def _choose(look: Look) -> None:
    labels, truth = look.labels(), look.truth
    sizes = np.zeros(0, int) if labels is None else np.bincount(labels, minlength=look.k)
    options = [("cluster", j) for j in range(len(sizes)) if sizes[j]]
    if truth is not None:
        options += [("class", c) for c in range(len(look.classes))]

    def take() -> None:
        kind, group = st.session_state["selection-box"]
        show_group(look, kind, group)

    st.selectbox(
        "Select all of",
        options,
        index=None,
        key="selection-box",
        width=260,
        placeholder="a cluster or a class",
        format_func=lambda one: f"{one[0]} {one[1] if one[0] == 'cluster' else look.class_name(one[1])}",
        on_change=take,
    )


def _table(look: Look, rows: np.ndarray, labels: np.ndarray) -> None:
    found = about.counts(rows, labels, look.truth)
    table = pd.DataFrame(found.counts, columns=[f"cluster {j}" for j in found.clusters])
    names = [look.class_name(c) for c in found.classes] if look.truth is not None else ["all"]
    table.insert(0, "true class", names)
    table["total"] = found.counts.sum(axis=1)
    st.dataframe(table, hide_index=True, key="selection-table", height=min(250, 36 * (len(table) + 1) + 3))


def _gallery(look: Look, rows: np.ndarray, labels: np.ndarray | None) -> None:
    places = look.place[rows]
    drawn = places[places >= 0]
    step = max(1, len(drawn) // SHOWN)
    shown = drawn[::step][:SHOWN]
    text = "" if len(shown) == len(rows) else f"{len(shown)} of {len(rows):,} points, evenly sampled"
    if len(drawn) < len(rows):
        text += f"; {len(rows) - len(drawn):,} of them are not drawn"
    st.caption(f"Labeled with their clusters. {text}")
    wrong, of, truth = np.zeros(len(shown), bool), look.matched, look.truth
    if labels is not None and of is not None and truth is not None:
        wrong = of[labels[look.drawn[shown]]] != truth[look.drawn[shown]]
    items = [
        (int(p), "" if labels is None else str(labels[look.drawn[p]]), bool(bad))
        for p, bad in zip(shown, wrong, strict=True)
    ]
    told = gallery("selection-gallery", items, run=look.run.id, label="The selection")
    if pick := told.get("pick"):
        show_point(look, pick["index"])
        put_in_address(VIEW, "point")
        st.rerun(scope="fragment")


def _csv(look: Look, rows: np.ndarray) -> str:
    q = look.array("q")
    confidence = None
    if q is not None:
        confidence = np.full(look.info["n"], np.nan)
        confidence[look.drawn] = q.astype(float).max(axis=1)
    return about.as_csv(
        rows,
        epoch=look.epoch,
        labels=look.labels(),
        truth=look.truth,
        classes=look.classes,
        confidence=confidence,
    )
