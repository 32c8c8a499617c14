"""The Results page: scores measured here over several seeds, and below them published ones."""

from __future__ import annotations

import streamlit as st

from epochscope.runs.library.results import read
from epochscope.ui.results.measured import ours
from epochscope.ui.results.published import theirs


def results_page() -> None:
    """Our own runs first, the published tables apart from them, never on one axis."""
    ours(read())
    with st.container(border=True):
        theirs()
