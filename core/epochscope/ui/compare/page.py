"""The Compare page: two to four runs side by side under one cursor, curves of one of their numbers, their settings."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from epochscope.figures import COMPARE
from epochscope.figures.theme import color
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.library.catalog import Entry, listing
from epochscope.runs.library.compare import (
    MOST_COMPARED,
    Band,
    Setting,
    asked,
    band,
    numbers,
    other_seeds,
    settings,
    starts,
    titles,
)
from epochscope.runs.library.names import dated, name_of, told_apart
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.text import value_words
from epochscope.types import EpochscopeError
from epochscope.ui.runs.export import export_menu
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.embedding import choose_projection, embedding
from epochscope.ui.shared.reading import reading_on
from epochscope.ui.shared.session import (
    ALL_SETTINGS,
    CLOCK,
    COMPARED,
    CURVE,
    OTHER_SEEDS,
    RUNS,
    keep_in_address,
    pending_stage_command,
)
from epochscope.ui.shared.stage import panel
from epochscope.ui.shared.text import explain

_LOW, _HIGH = "var(--es-compared-curves)", "var(--es-compared)"
_RECORDED = ("tour-detached", "tour-not-detached")  # what there is to compare until there is a run
_OFFERED = 1000  # the newest runs; older ones come from the Runs page
_EPOCHS, _SECONDS = "by epoch", "by time"


def compare_page() -> None:
    """Chosen runs above, their curves and settings below, the cursor of all of them at the bottom."""
    listed, unread = listing()
    stored = [one for one in listed if one.readable]
    reading_on(len(listed), unread)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="compare-bar"):
        chosen, lost = _choose(stored, none=not listed and not unread)
        seeds = st.toggle(
            "include other seeds",
            key=OTHER_SEEDS,
            bind="query-params",
            help="Each curve becomes the median over all stored runs with the same settings, whatever their seed, "
            "with a band from the lowest to the highest value. It ends with the shortest run.",
        )
        export_menu(chosen, key="export-menu")
    for error in lost[:MOST_COMPARED]:
        explain(error)
    if not chosen:
        st.markdown("Choose two to four runs. Every run from the Train page or the command line is listed here.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="compare-choices"):
        with st.container(width="content"):
            projection = choose_projection()
        clock = st.segmented_control(
            "Cursor",
            [_EPOCHS, _SECONDS],
            default=_EPOCHS,
            required=True,
            key=CLOCK,
            bind="query-params",
            label_visibility="collapsed",
        )
        curves = _Curves(clock == _SECONDS, seeds, *_choose_curve(chosen))
    try:
        with st.container(key="side-by-side"):
            _side_by_side(chosen, stored, projection, curves)
    except EpochscopeError as error:
        explain(error)


def _choose_curve(chosen: list[Run]) -> tuple[str, tuple[str, str] | None]:
    """A menu of the numbers that at least one run has. Returns the label, and column and name in the tables."""
    offered = numbers([run.epochs() for run in chosen])
    if not offered:
        return "", None
    label = st.selectbox(
        "Curve", list(offered), key=CURVE, bind="query-params", label_visibility="collapsed", width=260
    )
    return str(label), offered[str(label)]


def _choose(stored: list[Entry], *, none: bool) -> tuple[list[Run], list[EpochscopeError]]:
    """A menu of runs; it starts with those of the address line. Returns what was chosen, and why runs of the address
    are not there, as long as nothing else was chosen. `none`: there are no runs but recorded ones.
    """
    offered = {one.id: dated(one.name, one.created) for one in stored[:_OFFERED]}
    asked_for, before = (in_address(RUNS) or "").split("."), []
    lost: list[EpochscopeError] = []
    if asked_for == [""]:  # the two runs that ended last, or were begun last
        asked_for = [*_RECORDED] if none else [one.id for one in stored if one.epochs][:2]
    for name in filter(None, dict.fromkeys(asked_for)):
        try:
            offered[name] = offered.get(name) or _label(name)
            before.append(name)
        except EpochscopeError as error:
            lost.append(error)
    offered = told_apart(offered)
    chosen = st.multiselect(
        "Runs",
        list(offered),
        before[:MOST_COMPARED],
        format_func=offered.__getitem__,
        max_selections=MOST_COMPARED,
        placeholder="Choose two to four runs",
        key=COMPARED,
        label_visibility="collapsed",
    )
    if chosen != before[:MOST_COMPARED]:
        lost = []
    if not lost:  # else the link stays what it was
        put_in_address(RUNS, ".".join(chosen) or None)
    return [run for name in chosen if (run := _readable(name))], lost


def _label(run_id: str) -> str:
    """What a run of the address line is called that is not listed, older or bundled. Raises EpochscopeError."""
    run = open_run(run_id)
    return dated(name_of(run), run.created)


def _readable(run_id: str) -> Run | None:
    """The run; None if it is damaged: then the page says what is wrong and shows the others."""
    try:
        return open_run(run_id).check()
    except EpochscopeError as error:
        explain(error)
        return None


class _Curves(NamedTuple):
    """What the curves show."""

    seconds: bool
    seeds: bool  # runs of other seeds together with each
    label: str
    number: tuple[str, str] | None  # column of the table of epochs, name


def _side_by_side(chosen: list[Run], stored: list[Entry], projection: ProjectionSpec, curves: _Curves) -> None:
    link, names = [run.id for run in chosen], titles([asked(run) for run in chosen])
    for i, (column, run) in enumerate(zip(st.columns(len(chosen), gap="small"), chosen, strict=True)):
        with column, st.container(gap="xxsmall"):
            _name(i, names[i])
            embedding(run, projection, height=_HIGH, key=f"embedding{i}", link=link, command=pending_stage_command())
    left, right = st.columns([3, 2], gap="small")
    with left:
        if curves.number:
            bands = [_band(run, stored, curves) if curves.seeds else None for run in chosen]
            panel(
                "compare",
                COMPARE,
                run=chosen[0].id,
                height=_LOW,
                link=link,
                runs=[
                    _curve(run, name, band, start)
                    for run, name, band, start in zip(chosen, names, bands, starts(chosen), strict=True)
                ],
                table=curves.number[0],
                value=curves.number[1],
                label=curves.label,
                clock="seconds" if curves.seconds else "epoch",
            )
    with right, st.container(gap="xxsmall"):
        _settings(settings([asked(run) for run in chosen]), len(chosen))
    _cursor(chosen[0], link)


def _name(i: int, name: str) -> None:
    """The run's name, with a square in the color of its curve."""
    mark = f"display:inline-block;width:.75em;height:.75em;border-radius:2px;background:{color(i)}"
    line = "white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    st.html(f'<div style="{line}" title="{escape(name)}"><span style="{mark}"></span> <b>{escape(name)}</b></div>')


