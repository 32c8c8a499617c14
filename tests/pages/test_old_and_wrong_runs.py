"""Every page shows runs of any format and of methods that are gone, and stays up beside one that is wrong."""

import json
import re
import shutil

import pytest
from epochscope.runs.format.spec import SCHEMA, runs_folder
from epochscope.runs.library.catalog import entries
from streamlit.testing.v1 import AppTest

from benchmarks.damage import whole
from tests.runs.wrong_folders import place, variants
from tests.support.pages import AT_THE_MACHINE, ROOT, button, select

FIXTURES = [*(f"schema_{number}" for number in range(1, SCHEMA + 1)), "gone"]
VICTIM, NEIGHBOR = "20260101-000001-victim-0000000000", "20260101-000000-neighbor-0000000000"
WATCH_ONLY = "it can be watched, but not repeated"


def opened(page: str, **query: str):
    """The page as it is drawn for somebody who opens its address."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.user = AT_THE_MACHINE
    for name, value in query.items():
        test.query_params[name] = value
    test.switch_page(page)
    test.run()
    assert not test.exception, test.exception
    return test


def views(run_id: str):
    """Every page that shows a run, with this one in its address."""
    yield opened("pages/train.py", run=run_id)
    yield opened("pages/train.py", run=run_id, epoch="2", present="2")
    for view in ("whole", "point", "cluster", "selection"):
        yield opened("pages/inspect.py", run=run_id, view=view)
    yield opened("pages/compare.py", runs=f"{run_id}.{NEIGHBOR}", all_settings="true", seeds="true")
    yield opened("pages/runs.py")


@pytest.mark.parametrize("fixture", FIXTURES)
def test_every_page_shows_it(fixture):
    place(fixture, VICTIM)
    place("schema_2", NEIGHBOR)
    for test in views(VICTIM):
        assert not test.error, [error.value for error in test.error]
    runs = opened("pages/runs.py")
    ids = [one.id for one in entries()]
    shown = dict(zip(ids, runs.dataframe[0].value["run"], strict=True))
    assert shown[VICTIM] == ("XYZ on Vanished, k = 3, seed 0" if fixture == "gone" else "DEC on Blobs, k = 3, seed 0")


def test_what_needs_a_method_that_is_gone_says_why_it_cannot():
    folder = place("gone", VICTIM)
    (folder / "status.json").write_text('{"state": "stopped", "message": "", "epochs": 4}')
    test = opened("pages/train.py", run=VICTIM)
    assert any(WATCH_ONLY in caption.value for caption in test.caption)
    test = select(opened("pages/runs.py"), 0)
    for label in ("Duplicate", "Continue"):
        assert button(test, label).disabled
        assert WATCH_ONLY in button(test, label).help


def stays_up(chosen) -> None:
    place("schema_2", NEIGHBOR)
    for variant in chosen:
        shutil.rmtree(runs_folder() / VICTIM, ignore_errors=True)
        variant.change(place("schema_2", VICTIM))
        try:
            for test in views(VICTIM):
                assert all("\n" not in error.value for error in test.error)
            states = {one.id: (one.state, one.epochs) for one in entries()}
        except AssertionError as error:
            error.add_note(variant.name)
            raise
        assert states[NEIGHBOR] == ("done", 4)


EVIL = "http://evil.example www.evil.example x@evil.example [x](https://evil.example)"
LINKED = re.compile(r"(https?://|www(?=\.))[-.\w]|[-.\w+]+@[-\w]+\.[-\w]|(?<!\\)\]\(")


FIXED = ("state", "provides", "plan", "made_with", "tags")


def with_addresses(value):
    """The value with addresses in every text that may be any text; keys and settings stay as they are."""
    if isinstance(value, dict):
        return {name: inner if name in FIXED else with_addresses(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_addresses(inner) for inner in value]
    return EVIL if isinstance(value, str) else value


def test_addresses_in_a_run_become_no_links():
    """Titles, classes, messages, notes: Streamlit makes a link of whatever looks like an address, escaped or not."""
    folder = place("schema_2", VICTIM)
    place("schema_2", NEIGHBOR)
    for name in ("info.json", "about.json", "status.json"):
        (folder / name).write_text(json.dumps(with_addresses(json.loads((folder / name).read_text()))))
    content = json.loads((folder / "run.json").read_text())
    content["display"] = {**content["display"], "title": EVIL, "dataset": EVIL, "method": EVIL}
    (folder / "run.json").write_text(json.dumps(content))
    seen = 0
    for test in [*views(VICTIM), select(opened("pages/runs.py"), 0)]:
        for kind in ("markdown", "caption", "error", "info", "warning", "success", "subheader", "title"):
            for element in test.get(kind):
                seen += "evil" in element.value
                assert "evil" not in element.value or not LINKED.search(element.value), element.value
    assert seen > 2


def test_a_damaged_run_is_deleted_from_the_page():
    folder = place("schema_2", VICTIM)
    (folder / "run.json").write_bytes(b"{")
    test = select(opened("pages/runs.py"), 0)
    assert any("is damaged" in caption.value for caption in test.caption)
    test.button(key="delete").click().run()
    assert not test.exception
    assert not folder.exists()
    assert [one.id for one in entries()] == []


ALL = list(variants())
KINDS = ("run.json:created:11", "status.json:epochs:3", "info.json:tile:0", "epochs.jsonl:scores.acc:9", "q:no columns")
SAMPLE = [one for one in ALL if one.name in KINDS]


@pytest.mark.parametrize("variant", SAMPLE, ids=[one.name for one in SAMPLE])
def test_one_wrong_folder_takes_no_page_down(variant):
    stays_up([variant])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(2))
def test_no_wrong_folder_takes_a_page_down(part):
    """A sample: every page for one in 140 wrong fields and one in 20 other variants; all are read without pages."""
    others = [one for one in ALL if one.name.count(":") == 1]
    fields = [one for one in ALL if one.name.count(":") == 2][::140]
    stays_up([*fields, *others[::20]][part::2])


def test_a_class_whose_training_was_deleted_says_so():
    whole("class", runs_folder() / "class-AAAAAA", "AAAAAA", "20200101-000000-gone-0000000000")
    test = opened("pages/classroom.py", **{"class": "AAAAAA"})
    assert any("There are no futures" in error.value for error in test.error)
