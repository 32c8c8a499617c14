"""Sockets that end abruptly in the middle of a press, against a real server: nothing of others changes, ever."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from epochscope.rights import OWNER
from epochscope.runs.format.spec import RunSpec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.viewer import Session, Visitor
from tests.support.browser import serving

SLOW = "data=digits&method=dec&dec.pretrain.epochs=400"
GROUP = "0123456789ab"
AT_ONCE = 8
LATEST_ABORT = 0.010  # seconds after the press
PATIENCE = 180  # seconds, on the slowest machine


class Class(NamedTuple):
    """A server with the runs of somebody who is attacked."""

    url: str
    runs: Path
    victim: Visitor
    live: list[str]  # ids: two that are paused, the others wait behind them
    buttons: list[str]  # ids of those on their Runs page

    def state(self, run_id: str) -> str:
        return json.loads((self.runs / run_id / "status.json").read_text())["state"]

    def trash(self, owner: str) -> set[str]:
        return {path.name for path in (self.runs / ".trash").iterdir() if _owner(path) == owner}


def _owner(folder: Path) -> str:
    return (folder / OWNER).read_text() if (folder / OWNER).exists() else ""


def mark(visitor: Visitor) -> str:
    """What the server writes of a browser: a hash of the secret in its cookie."""
    return hashlib.sha256(visitor.cookie.partition("=")[2].encode()).hexdigest()


def lay(folder: Path, owner: str) -> None:
    """A stopped run of this owner, as its folder holds it."""
    folder.mkdir(parents=True)
    spec = RunSpec("blobs", "kmeans", 3, 0, data={"n": 60})
    (folder / "run.json").write_text(json.dumps({"spec": spec.as_dict(), "created": time.time()}))
    (folder / "status.json").write_text(json.dumps({"state": "stopped", "message": "", "epochs": 0}))
    (folder / OWNER).write_text(owner)


class Tab(Session):
    """A tab that can vanish: no closing handshake, and a reset instead of an orderly end of the connection."""

    def __init__(self, url: str, visitor: Visitor, page: str = "") -> None:
        super().__init__(url, visitor, page)
        self._task: asyncio.Task[None] | None = None

    async def open(self, query: str = "", **more: Any) -> None:
        self._task = asyncio.create_task(self.stay(query, **more))
        drawn = asyncio.create_task(self.drawn.wait())
        await asyncio.wait([drawn, self._task], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert drawn.done(), self._task

    def take(self, task: asyncio.Task[None]) -> None:
        self._task = task

    async def abort(self) -> None:
        if self._socket:  # else it is gone before the handshake was done
            wire = self._socket.transport.get_extra_info("socket")
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.transport.abort()
        await self.leave()

    async def leave(self) -> None:
        assert self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def _prepared(url: str, runs: Path) -> Class:
    """Somebody trains: two paused runs hold both workers, three wait; all are of one group; 20 lie in the trash."""
    victim, live = Visitor.new(url), []
    for _ in range(5):
        tab = Tab(url, victim)
        await tab.open(SLOW)
        live.append(await asyncio.wait_for(tab.play(), PATIENCE))
        if len(live) <= 2:
            while tab.buttons["pause"].disabled:
                tab.drawn.clear()
                await tab._rerun()
                await asyncio.wait_for(tab.drawn.wait(), PATIENCE)
            await tab.press("pause")
            end = time.monotonic() + PATIENCE
            while json.loads((runs / live[-1] / "status.json").read_text())["state"] != "paused":
                assert time.monotonic() < end
                await asyncio.sleep(0.05)
        await tab.leave()
    for run_id in live:
        (runs / run_id / "about.json").write_text(json.dumps({"group": GROUP, "group_title": "a sweep"}))
    for number in range(20):
        lay(runs / ".trash" / f"victim-{number}", mark(victim))
    tab = Tab(url, victim, "runs")
    await tab.open()
    buttons = [tab.buttons[key].id for key in ("trash.empty", "trash.restore", GROUP)]
    await tab.leave()
    return Class(url, runs, victim, live, buttons)


async def _attack(target: Class, number: int, chance: random.Random) -> None:
    """One visitor of their own, one press, one abort."""
    visitor = Visitor.new(target.url)
    lay(target.runs / ".trash" / f"own-{number}", mark(visitor))
    what = ("play", "trash.empty", GROUP, "all at once")[number % 4]
    if what == "all at once":  # before anything was drawn
        tab = Tab(target.url, visitor, "runs")
        staying = asyncio.create_task(tab.stay("", pressed=target.buttons))
        await asyncio.sleep(chance.uniform(0, 10 * LATEST_ABORT))
        tab.take(staying)
        await tab.abort()
        return
    if what == GROUP:  # a run of theirs that claims to be of the victim's group: so the button is not disabled
        tab = Tab(target.url, visitor)
        await tab.open(SLOW)
        joined = await asyncio.wait_for(tab.play(), PATIENCE)
        (target.runs / joined / "about.json").write_text(json.dumps({"group": GROUP, "group_title": "a sweep"}))
        await tab.leave()
    tab = Tab(target.url, visitor, "" if what == "play" else "runs")
    await tab.open(SLOW if what == "play" else "")
    if (
        what in tab.buttons
    ):  # somebody else's press may have taken the run away that the button is for: then it fails below
        await tab.press(what)
        await asyncio.sleep(chance.uniform(0, LATEST_ABORT))
    await tab.abort()


async def _attacks(target: Class, count: int, chance: random.Random) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            await _attack(target, number, chance)

    await asyncio.gather(*(one(number) for number in range(count)))


async def _quiet(target: Class) -> None:
    """Waits until what the last presses began has ended: the server answers a new tab, drawn after them."""
    last = Tab(target.url, target.victim, "runs")
    await last.open()
    await last.leave()
    seen: Any = None
    for _ in range(40):
        now = sorted(str(path) for path in target.runs.rglob("*") if path.name in (OWNER, "run.json"))
        if now == seen:
            return
        seen = now
        await asyncio.sleep(0.25)


@pytest.fixture
def own(tmp_path):
    with _served(tmp_path) as shared:
        yield shared


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests that train nothing."""
    with _served(tmp_path_factory.mktemp("sockets")) as shared:
        yield shared


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[tuple[str, Path]]:
    environment = {
        **os.environ,
        "EPOCHSCOPE_SHARED": "own",
        "EPOCHSCOPE_RUNS": str(folder / "runs"),
        "EPOCHSCOPE_DATA": str(folder / "data"),
        "EPOCHSCOPE_OFFLINE": "1",
        "EPOCHSCOPE_PAUSE": "1000",  # those who are paused need not give way
    }
    with serving(folder, environment) as url:
        yield url, folder / "runs"
    output = (folder / "log").read_text()
    assert "Traceback" not in output, output[-3000:]


