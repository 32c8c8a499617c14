"""A run again: with other seeds, over a grid of parameters, or many of them as one computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from epochscope.futures.plan import MOST_MEMBERS, members_of, reason_not_together
from epochscope.futures.training import futures_writer, train
from epochscope.language import ntr, tr
from epochscope.params import Range
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.compare import setting_title
from epochscope.runs.training.manager import manager
from epochscope.runs.training.request import resolve
from epochscope.runs.training.sweep import grid, parse_values, ranges, with_seeds
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.shared.param_widgets import range_words
from epochscope.ui.shared.press import Way, press
from epochscope.ui.shared.session import AGAIN_MENU, FIND, FUTURES, QUEUED, flash
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_NOTHING = "–"


def repeat_menu(label: str, spec: RunSpec | None, never: str, *, about: str | None = None) -> None:
    """A button that opens `repeat`, or says why there is none; it closes once the runs are queued."""
    with st.popover(
        label,
        icon=":material/repeat:",
        disabled=spec is None and not never,
        help=about or never or None,
        key=AGAIN_MENU,
        on_change="rerun",
    ):
        if spec:
            _repeat(spec)
        else:
            st.caption(never)


def queued() -> None:
    """What was queued last, with the way to it, until somebody has read it."""
    if QUEUED not in st.session_state:
        return
    count, title = st.session_state[QUEUED]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="queued"):
        st.caption(f":material/schedule: {_queued_words(count, plain(title))}")
        there = {FIND: title}
        st.page_link("pages/runs.py", label=tr("See them"), icon=":material/history:", query_params=there)
        st.button(tr("Close"), key="queued-read", type="tertiary", on_click=st.session_state.pop, args=(QUEUED, None))


def _queued_words(count: int, title: str) -> str:
    return ntr("{n} run was queued: {title}.", "{n} runs were queued: {title}.", count, title=title)


def _repeat(spec: RunSpec) -> None:
    """The same run with other seeds, over a grid of one or two parameters, or many of them as one computation."""
    seeds, values, together = st.tabs([tr("Other seeds"), tr("Grid of parameters"), tr("Many at once")])
    with seeds:
        count = st.number_input(tr("Number of additional seeds"), 1, 100, 5, key="again.count")
        last = spec.seed + int(count)
        st.button(
            tr("Run seeds {first} to {last}", first=spec.seed + 1, last=last),
            type="primary",
            key="again.seeds",
            on_click=_start_seeds,
            args=(spec, int(count)),
        )
    with values:
        known = ranges(spec)
        names = _titles(spec, known)
        picked = [_axis(spec, known, names, place) for place in (1, 2)]
        st.button(
            tr("Run all combinations"),
            type="primary",
            key="again.grid",
            disabled=not any(name for name, _ in picked),
            on_click=_start_grid,
            args=(spec, [(name, text) for name, text in picked if name]),
        )

    with together:
        _many_at_once(spec, known, names)


def _many_at_once(spec: RunSpec, known: Mapping[str, Range], names: Mapping[str, str]) -> None:
    """Futures: seeds, and values of one parameter, trained as one batched computation."""
    if why := reason_not_together(spec):
        st.caption(plain(told(why)))
        return
    count = int(st.number_input(tr("Number of seeds"), 1, MOST_MEMBERS, 16, key="futures.count"))
    name, text = _axis(spec, known, names, 3)
    st.caption(tr("All are trained as one computation and shown side by side on the Futures page."))
    st.button(
        tr("Train {n} seeds at once", n=count),
        type="primary",
        key="futures.start",
        on_click=_start_futures,
        args=(spec, count, name, text),
    )


@press
def _start_futures(spec: RunSpec, count: int, name: str, text: str) -> Way | None:
    try:
        values = {name: parse_values(ranges(spec)[name], name, text)} if name else {}
        seeds = range(spec.seed, spec.seed + count)
        members = members_of(spec, seeds, values)
        started = manager().start_work(
            lambda: futures_writer(spec, seeds, values, page_visitor()), train, page_visitor(), counts=len(members)
        )
    except EpochscopeError as error:
        flash(str(error))
        return None
    return Way("pages/futures.py", {FUTURES: started})


def _titles(spec: RunSpec, known: Mapping[str, Range]) -> dict[str, str]:
    """What the parameters are called; those of two phases that go by the same name are told apart by their phase."""
    words = resolve(spec).display["params"]
    return {name: setting_title(name, words[name]) if name in words else known[name].title(name) for name in known}


def _axis(spec: RunSpec, known: Mapping[str, Range], names: Mapping[str, str], place: int) -> tuple[str, str]:
    """One parameter of the grid: (dotted name or "", the values as typed)."""
    name = st.selectbox(
        (tr("First parameter"), tr("Second parameter"), tr("And values of a parameter"))[place - 1],
        ["", *known],
        format_func=lambda name: names.get(name, _NOTHING),
        key=f"again.name{place}",
    )
    if not name:
        return "", ""
    now = {"k": spec.k, "seed": spec.seed, **spec.params}[name]
    text = st.text_input(
        tr("Values, comma-separated (now {now})", now=now),
        key=f"again.values.{name}",
        help=tr("Allowed: {range}.", range=range_words(known[name])),
    )
    return name, text


@press
def _start_seeds(spec: RunSpec, count: int) -> None:
    _start(lambda: (with_seeds(spec, count), f"{resolve(spec).title}: {count} more seeds"))


@press
def _start_grid(spec: RunSpec, axes: Sequence[tuple[str, str]]) -> None:
    known = ranges(spec)

    def made() -> tuple[list[RunSpec], str]:
        values = {name: parse_values(known[name], name, text) for name, text in axes}
        varied = ", ".join(f"{name} = {' '.join(map(str, some))}" for name, some in values.items())
        request = resolve(spec)
        return grid(spec, values), f"{request.algorithm.title} on {request.source.title}: {varied}"

    _start(made)


def _start(make: Any) -> None:
    try:
        specs, title = make()
        manager().start_group(specs, title, page_visitor())
        st.session_state[QUEUED] = len(specs), title
        st.session_state[AGAIN_MENU] = False
    except EpochscopeError as error:
        flash(str(error))
        return
    st.rerun()  # of the whole page, which says what was queued
