"""The cookie that tells browsers apart, and what counts as sitting at this machine."""

import pytest
from epochscope.server import visitors
from epochscope.ui.shared import visitor as identity


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


class Context:
    def __init__(self, ip: str | None, **headers: str) -> None:
        self.ip_address, self.headers, self.cookies = ip, headers, {}


@pytest.mark.parametrize(
    ("ip", "headers", "here"),
    [
        (None, {"Origin": "http://127.0.0.1:8501"}, True),
        (None, {"Origin": "http://localhost:8501"}, True),
        (None, {"Origin": "http://[::1]:8501"}, True),
        (None, {}, True),
        ("192.0.2.7", {"Origin": "http://127.0.0.1:8501"}, False),
        (None, {"X-Forwarded-For": "192.0.2.7"}, False),
        (None, {"Origin": "https://cluster.example.org"}, False),  # a proxy that does not say for whom it asks
        (None, {"Origin": "null"}, False),
    ],
)
def test_who_sits_at_this_machine(monkeypatch, ip, headers, here):
    monkeypatch.setattr(identity.st, "context", Context(ip, **headers))
    assert identity.here() is here
