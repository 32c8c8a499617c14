"""The sidebar beside a run: its choices are those of the next run; they start from the run that is shown, and what
differs is said. The settings of the run that is shown are a table of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from epochscope.language import tr
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import Display
from epochscope.runs.library.compare import Asked, Setting, as_it_is_now, asked, setting_words, settings
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.text import value_words
from epochscope.types import EpochscopeError
from epochscope.ui.shared.session import DATA, TAKEN_FROM
from epochscope.ui.shared.setup import Setup, fill_in
from epochscope.ui.shared.text import plain

_MOST = 6  # differences that are listed


def take_settings(run: Run | None) -> None:
    """Fills the sidebar with the settings of a run when it comes onto the stage; to be called before it is drawn.

    What a link says beside the run stays: it is how its maker had changed the settings.
    """
    state = st.session_state
    if run is None or _never_again(run):
        state.pop(TAKEN_FROM, None)
        return
    new_page = DATA not in state
    if state.get(TAKEN_FROM) == run.id and not new_page:
        return
    state[TAKEN_FROM] = run.id
    fill_in(as_it_is_now(run).spec, keep_link=new_page)


def compare_with_shown(chosen: Setup | None, run: Run | None) -> None:
    """The heading of the sidebar, and what differs between its choices and the run on the stage."""
    st.markdown(f"**{tr('Next run')}**")
    if run is None or chosen is None:
        return
    never = _never_again(run)
    rows = [] if never else differences(chosen, run)
    if never:
        st.caption(tr("The run shown cannot be trained here; these are not its settings."))
    elif not rows:
        st.caption(tr("The same settings as the run shown."))
    else:
        words = [
            tr(
                "{name}: {new} instead of {old}",
                name=setting_words(one.name),
                new=_words(one.values[0]),
                old=_words(one.values[1]),
            )
            for one in rows[:_MOST]
        ]
        words += [tr("and {n} more", n=len(rows) - _MOST)] if len(rows) > _MOST else []
        st.caption(f"{tr('Differs from the run shown:')}\n\n" + "\n".join(f"- {plain(one)}" for one in words))
        st.button(
            tr("Take its settings"),
            icon=":material/undo:",
            key="take-settings",
            help=tr("Sets everything below to the settings of the run shown."),
            on_click=fill_in,
            args=(as_it_is_now(run).spec,),
        )


def _never_again(run: Run) -> str:
    """Why the settings of a run, or what they were changed to on the way, cannot be those of another; empty if not."""
    return reason_not_repeatable(run.spec) or reason_not_repeatable(as_it_is_now(run).spec)


def differences(chosen: Setup, run: Run) -> list[Setting]:
    """The settings in which the next run would differ from this one as it is now: the value of each, in this order.

    A parameter that the method did not have yet when this run was trained had its default.
    """
    try:
        request = resolve(chosen.spec)
    except EpochscopeError:
        return []
    shown = as_it_is_now(run)
    if shown.spec.method == chosen.spec.method:
        params = {**request.algorithm.params().flat(), **shown.spec.params}
        display: Display = {**shown.display, "params": {**request.display["params"], **shown.display["params"]}}
        shown = Asked(replace(shown.spec, params=params), display)
    rows = settings([Asked(chosen.spec, request.display), shown])
    return [row for row in rows if row.differs and row.name != "preset"]


def shown_settings(run: Run) -> None:
    """All settings of the run on the stage; those that were changed on the way with both values."""
    rows = settings([asked(run), as_it_is_now(run)])
    words = [" → ".join(dict.fromkeys(_words(value) for value in row.values)) for row in rows]
    table = pd.DataFrame({tr("setting"): [setting_words(row.name) for row in rows], tr("value"): words})
    st.dataframe(table, hide_index=True, height=min(420, 37 + 35 * len(rows)), key="shown-settings")


def _words(value: Any) -> str:
    return "–" if value is None else tr(value_words(value)) if isinstance(value, bool) else value_words(value)
