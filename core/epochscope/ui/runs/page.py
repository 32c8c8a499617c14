"""The Runs page: all stored runs in a table; selected runs can be opened, continued, repeated, named, deleted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from epochscope.runs.library.bundled_entries import bundled_entries
from epochscope.runs.library.catalog import Entry, listing, search
from epochscope.runs.library.varied import title_of, varied
from epochscope.text import value_words
from epochscope.tours import STORIES
from epochscope.types import EpochscopeError
from epochscope.ui.runs.actions import actions, ways
from epochscope.ui.runs.export import import_runs
from epochscope.ui.runs.groups import futures_links, groups
from epochscope.ui.runs.plot import plot
from epochscope.ui.runs.storage import storage
from epochscope.ui.shared.reading import reading_on
from epochscope.ui.shared.session import FIND, PLOT, take_flash
from epochscope.ui.shared.text import explain

ColumnConfig = dict[str, Any]  # as Streamlit has it

_BESIDE, _BELOW = 400, 340  # heights of the plot beside a long table and below a short one, in pixels
_MOST_COLUMNS = 8  # of settings that differ
_FEW = 8  # runs whose table is as high as its rows; a longer one fills the page
_IN_TITLE = ("dataset", "method", "k", "seed")  # settings that the title of a run names
_PAGE = 500  # runs in the table; the others are on further pages
_ROW, _PHONE_ROW, _HEAD = 35, 65, 38  # heights in pixels; from 4 rem on Streamlit breaks long names into lines
_SCORE = st.column_config.NumberColumn(format="%.3f")
_ACC = st.column_config.NumberColumn(format="%.3f", help="At the last epoch that has clusters.")
_WIDE: ColumnConfig = {
    "ACC": _ACC,
    "NMI": _SCORE,
    "ARI": _SCORE,
    "name": st.column_config.TextColumn(width=150),
    "tags": st.column_config.ListColumn(width=120),
    "group": st.column_config.TextColumn(width=150, help="Runs that were started together."),
    "started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
    "notes": st.column_config.TextColumn(width="medium"),
}
_PHONE: ColumnConfig = {  # with the boxes at the left, 360 pixels
    "run": st.column_config.TextColumn(width=164),
    "state": st.column_config.TextColumn(width=60),
    "ACC": st.column_config.NumberColumn(format="%.3f", width=54),
    "NMI": st.column_config.NumberColumn(format="%.3f", width=54),
}


def runs_page() -> None:
    """Newest first; runs in training, here or on the command line, are listed, too."""
    stored, unread = listing()
    nothing = not stored and not unread
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-bar"):
        st.subheader("Runs", anchor=False, width="stretch" if nothing else "content")
        text, drawn = ("", False) if nothing else _search_and_plot()
        import_runs()
        storage(stored)
    if sentence := take_flash():
        explain(EpochscopeError(sentence))
    reading_on(len(stored), unread)
    futures_links()
    groups(stored)
    if nothing:
        _nothing_yet()
        return
    shown = search(stored, text)
    if not shown:
        st.markdown("No run matches all of these words." if text.strip() else "")
        return
    page = _page_of(shown)
    drawn = drawn and len(page) > 1 and not unread
    if drawn and len(page) > _FEW:  # a long table leaves no room below
        left, right = st.columns([3, 2], gap="small")
        with left:
            chosen = _table(page)
        with right:
            plot(chosen if len(chosen) > 1 else page, _BESIDE)
        actions(chosen)
        return
    chosen = _table(page)
    actions(chosen)
    if drawn:
        plot(chosen if len(chosen) > 1 else page, _BELOW)


def _search_and_plot() -> tuple[str, bool]:
    """The words that are searched for, and whether the plot is wanted."""
    text = st.text_input(
        "Search",
        key=FIND,
        bind="query-params",
        placeholder="Search names, #tags, notes, methods, data sets, states",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    plotted = st.toggle(
        "Plot", True, key=PLOT, bind="query-params", help="Plots a score against the settings that differ."
    )
    return text, plotted


def _nothing_yet() -> None:
    """The ways to a first run; until then, the recorded runs."""
    st.markdown(
        "No run yet. Each training is listed here from its first second on, with its settings and scores: start one on "
        "the Train page, or in a terminal with `epochscope run --dataset digits --method dec`."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, name, icon in (("Train a run", "train", "play_circle"), ("Take a tour", "tours", "tour")):
            st.page_link(f"pages/{name}.py", label=label, icon=f":material/{icon}:")
    st.caption("These recorded runs come with epochscope. Select one to look at it, or two to four to compare them.")
    recorded = {one.id: one for one in bundled_entries()}
    of_tours = {run: story.title for story in STORIES.values() for run in story.runs.values() if run in recorded}
    alike = Counter(recorded[run].title for run in of_tours)
    frame = pd.DataFrame([{**_row(recorded[run], {}), "tour": title} for run, title in of_tours.items()])
    frame["run"] = [
        recorded[run].title if alike[recorded[run].title] == 1 else f"{recorded[run].title} · {run}" for run in of_tours
    ]
    rows = _selected(frame[["run", "tour", "state", "epochs", "ACC", "NMI", "ARI"]], "recorded")
    chosen = [recorded[run] for run in of_tours]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs-ways"):
        ways([chosen[row] for row in rows if row < len(chosen)])


def _page_of(shown: Sequence[Entry]) -> Sequence[Entry]:
    """The runs of the page that is chosen; all of them if they fit on one."""
    pages = -(-len(shown) // _PAGE)
    if pages == 1:
        return shown
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page = st.pagination(pages, key=f"runs-page-{pages}")
        first = _PAGE * (page - 1)
        st.caption(f"{first + 1:,} to {min(first + _PAGE, len(shown)):,} of {len(shown):,} runs, newest first")
    return shown[first : first + _PAGE]


def _table(shown: Sequence[Entry]) -> list[Entry]:
    """The table; returns the selected runs.

    Another list of runs gets another key, so that a selected row never comes to mean another run.
    """
    digest = hashlib.sha256(" ".join(one.id for one in shown).encode()).hexdigest()[:16]
    apart = [name for name in varied(shown) if name not in ("dataset", "method")][:_MOST_COLUMNS]
    titles = {name: _column_title(name, title_of(name, shown)) for name in apart}
    frame = pd.DataFrame([_row(one, titles) for one in shown])
    for title in titles.values():
        if not frame[title].map(lambda value: value is None or type(value) in (int, float)).all():
            frame[title] = frame[title].map(lambda value: None if value is None else value_words(value))
    return [shown[row] for row in _selected(frame, digest) if row < len(shown)]


def _selected(frame: pd.DataFrame, digest: str) -> list[int]:
    """Draws the table; returns the numbers of the selected rows. A phone is shown what fits its width (page.css hides
    one of the two): a table that scrolls sideways keeps the scores out of sight.
    """
    full = frame[[name for name in frame if frame[name].map(_says).any()]]
    named = frame["name"].where(frame["name"] != "", frame["run"]) if "name" in frame else frame["run"]
    short = frame[["state", "ACC", "NMI"]].copy()
    short.insert(0, "run", named)
    long, high = len(frame) > _FEW, min(len(frame), _FEW) * _PHONE_ROW + _HEAD
    tall = "content" if long else len(frame) * _ROW + _HEAD
    with st.container(gap=None):  # heights from the start: what is below a table does not move when it comes
        key = "runs-table" if long else None
        with st.container(key="runs-wide"), st.container(key=key, height=tall, border=False):
            wide = _rows(full, f"runs-{digest}", "stretch" if long else "content", _WIDE)
        with st.container(key="runs-phone"), st.container(height=high, border=False):
            narrow = _rows(short, f"phone-{digest}", high, _PHONE, _PHONE_ROW)
    return sorted({*wide, *narrow})


def _rows(
    frame: pd.DataFrame, key: str, height: Literal["stretch", "content"] | int, columns: ColumnConfig, tall: int = _ROW
) -> list[int]:
    chosen = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        placeholder="–",
        height=height,
        row_height=tall,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=columns,
    )
    return chosen["selection"]["rows"]


def _column_title(name: str, title: str) -> str:
    """A short heading: the symbol of a parameter where it has one. Those of the data say so: they have a seed, too."""
    short = title if name in _IN_TITLE else title.split(" · ", maxsplit=1)[0]
    return f"data: {short.lower()}" if name.startswith("data.") else short


def _says(value: object) -> bool:
    return value is not pd.NaT and value not in (None, "", [])


def _row(one: Entry, titles: Mapping[str, str]) -> dict[str, object]:
    """The cells of a run. `titles`: of the settings that have a column."""
    return {
        "started": pd.Timestamp.fromtimestamp(one.created) if one.created else pd.NaT,
        "name": one.metadata.name,
        "run": one.title,
        "tags": list(one.metadata.tags),
        "state": one.state,
        "epochs": one.epochs,
        "ACC": one.acc,
        "NMI": one.scores.get("nmi"),
        "ARI": one.scores.get("ari"),
        "seconds": one.seconds,
        **{title: one.values.get(name) for name, title in titles.items()},
        "group": one.metadata.group_title,
        "notes": one.metadata.notes.partition("\n")[0][:200],
    }
