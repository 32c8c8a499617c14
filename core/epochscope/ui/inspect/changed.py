"""What changed between two epochs: the points that changed cluster, those that cost accuracy first."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.inspect.changes import GAINED, LOST, NEITHER, Changes, Facts
from epochscope.inspect.health import Note
from epochscope.inspect.whole import cluster_name
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.walk import open_point
from epochscope.ui.inspect.whole import choose_since, since_epoch
from epochscope.ui.shared.address import put_in_address
from epochscope.ui.shared.epoch_facts import changes_of, facts_of
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.selected import select_rows
from epochscope.ui.shared.session import EPOCH, FOCUS, SINCE, VIEW, flash, stage_command, take_flash
from epochscope.ui.shared.stage import gallery
from epochscope.ui.shared.text import plain

SHOWN = 48
"""Most points in the gallery."""
_ROWS = 500  # of the table
_WORDS = {LOST: "right → wrong", NEITHER: "", GAINED: "wrong → right"}
_OF_SAMPLES = frozenset({"fell", "mass move", "swallowed", "lost class", "restless", "below start"})


def names_samples(note: Note) -> bool:
    """Whether a finding is about points that changed cluster at its epoch."""
    return note.kind in _OF_SAMPLES and note.epoch > 0


def show_changes(note: Note) -> None:
    """Goes to the epoch of a finding and shows which points changed there (in a callback)."""
    put_in_address(EPOCH, note.epoch)
    for name in (SINCE, FOCUS):
        put_in_address(name, None)
    put_in_address(VIEW, "changed")
    stage_command(epoch=note.epoch)


def changed_view(view: EpochView) -> None:
    """Which points changed cluster since an epoch, in the order of what that cost, with their pictures."""
    first = view.first_with("labels")
    if first is None or view.epoch <= first:
        st.caption(f"Clusters are compared with an earlier epoch; at epoch {view.epoch} ({view.phase}) there is none.")
        return
    since = since_epoch(view, first)
    facts = facts_of(view, since)
    found = changes_of(facts)
    if found is None:
        st.caption(f"There are no clusters at epoch {since} or {view.epoch}.")
        return
    choose_since(view, first, since)
    st.markdown(_summary(view, found, since, facts))
    if sentence := take_flash():
        st.caption(f":material/info: {plain(sentence)}")
    if not len(found.rows):
        return
    _select(view, found, since)
    _pictures(view, found, facts)
    with st.expander(f"Table of {min(len(found.rows), _ROWS):,} points", icon=":material/table_rows:"):
        st.dataframe(
            _table(view, found, facts),
            hide_index=True,
            key="changed-table",
            height=300,
            column_config={"KL": st.column_config.NumberColumn(format="%.3f")},
        )


def _summary(view: EpochView, found: Changes, since: int, facts: Facts) -> str:
    """What happened, in two sentences with the numbers that add up."""
    count = len(found.rows)
    said = f"**{count:,} point{'s' * (count != 1)} changed cluster from epoch {since} to {view.epoch}.**"
    if facts.truth is None or facts.before is None or facts.after is None:
        return said
    known = max(int((facts.truth >= 0).sum()), 1)
    acc = [one.right(facts.truth).sum() / known for one in (facts.before, facts.after)]
    said += (
        f" {found.count(LOST):,} of them were right and are wrong now, {found.count(GAINED):,} the other way around: "
        f"ACC {acc[0]:.3f} → {acc[1]:.3f}."
    )
    lost, gained = len(found.lost_in_place), len(found.gained_in_place)
    if lost or gained:
        said += (
            f" Another {lost:,} became wrong and {gained:,} right without moving, because their cluster now matches "
            "another class."
        )
    return said


def _select(view: EpochView, found: Changes, since: int) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, effect in (("Select the lost ones", LOST), ("Select the gained ones", GAINED)):
            rows = found.rows[found.effect == effect]
            st.button(
                f"{label} ({len(rows):,})",
                key=f"changed-{effect}",
                icon=":material/select_all:",
                disabled=not len(rows),
                on_click=_selected,
                args=(view, rows, f"that went {_WORDS[effect]} from epoch {since} to {view.epoch}"),
            )


def _selected(view: EpochView, rows: np.ndarray, words: str) -> None:
    try:
        select_rows(view, np.sort(rows), words)
        put_in_address(VIEW, "selection")
    except EpochscopeError as error:
        flash(str(error))


def _pictures(view: EpochView, found: Changes, facts: Facts) -> None:
    """The first ones that are drawn; a click opens the point."""
    assert facts.before is not None
    assert facts.after is not None
    rows = [int(row) for row in found.rows if view.place[row] >= 0][:SHOWN]
    effect = dict(zip(found.rows.tolist(), found.effect.tolist(), strict=True))
    items = [
        (int(view.place[row]), _way(facts.before.labels[row], facts.after.labels[row]), effect[row] == LOST)
        for row in rows
    ]
    order = (
        "Underlined points were right before and are wrong now; they come first. " if facts.truth is not None else ""
    )
    st.caption(f"Old → new cluster. {order}Then come those whose Q changed most. Click one to see why it moved.")
    label = "Points that changed cluster"
    gallery("changed-gallery", items, run=view.run.id, label=label, on_pick=partial(open_point, view))


def _way(old: int, new: int) -> str:
    return f"{old if old >= 0 else '–'}→{new if new >= 0 else '–'}"


def _table(view: EpochView, found: Changes, facts: Facts) -> pd.DataFrame:
    assert facts.before is not None
    assert facts.after is not None
    rows = found.rows[:_ROWS]
    table: dict[str, Any] = {"row": rows}
    if facts.truth is not None:
        table["true class"] = [view.class_name(int(c)) for c in facts.truth[rows]]
    table |= {
        "from": [cluster_name(int(j)) for j in facts.before.labels[rows]],
        "to": [cluster_name(int(j)) for j in facts.after.labels[rows]],
        "effect": [_WORDS[int(effect)] for effect in found.effect[:_ROWS]],
        "KL": found.turned[:_ROWS],
        "confidence": facts.confidence[rows],
        "moved": facts.moved[rows],
    }
    return pd.DataFrame(table)
