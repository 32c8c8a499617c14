"""Lab: from Q to P. Rows of Q that one drags in a triangle, and P from a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
import torch

from core.figures.labs import target as pictures
from core.figures.labs.plane import mixed
from core.figures.labs.target import AFTER, ALONE, BEFORE, MEAN
from core.formulas.soft_kmeans import on_simplex, row_entropy
from core.labs import target
from core.ui.labs.frame import aligned, colored, edited, handles, kept, lab, show_claims
from core.ui.stage import board, lone_chart


class Shown(NamedTuple):
    """Rows of Q, which a person may move, and the serial of the last move that is in it."""

    q: target.Rows
    told: int = 0


_STATE = "lab-target"
_MOST = 24  # rows
_PICTURE, _BARS = "min(460px, 48vh - 76px)", "min(270px, 36vh - 108px)"


def target_page() -> None:
    """A triangle with rows of Q; sizes of clusters; how far P of a batch is off."""
    lab(
        "From Q to P: what do squaring and dividing by f do?",
        "Drag rows of Q in the triangle: a row in a corner is sure. Its arrow ends where its target P lies.",
        _body,
    )


def _body() -> None:
    controls, pictures_ = st.columns([1, 3.4], gap="medium")
    with controls:
        times, show_alone, sample = _controls()
    q = _state().q
    way, alone = target.renewed(q, times), target.renewed(q, times, divide=False)
    found = _noise(sample)
    with pictures_, st.container(gap="xsmall"):
        left, right = st.columns([1, 1], gap="small")
        with left:
            _triangle(way, alone if show_alone else None)
        with right:
            title = f"P of one batch against P of all {target.POINTS:,} rows"
            view = pictures.Measured(target.SIZES, found.low, found.median, found.high, found.expected)
            lone_chart("noise", pictures.noise(view, title), height=_PICTURE)
        explained, bars = st.columns([1, 1], gap="small")
        with explained:
            _formulas()
        with bars:
            lone_chart("sizes", pictures.sizes(*(rows.sum(dim=0).numpy() for rows in (q, alone[-1], way[-1]))),
                       height=_BARS)  # fmt: skip
        show_claims([*target.claims(q), *target.noise_claims(found)], columns=2)


def _controls() -> tuple[int, bool, str]:
    st.selectbox("Start from", list(target.PRESETS), key="rows", bind="query-params", on_change=_reset)
    times = st.select_slider(
        "Times the target is taken",
        [1, 2, 3, 5, 10, 30],
        key="times",
        bind="query-params",
    )
    alone = st.toggle("q² alone, without f", value=True, key="alone", bind="query-params")
    sample = st.selectbox("Sample for the batches", list(target.SAMPLES), key="sample", bind="query-params")
    st.button("Reset", key="reset", on_click=_reset)
    st.caption(
        "Double click adds a row. A row in focus moves by the arrow keys (with Shift further) and goes with Delete."
    )
    return int(times), bool(alone), str(sample)


def _state() -> Shown:
    return kept(_STATE, _start(), _reset)


def _start() -> str:
    return st.session_state.get("rows", next(iter(target.PRESETS)))


def _reset() -> None:
    before = st.session_state.get(_STATE)
    st.session_state[_STATE] = Shown(target.PRESETS[_start()], before.told if before else 0)


@st.cache_data(max_entries=8, show_spinner=False)
def _noise(sample: str) -> target.Noise:
    return target.noise(target.sample(target.SAMPLES[sample]))


def _triangle(way: list[target.Rows], alone: list[target.Rows] | None) -> None:
    state = _state()
    q = state.q.numpy()
    view = pictures.View(
        [one.numpy() for one in way],
        None if alone is None else [one.numpy() for one in alone],
        target.middle(state.q).numpy(),
        target.watershed(way).numpy(),
    )
    turned = int((way[-1].argmax(dim=1) != state.q.argmax(dim=1)).sum())
    before, after = (float(row_entropy(rows).mean()) for rows in (state.q, way[-1]))
    told = f"{len(q)} rows, entropy {before:.2f} → {after:.2f} nats; {turned} change cluster"
    board(
        "target",
        pictures.triangle(view, told),
        handles(pictures.place(q).tolist(), "row", mixed(q)),
        height=_PICTURE,
        told=state.told,
        on_moved=_take,
        may_add=len(q) < _MOST,
    )


def _take(answer: Mapping[str, Any]) -> None:
    """Takes over what a person did to the rows; one that was dragged out of the triangle lies on its edge."""
    state = _state()
    edit = edited(answer, len(state.q), 0, state.told, most=_MOST)
    if edit is not None:
        st.session_state[_STATE] = Shown(
            on_simplex(torch.from_numpy(pictures.rows(np.array(edit.points)))), edit.serial
        )


def _formulas() -> None:
    q, p, m = (lambda s: colored(BEFORE, s)), (lambda s: colored(AFTER, s)), (lambda s: colored(MEAN, s))
    square = lambda i: colored(ALONE, f"q_{{{i}}}^2")  # noqa: E731
    f_j, f_l = q("f_j"), q("f_l")
    aligned(
        rf"{f_j}&=\textstyle\sum_i {q('q_{ij}')}\qquad {m('m_j')}={f_j}/n",
        rf"{p('p_{ij}')}&=\frac{{{square('ij')}\,/\,{f_j}}}{{\sum_l {square('il')}\,/\,{f_l}}}",
        rf"\frac{{{p('p_{ij}')}/{m('m_j')}}}{{{p('p_{il}')}/{m('m_l')}}}"
        rf"&=\Bigl(\frac{{{q('q_{ij}')}/{m('m_j')}}}{{{q('q_{il}')}/{m('m_l')}}}\Bigr)^{{2}}",
    )