ONE_SERVER = pytest.mark.xdist_group("sockets of one server")


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_presses_whose_socket_is_gone_change_nothing_of_others(own, count):
    url, runs = own
    chance = random.Random(count)

    async def all_of_it() -> Class:
        target = await _prepared(url, runs)
        await _attacks(target, count, chance)
        await _quiet(target)
        return target

    target = asyncio.run(all_of_it())
    assert len(target.trash(mark(target.victim))) == 20
    assert {run_id: target.state(run_id) for run_id in target.live} == {
        run_id: ("paused" if place < 2 else "queued") for place, run_id in enumerate(target.live)
    }
    stored = [path for path in runs.iterdir() if (path / "run.json").exists()]
    assert [path.name for path in stored if not _owner(path)] == []
    assert len(stored) > len(target.live)  # some of the presses on Play arrived


@ONE_SERVER
def test_who_knows_the_id_of_a_session_does_not_become_its_visitor(shared):
    """With a cookie of their own or none, going on with the session or gone at once: only the owner's press counts."""
    url, runs = shared

    async def all_of_it() -> list[int]:
        victim, lying = Visitor.new(url), []
        for number in range(3):
            lay(runs / ".trash" / f"victim-{number}", mark(victim))
        first = Tab(url, victim, "runs")
        await first.open()
        buttons = [first.buttons[key].id for key in ("trash.empty", "trash.restore")]
        assert first.id
        for visitor in (Visitor.new(url), Visitor("")):
            for stays in (True, False):
                for connected in (True, False):
                    if connected:
                        first = Tab(url, victim, "runs")
                        await first.open()
                    tab = Tab(url, visitor, "runs")
                    await tab.open(session=first.id, pressed=buttons)
                    assert tab.id != first.id
                    assert "trash.empty" not in tab.buttons
                    await (tab.leave() if stays else tab.abort())
                    await first.leave()
                    lying.append(len(list((runs / ".trash").iterdir())))
        again = Tab(url, victim, "runs")
        await again.open(session=first.id, pressed=buttons[:1])
        assert again.id == first.id  # who lost the connection goes on
        await again.leave()
        return [*lying, len(list((runs / ".trash").iterdir()))]

    assert asyncio.run(all_of_it()) == [3] * 8 + [0]


