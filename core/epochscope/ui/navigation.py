"""The frame around every page: its settings, the menu of pages, the tour that is on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from epochscope import rights
from epochscope.language import tr
from epochscope.plugins import problems
from epochscope.resources import resource
from epochscope.rights import UNKNOWN, Action
from epochscope.server.drawing import DRAWING
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.press import go_on
from epochscope.ui.shared.session import INTRODUCED, RUN, TOUR
from epochscope.ui.shared.stage import page_frame
from epochscope.ui.shared.style import leave_room_for_a_message
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor
from epochscope.ui.tours.bar import bar

OPERATOR = "operate"
PAGES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (
        ("train", "Train", "play_circle"),
        ("inspect", "Inspect", "troubleshoot"),
        ("runs", "Runs", "history"),
        ("compare", "Compare", "compare"),
        ("futures", "Futures", "call_split"),
        ("classroom", "Class", "school"),
        ("data", "Data", "grid_view"),
        ("tours", "Tours", "tour"),
        ("methods", "Methods", "menu_book"),
        ("results", "Results", "leaderboard"),
        (OPERATOR, "Operator", "monitor_heart"),
    ),
    "Labs": (
        ("lab_pull", "Who pulls whom?", "near_me"),
        ("lab_target", "From Q to P", "change_history"),
        ("lab_alpha", "Soft k-means and α", "blur_on"),
        ("lab_js", "JS of two Gaussians", "join_inner"),
        ("lab_dgg", "DGG step by step", "footprint"),
        ("lab_adversarial", "Adversarial loss", "swords"),
    ),
}
"""The menu: of each section the pages, by the name of their module, their title and their icon. The first page of all
is at the address of the app, the others at the names of their modules.
"""

_PAGES = resource("app/pages")


def _page(module: str, title: str, icon: str) -> Any:
    first = module == PAGES[""][0][0]
    return st.Page(_PAGES / f"{module}.py", title=tr(title), icon=f":material/{icon}:", default=first)


def draw() -> None:
    """The page that is asked for, in its turn."""
    with DRAWING.one_more():
        navigation().run()


def navigation() -> Any:
    """The frame around every page; returns the chosen page, to be run."""
    st.set_page_config(
        page_title="epochscope",
        page_icon=str(resource("bundled/icon.png")),
        layout="wide",
        # a run that is watched needs the room; whoever opens the sidebar then keeps it: Streamlit remembers that
        initial_sidebar_state="collapsed" if in_address(TOUR) or in_address(RUN) else 264,
    )
    leave_room_for_a_message()
    operates = rights.may(page_visitor(), Action.OPERATE, rights.SERVER)
    pages = {
        tr(section): [_page(*one) for one in listed if operates or one[0] != OPERATOR]
        for section, listed in PAGES.items()
    }
    page = st.navigation(pages, position="top")
    if page.url_path:  # whoever comes from another page wants to go on, with the data chosen there, say
        st.session_state[INTRODUCED] = True
    if page_visitor() == UNKNOWN:
        st.warning(
            tr("The server does not know whose browser this is, so nothing can be started or changed; reload the page.")
        )
    go_on()
    bar(page.url_path)
    page_frame()
    for sentence in problems():
        st.warning(plain(sentence), icon=":material/extension_off:")
    return page
