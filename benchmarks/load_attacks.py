"""Attacks by load, by rude messages and by things that fail, for benchmarks.attack. The attacker is a stranger."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import socket
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from epochscope.rights import OWNER
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.bystander import BYSTANDER_RUN, LONGEST, Attack, Scene
from benchmarks.company import child
from benchmarks.damage import whole
from benchmarks.viewer import Session, Visitor
from tests.support.browser import ROOT

TOO_LARGE, REFUSED, FULL = 1009, 1008, 1013  # codes of a closing socket
BROKEN = 1006  # closed while more was being sent: the code does not always arrive
_LIVE, _LAB = f"/api/runs/{BYSTANDER_RUN}/live", "/api/labs/target"
_DIGITS = "20270102-000000-digits-0000000000"
_PROJECTED = 40  # runs
_SECONDS = 5.0  # for which a crowd stays
_FEW = 256  # files that may be open
_FEW_FILES = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({_FEW}, {_FEW}))
from streamlit.web import cli
cli.main(prog_name="streamlit")
"""


def _made_up() -> Visitor:
    """A cookie as the server would give one, but forged."""
    return Visitor(f"epochscope_visitor={secrets.token_urlsafe(32)}")


def _opening(scene: Scene, path: str, visitor: Visitor) -> connect:
    headers = {"Cookie": visitor.cookie, "Origin": scene.url}
    address = scene.url.replace("http", "ws", 1) + path
    return connect(address, additional_headers=headers, compression=None, max_size=None, open_timeout=LONGEST)


