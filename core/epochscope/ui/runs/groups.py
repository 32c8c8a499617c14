"""Runs that were started together: their progress, their scores so far, and a button that cancels them all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from epochscope import rights
from epochscope.formulas.dispersion import median_range
from epochscope.futures.store import every
from epochscope.rights import Action
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.library.catalog import Entry, listing, recent_entries
from epochscope.runs.training.manager import manager
from epochscope.types import EpochscopeError
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import FUTURES, flash
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 2.0  # seconds
_MOST = 4  # groups shown
_MOST_FUTURES = 2
_READING = 0.3  # seconds at a time for runs that nobody has read


class Group(NamedTuple):
    """Runs of one group."""

    id: str
    title: str
    members: tuple[Entry, ...]

    @property
    def waiting(self) -> list[Entry]:
        return [one for one in self.members if one.live]

    @property
    def words(self) -> str:
        """Its progress, and the scores of the members that are done."""
        ended = len(self.members) - len(self.waiting)
        bad = sum(one.state in ("failed", "interrupted", "stopped") for one in self.members)
        parts = [f"{ended} of {len(self.members)} ended"]
        if bad:
            parts.append(f"{bad} of them did not finish")
        acc = [one.acc for one in self.members if one.acc is not None and one.state == "done"]
        if acc:
            acc_range = median_range(acc)
            parts.append(f"ACC {acc_range.median:.3f} ({acc_range.low:.3f} to {acc_range.high:.3f})")
        return " · ".join(parts)


def grouped(shown_entries: Sequence[Entry]) -> list[Group]:
    """The groups of these runs, the newest first."""
    members: dict[str, list[Entry]] = {}
    for one in shown_entries:
        if one.metadata.group:
            members.setdefault(one.metadata.group, []).append(one)
    return [Group(key, some[0].metadata.group_title or key, tuple(some)) for key, some in members.items()]


def groups(shown_entries: Sequence[Entry]) -> None:
    """One line per group. While any run trains or waits, the page is redrawn whenever one of them changes."""
    live = any(one.live for one in shown_entries)
    if live or any(one.metadata.group for one in shown_entries):
        st.fragment(_groups, run_every=_POLL if live else None)(shown_entries, time.monotonic())


def futures_links() -> None:
    """The newest futures: runs of one computation, which have a page of their own."""
    for one in every()[:_MOST_FUTURES]:
        st.page_link(
            "pages/futures.py",
            label=f"{plain(one.title)} · {one.status['state']}",
            icon=":material/call_split:",
            help="Members that were trained as one computation, side by side.",
            query_params={FUTURES: one.id},
        )


def _groups(shown_entries: Sequence[Entry], drawn: float) -> None:
    """`shown_entries`: what the rest of the page shows; `drawn`: when, so that a page just drawn is not drawn again."""
    if time.monotonic() - drawn > _POLL / 2 and _news(recent_entries(_POLL / 2)) != _news(shown_entries):
        st.rerun()
    shown = grouped(shown_entries)[:_MOST]
    for group in shown:
        waiting = group.waiting
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"group-{group.id}"):
            share = 1 - len(waiting) / len(group.members)
            text = f"**{plain(group.title)}** · {plain(group.words)}"
            if not waiting:
                st.caption(text)
                continue
            st.progress(share, text=text)
            why = [rights.denial_reason(page_visitor(), Action.STOP, thing_of_run(one.id)) for one in waiting]
            st.button(
                "Cancel all",
                icon=":material/cancel:",
                key=f"cancel-{group.id}",
                disabled=all(why),
                help=plain(why[0]) if all(why) else "Stops the runs of this group that are running or queued.",
                on_click=_cancel,
                args=(group.id,),
            )


def _news(shown_entries: Sequence[Entry]) -> list[tuple[str, str, int]]:
    return [(one.id, one.state, one.epochs) for one in shown_entries]


@press
def _cancel(group: str) -> None:
    """Stops all runs of a group that the visitor may stop, those too that no page has listed yet."""
    visitor = page_visitor()
    while (found := listing(_READING)).unread:
        continue  # others list runs in between
    run_ids = [one.id for one in found.entries if one.metadata.group == group and one.live]
    ours = [run_id for run_id in run_ids if rights.may(visitor, Action.STOP, thing_of_run(run_id))]
    try:
        elsewhere = len(ours) - manager().stop(ours, visitor)
    except EpochscopeError as error:
        flash(str(error))
        return
    if elsewhere > 0:
        flash(f"{elsewhere} of these runs are trained by another program; stop them there.")
    elif len(ours) < len(run_ids):
        flash(f"{len(run_ids) - len(ours)} of these runs were started by somebody else and continue.")
