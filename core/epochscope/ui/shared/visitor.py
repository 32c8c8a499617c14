"""Whose page this is."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

from epochscope.rights import UNKNOWN, Visitor
from epochscope.server import visitors


def page_visitor() -> Visitor:
    """The visitor of the session that this thread draws a page for or runs a callback of.

    It was settled when the connection was opened, and is the same when that is gone. A thread that works for no session
    has no visitor: what it does for one must be handed the visitor.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return UNKNOWN
    return visitors.visitor(context.user_info.get(visitors.KEPT_AS), context.session_id)
