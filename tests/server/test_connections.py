"""What a browser sends is bounded before it is read: size, rate, kind; so are sockets and uploads. No network."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Iterator, Sequence

import pytest
from epochscope import __version__, settings
from epochscope.labs import SESSIONS
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.server import connections, visitors
from epochscope.server.guard import Guard
from epochscope.server.messages import LabEvent, ViewerRequest, asked, parsed
from epochscope.server.routes import ROUTES, lab_route
from epochscope.types import EpochscopeError
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Router

APP = Guard(Router([*ROUTES, lab_route(SESSIONS)]))
SECRET = "s" * 43
SECRETS = (SECRET, "t" * 43)
LONG_NUMBER = "1" + "0" * 400
WRONG = [
    "", "x", "[]", "null", "{", "NaN", "Infinity", "[" * 30_000, '{"epochs":' * 5_000, f'{{"epochs": {LONG_NUMBER}}}',
    '{"epochs": Infinity}', '{"epochs": 1e400}', '{"epochs": -1}', '{"epochs": 1.5}', '{"epochs": "1"}',
    '{"epochs": [1]}', '{"projection": 3}', '{"projection": "../../etc"}', '{"frames": null}', '{"epochs": 3000000000}',
    b"\xff\xfe", '{"epochs": "\\ud800"}',
]  # fmt: skip
WRONG_IN_A_LAB = [
    *WRONG, "{}", '{"serial": "a"}', '{"serial": Infinity}', f'{{"serial": {LONG_NUMBER}}}', '{"serial": 1.5}',
    '{"serial": 1, "set": {"a": 1}}', '{"serial": 1, "set": ["a"]}', '{"serial": 1, "xy": [[1, 2, 3]]}',
    '{"serial": 1, "xy": [["a", 2]]}', '{"serial": 1, "xy": 5}', '{"serial": 1, "remove": "x"}',
    f'{{"serial": 1, "remove": {LONG_NUMBER}}}', '{"serial": 1, "add": [1]}', '{"serial": 1, "press": 7}',
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[str]:
    """A run that all tests look at."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("EPOCHSCOPE_RUNS", str(tmp_path_factory.mktemp("connections") / "runs"))
        writer = RunWriter(RunSpec("blobs", "kmeans", 3, 0, data={"n": 60}), PROGRAM)
        train(writer, Control())
        yield writer.id


def scope(kind: str, path: str, *, secret: str = SECRET, client: str = "192.0.2.7", **more: str) -> dict:
    path, _, query = path.partition("?")
    headers = {"host": "localhost:8501", "cookie": f"{visitors.COOKIE}={secret}", **more}
    return {
        "type": kind, "path": path, "query_string": query.encode(), "client": (client, 5), "scheme": kind[:4],
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value],
        "method": more.get("method", "GET"), "subprotocols": [],
    }  # fmt: skip


async def _talk(path: str, messages: Sequence[str | bytes], **said: str) -> list[dict]:
    sent: list[dict] = []
    left = [{"type": "websocket.connect"}]
    left += [{"type": "websocket.receive", "text" if isinstance(one, str) else "bytes": one} for one in messages]

    async def receive() -> dict:
        return left.pop(0) if left else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: dict) -> None:
        sent.append(message)

    await APP(scope("websocket", path, **said), receive, send)
    return sent


def talk(path: str, *messages: str | bytes, **said: str) -> list[dict]:
    """What the server sends to a browser that says these, one after the other, and leaves."""
    return asyncio.run(_talk(path, messages, **said))


