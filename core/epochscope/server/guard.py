"""Who may connect: each connection is introduced, foreign pages are refused, and nobody takes the last handles."""

from __future__ import annotations

from urllib.parse import urlparse

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from epochscope.server import visitors
from epochscope.server.handles import FULL, nearly_out_of_handles


def _same_origin(headers: Headers) -> bool:
    """Browsers name the page that opens a socket; a page from elsewhere is refused. Programs send no Origin."""
    origin = headers.get("origin")
    return origin is None or urlparse(origin).netloc == headers.get("host")


def opened_by_ours(headers: Headers) -> bool:
    """Whether a socket comes from a page of this server, or of one that server.corsAllowedOrigins names.

    Streamlit alone would accept pages from any port of this machine, and browsers send our cookie with those, too.
    """
    named = config.get_option("server.corsAllowedOrigins") or ()
    ours = _same_origin(headers) or headers.get("origin") in named or not config.get_option("server.enableCORS")
    return ours and is_host_allowed(headers.get("host"))


def _brings_a_viewer(scope: Scope) -> bool:
    """Whether a connection stays open, or is followed by some that do: a socket, a page, the start of a run's data."""
    if scope["type"] == "websocket":
        return True
    return scope["path"].endswith(("/info", "/bundle")) or "text/html" in Headers(scope=scope).get("accept", "")


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuses somebody while the last handles are kept for what trains."""
    if scope["type"] == "websocket":
        socket = WebSocket(scope, receive, send)
        if scope["path"].startswith("/api/") and opened_by_ours(socket.headers):
            await socket.accept()  # else the browser would not be told the reason
        await socket.close(code=1013, reason=FULL)
        return
    answer = JSONResponse({"error": FULL}, 503) if scope["path"].startswith("/api/") else Response(FULL, 503)
    answer.headers["Retry-After"] = "5"
    await answer(scope, receive, send)


class Guard:
    """Identifies the visitor, refuses foreign hosts on our addresses, and adds the headers that keep pages from
    being framed or misread.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = visitors.introduced(scope)
        if _brings_a_viewer(scope) and nearly_out_of_handles():
            await _turn_away(scope, receive, send)
            return
        if scope["type"] == "websocket":
            if opened_by_ours(Headers(scope=scope)):
                await self.app(scope, receive, send)
            else:
                await WebSocket(scope, receive, send).close(code=1008)
            return
        if scope["path"].startswith(("/api/runs/", "/assets/")) and not is_host_allowed(
            Headers(scope=scope).get("host")
        ):
            await Response("This host name is not allowed.", 403)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("X-Frame-Options", "SAMEORIGIN")
                headers.setdefault("Referrer-Policy", "same-origin")
                if cookie := visitors.cookie(scope):
                    headers.append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, with_headers)


MIDDLEWARE = [Middleware(Guard)]
