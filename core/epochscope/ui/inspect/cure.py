"""Under a finding: what could help is not advised but tried, in branches from before it, and the outcome is told."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from epochscope.inspect.health import Note
from epochscope.runs.format.run import Run
from epochscope.runs.library import cures as library
from epochscope.runs.library.bundled_entries import with_bundled
from epochscope.runs.library.catalog import Entry, recent_entries
from epochscope.runs.library.cures import SEEDS, Cure, Outcome
from epochscope.runs.training.manager import manager
from epochscope.types import EpochscopeError
from epochscope.ui.shared.press import press
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 3.0  # seconds
_FRESH = 2.0
_REFUSED = "cure-refused"  # in the session: why a trial was not started


def cure(run: Run, note: Note, number: int, all_found: Sequence[Note]) -> None:
    """The offer to try something against a finding, or what has come of it; else what might be tried, as untested."""
    epoch = library.start_of(note, all_found)
    members = library.members_of(run, epoch, _listed(run))
    if members and library.has_cures(note):
        going = any(one.live for one in members)
        st.fragment(_outcomes, run_every=_POLL if going else None)(run, note, epoch, number, going)
        return
    offered = library.cures(run, note, epoch)
    with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False, key=f"cure{number}"):
        if offered:
            st.button(
                ":primary[Try it]",
                key=f"try{number}",
                type="tertiary",
                icon=":material/science:",
                help=_help(epoch, offered),
                on_click=_start,
                args=(run, epoch, offered),
            )
        if note.advice:
            st.caption(f"Untested: {plain(note.advice[0].lower() + note.advice[1:])}")


def _listed(run: Run) -> Sequence[Entry]:
    """The runs that are known; for one that ships with epochscope, what was tried before it was shipped, too."""
    return with_bundled(run.id, recent_entries(_FRESH))


def _help(epoch: int, offered: Sequence[Cure]) -> str:
    what = "; ".join(plain(one.words) for one in offered)
    count = (len(offered) + 1) * SEEDS
    return (
        f"Starts {count} branches from epoch {epoch}, just before this: {what}; and no change, for comparison. "
        f"Each is run with the same {SEEDS} new seeds, which make everything random differ from there on."
    )


@press
def _start(run: Run, epoch: int, offered: Sequence[Cure]) -> None:
    try:
        specs = library.trial(run, epoch, offered)
        manager().start_group(specs, library.trial_title(epoch), page_visitor())
    except EpochscopeError as error:
        st.session_state[_REFUSED] = str(error)


def explain_refusal() -> None:
    """Says why a trial was not started, once."""
    if why := st.session_state.pop(_REFUSED, ""):
        explain(EpochscopeError(why))


def _outcomes(run: Run, note: Note, epoch: int, number: int, was_going: bool) -> None:
    members = library.members_of(run, epoch, _listed(run))
    if was_going and not any(one.live for one in members):
        st.rerun()  # nothing more to wait for
    found = library.outcomes(note, members)
    said = f":gray[:material/science: {plain(library.verdict(found))}]"
    with st.popover(said, type="tertiary", key=f"numbers{number}", help="The numbers behind this."):
        st.dataframe(_table(found), hide_index=True, placeholder="–", height="content")
        st.caption(f"Branches from epoch {epoch}, the last one before this, with the same {SEEDS} seeds.")
        _ways(run, members)


def _table(found: Sequence[Outcome]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "from there on": one.words,
                "branches": f"{one.ended} of {one.runs} ended" if one.ended < one.runs else str(one.runs),
                "finding gone": f"{one.free} of {one.well}" + (f", {one.failed} failed" if one.failed else ""),
                "ACC": f"{one.acc.median:.3f} ({one.acc.low:.3f} to {one.acc.high:.3f})" if one.acc else None,
            }
            for one in found
        ]
    )


def _ways(run: Run, members: Sequence[Entry]) -> None:
    """Links to this run beside one branch of each kind."""
    one_each = list({one.changed.rpartition("seed ")[0]: one.id for one in members}.values())[:3]
    st.page_link(
        "pages/compare.py",
        label="Compare one of each with this run",
        icon=":material/compare:",
        query_params={"runs": ".".join([run.id, *one_each])},
    )
