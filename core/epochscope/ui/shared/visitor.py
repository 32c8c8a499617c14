"""Who looks at a page: the secret that the browser keeps, and whether it runs on this very machine."""

from __future__ import annotations

from urllib.parse import urlparse

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from epochscope import rights
from epochscope.server import visitors
from epochscope.ui.shared.session import secret

_PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")  # a proxy says for whom it asks
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def here() -> bool:
    """Whether who looks sits at this very machine, as far as the connection and the page's own address tell."""
    headers = st.context.headers
    if st.context.ip_address is not None or any(name in headers for name in _PASSED_ON):
        return False
    origin = headers.get("Origin")
    return origin is None or urlparse(origin).hostname in _THIS_MACHINE


def person() -> rights.Person:
    """Who asks for what this thread does: somebody in a browser, or the program itself."""
    if get_script_run_ctx(suppress_warning=True) is None or not st.context.headers:
        return rights.PROGRAM
    return rights.person(visitors.known(st.context.cookies.get(visitors.COOKIE)) or secret(), here=here())
