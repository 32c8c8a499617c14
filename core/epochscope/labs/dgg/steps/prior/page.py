"""Step 2: the prior pi_i as printed, as derived, and as the published code has it."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.dgg.steps.prior.figures import DERIVED, OF_I, OF_J, PRINTED
from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_and_numbers
from epochscope.language import tr

_HEIGHT = "max(220px, 44vh - var(--es-tour, 0px))"


def prior_step() -> None:
    """A triangle with all gamma at the left, the three formulas at the right."""
    lab = Lab("dgg-prior")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        st.caption(
            tr(
                "Drag i (the point) and 1, 2, 3 (its neighbors): near a corner means sure of that cluster. Where all "
                "agree the printed formula says ½ for every cluster; where the point is undecided it leans away from "
                "its neighbors."
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.board("triangle", _HEIGHT)
        with right:
            lab.chart("priors", _HEIGHT)
        with formula_and_numbers(1.9, lab):
            _formulas()
        lab.claims()


def _formulas() -> None:
    i, j = colored(OF_I, r"\gamma_{ik}"), colored(OF_J, r"\gamma_{jk}")
    derived, printed = colored(DERIVED, r"\pi_{ik}"), colored(PRINTED, r"\pi_{ik}")
    aligned(
        rf"F(\pi_i)&=\textstyle\sum_jw_{{ij}}\sum_k({i}+{j})\ln\pi_{{ik}},\quad\sum_k\pi_{{ik}}=1",
        rf"{derived}&=\tfrac12\bigl({i}+\textstyle\sum_jw_{{ij}}{j}\bigr),\qquad"
        rf"{printed}=\frac{{\sum_jw_{{ij}}{i}}}{{\sum_jw_{{ij}}({i}+{j})}}",
    )
