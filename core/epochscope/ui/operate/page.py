"""The operator's page: queue, people, memory, disk, sockets, limits of this server; buttons to stop and to empty."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from epochscope import rights, settings
from epochscope.limits import size
from epochscope.rights import Action
from epochscope.runs.library import trash
from epochscope.runs.training.manager import Queued, manager
from epochscope.server.load import Load, name_of, server_load
from epochscope.text import value_words
from epochscope.types import EpochscopeError
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import flash, take_flash
from epochscope.ui.shared.text import explain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 2.0  # seconds
_HEIGHT = 320


def operate_page() -> None:
    """Renews itself; shows nothing to whoever does not run this server."""
    if why := rights.denial_reason(page_visitor(), Action.OPERATE, rights.SERVER):
        explain(EpochscopeError(why))
        return
    st.fragment(_overview, run_every=_POLL)()
    with st.expander("Limits of this server", icon=":material/tune:"):
        _limits()


def _overview() -> None:
    now = server_load(page_visitor())
    _numbers(now)
    if sentence := take_flash():
        explain(EpochscopeError(sentence))
    runs, people = st.columns([3, 2], gap="medium")
    with runs:
        _queue(now.queue)
    with people:
        st.markdown("**People**")
        _people(now)


def _numbers(now: Load) -> None:
    trains = sum(one.trains for one in now.queue)
    shown = [
        ("Training", trains, f"of {settings.TRAININGS()} at a time"),
        ("Waiting", len(now.queue) - trains, f"of {settings.QUEUE():,} in all"),
        ("Sockets", now.sockets, f"of {settings.SOCKETS():,}"),
        ("Memory", "–" if now.memory is None else size(now.memory), _free(now.memory_free)),
        ("Disk of runs", size(now.disk), _free(now.disk_free)),
        ("Uploads held", size(now.uploads), f"of {settings.UPLOADS():g} GB"),
    ]
    with st.container(key="numbers-of-server"):
        columns = st.columns(len(shown))
    for column, (label, value, beside) in zip(columns, shown, strict=True):
        with column:
            st.metric(label, value)
            st.caption(beside)


def _free(amount: int | None) -> str:
    return "free: not known here" if amount is None else f"{size(amount)} free"


def _queue(queue: Sequence[Queued]) -> None:
    """The runs that have not ended, and what can be done with them."""
    st.markdown("**Queue**, the next turn first")
    rows = [[_state(one), one.title, name_of(one.who)] for one in queue]
    digest = hashlib.sha256(" ".join(one.run_id for one in queue).encode()).hexdigest()[:16]
    chosen = st.dataframe(
        pd.DataFrame(rows, columns=["state", "run", "asked for by"]),
        key=f"queue-{digest}",  # another queue: a selected row never comes to mean another run
        hide_index=True,
        height=min(_HEIGHT, 37 + 35 * max(1, len(rows))),
        on_select="rerun",
        selection_mode="multi-row",
    )
    selected = [queue[row].run_id for row in chosen["selection"]["rows"] if row < len(queue)]
    waiting = [one.run_id for one in queue if not one.trains]
    lying = trash.thrown_away(page_visitor())
    with st.container(horizontal=True, gap="small"):
        for key, label, ids in (
            ("operate.stop", "Stop the selected", selected),
            ("operate.empty", f"Stop all {len(waiting)} that wait", waiting),
        ):
            st.button(label, icon=":material/stop:", key=key, disabled=not ids, on_click=_stop, args=(ids,))
        label = f"Empty the trash ({len(lying)})"
        st.button(
            label, icon=":material/delete_forever:", key="operate.trash", disabled=not lying, on_click=_empty_trash
        )


def _state(one: Queued) -> str:
    return "waits" if not one.trains else "paused" if one.paused else "trains"


def _people(now: Load) -> None:
    rows = [(one.name, one.sockets, one.training, one.waiting, size(one.disk)) for one in now.people]
    st.dataframe(
        pd.DataFrame(rows, columns=["visitor", "sockets", "train", "wait", "runs on disk"]),
        hide_index=True,
        height=min(_HEIGHT, 37 + 35 * max(1, len(rows))),
    )


def _limits() -> None:
    """Every setting, and what it is now."""
    rows = [(one.name, value_words(one()) or "–", one.unit, one.purpose) for one in settings.SETTINGS]
    table = pd.DataFrame(rows, columns=["setting", "now", "unit", "what it is for"])
    st.dataframe(table, hide_index=True, height=37 + 35 * len(rows))
    st.caption("Set in the environment before the server starts; docs/server.md of the source has the defaults.")


@press
def _stop(run_ids: Sequence[str]) -> None:
    try:
        count = manager().stop(run_ids, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    st.toast(f"{count} runs were stopped; each can be continued.")


@press
def _empty_trash() -> None:
    try:
        gone = trash.empty(page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    st.toast(f"{gone} runs were deleted for good.")
