"""The language of a page: what its link says, then what its browser keeps, then what the browser likes to read."""

from __future__ import annotations

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
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    state = st.session_state
    if asked := known(in_address(LANGUAGE)):
        state[_KEPT] = asked
    elif _KEPT not in state:
        cookie, header = st.context.cookies.get(COOKIE), st.context.headers.get("Accept-Language")
        state[_KEPT] = known(cookie) or accepted(header) or ENGLISH
    return state[_KEPT]


_KEPT = f"chosen-{LANGUAGE}"

heard_from(page_language)
