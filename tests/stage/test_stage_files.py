"""The browser's half: what of it is served, and that it reads what Python writes."""

import asyncio
import json
import re
import tomllib
from typing import Any
from urllib.parse import unquote

import numpy as np
import plotly.colors
import pytest
from epochscope.figures.theme import PALETTE, PROBABILITY_SCALE
from epochscope.resources import resource
from epochscope.runs.format.channels import CHANNELS, ENCODINGS, LINE_NUMBERS
from epochscope.runs.training.line_numbers import FORMULAS, line_numbers
from epochscope.runs.training.packing import SOURCES
from epochscope.server import bundle
from epochscope.server.routes import ROUTES, plotly_url
from epochscope.server.stage_files import STAGE, stage_url
from starlette.applications import Starlette

from tests.stage.write_fixture import FOLDER, declared_parts, fixture, folded_message


def get(name: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request for a file of the stage."""
    return fetch("/" + stage_url().replace("stage.js", name))


def fetch(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request."""
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
    assert (FOLDER / "folded.bin").read_bytes() == folded_message(message)
    assert json.loads((FOLDER / "bundle.json").read_text()) == expected
    assert json.loads((FOLDER / "declared.json").read_text()) == declared_parts(message)


@pytest.mark.parametrize("path", sorted(STAGE.rglob("*.js")), ids=lambda path: path.name)
def test_no_module_waits_while_it_is_loaded(path):
    """Safari gives a module that awaits to the first who imports it, and to nobody who does so meanwhile: one panel."""
    assert re.findall(r"^(?:(?:export )?(?:const|let) [^=]+= )?await\b.*", path.read_text(), re.MULTILINE) == []


def test_the_browser_has_a_decoder_for_each_encoding():
    text = (STAGE / "data" / "channel_decoders.js").read_text()
    table = re.search(r"DECODERS = Object\.freeze\(\{(.*?)\}\)", text, re.S)
    assert table
    assert set(re.findall(r"(\w+)(?:: \w+)?[,\s]", table[1])) == set(ENCODINGS)
    assert {channel.encoding for channel in CHANNELS.values()} <= set(ENCODINGS)


def test_whatever_is_declared_is_computed_and_described_and_nothing_else():
    assert set(SOURCES) == set(CHANNELS)
    assert set(FORMULAS) == set(LINE_NUMBERS)
    for name in (*CHANNELS, *LINE_NUMBERS, *ENCODINGS):
        assert re.search(rf"^    {name} ", bundle.__doc__ or "", re.M), name


def test_line_numbers_have_the_lengths_that_are_declared():
    q = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    found = line_numbers({"labels": q.argmax(axis=1), "p": q, "mixing": np.array([np.nan, 1, 0])}, k=3)
    assert found == {"sizes": [2, 0, 0], "entropy_p": [1, *[0] * 11, 1, *[0] * 7], "mixing": [None, 1.0, 0.0]}


def test_colors_that_stand_in_two_places_are_the_same():
    settings = tomllib.loads((resource("app/.streamlit") / "config.toml").read_text())
    assert settings["theme"]["chartCategoricalColors"] == list(PALETTE)
    text = (STAGE / "render" / "plot_arrays.js").read_text()
    scale = re.search(rf"{PROBABILITY_SCALE}: \[(.*?)\]", text, re.S)
    assert scale
    assert re.findall(r"#\w+", scale[1]) == getattr(plotly.colors.sequential, PROBABILITY_SCALE)


@pytest.mark.parametrize("path", [f"/{stage_url()}", f"/{plotly_url()}"])
def test_an_address_of_another_version_has_no_content_that_a_cache_may_keep(path):
    assert fetch(path)[0] == 200
    status, headers, content = fetch(re.sub(r"[0-9a-f]{12}", "0123456789ab", path))
    assert (status, headers["cache-control"]) == (404, "no-store")
    assert b"reload" in content


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
