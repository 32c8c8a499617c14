"""What a browser still asks of a page that it has left.

A click in the menu asks for another page. Until the answer is there, the browser sends whatever the old page reports as
of that page (a panel tells where its cursor rests, say), and Streamlit obeys who asks last: the click would be undone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

LATE_SECONDS = 5.0
"""For so long after another page was asked for, the old one may still report."""
MOST_WIDGETS = 2000
"""Of a page; a tab that names others with every message is not remembered beyond the message."""


@dataclass
class Asked:
    """What one tab has asked for: which page, and with which widgets, by their ids."""

    page: str = ""
    widgets: frozenset[str] = frozenset()
    left: str = ""  # the page before
    left_widgets: frozenset[str] = field(default=frozenset())  # those of that page alone
    since: float = 0.0  # when it was left, monotonic

    def late(self, state: ClientState, now: float) -> bool:
        """Whether this comes from a page that was left: it has its widgets or fragments, which a click in the menu that
        leads back there has not. Takes down what is asked for otherwise.
        """
        page, widgets = state.page_script_hash, frozenset(one.id for one in state.widget_states.widgets)
        just_left = self.left and page == self.left != self.page and now - self.since < LATE_SECONDS
        if just_left and (state.fragment_id or widgets & self.left_widgets):
            return True
        if page != self.page:
            self.left, self.left_widgets, self.since = self.page, self.widgets - widgets, now
            self.page, self.widgets = page, frozenset()
        both = self.widgets | widgets
        self.widgets = both if state.fragment_id and len(both) <= MOST_WIDGETS else widgets
        return False


def forget_what_comes_late() -> None:
    """From now on, in this process, requests of a page that was left are dropped."""
    obey = AppSession.request_rerun
    tabs: WeakKeyDictionary[AppSession, Asked] = WeakKeyDictionary()

    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is None or not tabs.setdefault(self, Asked()).late(client_state, time.monotonic()):
            obey(self, client_state)

    AppSession.request_rerun = request_rerun
