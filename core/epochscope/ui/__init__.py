"""What the pages are made of."""

from __future__ import annotations

from typing import Any

import streamlit as st

from epochscope.plugins import problems
from epochscope.resources import resource
from epochscope.rights import UNKNOWN
from epochscope.ui.methods.facts import plain
from epochscope.ui.shared.session import TOUR, in_address
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.tours.bar import bar

_PAGES = resource("app/pages")

# Streamlit's wide layout keeps 5rem free on both sides, which a stage on a projector of 1024 x 768 cannot spare;
# no theme setting changes that; there the names of all pages fit beside the sidebar if they have no icons. On the
# Inspect page the embedding stays in sight while the figures beside it scroll.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.1rem 1.25rem 0.5rem; }
[data-testid="stSidebarHeader"] { height: 2.5rem; padding-bottom: 0; }
.st-key-projection-bar button, .st-key-toolbar button { padding-inline: 0.7rem; }
.st-key-toolbar > div:has([data-testid="stCaptionContainer"]) { flex: 1 1 0; min-width: 0; }
.st-key-toolbar [data-testid="stCaptionContainer"] p { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.st-key-inspect-notes button { min-height: 0; padding: 0; line-height: 1.5; }
@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-inspect-stage) {
    position: sticky; top: calc(4rem + var(--es-tour, 0px)); align-self: flex-start;
  }
}
@media (max-width: 1100px) {
  [data-testid="stTopNav"] a { padding-inline: 0.45rem; }
  .st-key-present p { display: none; }
  [data-testid="stTopNav"] a > :has([data-testid="stIconMaterial"]):not(:has(p)) { display: none; }
}
</style>"""


def navigation() -> Any:
    """The frame around every page; returns the chosen page, to be run."""
    st.set_page_config(
        page_title="epochscope",
        page_icon=str(resource("bundled/icon.png")),
        layout="wide",
        initial_sidebar_state="collapsed" if in_address(TOUR) else 264,  # a tour needs the room and no settings
    )
    st.html(_STYLE)
    pages = {
        "": [
            st.Page(_PAGES / "train.py", title="Train", icon=":material/play_circle:", default=True),
            st.Page(_PAGES / "inspect.py", title="Inspect", icon=":material/troubleshoot:"),
            st.Page(_PAGES / "runs.py", title="Runs", icon=":material/history:"),
            st.Page(_PAGES / "compare.py", title="Compare", icon=":material/compare:"),
            st.Page(_PAGES / "data.py", title="Data", icon=":material/grid_view:"),
            st.Page(_PAGES / "tours.py", title="Tours", icon=":material/tour:"),
            st.Page(_PAGES / "methods.py", title="Methods", icon=":material/menu_book:"),
            st.Page(_PAGES / "results.py", title="Results", icon=":material/leaderboard:"),
        ],
        "Labs": [
            st.Page(_PAGES / "lab_pull.py", title="Who pulls whom?", icon=":material/near_me:"),
            st.Page(_PAGES / "lab_target.py", title="From Q to P", icon=":material/change_history:"),
            st.Page(_PAGES / "lab_alpha.py", title="Soft k-means and α", icon=":material/blur_on:"),
            st.Page(_PAGES / "lab_js.py", title="JS of two Gaussians", icon=":material/join_inner:"),
            st.Page(_PAGES / "lab_dgg.py", title="DGG step by step", icon=":material/footprint:"),
            st.Page(_PAGES / "lab_adversarial.py", title="Adversarial loss", icon=":material/swords:"),
        ],
    }
    page = st.navigation(pages, position="top")
    if page_visitor() == UNKNOWN:
        st.warning("It is not known whose browser this is, so nothing can be started or changed; load the page again.")
    bar(page.url_path)
    for sentence in problems():
        st.warning(plain(sentence), icon=":material/extension_off:")
    return page
