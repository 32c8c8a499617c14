"""The family of a run on a page: the tree of the runs that it descends from and of those that descend from it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from epochscope.figures import tree
from epochscope.figures.theme import CONFIG
from epochscope.figures.tree import Row
from epochscope.language import tr
from epochscope.runs.format.lineage import Node, family
from epochscope.runs.library.bundled_entries import with_bundled
from epochscope.runs.library.catalog import Entry, listing, recent_entries

_FRESH, _PATIENCE = 5.0, 0.5  # seconds


def family_of(run_id: str) -> list[Node]:
    """The family of a run, itself included; empty where it has no relatives."""
    found = family(run_id, with_bundled(run_id, recent_entries(_FRESH)))
    found = found or family(run_id, with_bundled(run_id, listing(_PATIENCE).entries))  # may be unread yet
    return found if len(found) > 1 else []


def rows_of(nodes: Sequence[Node]) -> list[Row]:
    """The tree's rows."""
    return [_row(node.run, node) for node in nodes]


def nearest(nodes: Sequence[Node], run_id: str, most: int) -> list[Node]:
    """At most so many of a family: those that the run descends from, itself, then its own branches, then others."""
    if len(nodes) <= most:
        return list(nodes)
    at = next(i for i, node in enumerate(nodes) if node.run.id == run_id)
    way, above = [at], nodes[at].parent_row
    while above is not None:
        way.append(above)
        above = nodes[above].parent_row
    own = [i for i, node in enumerate(nodes) if node.parent_row == at]
    beside = [i for i, node in enumerate(nodes) if node.parent_row == nodes[at].parent_row]
    kept = sorted(dict.fromkeys([*way, *own, *beside]).keys(), key=[*way, *own, *beside].index)[:most]
    rows = sorted(kept)
    place = {old: new for new, old in enumerate(rows)}
    return [nodes[i]._replace(parent_row=place.get(nodes[i].parent_row)) for i in rows]  # type: ignore[arg-type]


def _row(one: Entry, node: Node) -> Row:
    first = node.parent_row is None
    start = 0 if first else min(one.left_at or 0, max(one.epochs - 1, 0))
    name = one.metadata.name or one.title
    score = "" if one.acc is None else f"ACC {one.acc:.3f}"
    result = score if one.state == "done" else " · ".join(part for part in (one.state, score) if part)
    words = name if first else " · ".join(part for part in (one.metadata.name, one.changed) if part)
    return Row(one.id, start, max(one.epochs - 1, 0), node.parent_row, words, result, one.title)


def draw_tree(rows: Sequence[Row], shown: str = "", *, key: str) -> str | None:
    """Draws a tree; returns the id of the run whose dot was clicked, once."""
    event = st.plotly_chart(
        tree.figure(rows, shown),
        key=key,
        on_select="rerun",
        selection_mode="points",
        config={**CONFIG, "displayModeBar": False},
        alt=tr("The runs of this family: {list}", list="; ".join(row.words for row in rows)),
    )
    points = event["selection"]["points"]
    chosen = str(points[0]["customdata"]) if points and "customdata" in points[0] else None
    return chosen if chosen in {row.run for row in rows} and chosen != shown else None
