"""The visitor who looks at a page."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

from epochscope.rights import UNKNOWN, Visitor
from epochscope.server import visitors


def page_visitor() -> Visitor:
    """The visitor of the session that this thread draws a page for or runs a callback of.

    It is determined when the connection is opened and remains valid when that is closed. A thread without a session
    has no visitor: work that it does for one must be given the visitor.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return UNKNOWN
    return visitors.visitor(context.user_info.get(visitors.KEPT_AS), context.session_id)
