"""Lab: DGG step by step. Four places where paper, derivation and published code differ in numbers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from epochscope.labs.dgg.steps.identity.page import identity_step
from epochscope.labs.dgg.steps.neighbors.page import neighbors_step
from epochscope.labs.dgg.steps.prior.page import prior_step
from epochscope.labs.dgg.steps.scale.page import scale_step
from epochscope.labs.shared.page import head
from epochscope.language import LANGUAGES, marked, speaking, tr
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.session import LAB_STEP

_STEPS: dict[str, Callable[[], None]] = {
    marked("1 Identity"): identity_step,
    marked("2 Prior π"): prior_step,
    marked("3 Graph"): neighbors_step,
    marked("4 Scale σ"): scale_step,
}


def dgg_page() -> None:
    """One step at a time."""
    head(
        tr("Does DGG's derivation hold, step by step?"),
        tr(
            "Yang et al. (2019) bring neighbors into a variational autoencoder. Derivation, paper and published "
            "code differ in places: here each is checked with the functions that train."
        ),
    )
    _adopt_step()
    step = st.segmented_control(
        tr("Step"), list(_STEPS), default=next(iter(_STEPS)), required=True, key=LAB_STEP, bind="query-params",
        label_visibility="collapsed", format_func=tr,
    )  # fmt: skip
    _STEPS[step or next(iter(_STEPS))]()


def _adopt_step() -> None:
    """Lets the address line name a step in any language; to be called before its widget is drawn, which knows one."""
    asked = in_address(LAB_STEP)
    if asked is None or LAB_STEP in st.session_state or asked in map(tr, _STEPS):
        return
    for code in LANGUAGES:
        with speaking(code):
            named = {tr(step): step for step in _STEPS}
        if asked in named:
            put_in_address(LAB_STEP, None)
            st.session_state[LAB_STEP] = named[asked]
            return
