"""The cookie that tells browsers apart, how a connection is introduced, and what counts as sitting at this machine."""

import asyncio
import hashlib

import pytest
from epochscope.rights import UNKNOWN, Kind, Visitor
from epochscope.server import visitors
from epochscope.server.start import MIDDLEWARE
from epochscope.ui.shared.visitor import page_visitor
from starlette.datastructures import Headers
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

SECRET = "s" * 43
MARK = hashlib.sha256(SECRET.encode()).hexdigest()
COOKIE = f"{visitors.COOKIE}={SECRET}"
LOCAL = {"origin": "http://127.0.0.1:8501", "host": "127.0.0.1:8501"}


def asked(path: str = "/", method: str = "GET", scheme: str = "http", **headers: str) -> str:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "scheme": scheme, "headers": raw, "query_string": b""}
    return visitors.cookie({**scope, "server": ("127.0.0.1", 80)})


def test_a_page_gets_a_secret_that_scripts_cannot_read_and_keeps_it():
    first, other = asked(accept="text/html"), asked(accept="text/html")
    assert first.split(";")[0] != other.split(";")[0]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in first.split(";")}
    assert "Secure" not in first
    assert asked(accept="text/html", cookie=first.split(";")[0]) == first
    assert asked(accept="text/html", x_forwarded_proto="https").endswith("; Secure")
    assert asked(accept="text/html", scheme="https").endswith("; Secure")


@pytest.mark.parametrize("path", ["/_stcore/health", "/api/runs/a/info", "/assets/plotly-1.js", "/static/js/a.js"])
def test_what_a_page_loads_changes_no_cookie(path):
    assert asked(path, accept="text/html") == ""
    assert asked(accept="*/*") == asked(method="POST", accept="text/html") == ""


@pytest.mark.parametrize("value", [None, "", "short", "a" * 42 + "é", "a" * 44, "a" * 42 + ";"])
def test_a_secret_that_is_none_of_ours_is_replaced(value):
    assert visitors.known(value) == ""
    made = asked(accept="text/html", cookie=f"{visitors.COOKIE}={value}")
    assert visitors.known(made.split(";")[0].partition("=")[2])


def scope_of(client: tuple[str, int] | None, headers: dict[str, str], kind: str = "websocket") -> dict:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": kind, "path": "/_stcore/stream", "headers": raw, "client": client, "query_string": b""}


@pytest.mark.parametrize(
    ("client", "headers", "here"),
    [
        ("127.0.0.1", LOCAL, True),
        ("127.0.0.1", {"origin": "http://localhost:8501", "host": "localhost:8501"}, True),
        ("::1", {"origin": "http://[::1]:8501", "host": "[::1]:8501"}, True),
        ("::ffff:127.0.0.1", LOCAL, True),
        (None, LOCAL, False),  # no address: nothing says where that is
        ("", LOCAL, False),
        ("127.0.0.1", {}, False),  # no browser opens a socket so
        ("127.0.0.1", {"host": "127.0.0.1:8501"}, False),
        ("127.0.0.1", {"origin": "http://127.0.0.1:8501"}, False),
        ("127.0.0.1", {**LOCAL, "origin": ""}, False),
        ("127.0.0.1", {**LOCAL, "origin": "null"}, False),
        ("127.0.0.1", {**LOCAL, "origin": "http://[::1"}, False),
        ("127.0.0.1", {**LOCAL, "host": "elsewhere.example"}, False),  # a name that was made to lead here
        ("127.0.0.1", {**LOCAL, "origin": "https://cluster.example.org"}, False),  # a proxy that says not for whom
        ("127.0.0.1", {**LOCAL, "X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {**LOCAL, "X-Forwarded-Host": "a.example"}, False),
        ("127.0.0.1", {**LOCAL, "Forwarded": "for=192.0.2.7"}, False),
        ("127.0.0.1", {**LOCAL, "X-Real-IP": "192.0.2.7"}, False),
        ("192.0.2.7", LOCAL, False),
    ],
)
def test_who_sits_at_this_machine(client, headers, here):
    scope = scope_of(None if client is None else (client, 5), headers)
    assert visitors.at_this_machine(scope) is here
    assert visitors.introduction(scope) == ("machine" if here else "elsewhere")


@pytest.fixture
def trusted_headers():
    name = "server.trustedUserHeaders"
    before = config.get_option(name)
    yield name
    config.set_option(name, before)


@pytest.mark.parametrize("kind", ["websocket", "http"])
@pytest.mark.parametrize("forged", [[], ["machine " + "f" * 64], ["machine", "machine " + "f" * 64]])
def test_streamlit_hears_of_a_visitor_what_the_connection_shows_and_nothing_that_a_client_says(
    kind, forged, trusted_headers
):
    config.set_option(trusted_headers, {"X-Email": "email"})
    said = {"cookie": COOKIE, "host": "localhost:8501", "accept": "*/*"}
    scope = scope_of(("192.0.2.7", 5), said, kind) | {"method": "GET"}
    scope["headers"] += [(visitors.HEADER.lower().encode(), value.encode()) for value in forged]
    heard = []

    async def app(scope, receive, send) -> None:
        heard.append(Headers(scope=scope))

    guard = MIDDLEWARE[0]
    asyncio.run(guard.cls(app, *guard.args, **guard.kwargs)(scope, None, None))
    assert heard[0].getlist(visitors.HEADER) == [f"elsewhere {MARK}"]
    told = gather_user_info(heard[0])
    assert visitors.visitor(told[visitors.KEPT_AS], "id") == Visitor(Kind.BROWSER, MARK)
    assert "email" in told  # what a host of the server configured stays


def test_without_a_cookie_of_ours_a_visitor_is_known_by_the_session_alone():
    for cookie in ({}, {"cookie": f"{visitors.COOKIE}=forged"}):
        told = visitors.introduction(scope_of(("192.0.2.7", 5), cookie))
        first, other = visitors.visitor(told, "one"), visitors.visitor(told, "two")
        assert first.kind is other.kind is Kind.BROWSER
        assert first.mark != other.mark
        assert first == visitors.visitor(told, "one")
        assert visitors.visitor(told, "") == UNKNOWN


@pytest.mark.parametrize("told", [None, "", "machine b", "program", f"machine  {MARK}", f"machine {MARK}\n", 5, [MARK]])
def test_whoever_was_not_introduced_is_unknown(told):
    assert visitors.visitor(told, "a session") == UNKNOWN


def test_a_thread_that_works_for_no_session_has_no_visitor():
    assert page_visitor() == UNKNOWN
