"""The frame around every page: its settings, the menu of pages, the tour that is on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from epochscope import rights
from epochscope.plugins import problems
from epochscope.resources import resource
from epochscope.rights import UNKNOWN, Action
from epochscope.ui.shared.session import FOLLOW, TOUR, in_address
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.tours.bar import bar

_PAGES = resource("app/pages")

_STYLE = Path(__file__).with_name("style.css")


def navigation() -> Any:
    """The frame around every page; returns the chosen page, to be run."""
    st.set_page_config(
        page_title="epochscope",
        page_icon=str(resource("bundled/icon.png")),
        layout="wide",
        # a tour and a presentation need the room and no settings
        initial_sidebar_state="collapsed" if in_address(TOUR) or in_address(FOLLOW) else 264,
    )
    st.html(_STYLE)  # Streamlit puts the content of a .css file between style tags
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
    if rights.may(page_visitor(), Action.OPERATE, rights.SERVER):
        operate = st.Page(_PAGES / "operate.py", title="Operator", icon=":material/monitor_heart:")
        pages[""] = [*pages[""], operate]
    page = st.navigation(pages, position="top")
    if page_visitor() == UNKNOWN:
        st.warning("It is not known whose browser this is, so nothing can be started or changed; load the page again.")
    bar(page.url_path)
    for sentence in problems():
        st.warning(plain(sentence), icon=":material/extension_off:")
    return page