SOCKETS = ("/_stcore/stream", "/api/runs/a/live", "/api/labs/pull")


@ONE_SERVER
def test_a_page_from_elsewhere_opens_no_socket(shared):
    url, _ = shared
    host = url.removeprefix("http://")
    port = int(host.rpartition(":")[2])
    foreign = ("http://elsewhere.example", "null", f"http://127.0.0.1:{port + 1}", "", f"http://localhost.evil:{port}")

    async def opened(path: str, **headers: str) -> bool:
        try:
            async with connect(
                f"ws://{host}{path}", additional_headers=headers, compression=None, open_timeout=PATIENCE
            ):
                status = 101
        except InvalidStatus as error:
            status = error.response.status_code
        return status != 403

    async def all_of_it() -> None:
        for path in SOCKETS:
            assert await opened(path, Origin=url)
            for origin in foreign:
                assert not await opened(path, Origin=origin), (path, origin)
            for name in ("elsewhere.example", f"elsewhere.example:{port}", "127.0.0.1.evil", ""):
                assert not await said(host, path, name), (path, name)

    asyncio.run(all_of_it())


async def said(host: str, path: str, name: str) -> bool:
    """Whether a handshake that names another Host, with an Origin that fits it, is answered with a socket."""
    reader, writer = await asyncio.open_connection(*host.rsplit(":", 1))
    lines = (
        f"GET {path} HTTP/1.1", f"Host: {name}", f"Origin: http://{name}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )  # fmt: skip
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = int((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1])
    writer.close()
    assert status in (101, 403, 400), status
    return status == 101


LARGE = "x" * 20_000_000
RUDE = [
    ("/api/labs/target", '{"serial": 1, "set": {"times": "' + LARGE + '"}}', 1009),
    ("/api/labs/target", '{"serial": Infinity}', 1008),
    ("/api/labs/target", '{"serial": 1' + "0" * 400 + "}", 1008),
    ("/api/labs/target", "[" * 60_000, 1008),
    ("/api/labs/target", "\0", 1008),
    ("/_stcore/stream", LARGE.encode(), 1009),
]


@ONE_SERVER
def test_who_sends_too_much_or_opens_too_many_loses_that_socket_and_nobody_else_notices(shared):
    url, _ = shared
    rude, polite = Visitor.new(url), Visitor.new(url)

    def opening(path: str, visitor: Visitor) -> Any:
        headers = {"Cookie": visitor.cookie, "Origin": url}
        address = url.replace("http", "ws") + path
        return connect(address, additional_headers=headers, compression=None, max_size=None, open_timeout=PATIENCE)

    async def closed(socket: Any) -> tuple[int, str]:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(socket.recv(), PATIENCE)
        return socket.close_code, socket.close_reason

    async def all_of_it() -> None:
        async with opening("/api/labs/target", polite) as other:
            for number, (path, message, code) in enumerate(RUDE):
                async with opening(path, rude) as socket:
                    await socket.send(message)
                    found, why = await closed(socket)
                    assert (found, why[-1:]) == (code, "."), (path, message[:40], why)
                await other.send(json.dumps({"serial": number + 1}))
                while json.loads(await asyncio.wait_for(other.recv(), PATIENCE)).get("serial") != number + 1:
                    pass
            async with contextlib.AsyncExitStack() as crowd:
                for _ in range(40):
                    await crowd.enter_async_context(opening("/api/labs/target", rude))
                async with opening("/api/labs/target", rude) as socket:
                    assert await closed(socket) == (
                        1013,
                        "You have 40 connections open, the most for one person here; close some tabs.",
                    )
                await other.send('{"serial": 99}')
                while json.loads(await asyncio.wait_for(other.recv(), PATIENCE)).get("serial") != 99:
                    pass

    asyncio.run(all_of_it())
