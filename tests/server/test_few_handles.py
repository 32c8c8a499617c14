"""More viewers than files may be open: they are turned away in a sentence, and what trains goes on."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from epochscope import files
from epochscope.runs.format.run import Run
from epochscope.server import guard, handles

from benchmarks.viewer import Session, Visitor
from tests.support.browser import serving
from tests.support.waiting import until

FEW = 256
SETTINGS = "data=blobs&method=dec&dec.pretrain.epochs=150&dec.cluster.tol=0&dec.cluster.epochs=50"
LAUNCHER = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({FEW}, {FEW}))
from streamlit.web import cli
cli.main(prog_name="streamlit")
"""


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch):
    monkeypatch.setattr(handles.COUNTED, "found", 0)


def test_many_handles_are_counted_now_and_then_and_few_each_time(monkeypatch):
    counted: list[int] = []
    free, now = [10_000], [1000.0]
    monkeypatch.setattr(handles, "free_handles", lambda: counted.append(0) or free[0])
    monkeypatch.setattr(handles, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for _ in range(5):
        assert not handles.nearly_out_of_handles()
    assert len(counted) == 1
    free[0], now[0] = 10, 1001.0
    for _ in range(5):
        assert handles.nearly_out_of_handles()
    assert len(counted) == 6


def answered(path: str, kind: str = "http", accept: str = "*/*") -> list[dict]:
    """What the guard sends for a connection; the app behind it answers with 299."""
    sent: list[dict] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"accept", accept.encode())]
    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "scheme": kind,
    }
    scope |= {"query_string": b"", "server": ("localhost", 80), "http_version": "1.1", "subprotocols": []}
    asyncio.run(guard.Guard(app)(scope, receive, send))
    return sent


def test_whoever_comes_when_the_last_handles_are_left_is_told(monkeypatch):
    monkeypatch.setattr(handles, "free_handles", lambda: handles.FEW_HANDLES - 1)
    start, body = answered("/", accept="text/html")
    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]
    assert b"as many viewers as it can take" in body["body"]
    start, body = answered("/api/runs/x/bundle")
    assert start["status"] == 503
    assert "as many viewers as it can take" in json.loads(body["body"])["error"]
    accepted, closed = answered("/api/runs/x/live", "websocket")
    assert accepted["type"] == "websocket.accept"
    assert (closed["type"], closed["code"]) == ("websocket.close", 1013)
    assert "as many viewers as it can take" in closed["reason"]
    (closed,) = answered("/_stcore/stream", "websocket")
    assert closed["code"] == 1013
    assert answered("/_stcore/health")[0]["status"] == 299


def test_with_handles_to_spare_everybody_is_served(monkeypatch):
    monkeypatch.setattr(handles, "free_handles", lambda: handles.FEW_HANDLES)
    assert answered("/", accept="text/html")[0]["status"] == 299
    assert answered("/api/runs/x/bundle")[0]["status"] == 299


def test_the_soft_limit_is_raised_to_the_hard_one(monkeypatch):
    set_to = []
    monkeypatch.setattr(files.resource, "getrlimit", lambda what: (256, 4096))
    monkeypatch.setattr(files.resource, "setrlimit", lambda what, limits: set_to.append(limits))
    files.allow_all_files()
    assert set_to == [(4096, 4096)]


def test_a_system_that_allows_less_than_its_hard_limit_says(monkeypatch):
    """macOS: the hard limit is none, and the system refuses what is above a limit of its own."""
    set_to = []

    def set_limit(what, limits):
        if limits[0] > 10_240:
            raise ValueError("not allowed")
        set_to.append(limits)

    none = files.resource.RLIM_INFINITY
    monkeypatch.setattr(files.resource, "getrlimit", lambda what: (256, none))
    monkeypatch.setattr(files.resource, "setrlimit", set_limit)
    files.allow_all_files()
    assert set_to == [(10_240, none)]


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="counts files as Unix does")
def test_free_handles_are_counted(tmp_path, monkeypatch):
    before = files.free_handles()
    with (tmp_path / "a").open("w"), (tmp_path / "b").open("w"):
        assert files.free_handles() == before - 2

    def exhausted(path):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(files.os, "listdir", exhausted)
    assert files.free_handles() == 0


def test_connections_wait_while_the_last_handles_are_left(monkeypatch, caplog):
    """And nothing is lost: those that waited are accepted when there is room again."""
    real, room = handles.free_handles, {"more": 3, "base": 0}
    monkeypatch.setattr(handles, "free_handles", lambda: handles.KEPT_HANDLES + room["more"] + real() - room["base"])
    monkeypatch.setattr(handles, "_PAUSE_SECONDS", 0.01)

    async def scene():
        accepted = []

        async def greet(reader, writer):
            accepted.append(writer)

        listening = socket.create_server(("127.0.0.1", 0), backlog=50)
        crowd = [socket.create_connection(listening.getsockname()) for _ in range(20)]
        handles.accept_within_limits(asyncio.get_running_loop())
        room["base"] = real()
        server = await asyncio.start_server(greet, sock=listening)
        await asyncio.to_thread(until, lambda: len(accepted) >= 2)
        await asyncio.to_thread(until, lambda: caplog.records)
        few = len(accepted)
        room["more"] = 1000
        await asyncio.to_thread(until, lambda: len(accepted) == 20)
        server.close()
        for one in crowd:
            one.close()
        return few

    assert 2 <= asyncio.run(scene()) <= 3
    assert len(caplog.records) == 1, "not once a try"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of Unix")
def test_a_crowd_ends_no_training(tmp_path):
    """Twice as many connections as files may be open, at once: the run of the one who trains goes on to its end."""
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(tmp_path / "runs"), "OMP_NUM_THREADS": "1"}
    with serving(tmp_path, environment, ("-c", LAUNCHER)) as url:
        run_id = asyncio.run(_crowded(url, tmp_path))
        until(lambda: Run(run_id, tmp_path / "runs" / run_id).status["state"] == "done", 300)
        assert urllib.request.urlopen(_page(url), timeout=120).status == 200
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) < 200, lines[:50]


def _page(url: str) -> urllib.request.Request:
    return urllib.request.Request(url, headers={"Accept": "text/html"})


async def _crowded(url: str, folder) -> str:
    tab = Session(url, Visitor.new(url))
    stays = asyncio.create_task(tab.stay(SETTINGS))
    run_id = await asyncio.wait_for(tab.play(), 180)
    run = Run(run_id, folder / "runs" / run_id)
    await asyncio.to_thread(until, lambda: len(run.epochs()) > 2)
    port = int(url.rpartition(":")[2])
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * FEW)]
    try:
        before = len(run.epochs())
        await asyncio.to_thread(until, lambda: len(run.epochs()) > before + 20, 400)
        with pytest.raises((urllib.error.HTTPError, OSError)):
            await asyncio.to_thread(urllib.request.urlopen, _page(url), timeout=2)
    finally:
        for one in crowd:
            one.close()
        stays.cancel()
        await asyncio.gather(stays, return_exceptions=True)
    return run_id
