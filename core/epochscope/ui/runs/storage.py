"""Disk space of runs: a quota that first shows what it would delete, the trash, and undo."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from epochscope import limits, rights
from epochscope.rights import Action
from epochscope.runs.format.disk import bytes_of
from epochscope.runs.format.spec import runs_folder, thing_of_run
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import Entry
from epochscope.runs.library.quota import quota, room, set_quota
from epochscope.types import EpochscopeError
from epochscope.ui.runs.actions import delete
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import flash, forget_deleted, last_deleted
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_SHOWN = 8


def storage(stored: Sequence[Entry]) -> None:
    """A popover, and beside it a button that undoes the last deletion while that is possible."""
    lying = trash.thrown_away(page_visitor())
    deleted = [run_id for run_id in last_deleted() if run_id in lying]
    if deleted:
        label = "Undo delete" if len(deleted) == 1 else f"Undo delete of {len(deleted)}"
        st.button(label, icon=":material/undo:", key="undo", on_click=_restore, args=(deleted,))
    with st.popover("Storage", icon=":material/hard_drive:"):
        _quota(stored)
        _trash(lying)


def _quota(stored: Sequence[Entry]) -> None:
    before, why = quota(), rights.denial_reason(page_visitor(), Action.QUOTA, rights.QUOTA)
    wanted = st.number_input(
        "Keep at most (GB; 0 = no limit)",
        0.0,
        1e5,
        before or 0.0,
        step=1.0,
        key="quota",
        disabled=bool(why),
        help=why
        or (
            "Nothing is deleted by itself: what could go is listed here. Runs with a name, tags or notes are always "
            "kept."
        ),
    )
    if wanted != (before or 0.0) and not why:
        try:
            set_quota(wanted or None, page_visitor())
        except EpochscopeError as error:
            st.caption(plain(str(error)))
    now = room(stored, int(wanted * 1e9) if wanted else None, page_visitor())
    st.caption(f"{len(stored)} runs take {limits.size(now.used)} in `{runs_folder()}`.")
    if now.most is None or now.used <= now.most:
        return
    if not now.to_delete:
        st.caption("All your runs have a name, tags or notes, or are still running, so none is proposed for deletion.")
        return
    more = len(now.to_delete) - _SHOWN
    names = [plain(f"{one.title} ({one.id[:8]}){_whose(one)}") for one in now.to_delete[:_SHOWN]]
    st.markdown(
        "To stay below that, these would be deleted, oldest first:\n\n" + "\n".join(f"- {name}" for name in names)
    )
    if more > 0:
        st.caption(f"and {more} more")
    st.button(
        f"Move {len(now.to_delete)} to the trash ({limits.size(now.freed)})",
        type="primary",
        key="quota.apply",
        on_click=delete,
        args=([one.id for one in now.to_delete],),
    )


def _whose(one: Entry) -> str:
    return ", started from another browser" if rights.started_elsewhere(page_visitor(), thing_of_run(one.id)) else ""


def _trash(lying: Sequence[str]) -> None:
    if not lying:
        return
    st.caption(
        f"Trash: {len(lying)} runs, {limits.size(sum(bytes_of(trash.trash_folder() / one) for one in lying))}; "
        f"each is deleted for good after {trash.KEPT_DAYS:g} days. However long epochscope is not running, that "
        "counts as one day at most."
    )
    with st.container(horizontal=True):
        st.button("Restore all", icon=":material/undo:", key="trash.restore", on_click=_restore, args=(lying,))
        st.button("Empty now", icon=":material/delete_forever:", key="trash.empty", on_click=_empty)


@press
def _restore(run_ids: Sequence[str]) -> None:
    try:
        back = trash.restore(run_ids, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    forget_deleted()
    if len(back) < len(run_ids):
        flash(f"{len(run_ids) - len(back)} runs could not be restored: they are no longer in the trash.")


@press
def _empty() -> None:
    try:
        trash.empty(page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    forget_deleted()
