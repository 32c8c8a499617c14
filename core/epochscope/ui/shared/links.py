"""Links that several pages have."""

from __future__ import annotations

import streamlit as st

from epochscope.language import tr
from epochscope.ui.shared.session import INTRODUCTION


def introduction_link() -> None:
    """The way back to the introduction of the Train page."""
    st.page_link(
        "pages/train.py",
        label=tr("Show the introduction"),
        icon=":material/smart_display:",
        query_params={INTRODUCTION: "1"},
    )
