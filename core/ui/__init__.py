"""What the pages are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_ROOT = Path(__file__).parents[2]

# Streamlit's wide layout keeps 5rem free on both sides, which a stage on a projector of 1024 x 768 cannot spare;
# no theme setting changes that. On the Inspect page the embedding stays in sight while the figures beside it scroll.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.1rem 1.25rem 0.5rem; }
[data-testid="stSidebarHeader"] { height: 2.5rem; padding-bottom: 0; }
.st-key-projection-bar button { padding-inline: 0.7rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.st-key-inspect-notes button { min-height: 0; padding: 0; line-height: 1.5; }
@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-inspect-stage) { position: sticky; top: 4rem; align-self: flex-start; }
}
</style>"""


def navigation() -> Any:
    """The frame around every page; returns the chosen page, to be run."""
    st.set_page_config(
        page_title="epochscope",
        page_icon=str(_ROOT / "assets" / "icon.png"),
        layout="wide",
        initial_sidebar_state=264,
    )
    st.html(_STYLE)
    pages = {
        "": [
            st.Page(_ROOT / "pages" / "train.py", title="Train", icon=":material/play_circle:", default=True),
            st.Page(_ROOT / "pages" / "inspect.py", title="Inspect", icon=":material/troubleshoot:"),
            st.Page(_ROOT / "pages" / "runs.py", title="Runs", icon=":material/history:"),
            st.Page(_ROOT / "pages" / "compare.py", title="Compare", icon=":material/compare:"),
            st.Page(_ROOT / "pages" / "data.py", title="Data", icon=":material/grid_view:"),
            st.Page(_ROOT / "pages" / "methods.py", title="Methods", icon=":material/menu_book:"),
            st.Page(_ROOT / "pages" / "results.py", title="Results", icon=":material/leaderboard:"),
        ],
        "Labs": [
            st.Page(_ROOT / "pages" / "lab_pull.py", title="Who pulls whom?", icon=":material/near_me:"),
            st.Page(_ROOT / "pages" / "lab_js.py", title="JS of two Gaussians", icon=":material/join_inner:"),
            st.Page(_ROOT / "pages" / "lab_adversarial.py", title="Adversarial loss", icon=":material/swords:"),
            st.Page(_ROOT / "pages" / "lab_dgg.py", title="DGG step by step", icon=":material/footprint:"),
        ],
    }
    return st.navigation(pages, position="top")
