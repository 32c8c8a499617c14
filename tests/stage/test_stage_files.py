"""The browser's half: what of it is served, and that it reads what Python writes."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from epochscope.runs.training.packing import _CHANNELS, Gray, _pictures
from epochscope.server.routes import ROUTES, STAGE, stage_url
from starlette.applications import Starlette

from tests.stage.write_fixture import FOLDER, fixture


def get(name: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request for a file of the stage."""
    path = "/" + stage_url().replace("stage.js", name)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # nothing more comes from the client, nor does it leave
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(), "query_string": b""}
    asyncio.run(Starlette(routes=ROUTES)({**scope, "headers": [], "scheme": "http"}, receive, send))
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_the_fixture_is_what_python_writes_today():
    message, expected = fixture()
    assert (FOLDER / "bundle.bin").read_bytes() == message
    assert json.loads((FOLDER / "bundle.json").read_text()) == expected


def test_the_browser_has_a_decoder_for_each_channel():
    text = (STAGE / "data" / "channel_decoders.js").read_text()
    table = re.search(r"DECODERS = Object\.freeze\(\{(.*?)\}\)", text, re.S)
    assert table
    names = re.findall(r"^\s*(\w+)[:,]", table[1], re.M)
    gray = Gray(np.ones(1, np.float32), np.zeros(1, np.float32))
    assert sorted(names) == sorted([*_CHANNELS, *_pictures(gray)])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("stage.js", "text/javascript"), ("data/bundle.js", "text/javascript"), ("stage.css", "text/css")],
)
def test_modules_and_the_style_sheet_are_served(name, kind):
    status, headers, content = get(name)
    assert status == 200
    assert headers["content-type"].startswith(kind)
    assert "immutable" in headers["cache-control"]
    assert content == (STAGE / name).read_bytes()


def test_every_module_that_one_imports_is_served():
    for path in STAGE.rglob("*.js"):
        for target in re.findall(r'from "(\..*?)";$', path.read_text(), re.M):
            name = (path.parent / target).resolve().relative_to(STAGE).as_posix()
            assert get(name)[0] == 200, name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing.js",
        "data",
        "data/",
        "data/nothing.js",
        "../../server/routes.py",
        "..%2f..%2fserver%2froutes.py",
        "data/../../../../app.py",
        "%2e%2e/%2e%2e/%2e%2e/package.json",
        "//etc/passwd",
        "data%5cbundle.js",
        "stage.js%00",
        "../epochscope/stage/stage.js",
    ],
)
def test_nothing_else_is_served(name):
    assert get(name)[0] == 404
