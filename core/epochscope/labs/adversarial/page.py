"""Lab: what does a discriminator know? The adversarial clustering loss with densities that one drags."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.adversarial.figures import BEST, CODES, DRAWS, NOW
from epochscope.labs.shared.page import Lab, colored, dials_and_figures, head
from epochscope.language import tr

_HEIGHT, _SMALL = "max(220px, 34vh - 0.6 * var(--es-tour, 0px))", "max(150px, 21vh - 0.4 * var(--es-tour, 0px))"


def adversarial_page() -> None:
    """Draws and codes at the left, the value of a learning discriminator at the right, the family below."""
    head(
        tr("What does a discriminator know? The adversarial clustering loss"),
        tr(
            "Drag the tops of the curves: sideways moves them, up makes them narrower. Then let D learn until V "
            "touches its bound."
        ),
    )
    lab = Lab("adversarial")
    widgets, shown = dials_and_figures(4.2)
    with widgets:
        lab.dials()
        st.caption(
            tr(
                "The four small figures show what the discriminator of each method has to tell apart here: blue "
                "from amber. A line has no subspaces, so for DASC it is the distance from the assigned one."
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right, third = st.columns([1.5, 1.25, 1], gap="small")
        with left:
            lab.board("densities", _HEIGHT)
        with right:
            lab.chart("values", _HEIGHT)
        with third:
            lab.chart("slopes", _HEIGHT)
        _formulas()
        lab.chart("family", _SMALL)
        lab.claims()


def _formulas() -> None:
    p, q, D = colored(DRAWS, "p"), colored(CODES, "q"), colored(NOW, "D(z)")
    st.latex(
        rf"\small V(D)=\mathbb{{E}}_{{z\sim {p}}}[\ln {D}]+\mathbb{{E}}_{{z\sim {q}}}[\ln(1-{D})]"
        rf"\;\le\;2\,\mathrm{{JS}}({p}\,\|\,{q})-2\ln2\quad\text{{{tr('with equality at')}}}\quad"
        rf"{colored(BEST, 'D^*')}=\frac{{{p}}}{{{p}+{q}}}"
    )
