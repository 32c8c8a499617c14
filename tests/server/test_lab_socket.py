"""Labs over a WebSocket, as a server speaks to them: no network."""

import asyncio
import json

import pytest
from epochscope.labs import SESSIONS
from epochscope.server import visitors
from epochscope.server.start import lab_route
from starlette.websockets import WebSocket


def talk(lab: str, *messages: str, query: str = "", **headers: str) -> list[dict]:
    """All that the server sends to a page that says these, one after each answer, and leaves."""
    sent: list[dict] = []
    left = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": text} for text in messages)]

    async def receive() -> dict:
        return left.pop(0) if left else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: dict) -> None:
        sent.append(message)

    all_headers = {"host": "localhost:8501", **headers}
    scope = {
        "type": "websocket", "path": f"/api/labs/{lab}", "query_string": query.encode(), "path_params": {"lab": lab},
        "headers": [(name.encode(), value.encode()) for name, value in all_headers.items()],
    }  # fmt: skip
    asyncio.run(lab_route(SESSIONS).endpoint(WebSocket(visitors.introduced(scope), receive, send)))
    return sent


def answers(sent: list[dict]) -> list[dict]:
    return [json.loads(message["text"]) for message in sent if message["type"] == "websocket.send"]


def test_a_page_is_told_to_wait_then_gets_everything_then_what_changes():
    waiting, first, second = answers(talk("target", '{"serial": 1, "set": {"times": "3"}}', query="rows=balanced"))
    assert waiting == {"waiting": waiting["waiting"]}
    assert len(first["handles"]) == 9
    assert set(first["figures"]) > set(second["figures"])
    assert second["serial"] == 1
    assert second["address"]["times"] == "3"


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", "NaN", '{"serial": "a"}', "[" * 3000])
def test_who_speaks_another_language_is_left_alone(text):
    sent = talk("pull", text, '{"serial": 1}')
    assert len(answers(sent)) == 2  # waiting and the first answer, nothing more


def test_an_unknown_lab_is_refused():
    assert talk("nothing")[-1]["type"] == "websocket.close"
