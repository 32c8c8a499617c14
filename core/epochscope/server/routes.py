"""Our own addresses beside Streamlit's: runs as bundles (HTTP and WebSocket), the stage's modules, plotly.js.

Everything here only reads. What changes a run goes through Streamlit's own session, which has its own checks.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlparse

import plotly.offline
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from epochscope.resources import resource
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.spec import LIVE
from epochscope.server import live, visitors
from epochscope.server.lab_socket import LabSession, lab_endpoint
from epochscope.server.questions import QUESTIONS, answer
from epochscope.server.wait_for_update import wait_for_update
from epochscope.types import EpochscopeError

STAGE = resource("stage")
_STAGE_TYPES = {".js": "text/javascript", ".css": "text/css"}
_PROJECTION = re.compile(r"[a-z_]{1,20}-[0-9a-f]{10}|")
_PATIENCE_SECONDS = 10.0  # an empty answer after this long keeps the connection known to be alive
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@functools.cache
def _stage_files() -> dict[str, Path]:
    """The files of the stage, by path below its folder; nothing else is served from there."""
    paths = (path for path in STAGE.rglob("*") if path.suffix in _STAGE_TYPES and path.is_file())
    return {path.relative_to(STAGE).as_posix(): path for path in sorted(paths)}


@functools.cache
def _stage_version() -> str:
    digest = hashlib.sha256()
    for name, path in _stage_files().items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


@functools.cache
def _plotly() -> tuple[bytes, str]:
    source = plotly.offline.get_plotlyjs().encode()
    return gzip.compress(source, 6), hashlib.sha256(source).hexdigest()[:12]


def plotly_url() -> str:
    """Where the browser finds plotly.js; changes with its content."""
    return f"assets/plotly-{_plotly()[1]}.js"


def stage_url() -> str:
    """Where the browser finds the stage; changes with the content of its modules."""
    return f"assets/stage-{_stage_version()}/stage.js"


def _of_another_version() -> Response:
    """What an address means that names content which this server does not have: caches may keep none of it."""
    return Response(
        "This page was made by another version of epochscope; reload it.", 404, {"Cache-Control": "no-store"}
    )


async def _plotly_js(request: Request) -> Response:
    if request.path_params["version"] != _plotly()[1]:
        return _of_another_version()
    return Response(_plotly()[0], media_type="text/javascript", headers={"Content-Encoding": "gzip", **_FOREVER})


async def _stage_file(request: Request) -> Response:
    if request.path_params["version"] != _stage_version():
        return _of_another_version()
    path = _stage_files().get(request.path_params["name"])
    if path is None:
        return Response("No such file.", 404)
    return FileResponse(path, media_type=_STAGE_TYPES[path.suffix], headers=_FOREVER)


def _run(connection: Request | WebSocket) -> Run:
    return open_run(connection.path_params["run"])


async def _info(request: Request) -> Response:
    """Waits a little while the data are loading; then answers with what it is waiting for, to be shown on the page."""
    try:
        run = _run(request)
        status = run.status
        for _ in range(40):
            info = live.info(run)
            if info is not None:
                return JSONResponse(info)
            status = run.status
            if status["state"] not in LIVE:
                return JSONResponse({"ended": status["message"] or "This run ended before its data were loaded."})
            await asyncio.sleep(0.05)
    except EpochscopeError as error:
        return JSONResponse({"error": str(error)}, 404)
    waiting = "Waiting for another run to end ..." if status["state"] == "queued" else "Loading the data ..."
    return JSONResponse({"waiting": status["message"] or waiting}, 202)


async def _bundle(request: Request) -> Response:
    try:
        run = _run(request)
        epochs, projection, frames = _counts(request.query_params)
        message = await asyncio.to_thread(live.bundle, run, epochs=epochs, projection=projection, frames=frames)
    except EpochscopeError as error:
        return JSONResponse({"error": str(error)}, 404)
    # identity: compressing quantized coordinates costs a third of a second to save a sixth
    headers = {"Content-Encoding": "identity", "Cache-Control": "no-store"}
    return Response(message, media_type="application/octet-stream", headers=headers)


def _question(name: str) -> Route:
    """The route of a question to a run."""

    async def respond(request: Request) -> Response:
        try:
            return JSONResponse(await asyncio.to_thread(answer, _run(request), name, request.query_params))
        except EpochscopeError as error:
            return JSONResponse({"error": str(error)}, 404)

    return Route(f"/api/runs/{{run}}/{name}", respond)


async def _sprites(request: Request) -> Response:
    try:
        path = _run(request).folder / "sprites.png"
    except EpochscopeError as error:
        return JSONResponse({"error": str(error)}, 404)
    return FileResponse(path, headers=_FOREVER) if path.is_file() else Response("This run has no pictures.", 404)


async def _live(socket: WebSocket) -> None:
    """Long polling over a socket: the viewer asks once it has painted, and gets news as soon as there are any."""
    if not await _welcome(socket):
        return
    try:
        run = _run(socket)
        known = 0  # change of the status that the viewer has
        while True:
            epochs, projection, frames = _counts(await socket.receive_json())
            known, *_ = await wait_for_update(run, projection, (known, epochs, frames), _PATIENCE_SECONDS)
            await socket.send_bytes(
                await asyncio.to_thread(live.bundle, run, epochs=epochs, projection=projection, frames=frames)
            )
    except EpochscopeError as error:
        await socket.close(code=1011, reason=str(error)[:120])
    except (WebSocketDisconnect, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return  # the viewer left or sent something else than requests


def lab_route(sessions: Mapping[str, type[LabSession]]) -> WebSocketRoute:
    """The route of the labs. `sessions`: their classes, by the name in the browser's request."""
    endpoint = lab_endpoint(sessions)

    async def lab(socket: WebSocket) -> None:
        if await _welcome(socket):
            await endpoint(socket)

    return WebSocketRoute("/api/labs/{lab}", lab)


