"""Lab: from Q to P. Rows of Q that one drags in a triangle, and P from a batch."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_row, head
from epochscope.labs.target.figures import AFTER, ALONE, BEFORE, MEAN
from epochscope.language import tr

_HEIGHT, _BARS = (
    "max(240px, 48vh - 76px - 0.6 * var(--es-tour, 0px))",
    "max(130px, 36vh - 108px - 0.4 * var(--es-tour, 0px))",
)


def target_page() -> None:
    """A triangle with rows of Q; sizes of clusters; how far P of a batch is off."""
    head(
        tr("From Q to P: what do squaring and dividing by f do?"),
        tr("Drag rows of Q in the triangle: a row in a corner is sure. Its arrow ends where its target P lies."),
    )
    lab = Lab("target")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        st.caption(
            tr("Double-click to add a row. Arrow keys move the row in focus (with Shift, farther); Delete removes it.")
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.board("target", _HEIGHT)
        with right:
            lab.chart("noise", _HEIGHT)
        explained, bars = formula_row(1)
        with explained:
            _formulas()
        with bars:
            lab.chart("sizes", _BARS)
        lab.claims()


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
