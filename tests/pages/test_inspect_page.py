"""The Inspect page as Streamlit draws it: for every kind of run, at any epoch, with and without its data."""

import json

import pytest

from core.runs.manager import train
from core.runs.record import Control
from core.runs.spec import RunSpec
from core.runs.store import Run, RunWriter
from tests.pages.test_pages import SMALL, _folders, app  # noqa: F401  (the fixture is used by every test)


def inspect(run: str, **query: str):
    test = app("pages/inspect.py")
    for name, value in {"run": run, **query}.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    return test


def drawn(test) -> dict[str, dict]:
    """What each panel was given, by its name."""
    found = [json.loads(element.proto.json) for element in test.get("bidi_component")]
    return {data["name"]: data for data in found}


def recorded(method: str, **params) -> Run:
    writer = RunWriter(RunSpec("blobs", method, 3, 0, data={"n": 120}, params=params))
    train(writer, Control())
    return Run(writer.id)


@pytest.fixture
def run() -> Run:
    return recorded("dec", **{**SMALL, "cluster.tol": 0.0})


def asked(test, name: str) -> str:
    """A value of the address line, which AppTest gives as text or as a list of one."""
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_the_whole_at_the_last_epoch(run):
    test = inspect(run.id)
    shown = drawn(test)
    assert {"embedding", "transport", "confusion", "flow", "shares", "confidence", "sharpening"} <= shown.keys()
    assert {"scores", "changed", "entropy", "losses", "frequencies", "spread"} <= shown.keys()
    acc = run.epochs()[-1]["scores"]["acc"]
    assert f"{acc:.1%}" in shown["confusion"]["figure"]["layout"]["title"]["text"]
    last = len(run.epochs()) - 1
    assert f"Epoch {last - 1} to {last}" in shown["flow"]["figure"]["layout"]["title"]["text"]


def test_an_epoch_of_pretraining_has_no_clusters_and_says_so(run):
    test = inspect(run.id, epoch="0")
    assert "confusion" not in drawn(test)
    assert any("nothing at epoch 0 (pretrain)" in caption.value for caption in test.caption)


def test_the_epoch_to_compare_with_is_kept_in_the_address(run):
    first, last = 2, 4
    test = inspect(run.id)
    test.slider(key="since-box").set_value(first).run()
    assert not test.exception
    assert asked(test, "since") == str(first)
    assert f"Epoch {first} to {last}" in drawn(test)["flow"]["figure"]["layout"]["title"]["text"]


@pytest.mark.parametrize("method", ["kmeans", "gmm"])
def test_runs_that_show_less_show_less(method):
    run = recorded(method, epochs=3)
    shown = drawn(inspect(run.id))
    assert "confusion" in shown
    assert "sharpening" not in shown


def test_a_finding_leads_to_its_epoch_and_its_figure():
    run = recorded("dec", **{**SMALL, "cluster.epochs": 4, "cluster.lr": 10.0, "cluster.tol": 0.0})
    test = inspect(run.id)
    note = test.button(key="note0")
    assert "since epoch" in note.label
    note.click().run()
    assert not test.exception
    assert test.query_params["focus"]
    order = drawn(test)["embedding"]["order"]
    assert order["epoch"] == int(asked(test, "epoch"))
    assert test.button(key="unfocus")
    test.button(key="unfocus").click().run()
    assert "focus" not in test.query_params


@pytest.mark.parametrize("run", ["nope", "../../etc"])
def test_a_run_that_is_not_there_is_one_sentence(run):
    assert len(inspect(run).error) == 1


def test_without_any_run_the_page_says_what_to_do():
    test = app("pages/inspect.py")
    assert "No run yet" in test.markdown[0].value


def test_a_run_without_an_epoch_waits():
    waiting = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 120}, params=SMALL))
    test = inspect(waiting.id)
    assert len(test.info) == 1
    waiting.finish("stopped")