async def _closed(sockets: ClientConnection) -> int | None:
    """The code with which the server closes a socket."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(sockets.recv(), LONGEST)
    return sockets.close_code


def _messages(
    path: str, make: Callable[[], Sequence[str]], code: int, times: int
) -> Callable[[Scene], Awaitable[None]]:
    """Sends these messages, each through a socket of its own, so many times, four at once; each socket is closed."""

    async def act(scene: Scene) -> None:
        visitor, few = Visitor.new(scene.url), asyncio.Semaphore(4)

        async def send(message: str) -> None:
            async with few, _opening(scene, path, visitor) as opened:
                with contextlib.suppress(ConnectionClosed):
                    await opened.send(message)
                if (found := await _closed(opened)) != code:
                    raise AssertionError(f"{message[:40]} was answered with {found}, not {code}")

        await asyncio.gather(*(send(message) for message in list(make()) * times))

    return act


def _numbers() -> Sequence[str]:
    return '{"epochs": Infinity}', '{"epochs": 1' + "0" * 400 + "}", "[" * 60_000


def _pairs() -> Sequence[str]:
    return [f'{{"serial": 1, "set": {{"times": [{", ".join(["[0, 0]"] * 2_000_000)}]}}}}']


async def flood(scene: Scene) -> None:
    """20 sockets send as fast as they can; each is closed soon."""
    visitor = Visitor.new(scene.url)

    async def send() -> None:
        async with _opening(scene, _LAB, visitor) as opened:
            with contextlib.suppress(ConnectionClosed):
                for number in range(5000):
                    await opened.send(f'{{"serial": {number}}}')
            if (found := await _closed(opened)) not in (REFUSED, BROKEN):
                raise AssertionError(f"a flood was answered with {found}")

    await asyncio.gather(*(send() for _ in range(20)))


def _make_digits(scene: Scene) -> None:
    """A run with codes of 300 points and more, which comes with the program."""
    with zipfile.ZipFile(ROOT / "core" / "epochscope" / "bundled" / "runs.zip") as packed:
        packed.extractall(scene.files, [name for name in packed.namelist() if name.startswith("tour-dec/")])
    (scene.files / "tour-dec").rename(scene.runs / _DIGITS)


async def never_read(scene: Scene) -> None:
    """200 connections ask ten times for a run, and read nothing."""
    host, port = scene.url.removeprefix("http://").split(":")
    question = f"GET /api/runs/{_DIGITS}/bundle?epochs=0 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    crowd = []
    for _ in range(200):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.to_thread(one.connect, (host, int(port)))
        one.sendall(question * 10)
        crowd.append(one)
    await asyncio.sleep(_SECONDS)
    for one in crowd:
        one.close()


async def many_sockets(scene: Scene) -> None:
    """1,000 sockets under forged cookies, so that the limit of one visitor does not count; that of all does."""
    few = asyncio.Semaphore(20)

    async def open_one() -> ClientConnection:
        async with few:
            return await _opening(scene, _LAB, _made_up())

    opened = await asyncio.gather(*(open_one() for _ in range(1000)))
    await asyncio.sleep(_SECONDS)
    refused = [one for one in opened if one.close_code == FULL]
    await asyncio.gather(*(one.close() for one in opened))
    if not 200 <= len(refused) <= 220:
        raise AssertionError(f"{len(refused)} of 1,000 sockets were refused")


async def _ask(session: Session, field: str, number: int, button: str, times: int) -> None:
    """Types a number into a field of a page, then presses a button so often; each time the page is drawn before."""
    await session.set_number(field, number)
    await asyncio.wait_for(session.drawn.wait(), LONGEST)
    for _ in range(times):
        await session.press(button)
        await asyncio.wait_for(session.drawn.wait(), LONGEST)


async def run_again(scene: Scene) -> None:
    """Runs are repeated with 100 seeds ten times, for which nobody has places, then with 5 until all are taken."""
    visitor = Visitor.new(scene.url)
    mark = hashlib.sha256(visitor.cookie.partition("=")[2].encode()).hexdigest()
    (scene.runs / _DIGITS / OWNER).write_text(mark)
    stored = len(list(scene.runs.glob("*/run.json")))
    session, task = await scene.page("", f"run={_DIGITS}", visitor)
    for seeds in (100, 5):
        await _ask(session, "again.count", seeds, "again.seeds", times=10)
    task.cancel()
    if (queued := len(list(scene.runs.glob("*/run.json"))) - stored) != 20:
        raise AssertionError(f"{queued} runs were started, not 20")


async def many_futures(scene: Scene) -> None:
    """64 seeds at once are asked for five times, for which nobody has places; then 16, five times: once."""
    stored = len(list(scene.runs.glob("*/futures.json")))
    session, task = await scene.page("", f"run={_DIGITS}", Visitor.new(scene.url))
    for seeds in (64, 16):
        await _ask(session, "futures.count", seeds, "futures.start", times=5)
    task.cancel()
    if (found := len(list(scene.runs.glob("*/futures.json"))) - stored) != 1:
        raise AssertionError(f"{found} futures were started, not 1")


def _make_many_digits(scene: Scene) -> None:
    """Runs like that one, of which nobody has seen a projection."""
    _make_digits(scene)
    for number in range(_PROJECTED):
        folder = scene.runs / f"20270103-000000-digits-{number:010x}"
        shutil.copytree(scene.runs / _DIGITS, folder)
        shutil.rmtree(folder / "projections", ignore_errors=True)


async def many_projections(scene: Scene) -> None:
    """One person looks at forty runs, and for each a projection is computed."""
    visitor = Visitor.new(scene.url)
    runs = sorted(scene.runs.glob("20270103-*"))
    for folder in runs:
        _, task = await scene.page("", f"run={folder.name}", visitor)
        task.cancel()
    async with asyncio.timeout(LONGEST):
        while not all(any((folder / "projections").glob("pca*/frames.jsonl")) for folder in runs):
            await asyncio.sleep(0.1)


def _make_class(scene: Scene) -> None:
    whole("class", scene.runs / "class-AAAAAA")
    events = scene.runs / "class-AAAAAA" / "events.jsonl"
    events.write_bytes(b"")  # nobody has joined


async def phones(scene: Scene) -> None:
    """300 phones under forged cookies join one class, each under the same name."""
    few = asyncio.Semaphore(20)

    async def join() -> ClientConnection:
        async with few:
            opened = await _opening(scene, "/api/lessons/AAAAAA", _made_up())
            await opened.send('{"name": "Ada"}')
            return opened

    opened = await asyncio.gather(*(join() for _ in range(300)))
    await asyncio.sleep(_SECONDS)
    await asyncio.gather(*(one.close() for one in opened))
    joined = (scene.runs / "class-AAAAAA" / "events.jsonl").read_bytes().count(b"joined")
    if joined != 200:
        raise AssertionError(f"{joined} phones have joined, not 200")


async def killed_projections(scene: Scene) -> None:
    """Somebody kills the process that computes t-SNE, twice; then there are frames all the same."""
    drawing = asyncio.create_task(scene.page("", f"run={_DIGITS}&projection=t-SNE"))  # asks for it
    frames = scene.runs / _DIGITS / "projections"
    killed: set[int] = set()
    async with asyncio.timeout(LONGEST):
        while len(killed) < 2 or not any(path.stat().st_size for path in frames.glob("tsne*/frames.bin")):
            for pid in set(_projecting()) - killed if len(killed) < 2 else ():
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            await asyncio.sleep(0.02)
    _, task = await drawing
    task.cancel()


def _projecting() -> list[int]:
    """Processes of the server that compute projections."""
    server = child()
    found = []
    for children in Path(f"/proc/{server}/task").glob("*/children"):
        for pid in children.read_text().split():
            with contextlib.suppress(OSError):
                if b"projection_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
    return found


async def few_files(scene: Scene) -> None:
    """Twice as many connections as files may be open, for some seconds."""
    host, port = scene.url.removeprefix("http://").split(":")
    crowd = [await asyncio.to_thread(socket.create_connection, (host, int(port))) for _ in range(2 * _FEW)]
    await asyncio.sleep(_SECONDS)
    for one in crowd:
        one.close()


_OWN = {"EPOCHSCOPE_SHARED": "own", "EPOCHSCOPE_OFFLINE": "1"}

LOAD_ATTACKS: Sequence[Attack] = (
    Attack("20 messages of 20 MB to a run", _messages(_LIVE, lambda: ["x" * 20_000_000], TOO_LARGE, 20), settings=_OWN),
    Attack("a lab is sent 2 million pairs, five times", _messages(_LAB, _pairs, TOO_LARGE, 5), settings=_OWN),
    Attack(
        '`{"epochs": Infinity}`, 400 digits, 60,000 brackets, 50 times',
        _messages(_LIVE, _numbers, REFUSED, 50),
        settings=_OWN,
    ),
    Attack("20 sockets send as fast as they can", flood, settings=_OWN),
    Attack("200 clients ask for a run and never read", never_read, _make_digits, _OWN),
    Attack("1,000 sockets under forged cookies", many_sockets, settings=_OWN),
    Attack('"Run again" of 100 seeds, then of 5, ten times each', run_again, _make_digits, _OWN),
    Attack("64 futures, then 16, five presses each", many_futures, _make_digits, _OWN),
    Attack(f"projections of {_PROJECTED} runs at once", many_projections, _make_many_digits, _OWN),
    Attack("300 phones under forged cookies join a class", phones, _make_class, _OWN),
    Attack("the projection process is killed twice", killed_projections, _make_digits, _OWN),
    Attack(
        f"{2 * _FEW} idle connections where {_FEW} files may be open, 5 s",
        few_files,
        settings=_OWN,
        launcher=("-c", _FEW_FILES),
    ),
)
"""All of them, in the order of the table."""
