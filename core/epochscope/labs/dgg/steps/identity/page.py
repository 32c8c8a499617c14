"""Step 1: ln p(x_i) = G_ij + 1/2 (L(x_i) + L(x_i, x_j)), by quadrature on a DGG with codes of two numbers."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.dgg.model.tiny import CLASSES, POINTS
from epochscope.labs.dgg.steps.identity.figures import GAP, JS, LOSS, POSTERIOR
from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_and_numbers
from epochscope.language import tr

_HEIGHT, _TILES = "max(220px, 44vh - var(--es-tour, 0px))", "max(90px, 13vh)"


def identity_step() -> None:
    """Codes at the left, the way from the loss to ln p(x_i) at the right."""
    lab = Lab("dgg-identity")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        lab.chart("tiles", _TILES)
        st.caption(
            tr(
                "{n} real digits ({classes}), on which DGG was trained just now. γ is computed from the mean m, as "
                "in the MNIST script; in the paper, from a drawn z. M = ½(qᵢ + qⱼ).",
                n=POINTS,
                classes=", ".join(map(str, CLASSES)),
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.board("codes", _HEIGHT)
        with right:
            lab.chart("way", _HEIGHT)
        with formula_and_numbers(1.5, lab):
            _formulas()
        lab.claims()


def _formulas() -> None:
    log_p, js, gap = (
        colored(color, tex)
        for color, tex in (
            (POSTERIOR, r"\ln p(x_i)"),
            (JS, r"\mathrm{JS}(q_i\|q_j)"),
            (GAP, r"\mathrm{KL}(M\|p)"),
        )
    )
    own = colored(LOSS, r"\tfrac12L(x_i)+\tfrac12L(x_i,x_j)")
    whole = colored(LOSS, r"\tfrac12L(x_i)+\tfrac12\textstyle\sum_jw_{ij}L(x_i,x_j)")
    aligned(
        rf"{log_p}&=G_{{ij}}+{own}",
        rf"G_{{ij}}&={js}+{gap}",
        rf"\ln p(x_i)-\textstyle\sum_jw_{{ij}}G_{{ij}}&={whole}",
    )
