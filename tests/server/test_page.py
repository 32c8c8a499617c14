"""What a browser is sent before anything is drawn: our style, and the addresses of what it will need."""

import json
import re
import socket
from pathlib import Path

import pytest
from epochscope.portable.modules import in_order
from epochscope.resources import resource
from epochscope.server.handles import send_at_once
from epochscope.server.page import Page, with_style
from epochscope.server.routes import ROUTES
from epochscope.server.stage_files import module_urls
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import file_util

PAGE = b'<html><head></head><body><div id="root"></div></body></html>'


async def _page(request: Request) -> Response:
    if request.headers.get("if-none-match") == "old":
        return Response(status_code=304)
    return Response(PAGE, media_type="text/html", headers={"ETag": "old", "Last-Modified": "long ago"})


async def _numbers(_: Request) -> Response:
    return JSONResponse({"n": 3})


async def _refused(_: Request) -> Response:
    return PlainTextResponse("no", 503)


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/", _page), Route("/api/numbers", _numbers), Route("/numbers", _numbers)]
    return TestClient(Page(Starlette(routes=[*routes, Route("/refused", _refused)])), headers={"Accept": "text/html"})


def test_the_style_of_the_page_stands_before_everything_that_is_drawn(client: TestClient):
    text = client.get("/").text
    style = resource("server/page.css").read_text("utf-8")
    assert text.index(style) < text.index('<div id="root">')
    assert text.index("</head>") < text.index(style)  # behind Streamlit's own rules, so that ours hold


def test_a_page_is_never_taken_for_an_older_one(client: TestClient):
    answer = client.get("/", headers={"If-None-Match": "old"})
    assert answer.status_code == 200
    assert not {"etag", "last-modified"} & set(answer.headers)
    assert int(answer.headers["content-length"]) == len(answer.content) > len(PAGE)


async def _of_a_phone(_: Request) -> Response:
    return Response(b"<html><body><main></main></body></html>", media_type="text/html")


def test_a_page_of_our_own_is_whole():
    client = TestClient(Page(Starlette(routes=[Route("/join", _of_a_phone)])), headers={"Accept": "text/html"})
    assert client.get("/join").content == b"<html><body><main></main></body></html>"


@pytest.mark.parametrize("path", ["/api/numbers", "/numbers", "/refused"])
def test_other_answers_stay_as_they_are(client: TestClient, path: str):
    answer = client.get(path)
    assert answer.text in ('{"n":3}', "no")


def test_streamlits_own_page_takes_the_style():
    page = Path(file_util.get_static_dir(), "index.html").read_bytes()
    made = with_style(page)
    assert len(made) > len(page)
    assert made.index(b"<style>") < made.index(b'id="root"')


def test_what_is_fetched_ahead_is_there_and_holds_whatever_the_stage_imports():
    said = re.search(r"for \(const href of (\[.*?\])\)", with_style(PAGE).decode())
    assert said
    ours = [url.removeprefix("./") for url in json.loads(said[1]) if "/stage-" in url]
    assert ours == module_urls()
    client = TestClient(Starlette(routes=ROUTES))
    assert {client.get(f"/{url}").status_code for url in ours} == {200}
    imported = {name for name, _ in in_order(resource("stage"), "stage.js")}
    assert {url.split("/", 2)[2] for url in ours} >= imported


def test_streamlits_widgets_are_fetched_ahead_from_where_they_are():
    said = re.search(r"for \(const href of (\[.*?\])\)", with_style(PAGE).decode())
    assert said
    theirs = [url for url in json.loads(said[1]) if url.startswith("./static/")]
    assert any("BidiComponent" in url for url in theirs)
    static = file_util.get_static_dir()
    assert [url for url in theirs if not Path(static, url).is_file()] == []


def test_a_connection_sends_each_answer_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        send_at_once(listening)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
