"""What every connection passes before it reaches a page or a route: who it is, whether it may, how much it may take."""

from __future__ import annotations

from urllib.parse import urlparse

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from epochscope.server import connections, visitors
from epochscope.server.handles import FULL, nearly_out_of_handles
from epochscope.server.messages import reason
from epochscope.server.page import Page


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
        await socket.close(code=connections.FULL, reason=FULL)
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
            await self._socket(scope, receive, send)
            return
        if scope["path"].startswith(("/api/", "/assets/", "/join/")) and not is_host_allowed(
            Headers(scope=scope).get("host")
        ):
            await Response("This host name is not allowed.", 403)(scope, receive, send)
            return
        whose, more = visitors.counted(scope)[1], _upload_bytes(scope)
        if why := connections.upload_refusal(more) if more else _page_refusal(scope):
            await Response(why, 413 if more else 503, {"Retry-After": "60"})(scope, receive, send)
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

        with connections.arriving(whose, more):
            await self.app(scope, receive, with_headers)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A socket of a page of ours, counted while it is open and with bounds on what it may send."""
        socket = WebSocket(scope, receive, send)
        if not opened_by_ours(socket.headers):
            await socket.close(code=1008)
            return
        visitor, whose = visitors.counted(scope)
        if why := connections.socket_refusal(visitor, whose):
            await socket.accept()  # a browser shows a reason only of a socket that was open
            await socket.close(code=connections.FULL, reason=reason(why))
            return
        bounded = connections.Bounded(scope["path"], receive, send)
        with connections.opened(whose):
            await self.app(scope, bounded.receive, bounded.send)


def _page_refusal(scope: Scope) -> str:
    """Why a page is not opened, in one sentence: it could open no socket. Empty if it may, and for all else."""
    visitor, whose = visitors.counted(scope)
    return connections.socket_refusal(visitor, whose) if visitors.asks_for_page(scope) else ""


def _upload_bytes(scope: Scope) -> int:
    """Size of the file that a request uploads, at most that of Streamlit's limit; 0 for any other request."""
    if scope["method"] not in ("PUT", "POST") or "/_stcore/upload_file/" not in scope["path"]:
        return 0
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isdecimal() else 1_000_000 * int(config.get_option("server.maxUploadSize"))


MIDDLEWARE = [Middleware(Guard), Middleware(Page)]
