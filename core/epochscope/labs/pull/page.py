"""Lab: who pulls whom? The gradients of DEC on points that one drags."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.shared.figures.plane import OF_CENTERS, OF_POINTS, WRONG
from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_row, head
from epochscope.language import tr

_HEIGHT, _BARS = "max(240px, 38vh - 0.6 * var(--es-tour, 0px))", "max(150px, 25vh - 0.4 * var(--es-tour, 0px))"


def pull_page() -> None:
    """Points and centers at the left may be dragged; at the right the same places go down without a constant P."""
    head(
        tr("Who pulls whom? The gradient of DEC"),
        tr(
            "Drag points and centers. Arrows show where a step of gradient descent leads; the longest of each kind "
            "are equally long."
        ),
    )
    lab = Lab("pull")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        st.caption(
            tr(
                "Double-click to add a point. Arrow keys move the point in focus (with Shift, farther); Delete "
                "removes it."
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.board("pull", _HEIGHT)
        with right:
            lab.chart("free", _HEIGHT)
        explained, bars = formula_row(1.15)
        with explained:
            _formulas()
        with bars:
            lab.chart("terms", _BARS)
        lab.claims()


def _formulas() -> None:
    gradient = r"\tfrac{\nu+1}{\nu}\sum_%s (1+d_{ij}/\nu)^{-1}(p_{ij}-q_{ij})(z_i-\mu_j)"
    split = r"\underbrace{p_{ij}(1-q_{ij})}_{k=j}"
    aligned(
        colored(OF_POINTS, r"\partial L/\partial z_i") + "&=" + gradient % "j",
        colored(OF_CENTERS, r"\partial L/\partial\mu_j") + "&=-" + gradient % "i",
        rf"p_{{ij}}-q_{{ij}}&={colored(WRONG, split)}\;\underbrace{{-\,q_{{ij}}(1-p_{{ij}})}}_{{k\neq j}}",
    )
    with st.popover(tr("Proof in three lines"), type="tertiary", icon=":material/functions:"):
        st.caption(
            tr(
                "Q is a softmax, and L with a constant P is its cross-entropy, up to a constant: so the gradient is "
                "that of any classifier whose labels are P. (⇒ is the chain rule through t; the claims below try both "
                "steps.)"
            )
        )
        aligned(
            r"q_{ij}=\frac{e^{t_{ij}}}{\sum_k e^{t_{ik}}},\quad t_{ij}&=-\tfrac{\nu+1}{2}\ln(1+d_{ij}/\nu)",
            r"L=\sum_{ij}p_{ij}\ln\frac{p_{ij}}{q_{ij}}&=\text{const}-\sum_{ij}p_{ij}t_{ij}+\sum_i\ln\sum_k e^{t_{ik}}",
            r"\frac{\partial L}{\partial t_{ij}}=q_{ij}-p_{ij}\;&\Rightarrow\;\frac{\partial L}{\partial z_i}"
            r"=\sum_j(q_{ij}-p_{ij})\frac{\partial t_{ij}}{\partial z_i}",
        )