async def _welcome(socket: WebSocket) -> bool:
    """Accepts a socket that a page of ours has opened; closes any other."""
    if not _opened_by_ours(socket.headers):
        await socket.close(code=1008)
        return False
    await socket.accept()
    return True


def _counts(asked: object) -> tuple[int, str, int]:
    """(epochs, projection, frames) of a request. Raises EpochscopeError where they are not that."""
    try:
        epochs, frames = int(asked.get("epochs", 0)), int(asked.get("frames", 0))  # type: ignore[attr-defined]
        projection = asked.get("projection") or ""  # type: ignore[attr-defined]
        if min(epochs, frames) < 0 or not _PROJECTION.fullmatch(projection):
            raise ValueError
    except (AttributeError, TypeError, ValueError):
        raise EpochscopeError(
            "A viewer asks with epochs, frames (whole numbers from 0) and projection (a name)."
        ) from None
    return epochs, projection, frames


def _same_origin(headers: Headers) -> bool:
    """Browsers name the page that opens a socket; a page from elsewhere is refused. Programs send no Origin."""
    origin = headers.get("origin")
    return origin is None or urlparse(origin).netloc == headers.get("host")


def _opened_by_ours(headers: Headers) -> bool:
    """Whether a socket comes from a page of this server, or of one that server.corsAllowedOrigins names.

    Streamlit alone would accept pages from any port of this machine, and browsers send our cookie with those, too.
    """
    named = config.get_option("server.corsAllowedOrigins") or ()
    ours = _same_origin(headers) or headers.get("origin") in named or not config.get_option("server.enableCORS")
    return ours and is_host_allowed(headers.get("host"))


class _Guard:
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
        if scope["type"] == "websocket":
            if _opened_by_ours(Headers(scope=scope)):
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


MIDDLEWARE = [Middleware(_Guard)]

ROUTES = [
    Route("/assets/plotly-{version}.js", _plotly_js),
    Route("/assets/stage-{version}/{name:path}", _stage_file),
    Route("/api/runs/{run}/info", _info),
    Route("/api/runs/{run}/bundle", _bundle),
    *map(_question, QUESTIONS),
    Route("/api/runs/{run}/sprites.png", _sprites),
    WebSocketRoute("/api/runs/{run}/live", _live),
]
