"""Links that several pages have."""

from __future__ import annotations

import streamlit as st

from epochscope.language import tr
from epochscope.ui.shared.session import INTRODUCTION, RUN, RUNS

_RECORDED = {
    "inspect": ("Inspect a recorded run that collapses", "troubleshoot", {RUN: "tour-collapse"}),
    "compare": ("Compare two recorded runs", "compare", {RUNS: "tour-detached.tour-not-detached"}),
}
"""By page: what it can show of the runs that come with epochscope."""


def introduction_link() -> None:
    """The way back to the introduction of the Train page."""
    st.page_link(
        "pages/train.py",
        label=tr("Show the introduction"),
        icon=":material/smart_display:",
        query_params={INTRODUCTION: "1"},
    )


def recorded_link(page: str) -> None:
    """On a page that has no run to show: the way to one that comes with epochscope."""
    label, icon, asked = _RECORDED[page]
    st.page_link(f"pages/{page}.py", label=label, icon=f":material/{icon}:", query_params=asked)
