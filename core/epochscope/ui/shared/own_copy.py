"""For runs that ship with epochscope where this machine computes other last digits: training them again, here."""

from __future__ import annotations

import streamlit as st

from epochscope.language import tr
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.manager import manager
from epochscope.runs.training.recompute import difference_here
from epochscope.types import EpochscopeError
from epochscope.ui.shared.press import Way, press
from epochscope.ui.shared.session import RUN, flash
from epochscope.ui.shared.visitor import page_visitor


def differs_here(run: Run) -> bool:
    """Whether this run ships with epochscope and has other numbers here. The first to ask waits for about a second."""
    with st.spinner(tr("Computing two epochs of this run again ..."), show_time=False):
        return bool(difference_here(run))


def train_again_button(run: Run, key: str) -> None:
    """Trains a run with the same settings here, and shows it on the Train page."""
    st.button(
        tr("Train it again here"),
        icon=":material/replay:",
        key=key,
        help=tr("A run of your own with the same settings and seed, which can be branched and explained here."),
        on_click=_train_again,
        args=(run.spec,),
    )


@press
def _train_again(spec: RunSpec) -> Way | None:
    try:
        started = manager().start(spec.without_parent(), page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return None
    return Way("pages/train.py", {RUN: started})
