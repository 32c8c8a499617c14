"""Lab: soft k-means and alpha. Points and centers that one drags, and descents that share all but what they hold."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from epochscope.labs.alpha.figures import HELD, PUSHED, WHOLE
from epochscope.labs.alpha.session import FOLLOWS, WITH_ENTROPY, WITHOUT
from epochscope.labs.shared.page import Lab, aligned, colored, dials_and_figures, formula_row, head, variants
from epochscope.language import tr

_HEIGHT, _BARS = (
    "max(240px, 48vh - 76px - 0.6 * var(--es-tour, 0px))",
    "max(130px, 36vh - 108px - 0.4 * var(--es-tour, 0px))",
)


def alpha_page() -> None:
    """Points and centers at the left may be dragged; at the right what other alphas would make of them."""
    head(
        tr("Soft k-means: how sharp should α be?"),
        tr(
            "Drag points and centers. A point's weights W mix its color; in the orange paint a point pushes the chosen "
            "center away."
        ),
    )
    lab = Lab("alpha")
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
            lab.board("soft", _HEIGHT)
        with right:
            lab.chart("curves", _HEIGHT)
        explained, dots = formula_row(1.15)
        with explained:
            variants(_FORMULAS)
        with dots:
            lab.chart("exponents", _BARS)
        lab.claims()


_PULL = r"\tfrac2n\textstyle\sum_i w_{ik}\,%s(u_k-x_i)"
_L, _BY_U = colored(WHOLE, r"L"), colored(WHOLE, r"\partial L/\partial u_k")


def _of_free_w(*, entropy: bool) -> None:
    aligned(
        r"w_{ik}&=e^{a_{ik}}\big/\textstyle\sum_l e^{a_{il}}",
        _L + r"&=\tfrac1n\textstyle\sum_i\sum_k w_{ik}d_{ik}" + (r",\quad F=L-H(W)/\alpha" if entropy else ""),
        _BY_U + (r"&=\partial F/\partial u_k=" if entropy else "&=") + _PULL % "",
        rf"\partial {'F' if entropy else 'L'}/\partial a_{{ik}}&=\tfrac1n w_{{ik}}\,(e_{{ik}}-\bar e_i),"
        r"\quad e_{ik}=d_{ik}" + (r"+\tfrac1\alpha\log w_{ik}" if entropy else ""),
    )


def _of_softmax() -> None:
    aligned(
        r"w_{ik}&=e^{-\alpha d_{ik}}\big/\textstyle\sum_l e^{-\alpha d_{il}}\quad" + rf"\text{{({tr('naive')})}}",
        r"&=e^{-\alpha(d_{ik}-m_i)}\big/\textstyle\sum_l e^{-\alpha(d_{il}-m_i)},\;\;m_i=\min_l d_{il}",
        _L + r"&=\tfrac1n\textstyle\sum_i\bar d_i,\quad \bar d_i=\sum_k w_{ik}d_{ik}",
        _BY_U + "&=" + _PULL % colored(PUSHED, r"\bigl[1-\alpha(d_{ik}-\bar d_i)\bigr]"),
        colored(HELD, r"\partial F/\partial u_k") + "&=" + _PULL % "" + r",\quad F=L-H(W)/\alpha",
    )


_FORMULAS: dict[str, Callable[[], None]] = {
    FOLLOWS: _of_softmax,
    WITHOUT: lambda: _of_free_w(entropy=False),
    WITH_ENTROPY: lambda: _of_free_w(entropy=True),
}
