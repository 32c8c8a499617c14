"""The language of a page: what its link says, then what its browser keeps, then what the browser likes to read."""

from __future__ import annotations

import threading

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from epochscope.language import ENGLISH, accepted, heard_from, known
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.session import LANGUAGE

COOKIE = "epochscope_language"
"""Set by the menu of languages (epochscope.ui.shared.language_menu)."""


def page_language() -> str:
    """The code of the language of the session that this thread draws a page for or runs a callback of.

    What a link says holds for the session, which goes on to pages whose address does not say it.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ENGLISH
    run = getattr(context, "cursors", None)  # another object in each run
    if run is None:
        return _asked()
    if getattr(_last, "run", None) is not run:
        _last.run, _last.language = run, _asked()
    return _last.language


def _asked() -> str:
    state = st.session_state
    if asked := known(in_address(LANGUAGE)):
        state[_KEPT] = asked
    elif _KEPT not in state:
        cookie, header = st.context.cookies.get(COOKIE), st.context.headers.get("Accept-Language")
        state[_KEPT] = known(cookie) or accepted(header) or ENGLISH
    return state[_KEPT]


_KEPT = f"chosen-{LANGUAGE}"
_last = threading.local()
"""Of the run of a page that this thread does: a page says some hundred sentences, and asking took an eighth of it."""

heard_from(page_language)