def _band(run: Run, stored: list[Entry], curves: _Curves) -> Band | None:
    """The band over all stored seeds of this run's settings; None if there is only this one."""
    key = run.spec.settings_key
    alike = [other for one in stored if one.settings == key and (other := _opened(one.id))]
    tables = [table for other in other_seeds(run, alike) if (table := _table(other.id))]
    if len(tables) < 2 or not curves.number:
        return None
    return band(tables, *curves.number, seconds=curves.seconds)


def _opened(run_id: str) -> Run | None:
    try:
        return open_run(run_id)
    except EpochscopeError:
        return None


def _table(run_id: str) -> list[dict[str, Any]]:
    """The table of epochs of a stored run; empty if it is damaged."""
    try:
        return open_run(run_id).epochs()
    except EpochscopeError:
        return []


def _curve(run: Run, name: str, band: Band | None, start: int) -> dict[str, Any]:
    """A run's curve; of a branch beside the run that it left, from there on: the common past is drawn once."""
    if band is None:
        return {"id": run.id, "name": name, **({"start": start} if start else {})}
    lines = {part: getattr(band, part).round(6).tolist() for part in ("x", "low", "median", "high")}
    return {"id": run.id, "name": f"{name} ({band.seeds} seeds)", "band": lines}


def _settings(rows: list[Setting], count: int) -> None:
    """Every setting of every run; those that differ first and marked."""
    apart = [row for row in rows if row.differs]
    differ = f" ({len(apart)} differ)" if count > 1 else ""
    whole = st.toggle(f"all settings{differ}", key=ALL_SETTINGS, bind="query-params")
    shown = [*apart, *(row for row in rows if not row.differs)] if whole else apart
    if not shown:
        one = "Choose another run above to see in which settings they differ."
        st.caption("These runs have the same settings." if count > 1 else one)
        return
    table = pd.DataFrame(
        [
            ({"": "≠" if row.differs else ""} if whole else {})
            | {"setting": row.name}
            | {str(i + 1): "–" if row.values[i] is None else value_words(row.values[i]) for i in range(count)}
            for row in shown
        ]
    )
    widths = {"": 30, "setting": 150}  # values are in sight whatever their setting is called
    columns = {name: st.column_config.Column(width=width) for name, width in widths.items()}
    st.dataframe(table, hide_index=True, height=100, key="settings", column_config=columns)


@st.fragment
def _cursor(first: Run, link: list[str]) -> None:
    """The shared cursor; its epoch and the colors are kept in the address line."""
    keep_in_address(panel("transport", "transport", run=first.id, height="var(--es-cursor)", link=link))
