"""Lab: when is the JS divergence of two Gaussians smallest? The figure that motivates DGG, put to the test."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.js.figures import FIRST, JS, SECOND
from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_and_numbers, head
from epochscope.language import tr

_HEIGHT = "max(240px, 45vh - var(--es-tour, 0px))"


def js_page() -> None:
    """Two Gaussians, one of which may be dragged, and their divergence over all directions."""
    head(
        tr("Is JS smallest where two Gaussians are aligned with the axes?"),
        tr(
            "A figure in the DGG paper says so. Drag the second Gaussian around the first, change the variances, "
            "and see when it is true."
        ),
    )
    lab = Lab("js")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.board("gaussians", _HEIGHT)
        with right:
            lab.chart("around", _HEIGHT)
        with formula_and_numbers(1.5, lab):
            _formulas()
        lab.claims()


def _formulas() -> None:
    q_i, q_j, js = colored(FIRST, "q_i"), colored(SECOND, "q_j"), colored(JS, r"\mathrm{JS}")
    kl = r"\tfrac12\mathrm{KL}(%s\,\|\,%s)"
    aligned(
        rf"{js}&={kl % (q_i, 'M')}+{kl % (q_j, 'M')},\quad M=\tfrac12(q_i+q_j)",
        rf"G_{{ij}}&={kl % (q_i, 'p')}+{kl % (q_j, 'p')}=\mathrm{{JS}}+\mathrm{{KL}}(M\,\|\,p)",
    )
