"""Lab: DGG step by step. Four places where paper, derivation and published code differ in numbers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from epochscope.labs.dgg.steps.identity.page import identity_step
from epochscope.labs.dgg.steps.neighbors.page import neighbors_step
from epochscope.labs.dgg.steps.prior.page import prior_step
from epochscope.labs.dgg.steps.scale.page import scale_step
from epochscope.labs.shared.page import head
from epochscope.ui.shared.session import LAB_STEP

_STEPS: dict[str, Callable[[], None]] = {
    "1 Identity": identity_step,
    "2 Prior π": prior_step,
    "3 Graph": neighbors_step,
    "4 Scale σ": scale_step,
}


def dgg_page() -> None:
    """One step at a time."""
    head(
        "Does DGG's derivation hold, step by step?",
        "Yang et al. (2019) take neighbors into a variational autoencoder. Derivation, paper and published code differ "
        "in places: here each is checked by the functions that train.",
    )
    step = st.segmented_control(
        "Step", list(_STEPS), default=next(iter(_STEPS)), required=True, key=LAB_STEP, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    _STEPS[step or next(iter(_STEPS))]()
