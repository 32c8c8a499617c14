"""The cookie by which a browser is known again: a random secret that no script in the page can read.

It says who may change a run (epochscope.rights) and nothing else; only its hash is ever stored.
"""

from __future__ import annotations

import re
import secrets

from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "epochscope_visitor"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_DAYS = 400  # the most a browser grants; each visit begins them anew
_NO_PAGES = ("/_stcore/", "/api/", "/assets/", "/static/")


def known(value: str | None) -> str:
    """The secret of a cookie; empty where it is none of ours."""
    return value if value and _SECRET.fullmatch(value) else ""


def cookie(scope: Scope) -> str:
    """The Set-Cookie header of the answer to a request for a page; empty for any other request.

    Lax, so that a link from elsewhere still arrives as the one who follows it.
    """
    request = HTTPConnection(scope)
    asks_for_page = "text/html" in request.headers.get("accept", "") and scope["method"] == "GET"
    if not asks_for_page or any(part in scope["path"] for part in _NO_PAGES):
        return ""
    secret = known(request.cookies.get(COOKIE)) or secrets.token_urlsafe(32)
    safe = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    return f"{COOKIE}={secret}; Path=/; Max-Age={86400 * _DAYS}; HttpOnly; SameSite=Lax{'; Secure' * safe}"
