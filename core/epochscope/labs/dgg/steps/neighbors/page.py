"""Step 3: which neighbors, and are they any good? Judged by labels that no choice has seen."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.shared.page import Lab, dials_and_figures
from epochscope.language import tr

_HEIGHT, _SHEET = "max(180px, 29vh - var(--es-tour, 0px))", "max(140px, 20vh)"


def neighbors_step() -> None:
    """Purity and hubs above, the neighbors of one digit below."""
    lab = Lab("dgg-neighbors")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        lab.words("numbers")
        st.caption(
            tr(
                "The published code draws 20 among the nearest 100 without saying why. The Siamese network "
                "(256-128-10, 20 epochs) was trained just now by the method's own loss."
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.chart("purity", _HEIGHT)
        with right:
            lab.chart("hubs", _HEIGHT)
        lab.chart("sheet", _SHEET)
        st.latex(
            rf"\small\text{{{tr('purity')}}}="
            r"\tfrac1{nJ}\textstyle\sum_i\sum_{j\in\Omega_i}[\,y_j=y_i\,]\qquad"
            rf"\text{{{tr('in-degree of')}}}\;j="
            r"\#\{i:\,j\in\Omega_i\}"
        )
        lab.claims()
