"""Threads of the server are shared in turns: whoever asks for much waits alone, and news waits for no question."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest
from epochscope.server import lanes, routes, visitors
from epochscope.server.guard import Guard
from epochscope.server.lanes import Busy, Few, Lane, Spread
from epochscope.server.messages import ViewerRequest
from starlette.routing import Router

APP = Guard(Router(routes.ROUTES))


class Gate:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go = threading.Event()

    def work(self, name: str) -> str:
        self.began.append(name)
        self.go.wait(60)
        return name


async def many(lane: Lane, gate: Gate, who: str, count: int) -> list[asyncio.Task[str]]:
    """So many tasks of one person, which wait or work."""
    before = held(lane)
    made = [asyncio.create_task(lane.run(who, gate.work, f"{who}{number}")) for number in range(count)]
    while held(lane) < before + count:
        await asyncio.sleep(0)
    return made


def held(lane: Lane) -> int:
    """How many work or wait."""
    return lane._working.total() + sum(map(len, lane._waiting.values()))


def test_who_asks_for_much_waits_behind_those_who_ask_for_little():
    async def scene() -> None:
        lane, gate = Lane("test", 2), Gate()
        greedy = await many(lane, gate, "a", 20)
        assert await lane.run("b", lambda: "at once") == "at once"  # a thread is left, whatever the first one wants
        other = await many(lane, gate, "b", 1)
        third = await many(lane, gate, "c", 1)
        gate.go.set()
        assert await asyncio.gather(*greedy, *other, *third) == [*(f"a{number}" for number in range(20)), "b0", "c0"]
        assert gate.began.index("c0") < 5  # not behind all of the first one's

    asyncio.run(scene())


def test_whoever_asks_something_waits_for_a_few_of_those_who_are_told():
    async def scene() -> None:
        spread, told = Spread(4), []

        async def tell(number: int) -> None:
            await spread.turn()
            told.append(number)

        crowd = [asyncio.create_task(tell(number)) for number in range(60)]
        crowd[7].cancel()  # has left
        seen = [0]
        while len(told) < 59:
            await asyncio.sleep(0)  # another question has its turn
            seen.append(len(told))
        assert max(after - before for before, after in pairwise(seen)) <= 4
        assert sorted(told) == [number for number in range(60) if number != 7]
        await asyncio.gather(*crowd, return_exceptions=True)

    asyncio.run(scene())
    asyncio.run(scene())  # in another loop


def test_what_nobody_waits_for_is_not_worked_out():
    async def has_left() -> bool:
        return True

    async def scene() -> None:
        lane, gate = Lane("test", 2), Gate()
        working, waiting = await many(lane, gate, "a", 2)
        while not gate.began:
            await asyncio.sleep(0)
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
        (after,) = await many(lane, gate, "a", 1)
        assert gate.began == ["a0"]  # its thread works on, and counts as theirs
        gate.go.set()
        assert await after == "a0"
        with pytest.raises(Busy):
            await lane.run("a", gate.work, "left", left=has_left)
        with pytest.raises(ZeroDivisionError):
            await lane.run("a", lambda: 1 / 0)
        assert await lane.run("a", lambda: "still there") == "still there"
        assert "left" not in gate.began

    asyncio.run(scene())


def test_nobody_waits_for_more_than_a_hundred_answers():
    async def scene() -> None:
        lane, gate = Lane("test", 2), Gate()
        waiting = await many(lane, gate, "a", 101)
        with pytest.raises(Busy, match="You wait for 100 answers"):
            await lane.run("a", gate.work, "one more")
        gate.go.set()
        await asyncio.gather(*waiting)

    asyncio.run(scene())


def test_a_turn_in_a_loop_that_has_ended_is_passed_on():
    """As where a program runs one loop after the other."""
    lane, gate = Lane("test", 1), Gate()

    async def leave() -> None:
        await many(lane, gate, "a", 2)
        while not gate.began:
            await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.close()
    gate.go.set()
    assert asyncio.run(lane.run("b", lambda: "here")) == "here"


async def _status(path: str) -> int:
    sent: list[dict] = []
    headers = [(b"host", b"localhost"), (b"cookie", f"{visitors.COOKIE}={'s' * 43}".encode())]

    async def receive() -> dict:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "query_string": b"", "client": ("192.0.2.7", 5), "scheme": "http"}
    await APP({**scope, "headers": headers, "method": "GET"}, receive, send)
    return sent[0]["status"]


ASK: dict[str, Callable[[Gate], Coroutine]] = {
    "question": lambda _: _status("/api/runs/tour-dec/trust"),
    "lab": lambda gate: lanes.LABS.run("s", gate.work, "lab"),
}


@pytest.mark.parametrize("slow", ASK)
def test_news_of_a_run_waits_for_no_question_and_no_lab(monkeypatch, tmp_path, slow):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    gate = Gate()
    monkeypatch.setattr(routes, "reply", lambda *_: gate.work("question"))

    async def scene() -> None:
        asked = [asyncio.create_task(ASK[slow](gate)) for _ in range(50)]
        while not gate.began:
            await asyncio.sleep(0)
        assert await _status("/api/runs/tour-dec/info") == 200
        assert await _status("/api/runs/tour-dec/bundle") == 200
        assert len(gate.began) < 4
        gate.go.set()
        await asyncio.gather(*asked)

    asyncio.run(scene())


def test_one_person_has_a_few_files_made_at_a_time_and_others_theirs():
    few = Few("files", 2)
    refused = pytest.raises(Busy, match="2 files are being made for you")
    with few.one_more("a"), few.one_more("a"), few.one_more("b"), refused, few.one_more("a"):
        pass
    with few.one_more("a"):
        assert few._working.total() == 1
    assert not few._working.total()


def test_the_same_news_are_found_once_for_all_who_watch(monkeypatch):
    asked: list[str] = []
    gate = threading.Event()

    def news(run: str, has: ViewerRequest) -> bytes:
        gate.wait(60)
        asked.append(run)
        return b"news"

    async def scene() -> None:
        run: Any = "a run"
        has, state = ViewerRequest(3, 3), (1, 4, 4)
        watching = [asyncio.create_task(routes._same_news(f"who {n}", run, has, state)) for n in range(30)]
        other = asyncio.create_task(routes._same_news("who 0", run, ViewerRequest(2, 2), state))
        while len(routes._finding) < 2:
            await asyncio.sleep(0)
        watching[0].cancel()  # who asked first has left
        gate.set()
        found = await asyncio.gather(*watching, other, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert found[1:] == [b"news"] * 30
        assert len(asked) == 2
        assert not routes._finding

    monkeypatch.setattr(routes, "_news", news)
    asyncio.run(scene())
