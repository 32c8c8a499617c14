"""SECURITY.md: each promise names tests, and they exist."""

import re

import pytest

from tests.support.browser import ROOT

_NAMED = re.compile(r"`([\w./-]+\.(?:py|js))(?:::(\w+))?`")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "SECURITY.md").read_text().partition("## What attacks cost")[0].splitlines()
    if line.startswith("| ") and not line.startswith(("| threat |", "| --- |"))
]


def test_the_tables_are_found():
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_promise_has_tests_that_exist(row):
    assert len(row) == 3
    named = _NAMED.findall(row[2])
    assert named, row[0]
    for path, name in named:
        assert path.startswith("tests/"), path
        text = (ROOT / path).read_text()
        assert re.search(r"def test_|^test\(|^BOMBS\b", text, re.MULTILINE), path
        assert not name or f"def {name}(" in text, f"{path}::{name}"


def test_every_file_that_is_linked_from_the_document_exists():
    text = (ROOT / "SECURITY.md").read_text()
    for path in re.findall(r"`((?:tests|benchmarks|examples|core)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
