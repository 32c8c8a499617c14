"""Settings are declared in one place, which the documents, the examples and the code agree with."""

import ast
import re
from pathlib import Path

import pytest
from epochscope import settings
from epochscope.settings import SETTINGS, Setting
from epochscope.types import EpochscopeError

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
SERVER = ROOT / "examples" / "server"
NAME = re.compile(r"EPOCHSCOPE_[A-Z_]+[A-Z]")


def test_the_page_on_servers_has_the_table_of_all_settings():
    assert settings.table() in (ROOT / "docs" / "server.md").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=[str(path.relative_to(ROOT)) for path in SOURCES])
def test_no_other_module_reads_a_setting_from_the_environment(path):
    """The command line may set one, for the process that it begins."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and path.name != "settings.py":
            line = path.read_text().splitlines()[node.lineno - 1]
            assert not NAME.search(line) or re.search(r"environ(\[.*\] = |\.setdefault\()", line), line


def test_every_name_that_anything_mentions_is_declared():
    texts = [*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *SERVER.iterdir()]
    mentioned = {name for path in texts for name in NAME.findall(path.read_text())}
    assert mentioned - {one.name for one in SETTINGS} == set()


@pytest.mark.parametrize("setting", SETTINGS, ids=[one.name for one in SETTINGS])
def test_a_setting_is_its_default_or_what_the_environment_says(setting: Setting, monkeypatch):
    monkeypatch.delenv(setting.name, raising=False)
    assert setting() == setting.default
    said = {settings.TEXT: ("x", "x"), settings.YES: ("Yes", True), settings.COUNT: ("3", 3)}.get(
        setting.kind, ("300", 300)
    )
    if setting.kind.options:
        said = (setting.kind.options[-1],) * 2
    monkeypatch.setenv(setting.name, said[0])
    assert setting() == said[1]
    monkeypatch.setenv(setting.name, "")
    assert setting() == setting.default


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("EPOCHSCOPE_QUEUE", "many", "a whole number from 1"),
        ("EPOCHSCOPE_QUEUE", "0", "a whole number from 1"),
        ("EPOCHSCOPE_DISK", "-3", "a number above 0"),
        ("EPOCHSCOPE_DISK", "nan", "a number above 0"),
        ("EPOCHSCOPE_OFFLINE", "perhaps", "1 or 0"),
        ("EPOCHSCOPE_PRECISION", "double", "highest, high or medium"),
    ],
)
def test_what_a_setting_cannot_be_is_one_sentence_and_the_default_is_used(name, value, words, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(EpochscopeError, match=f"{name} must be {words}, but is '{value}'"):
        settings.check()
    setting = next(one for one in SETTINGS if one.name == name)
    assert setting() == setting.default


def directives(text: str) -> list[tuple[str, ...]]:
    """The directives of an nginx configuration as words, in their order; a block gives its words and then "}"."""
    found: list[tuple[str, ...]] = []
    words: list[str] = []
    depth = 0
    for token in re.findall(r'"[^"]*"|[{};]|[^\s{};]+', re.sub(r"#.*", "", text)):
        if token in "{};":
            assert words or token == "}"
            found.append(tuple(words) if token != "}" else ("}",))
            depth += {"{": 1, "}": -1, ";": 0}[token]
            assert depth >= 0
            words = []
        else:
            words.append(token)
    assert (depth, words) == (0, [])
    return found


def test_the_proxy_passes_on_what_the_server_needs():
    said = directives((SERVER / "nginx.conf").read_text())
    headers = {words[1]: words[2] for words in said if words[0] == "proxy_set_header"}
    assert headers["Upgrade"] == "$http_upgrade"
    assert headers["Connection"] == "$connection_upgrade"
    assert headers["Host"] == "$http_host"
    assert headers["X-Forwarded-For"] == "$remote_addr"  # what a client says there itself is not passed on
    values = {words[0]: words[1] for words in said if len(words) == 2}
    uploads = (ROOT / "core" / "epochscope" / "ui" / "runs" / "export.py").read_text()
    assert int(values["client_max_body_size"].removesuffix("m")) > int(re.findall(r"_MOST_UPLOAD = (\d+)", uploads)[0])
    assert values["proxy_read_timeout"] == values["proxy_send_timeout"] == "1h"
    assert ("proxy_http_version", "1.1") in said


def test_the_container_has_no_root_one_volume_and_a_health_check():
    lines = (SERVER / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    orders = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    last = dict(orders)  # of each kind the last one holds
    assert {kind for kind, _ in orders} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ARG", "USER", "VOLUME", "ENV", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL",
        "ENTRYPOINT",
    }  # fmt: skip
    assert (last["USER"], last["VOLUME"]) == ("epochscope", "/data")
    assert [kind for kind, _ in orders].index("USER") > [kind for kind, _ in orders].index("RUN")
    variables = dict(one.split("=", 1) for one in last["ENV"].split())
    folders = {one.name for one in SETTINGS if one.unit.startswith("folder")}
    assert {name for name, value in variables.items() if value.startswith("/data/")} == folders
    assert "/healthz" in last["HEALTHCHECK"]
    for order in (text for kind, text in orders if kind == "COPY" and "--from" not in text):
        assert [name for name in order.split()[:-1] if not (ROOT / name).exists()] == []
