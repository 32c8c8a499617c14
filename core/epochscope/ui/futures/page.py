"""The Futures page: members side by side, their scores growing, a map of their starts and ends; a click opens one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from epochscope.figures import futures as map_of_futures
from epochscope.futures.outcome import labelings, last_acc, outcome, told
from epochscope.futures.plan import words_of
from epochscope.futures.store import Futures, bundled, every
from epochscope.language import current, marked, ntr, stage_messages, tr
from epochscope.runs.format.spec import LIVE
from epochscope.runs.library.bundled_entries import bundled_entries
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.manager import manager
from epochscope.runs.training.request import reason_not_repeatable
from epochscope.stored_sentences import told as told_sentence
from epochscope.types import EpochscopeError
from epochscope.ui.futures.actions import actions, undo
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.press import Way, press, with_value
from epochscope.ui.shared.session import FUTURES, RUN, flash, take_flash
from epochscope.ui.shared.stage import futures_panel
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 2.0  # seconds
_STATES = {
    "queued": marked("queued"),
    "loading": marked("loading"),
    "running": marked("running"),
    "done": marked("done"),
    "stopped": marked("stopped"),
    "failed": marked("failed"),
    "interrupted": marked("interrupted"),
}
_MULTIPLES = "max(300px, calc(100vh - 250px - var(--es-tour, 0px)))"
_SPREAD, _MAP = "clamp(170px, 30vh, 300px)", 270
_ABOUT = marked(
    "Distances on the map are about 1 - ARI between labelings. Click a picture or a dot to open that member: it is "
    "then trained alone, with the same numbers, as a run like others."
)
_EMPTY = marked(
    "No futures yet. On the Train or the Runs page choose **Run again**, **Many at once**: up to 64 seeds of a method "
    "are trained as one computation. Or type `epochscope futures --dataset digits --method dec --seeds 0-15`."
)


def futures_page() -> None:
    """One of the futures, chosen above."""
    found = {one.id: one for one in every()}
    asked = in_address(FUTURES)
    found |= {one.id: one for one in bundled() if one.id == asked}  # not listed otherwise
    if sentence := take_flash():
        explain(EpochscopeError(sentence))
    if not found:
        undo()
        st.subheader(tr("Futures"), anchor=False)
        st.markdown(tr(_EMPTY))
        for one in bundled()[:1]:
            st.caption(tr("Until then, these come with epochscope: {title}", title=plain(told_sentence(one.title))))
            _shown(one)
        return
    if asked and asked not in found:
        explain(
            EpochscopeError(tr("There are no futures {name} here; they may have been deleted.", name=repr(asked[:60])))
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.selectbox(
            tr("Futures"),
            list(found),
            list(found).index(asked) if asked in found else 0,
            format_func=lambda key: found[key].shown_name,
            key=f"futures-{asked}",
            label_visibility="collapsed",
            width="stretch",
        )
        futures = found[str(chosen)]
        put_in_address(FUTURES, futures.id)
        live = futures.status["state"] in LIVE
        st.fragment(_progress, run_every=_POLL if live else None)(futures, live)
        actions(futures)
    if futures.status["state"] not in LIVE and (why := futures.status.get("message")):
        st.caption(plain(told_sentence(why)))
    try:
        _shown(futures)
    except EpochscopeError as error:  # a file of theirs is damaged: the others can still be chosen
        explain(error)


def _progress(futures: Futures, was_live: bool) -> None:
    status = futures.status
    if was_live and status["state"] not in LIVE:
        st.rerun()
    if status["state"] in LIVE:
        doing = status.get("doing", "")
        words = " · ".join(filter(None, (_state(status), str(stage_messages(current()).get(doing, doing)))))
        st.progress(status.get("progress") or 0.0, text=plain(words))
    else:
        epochs = ntr("{n} epoch", "{n} epochs", status["epochs"])
        st.caption(plain(f"{_state(status)} · {epochs}"))


def _state(status: Mapping[str, Any]) -> str:
    state = str(status["state"])
    return tr(_STATES.get(state, state))


def _shown(futures: Futures) -> None:
    left, right = st.columns([3, 2], gap="small")
    with left:
        on = {"pick": lambda event: _open(futures, int(event["member"]))}
        futures_panel("multiples", "multiples", futures=futures.id, height=_MULTIPLES, on=on)
        futures_panel("futures-transport", "transport", futures=futures.id, height="44px")
    with right:
        futures_panel("spread", "spread", futures=futures.id, height=_SPREAD)
        with st.container(key="futures-map"):
            _map(futures)


def _map(futures: Futures) -> None:
    """The map of starts and ends with what they say, once all have ended; a click on a dot opens that member."""
    if futures.status["state"] in LIVE:
        st.caption(tr("The map of starts and ends comes when all members have ended."))
        return
    seen = _outcome(futures.id, len(futures.epochs()))
    if seen is None:
        return
    found, acc = seen
    names = [words_of(futures.members[i].label) for i in found.members]
    drawn = map_of_futures.view(found.places, acc, found.basin, found.own, names)
    key = f"map-{futures.id}"

    def clicked(state: Mapping[str, Any]) -> None:
        if points := state["selection"]["points"]:
            _open(futures, int(found.members[points[0]["point_index"]]))

    st.plotly_chart(
        map_of_futures.figure(drawn, "ACC"),
        key=key,
        height=_MAP,
        on_select=with_value(key, clicked),
        selection_mode="points",
    )
    scored = acc if np.isfinite(acc).all() else None
    st.caption("\n\n".join([*told(found, scored), tr(_ABOUT)]))


@st.cache_data(show_spinner="Comparing the members ...", max_entries=20)
def _outcome(futures_id: str, epochs: int) -> tuple | None:
    """The outcome and the last ACC of each member. `epochs`: of which it is, so that more are looked at again."""
    futures = Futures(futures_id)
    found = labelings(futures)
    if found is None:
        return None
    return outcome(found), last_acc(futures, found, epochs - 1)


@press
def _open(futures: Futures, member: int) -> Way | None:
    """Goes to the run with the settings of a member, which is trained alone where there is none yet."""
    if not 0 <= member < len(futures.members):
        return None
    alone = replace(futures.members[member].spec, branch=None)
    for one in (*entries(), *bundled_entries()):
        if one.readable and one.settings == alone.settings_key and one.values.get("seed") == alone.seed:
            return Way("pages/train.py", {RUN: one.id})
    try:
        if why := reason_not_repeatable(alone):
            raise EpochscopeError(why)
        run_id = manager().start(alone, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return None
    return Way("pages/train.py", {RUN: run_id})
