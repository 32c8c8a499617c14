"""The phones of a class, without a network: what they get, what they may say, a hundred of them at once."""

import asyncio
import json
import re

import pytest
from epochscope.classroom import preparing, rooms
from epochscope.classroom.experiments import experiments
from epochscope.classroom.lesson import JOINS, SCORE, Asked, Closed, Ended, Trained
from epochscope.classroom.rooms import Room
from epochscope.futures.training import futures_writer, train
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.server import connections, lessons, visitors
from epochscope.server.guard import Guard
from epochscope.server.routes import ROUTES
from starlette.routing import Router

from tests.support.lessons import LECTURER, secret, somebody

APP = Guard(Router(ROUTES))
MOST_BYTES = 150_000


@pytest.fixture
def room(tmp_path, monkeypatch) -> Room:
    """The class about a digit, with three seeds."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    experiment = experiments()["digit"]
    plan = preparing.plan(experiment, 3, None, rooms.new_code())
    return rooms.open_room(plan, preparing.groups(experiment.spec).labels, LECTURER)


def scope(kind: str, path: str, name: str = "", **more: str) -> dict:
    headers = {"host": "localhost:8501", **more}
    if name:
        headers["cookie"] = f"{visitors.COOKIE}={secret(name)}"
    return {
        "type": kind, "path": path, "query_string": b"", "client": ("192.0.2.7", 5), "scheme": kind[:4],
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()], "method": "GET",
        "subprotocols": [],
    }  # fmt: skip


def get(path: str, **more: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent: list[dict] = []

    async def receive() -> dict:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(APP(scope("http", path, accept="text/html", **more), receive, send))
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:])


class Phone:
    """A student's phone."""

    def __init__(self, room: Room | str, name: str, **more: str) -> None:
        code = room if isinstance(room, str) else room.plan.code
        self._said: asyncio.Queue = asyncio.Queue()
        self._heard: asyncio.Queue = asyncio.Queue()
        self.say_raw({"type": "websocket.connect"})
        self.scope = scope("websocket", f"/api/lessons/{code}", name, **more)
        self.task = asyncio.create_task(APP(self.scope, self._said.get, self._heard.put))

    def say_raw(self, message: dict) -> None:
        self._said.put_nowait(message)

    def say(self, **message) -> None:
        self.say_raw({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> dict:
        """What it is told next, or the closing of the socket."""
        while (told := await asyncio.wait_for(self._heard.get(), 120))["type"] == "websocket.accept":
            pass
        return json.loads(told["text"]) if told["type"] == "websocket.send" else told

    async def until(self, holds) -> dict:
        """The first thing it is told for which this holds."""
        while not holds(told := await self.hear()):
            assert told.get("type") != "websocket.close", told
        return told

    async def leave(self) -> None:
        self.say_raw({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 120)


def test_what_a_phone_loads_is_small_and_whole(room):
    """The page with everything that it names, directly or not, and the largest that the socket tells at once: in a
    language that takes a catalog.
    """
    status, headers, page = get(f"/join/{room.plan.code}", **{"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert status == 200
    assert '<html lang="zh-Hans">' in page.decode()
    assert '"Join": "加入"' in page.decode()
    assert '<html lang="en">' in get(f"/join/{room.plan.code}")[2].decode()
    assert visitors.COOKIE in headers["set-cookie"]
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    named = [one.removeprefix("../") for one in re.findall(r'(?:src|href)="(\.\./[^"]+)"', page.decode())]
    assert len(named) == 2
    seen: dict[str, bytes] = {}
    while named:
        path = named.pop()
        status, _, content = get(f"/{path}")
        assert status == 200, path
        seen[path] = content
        folder = path.rpartition("/")[0]
        for target in re.findall(r'from "(\..*?)";$', content.decode(), re.MULTILINE):
            parts = f"{folder}/{target}".split("/")
            while ".." in parts:
                at = parts.index("..")
                del parts[at - 1 : at + 1]
            there = "/".join(part for part in parts if part != ".")
            if there not in seen:
                named.append(there)

    async def asked() -> int:
        room.join(somebody("ada"), "Ada")
        room.lead(LECTURER, Asked(JOINS))
        phone = Phone(room, "ada")
        phone.scope["query_string"] = b"language=zh-Hans"
        told = await phone.hear()
        assert len(told["question"]["options"]) == 10
        assert told["question"]["text"] == "这张图会归入哪一组？"
        assert told["question"]["options"][2]["label"] == "第 3 组"
        await phone.leave()
        return len(json.dumps(told))

    total = len(page) + sum(map(len, seen.values())) + asyncio.run(asked())
    assert total <= MOST_BYTES, total
    assert not any("plotly" in path or path.endswith("/stage.js") for path in seen)


def test_a_student_joins_answers_and_comes_back(room):
    async def lesson() -> None:
        ada = Phone(room, "ada")
        first = await ada.hear()
        assert (first["name"], first["phase"]) == (None, "lobby")
        assert "question" not in first
        ada.say(name="Ada")
        assert (await ada.hear())["seed"] == 0
        await asyncio.to_thread(room.lead, LECTURER, Asked(SCORE))
        assert (await ada.hear())["question"]["key"] == SCORE
        ada.say(question=SCORE, answer=0.25)
        assert (await ada.hear())["answer"] == 0.25
        await ada.leave()
        rooms._rooms.clear()  # the server is started again
        again = Phone(room, "ada")
        told = await again.hear()
        assert (told["name"], told["answer"], told["phase"]) == ("Ada", 0.25, "asking")
        stranger = Phone(room, "bo")
        assert (await stranger.hear())["name"] is None
        room_now = rooms.find(room.plan.code)
        await asyncio.to_thread(room_now.lead, LECTURER, Closed())
        await again.until(lambda one: one["phase"] == "closed")
        again.say(question=SCORE, answer=0.75)
        late = await again.until(lambda one: one["note"])
        assert late["note"].startswith("Too late")
        assert late["answer"] == 0.25
        for one in (again, stranger):
            await one.leave()
        assert not room_now.listeners
        assert not lessons._watches

    asyncio.run(lesson())


@pytest.mark.parametrize(
    "said",
    [
        '{"name": 3}',
        "[]",
        "{",
        '{"answer": 1e999}',
        '{"answer": -1}',
        '{"question": "' + "x" * 30 + '"}',
        "NaN",
        "x" * 70_000,
    ],
    ids=lambda said: said[:12],
)
def test_what_a_phone_may_not_say_closes_its_socket_alone(said, room):
    async def lesson() -> None:
        other, rude = Phone(room, "ada"), Phone(room, "bo")
        await other.hear()
        await rude.hear()
        rude.say_raw({"type": "websocket.receive", "text": said})
        closed = await rude.until(lambda one: one.get("type") == "websocket.close")
        assert closed["reason"].startswith(("A student says", "A message of"))
        other.say(name="Ada")
        assert (await other.hear())["name"] == "Ada"
        await other.leave()

    asyncio.run(lesson())


def test_words_of_a_lecturer_mean_nothing_from_a_phone(room):
    """Nor does a forged mark: whose answer it is says the cookie alone."""

    async def lesson() -> None:
        room.join(somebody("ada"), "Ada")
        await asyncio.to_thread(room.lead, LECTURER, Asked(SCORE))
        phone = Phone(room, "bo")
        await phone.hear()
        for message in (
            {"type": "closed"}, {"type": "ended"}, {"type": "trained", "futures": "x"}, {"ask": SCORE},
            {"question": SCORE, "answer": 0.5, "mark": somebody("ada").mark, "name": "Bo"},
        ):  # fmt: skip
            phone.say(**message)
        await phone.until(lambda one: one.get("answer") == 0.5)
        await phone.leave()

    asyncio.run(lesson())
    assert room.lesson.answers == {SCORE: {somebody("bo").mark: 0.5}}
    assert room.lesson.open == SCORE


@pytest.mark.parametrize(
    ("more", "name", "why"),
    [
        ({"origin": "http://elsewhere.test"}, "ada", ""),
        ({"origin": "null"}, "ada", ""),
        ({"host": "elsewhere.test", "origin": "http://elsewhere.test"}, "ada", ""),
        ({}, "", "by a cookie"),
    ],
)
def test_who_is_not_let_in(more, name, why, room):
    async def lesson() -> None:
        closed = await Phone(room, name, **more).hear()
        assert closed["type"] == "websocket.close"
        assert why in (closed.get("reason") or "")

    asyncio.run(lesson())
    if "host" in more:
        assert get(f"/join/{room.plan.code}", **more)[0] == 403
        assert get("/api/futures/x/info", **more)[0] == 403


def test_a_class_that_is_unknown_or_deleted_is_said(room):
    async def lesson() -> None:
        assert "no class with this code" in (await Phone("ZZZZZZ", "ada").hear())["reason"]
        phone = Phone(room, "ada")
        await phone.hear()
        await asyncio.to_thread(rooms.delete, room.plan.code, LECTURER)
        assert "deleted" in (await phone.hear())["reason"]
        await asyncio.wait_for(phone.task, 120)

    asyncio.run(lesson())


def test_a_hundred_phones_at_once(room):
    """All join, answer at once and are told; each message costs one answer; nobody is over a limit."""

    async def lesson() -> None:
        phones = [Phone(room, f"s{place}") for place in range(100)]
        await asyncio.gather(*(one.hear() for one in phones))
        assert sum(connections.of_each().values()) == 100
        for place, one in enumerate(phones):
            one.say(name=f"S{place % 50}")
        told = await asyncio.gather(*(one.until(lambda told: told["name"]) for one in phones))
        assert len({one["name"] for one in told}) == 100
        assert [sum(one["seed"] == seed for one in told) for seed in range(3)] == [34, 33, 33]
        await asyncio.to_thread(room.lead, LECTURER, Asked(SCORE))
        await asyncio.gather(*(one.until(lambda told: told["phase"] == "asking") for one in phones))
        for place, one in enumerate(phones):
            one.say(question=SCORE, answer=place / 100)
        await asyncio.gather(*(one.until(lambda told: told.get("answer") is not None) for one in phones))
        await asyncio.to_thread(room.lead, LECTURER, Ended())
        await asyncio.gather(*(one.until(lambda told: told["phase"] == "ended") for one in phones))
        assert all(one._heard.empty() for one in phones)
        await asyncio.gather(*(one.leave() for one in phones))

    asyncio.run(lesson())
    assert len(room.lesson.answers[SCORE]) == 100
    rooms._rooms.clear()
    assert rooms.find(room.plan.code).lesson == room.lesson


@pytest.mark.slow
def test_phones_see_their_seed_train(room):
    async def lesson() -> None:
        room.join(somebody("ada"), "Ada")
        phone = Phone(room, "ada")
        await phone.hear()
        values = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 1, "cluster.restarts": 1}
        room.plan.spec["params"].update(values)
        writer = futures_writer(RunSpec(**room.plan.spec), room.plan.seeds, {}, LECTURER)
        await asyncio.to_thread(room.lead, LECTURER, Trained(writer.id))
        told = await phone.until(lambda one: one.get("training"))
        assert told["training"]["state"] == "queued"
        await asyncio.to_thread(train, writer, Control())
        told = await phone.until(lambda one: one["phase"] == "trained")
        assert told["training"]["curves"][0][-1] > 0
        assert len(told["training"]["labels"]) == 4 * 150 // 3
        assert len(json.dumps(told)) < 3000
        await phone.leave()

    asyncio.run(lesson())
