"""The visitor of a connection: determined once, when it is opened, and kept by the session until it ends.

The cookie by which a browser is known again holds a random secret that no script in the page can read. It says who may
change a run (epochscope.rights) and nothing else; only its hash is ever stored.

Each connection is introduced to Streamlit by a header that is made here, whatever the client sends under that name.
Streamlit keeps it with the session, so that it is there when the connection no longer is, and gives a session to no
other connection than one introduced in the same way: knowing the id of a session is not enough to become its visitor.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Scope
from streamlit import config

from epochscope.rights import UNKNOWN, Kind, Visitor

COOKIE = "epochscope_visitor"
HEADER, KEPT_AS = "X-Epochscope-Visitor", "epochscope"
"""The introduction: as a header of the connection, and what Streamlit calls it in the user info of a session."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_DAYS = 400  # the longest that browsers allow; each visit renews it
_NO_PAGES = ("/_stcore/", "/api/", "/assets/", "/static/")
_INTRODUCTION = re.compile(r"(machine|elsewhere)(?: ([0-9a-f]{64}))?")
_PASSED_ON = re.compile(r"x-forwarded-.*|forwarded|x-real-ip|via")  # headers by which a proxy names its client
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_TRUSTED = "server.trustedUserHeaders"


def known(value: str | None) -> str:
    """The secret in a cookie value; empty if it is not one of ours."""
    return value if value and _SECRET.fullmatch(value) else ""


def cookie(scope: Scope) -> str:
    """The Set-Cookie header of the answer to a request for a page; empty for any other request.

    Lax, so that whoever follows a link from another site is still recognized.
    """
    if not asks_for_page(scope):
        return ""
    request = HTTPConnection(scope)
    secret = known(request.cookies.get(COOKIE)) or secrets.token_urlsafe(32)
    safe = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    return f"{COOKIE}={secret}; Path=/; Max-Age={86400 * _DAYS}; HttpOnly; SameSite=Lax{'; Secure' * safe}"


def asks_for_page(scope: Scope) -> bool:
    """Whether a request is that of a browser that opens a page."""
    accepts = "text/html" in Headers(scope=scope).get("accept", "")
    return accepts and scope["method"] == "GET" and not any(part in scope["path"] for part in _NO_PAGES)


def introduced(scope: Scope) -> Scope:
    """The connection with the header that introduces its visitor."""
    trusted = config.get_option(_TRUSTED) or {}
    if trusted.get(HEADER) != KEPT_AS:  # also after somebody edited the configuration of a server that runs
        config.set_option(_TRUSTED, {**trusted, HEADER: KEPT_AS})
    scope = {**scope, "headers": list(scope["headers"])}
    MutableHeaders(scope=scope)[HEADER] = introduction(scope)
    return scope


def introduction(scope: Scope) -> str:
    """The introduction: where the browser runs, and the hash of the secret in its cookie, if it has one."""
    secret = known(HTTPConnection(scope).cookies.get(COOKIE))
    place = "machine" if at_this_machine(scope) else "elsewhere"
    return f"{place} {_mark(secret)}" if secret else place


def counted(scope: Scope) -> tuple[Visitor, str]:
    """The visitor of an introduced connection, and as whose it is counted: by mark, without a cookie by address."""
    told = Headers(scope=scope)[HEADER]
    client = scope.get("client") or ("no address", 0)
    address = f"at {client[0]}"
    found = visitor(told, address)
    return found, found.mark if " " in told else address


def at_this_machine(scope: Scope) -> bool:
    """Whether a browser on this very machine opened the connection: only where everything it shows says so."""
    headers, client = Headers(scope=scope), scope.get("client")
    if not client or any(_PASSED_ON.fullmatch(name) for name in headers):
        return False
    try:
        address = ipaddress.ip_address(client[0])
        origin, host = urlsplit(headers.get("origin", "")), urlsplit(f"//{headers.get('host', '')}")
        names = {origin.hostname, host.hostname}
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback and names <= set(_THIS_MACHINE)


def visitor(introduced_as: object, session: str) -> Visitor:
    """The visitor of a session, by the introduction of its connection; without a cookie, for this session only.

    UNKNOWN for anything but an introduction made here.
    """
    match = _INTRODUCTION.fullmatch(introduced_as) if isinstance(introduced_as, str) else None
    if not match or not session:
        return UNKNOWN
    kind = Kind.AT_THE_MACHINE if match[1] == "machine" else Kind.BROWSER
    return Visitor(kind, match[2] or _mark(f"session {session}"))


def _mark(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
