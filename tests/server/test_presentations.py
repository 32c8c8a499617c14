"""Presentations: only the page that presents moves the cursor; who follows is told, and changes nothing."""

import asyncio
import json

import pytest
from epochscope.rights import SHARED, UNKNOWN, Kind, Visitor
from epochscope.server import presentations, visitors
from epochscope.server.messages import FollowRequest, LeadRequest, parsed
from epochscope.server.reachable import address_for_others
from epochscope.types import EpochscopeError
from starlette.websockets import WebSocket
from streamlit import config

LECTURER, STUDENT = "l" * 43, "s" * 43


def visitor(secret: str) -> Visitor:
    return visitors.visitor(f"elsewhere {visitors._mark(secret)}", "a session")


class Phone:
    """One end of a socket, without a network."""

    def __init__(self, presentation: str, end: str, secret: str) -> None:
        self._said: asyncio.Queue = asyncio.Queue()
        self._heard: asyncio.Queue = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        headers = [(b"host", b"lecture.test"), (b"cookie", f"{visitors.COOKIE}={secret}".encode())]
        scope = {
            "type": "websocket", "path": f"/api/presentations/{presentation}/{end}", "query_string": b"",
            "path_params": {"presentation": presentation}, "headers": headers, "client": ("192.0.2.7", 5),
        }  # fmt: skip
        socket = WebSocket(visitors.introduced(scope), self._said.get, self._heard.put)
        self._served = asyncio.create_task(getattr(presentations, end)(socket))

    async def ask(self, **message) -> dict:
        """The answer, or the closing of the socket."""
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})
        while (answer := await asyncio.wait_for(self._heard.get(), 60))["type"] == "websocket.accept":
            pass
        return json.loads(answer["text"]) if answer["type"] == "websocket.send" else answer

    async def leave(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self._served, 60)


def test_followers_hear_where_the_presentation_is():
    async def lecture() -> None:
        begun = presentations.begin(visitor(LECTURER), "tour-dec")
        lecturer, student = Phone(begun.id, "lead", LECTURER), Phone(begun.id, "follow", STUDENT)
        first = await student.ask(heard=0)
        assert (first["epoch"], first["on"]) == (None, False)
        waiting = asyncio.create_task(student.ask(heard=first["version"]))
        assert await lecturer.ask(key=begun.key, epoch=9) == {"followers": 1}
        told = await waiting
        if not told["on"]:  # the epoch and the presenter are two pieces of news
            told = await student.ask(heard=told["version"])
        assert (told["epoch"], told["on"]) == (9, True)
        await lecturer.leave()
        assert (await student.ask(heard=told["version"]))["on"] is False
        await student.leave()
        assert begun.followers == begun.leaders == 0

    asyncio.run(lecture())


@pytest.mark.parametrize("mode", ["", "all", "own"])
@pytest.mark.parametrize(
    ("secret", "key", "why"),
    [
        (STUDENT, None, "by somebody else"),
        (LECTURER, "x" * 22, "Only the page that began"),
        (STUDENT, "x" * 22, "somebody else|Only the page that began"),
        (LECTURER, "", "A presentation is told a key"),
    ],
)
def test_nobody_else_moves_the_cursor(mode, secret, key, why, monkeypatch):
    monkeypatch.setenv(SHARED, mode)

    async def lecture() -> None:
        begun = presentations.begin(visitor(LECTURER), "tour-dec")
        stranger = Phone(begun.id, "lead", secret)
        answer = await stranger.ask(key=begun.key if key is None else key, epoch=3)
        if mode == "all" and key is None:  # everybody may change everything: the key decides
            assert answer == {"followers": 0}
            return
        assert answer["type"] == "websocket.close"
        assert any(part in answer["reason"] for part in why.split("|"))
        assert begun.epoch is None
        assert not begun.leaders

    asyncio.run(lecture())


def test_a_follower_is_told_nothing_by_which_to_lead():
    async def lecture() -> None:
        begun = presentations.begin(visitor(LECTURER), "tour-dec")
        student = Phone(begun.id, "follow", STUDENT)
        assert begun.key not in json.dumps(await student.ask(heard=0))
        assert (await student.ask(key=begun.key, epoch=3))["epoch"] is None  # more than it may say is not looked at
        assert begun.epoch is None
        assert (await student.ask(heard="many"))["reason"].startswith("A follower asks with heard")

    asyncio.run(lecture())


def test_what_is_over_or_unknown_is_said():
    async def lecture() -> None:
        for end in ("lead", "follow"):
            answer = await Phone("nobody", end, LECTURER).ask(heard=0)
            assert answer["reason"].startswith("This presentation is over")

    asyncio.run(lecture())
    with pytest.raises(EpochscopeError, match="not known who asks"):
        presentations.begin(UNKNOWN, "tour-dec")


def test_messages_pass_a_schema():
    assert parsed(b'{"key": "abcdefghijklmnopqrstuv", "epoch": 3}', LeadRequest).epoch == 3
    for wrong in (b"{}", b'{"key": "short", "epoch": 3}', b'{"key": "abcdefghijklmnopqrstuv", "epoch": -1}'):
        with pytest.raises(EpochscopeError, match="A presentation is told"):
            parsed(wrong, LeadRequest)
    with pytest.raises(EpochscopeError, match="A follower asks"):
        parsed(b'{"heard": 1e99}', FollowRequest)


def test_those_that_nobody_presents_are_forgotten_first(monkeypatch):
    monkeypatch.setattr(presentations, "_all", type(presentations._all)())
    monkeypatch.setattr(presentations, "_MOST", 4)
    who, greedy = Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
    shown, cut = presentations.begin(greedy, "tour-dec"), presentations.begin(who, "tour-dec")
    shown.leaders = 1
    others = [presentations.begin(greedy, "tour-dec") for _ in range(5)]
    assert presentations.find(shown.id) is shown
    assert presentations.find(cut.id) is cut  # its page is not connected at the moment; its owner began no other
    assert [presentations.find(one.id) for one in others] == [None, None, None, *others[3:]]


@pytest.mark.parametrize(
    ("url", "server", "base", "why"),
    [
        ("http://lecture.test:8501/", ("127.0.0.1", []), "http://lecture.test:8501", ""),
        ("http://localhost:8501/", ("0.0.0.0", ["localhost", "pc.test"]), "http://pc.test:8501", ""),
        ("http://127.0.0.1:8501/", ("0.0.0.0", ["*"]), "http://192.0.2.9:8501", ""),
        ("http://127.0.0.1:8501/", ("127.0.0.1", ["localhost"]), "http://127.0.0.1:8501", "this machine only"),
        ("http://[::1]:8501/", ("0.0.0.0", ["localhost", "127.0.0.1"]), "http://[::1]:8501", "no name but"),
    ],
)
def test_the_address_for_phones(url, server, base, why, monkeypatch):
    options = {**dict(zip(("server.address", "server.allowedHosts"), server, strict=True)), "server.baseUrlPath": ""}
    monkeypatch.setattr(config, "get_option", options.__getitem__)
    monkeypatch.setattr("epochscope.server.reachable.own_address", lambda: "192.0.2.9")
    found, said = address_for_others(url)
    assert found == base
    assert why in said
    assert bool(said) is bool(why)
    if said:
        assert said.endswith("start it with --address 0.0.0.0 --hosts 192.0.2.9.")
