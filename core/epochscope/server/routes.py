"""Our own addresses beside Streamlit's: runs as bundles (HTTP and WebSocket), the stage's modules, plotly.js.

Everything here only reads, but for the cursor of a presentation, which whoever presents moves. What changes a run goes
through Streamlit's own session, which has its own checks. Who may connect at all has been asked before
(epochscope.server.guard).
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope import __version__
from epochscope.figures import plotly_js
from epochscope.futures.store import Futures
from epochscope.language import marked
from epochscope.nets.device import core_left_over
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.spec import LIVE
from epochscope.runs.format.thumbnails import opened_sheet
from epochscope.runs.training.manager import manager
from epochscope.server import futures, lanes, lessons, live, presentations, visitors
from epochscope.server.lab_socket import LabSession, lab_endpoint
from epochscope.server.lanes import NEWS, TELLING, Busy, Lane
from epochscope.server.messages import EpochRequest, ViewerRequest, WindowRequest, asked, received, refuse
from epochscope.server.questions import QUESTIONS, reply
from epochscope.server.stage_files import STAGE_TYPES, stage_files, stage_version
from epochscope.server.wait_for_update import State, wait_for_update
from epochscope.types import EpochscopeError

_PATIENCE_SECONDS = 10.0  # an empty answer after this long keeps the connection known to be alive
_finding: dict[tuple[asyncio.AbstractEventLoop, Run, ViewerRequest, State], asyncio.Task[bytes]] = {}
_PART_BYTES = 1 << 18
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@functools.cache
def _plotly_version() -> str:
    return hashlib.sha256(plotly_js.packed()).hexdigest()[:12]


def plotly_url() -> str:
    """Where the browser finds plotly.js; changes with its content."""
    return f"assets/plotly-{_plotly_version()}.js"


def _of_another_version() -> Response:
    """What an address means that names content which this server does not have: caches may keep none of it."""
    return Response(
        "This page was made by another version of epochscope; reload it.", 404, {"Cache-Control": "no-store"}
    )


async def _plotly_js(request: Request) -> Response:
    if request.path_params["version"] != _plotly_version():
        return _of_another_version()
    return Response(plotly_js.packed(), media_type="text/javascript", headers={"Content-Encoding": "gzip", **_FOREVER})


async def _stage_file(request: Request) -> Response:
    if request.path_params["version"] != stage_version():
        return _of_another_version()
    name = request.path_params["name"]
    content = stage_files().get(name)
    if content is None:
        return Response("No such file.", 404)
    return Response(content, media_type=STAGE_TYPES[PurePosixPath(name).suffix], headers=_FOREVER)


def _run(connection: Request | WebSocket) -> Run:
    return open_run(connection.path_params["run"])


async def _health(_: Request) -> Response:
    """For a proxy or a container: that this server answers, its version, and how many runs train and wait."""
    training, waiting = manager().counts()
    told = {"status": "ok", "version": __version__, "training": training, "waiting": waiting}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _whose(connection: HTTPConnection) -> str:
    return visitors.counted(connection.scope)[1]


async def _told(
    request: Request, found: Callable[[], Any], respond: Callable[[Any], Response] = JSONResponse, lane: Lane = NEWS
) -> Response:
    """The answer to a request: what is found in its turn, or the sentence that says why there is nothing.

    Also made in the thread: thousands of points as JSON, while others are served.
    """
    try:
        return await lane.run(_whose(request), lambda: respond(found()), left=request.is_disconnected)
    except Busy as error:
        return JSONResponse({"error": str(error)}, 503, {"Retry-After": "5"})
    except EpochscopeError as error:
        return JSONResponse({"error": str(error)}, 404)


async def _info(request: Request) -> Response:
    """Waits a little while the data are loading; then answers with what it is waiting for, to be shown on the page."""
    left = 40
    while (answer := await _told(request, lambda: _info_now(_run(request)), lambda found: found)).status_code == 202:
        if not (left := left - 1):
            break
        await asyncio.sleep(0.05)
    return answer


def _info_now(run: Run) -> Response:
    info, status = live.info(run), run.status
    if info is not None:
        return JSONResponse(info)
    if status["state"] not in LIVE:
        why = status["message"] or marked("This run ended before its data were loaded.")
        return JSONResponse({"ended": why, "status": status})
    waiting = (
        marked("Waiting for another run to end ...") if status["state"] == "queued" else marked("Loading the data ...")
    )
    return JSONResponse({"waiting": status["message"] or waiting}, 202)


async def _bundle(request: Request) -> Response:
    return await _told(request, lambda: _news(_run(request), asked(request.query_params, ViewerRequest)), _bytes)


async def _window(request: Request) -> Response:
    def found() -> bytes:
        has = asked(request.query_params, WindowRequest)
        epochs = [int(epoch) for epoch in has.epochs.split(",")]
        return live.arrays(_run(request), projection=has.projection, epochs=epochs)

    return await _told(request, found, _bytes)


def _bytes(message: bytes) -> Response:
    # identity: compressing quantized coordinates costs a third of a second to save a sixth
    headers = {"Content-Encoding": "identity", "Cache-Control": "no-store"}
    return Response(message, media_type="application/octet-stream", headers=headers)


def _fresh(found: Any) -> Response:
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


async def _futures_info(request: Request) -> Response:
    return await _told(request, lambda: futures.info(Futures(request.path_params["futures"])), _fresh)


async def _futures_epochs(request: Request) -> Response:
    def found() -> bytes:
        start = asked(request.query_params, EpochRequest).epoch
        return futures.epochs(Futures(request.path_params["futures"]), start)

    return await _told(request, found, _bytes)


def _question(name: str) -> Route:
    """The route of a question to a run."""

    async def respond(request: Request) -> Response:
        return await _told(request, lambda: reply(_run(request), name, request.query_params), lane=lanes.QUESTIONS)

    return Route(f"/api/runs/{{run}}/{name}", respond)


async def _sprites(request: Request) -> Response:
    def found() -> Response:
        sheet = opened_sheet(_run(request).folder, request.path_params["sheet"])
        if sheet is None:
            return Response("This run has no pictures.", 404)
        size = str(os.fstat(sheet.fileno()).st_size)
        return StreamingResponse(_parts(sheet), headers={"Content-Length": size, **_FOREVER}, media_type="image/png")

    return await _told(request, found, lambda response: response)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART_BYTES):
            yield part


async def _live(socket: WebSocket) -> None:
    """Long polling over a socket: the viewer asks once it has painted, and gets news as soon as there are any."""
    await socket.accept()
    whose = _whose(socket)
    try:
        run = _run(socket)
        known = 0  # change of the status that the viewer has
        with core_left_over():  # trainings leave one to the browser
            while True:
                has = await received(socket, ViewerRequest)
                last = (known, has.epochs, has.frames)
                state = await wait_for_update(run, has.projection or "", last, _PATIENCE_SECONDS)
                known = state[0]
                news = await _same_news(whose, run, has, state)
                await TELLING.turn()
                await socket.send_bytes(news)
    except EpochscopeError as error:
        await refuse(socket, error)
    except WebSocketDisconnect:
        return  # the viewer left


async def _same_news(whose: str, run: Run, has: ViewerRequest, state: State) -> bytes:
    """The news of a run for one of many who watch it: found once for all who have the same, in one thread."""
    key = (asyncio.get_running_loop(), run, has, state)
    if key not in _finding:
        _finding[key] = task = asyncio.create_task(NEWS.run(whose, _news, run, has))
        task.add_done_callback(lambda _: _finding.pop(key, None))
    try:
        return await asyncio.shield(_finding[key])  # who leaves does not end it for the others
    except Busy:  # who asked first asks for too much; others do not
        return await NEWS.run(whose, _news, run, has)


def _news(run: Run, has: ViewerRequest) -> bytes:
    projection = has.projection or ""
    return live.bundle(run, epochs=has.epochs, projection=projection, frames=has.frames, at=has.at, apart=has.apart)


def lab_route(sessions: Mapping[str, type[LabSession]]) -> WebSocketRoute:
    """The route of the labs. `sessions`: their classes, by the name in the browser's request."""
    endpoint = lab_endpoint(sessions)

    async def lab(socket: WebSocket) -> None:
        await socket.accept()
        await endpoint(socket)

    return WebSocketRoute("/api/labs/{lab}", lab)


ROUTES = [
    Route("/healthz", _health),
    Route("/assets/plotly-{version}.js", _plotly_js),
    Route("/assets/stage-{version}/{name:path}", _stage_file),
    Route("/api/runs/{run}/info", _info),
    Route("/api/runs/{run}/bundle", _bundle),
    Route("/api/runs/{run}/window", _window),
    *map(_question, QUESTIONS),
    Route("/api/futures/{futures}/info", _futures_info),
    Route("/api/futures/{futures}/epochs", _futures_epochs),
    Route("/api/runs/{run}/sprites-{sheet:int}.png", _sprites),
    WebSocketRoute("/api/runs/{run}/live", _live),
    WebSocketRoute("/api/presentations/{presentation}/lead", presentations.lead),
    WebSocketRoute("/api/presentations/{presentation}/follow", presentations.follow),
    *lessons.ROUTES,
]