def get(path: str, **said: str) -> tuple[int, bytes]:
    """Status and body of an answer."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(APP(scope("http", path, **said), receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


def closed(sent: list[dict]) -> tuple[int, str]:
    """Code and reason with which the server closed a socket; it says nothing after."""
    assert [one["type"] for one in sent].count("websocket.close") == 1
    assert sent[-1]["type"] == "websocket.close"
    assert len(sent[-1]["reason"].encode()) <= 123
    return sent[-1]["code"], sent[-1]["reason"]


@pytest.mark.parametrize("text", WRONG, ids=[f"{text[:20]!a} {len(text)}" for text in WRONG])
def test_a_viewer_who_asks_wrongly_is_told_so(text, run):
    code, reason = closed(talk(f"/api/runs/{run}/live", text))
    assert code in (1008, 1009)
    assert reason.startswith(("A viewer asks with epochs and frames", "A message of"))


@pytest.mark.parametrize("text", WRONG_IN_A_LAB, ids=[f"{text[:30]!a} {len(text)}" for text in WRONG_IN_A_LAB])
def test_a_lab_that_is_told_something_else_says_so(text):
    code, reason = closed(talk("/api/labs/target", text))
    assert code in (1008, 1009)
    assert reason.startswith(("A lab is told a serial number", "A message of"))


def test_messages_may_come_as_bytes_and_with_more_than_is_known(run):
    sent = talk(f"/api/runs/{run}/live", b'{"epochs": 0, "projection": null, "frames": 0, "more": [1, {}]}')
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.send"]


@pytest.mark.parametrize("path", ["/api/runs/{run}/live", "/api/labs/target"])
@pytest.mark.parametrize("size", [64_001, 20_000_000])
def test_a_message_beyond_64_kb_closes_the_socket_unread(path, size, run):
    began = time.thread_time()
    sent = talk(path.format(run=run), '{"serial": 1, "set": {"a": "' + "x" * size + '"}}')
    assert closed(sent)[0] == 1009
    assert "64 kB is the most here" in closed(sent)[1]
    if "runs" in path:
        assert time.thread_time() - began < 0.2


def test_letters_count_as_the_bytes_they_take():
    assert closed(talk("/api/labs/target", "é" * 40_000)) == (
        1009,
        "A message of 80 kB is too large: 64 kB is the most here.",
    )


@pytest.fixture
def heard(monkeypatch) -> list[dict]:
    """What an application gets of a socket, in place of ours."""
    found: list[dict] = []

    async def app(scope, receive, send):
        found.append({})
        while found[-1].get("type") != "websocket.disconnect":
            found.append(await receive())
        await send({"type": "websocket.send", "text": "an answer that is too late"})

    monkeypatch.setattr(APP, "app", app)
    return found


def test_pages_may_send_more_than_viewers(heard):
    talk("/_stcore/stream", b"x" * 900_000)
    assert [one.get("type") for one in heard[2:]] == ["websocket.receive", "websocket.disconnect"]
    sent = talk("/_stcore/stream", b"x" * 1_000_001)
    assert closed(sent)[0] == 1009
    assert [one.get("type") for one in heard[2:]].count("websocket.receive") == 1


def test_who_sends_more_messages_than_a_person_can_is_stopped(heard, monkeypatch):
    monkeypatch.setattr(connections.time, "monotonic", lambda: 0.0)
    sent = talk("/api/labs/target", *["{}"] * 300)
    assert closed(sent) == (1008, "This page sends more than 100 messages a second, the most here; load it again.")
    assert sum(one.get("type") == "websocket.receive" for one in heard) == 200  # twice the rate at once


def test_who_keeps_to_the_rate_is_served_on(heard, monkeypatch):
    times = itertools.count()
    monkeypatch.setattr(connections.time, "monotonic", lambda: 0.0101 * next(times))
    talk("/api/labs/target", *["{}"] * 1000)
    assert sum(one.get("type") == "websocket.receive" for one in heard) == 1000


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["epochs", "frames", "projection", "serial", "set", "xy", "add", "remove", "press"]), inner
    ),
    max_leaves=20,
))  # fmt: skip
def test_whatever_comes_is_a_request_or_one_sentence(value):
    for kind in (ViewerRequest, LabEvent):
        with contextlib.suppress(EpochscopeError):
            assert parsed(json.dumps(value), kind) is not None


def test_nothing_of_64_kb_takes_5_ms_to_read():
    pairs = ",".join(["[0.123456789,1.123456789]"] * 999)
    largest = [
        '{"serial": 1, "xy": [' + pairs + "]}", "[" * 64_000, '{"set":' * 9_000, '{"a":[' + "1," * 31_000 + "1]}",
        '{"serial": 1, "set": {' + ",".join(f'"{n}": ""' for n in range(5_000)) + "}}", "9" * 64_000,
    ]  # fmt: skip
    for text in largest:
        times = []
        for _ in range(5):
            began = time.thread_time()
            with contextlib.suppress(EpochscopeError):
                parsed(text, LabEvent)
            times.append(time.thread_time() - began)
        assert min(times) < 0.005, text[:30]


@pytest.mark.parametrize("what", ["bundle?epochs={}", "neighbors?epoch={}&point=0", "neighbors?epoch=0&point={}",
                                  "hues?epoch={}", "feature?column={}", "bundle?projection={}"])  # fmt: skip
@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "Infinity", LONG_NUMBER, "9" * 5000, "%ED%A0%80"])
def test_addresses_with_wrong_numbers_get_a_sentence(what, value, run):
    status, body = get(f"/api/runs/{run}/{what.format(value)}")
    if "projection" in what and value == "":
        assert status == 200
        return
    assert (status, json.loads(body)["error"][:18]) == (404, "A viewer asks with")


def test_numbers_in_an_address_are_read():
    assert asked({"epochs": "3", "projection": "pca-0123456789"}, ViewerRequest) == ViewerRequest(
        3, 0, "pca-0123456789"
    )


async def _crowd(path: str, secrets: Sequence[str]) -> list[list[dict]]:
    """Sockets that are opened one after the other and stay open; what each was sent."""
    heard: list[list[dict]] = []
    tasks = []
    for secret in secrets:
        sent: list[dict] = []
        heard.append(sent)
        began = asyncio.Event()

        async def receive(sent=sent) -> dict:
            if not sent:
                return {"type": "websocket.connect"}
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict, sent=sent, began=began) -> None:
            sent.append(message)
            began.set()

        tasks.append(asyncio.create_task(APP(scope("websocket", path, secret=secret), receive, send)))
        await began.wait()
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return heard


def test_sockets_of_one_visitor_and_of_all(run, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_SOCKETS_EACH", "2")
    monkeypatch.setenv("EPOCHSCOPE_SOCKETS", "3")
    mine, other = SECRETS
    heard = asyncio.run(_crowd(f"/api/runs/{run}/live", [mine, mine, mine, other, other]))
    assert [[one["type"] for one in sent] for sent in heard[:2] + heard[3:4]] == [["websocket.accept"]] * 3
    assert closed(heard[2]) == (1013, "You have 2 connections open, the most for one person here; close some tabs.")
    assert closed(heard[4])[1].startswith("3 connections are open, the most that this server takes")
    assert connections.of_each() == {}


def test_who_sends_no_cookie_is_counted_by_address(run, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_SOCKETS_EACH", "2")
    heard = asyncio.run(_crowd(f"/api/runs/{run}/live", ["", "", ""]))
    assert closed(heard[2])[0] == 1013


def test_a_page_that_could_open_no_socket_is_not_opened(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_SOCKETS_EACH", "1")
    _, whose = visitors.counted(visitors.introduced(scope("websocket", "/")))
    with connections.opened(whose):
        status, body = get("/", accept="text/html")
        assert (status, b"close some tabs" in body) == (503, True)
        assert get("/healthz")[0] == 200
        assert (
            get("/", accept="text/html", secret="t" * 43)[0] == 404
        )  # another visitor gets what this app has: nothing
    assert get("/", accept="text/html")[0] == 404


def test_uploads_are_bounded_in_all(monkeypatch):
    monkeypatch.setattr(connections, "uploaded_bytes", lambda: 1_950_000_000)
    path = "/_stcore/upload_file/session/file"
    status, body = get(path, method="PUT", content_length="60000000")
    assert (status, body.decode()[:47]) == (413, "Files of 1.95 GB are held for open pages, so 60")
    assert get(path, method="PUT", content_length="40000000")[0] == 404
    with connections.arriving("somebody", 20_000_000):
        assert get(path, method="PUT", content_length="40000000")[0] == 413
    assert get(path, method="PUT")[0] == 413  # says no size: as much as Streamlit takes


def test_health_says_version_and_counts_and_nothing_else():
    status, body = get("/healthz", host="10.0.0.1:8501", secret="")
    assert (status, json.loads(body)) == (200, {"status": "ok", "version": __version__, "training": 0, "waiting": 0})


def test_settings_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_SOCKETS", "7")
    assert settings.SOCKETS() == 7
    for value in ("x", "0", "-1", "1.5", "1e3", "9" * 50):
        monkeypatch.setenv("EPOCHSCOPE_SOCKETS", value)
        assert settings.SOCKETS() == 800
        with pytest.raises(EpochscopeError, match="EPOCHSCOPE_SOCKETS must be a whole number from 1, but is"):
            settings.check()
