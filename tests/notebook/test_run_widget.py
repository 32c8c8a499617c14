"""The widget without a notebook: what its state holds, what it answers, and the sentences where it cannot be."""

import sys

import pytest
from epochscope import Recorder, notebook
from epochscope.notebook.run_widget import SLOTS, RunWidget
from epochscope.portable import board
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.shown import provides
from epochscope.types import EpochscopeError

from tests.support.training import recorded
from tests.support.waiting import until

SMALL = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 1, "cluster.tol": 0.0}


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    return recorded(RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=SMALL))


@pytest.fixture
def made():
    """Makes widgets, which end with the test."""
    widgets: list[RunWidget] = []

    def widget(*args, **named) -> RunWidget:
        widgets.append(notebook.widget(*args, **named))
        return widgets[-1]

    yield widget
    for one in widgets:
        one.close()


def bundles(widget: RunWidget) -> list[dict]:
    """The bundles in the slots of the state, in the order of time."""
    slots = [getattr(widget, f"_bundle_{i}") for i in range(SLOTS)]
    return sorted(filter(None, slots), key=lambda one: one["number"])


def test_the_state_holds_the_run_and_its_bundles(run, made):
    widget = made(run.folder)
    until(lambda: (sent := bundles(widget)) and sent[-1]["to"] == {"epochs": 4, "frames": 4})
    assert widget._run["info"]["run_title"] == run.title
    assert [place["shape"] for place in widget._run["board"]["places"]] == ["tall", "low", "low", "low"]
    assert {"_stage", "_run", "_slots", "_bundle_0"} <= widget.get_state().keys()
    assert bundles(widget)[0]["message"][:4] == b"EPB1"


def test_only_a_slot_is_sent_for_a_new_bundle(run, made, monkeypatch):
    widget = made(None)
    sent: list[set[str]] = []
    monkeypatch.setattr(widget, "send_state", lambda key=None: sent.append({key} if isinstance(key, str) else set(key)))
    widget.watch(run.folder)
    until(lambda: any("_bundle_1" in keys for keys in sent))
    assert {"_run"} in sent
    assert not any("_stage" in keys for keys in sent)


def test_questions_are_answered_as_over_http(run, made, monkeypatch):
    widget = made(run.folder)
    said: list[dict] = []
    monkeypatch.setattr(widget, "send", said.append)
    for number, path in enumerate(["hues?epoch=3", "hues?epoch=-1", "feature?column=1", "secrets?a=1"]):
        widget._heard(None, {"ask": number, "path": path}, None)
    assert [(one["answer"], one["status"]) for one in said] == [(0, 200), (1, 404), (2, 200), (3, 404)]
    assert len(said[0]["content"]["entropy"]) == 150
    assert "whole number" in said[1]["content"]["error"]
    assert "'secrets'" in said[3]["content"]["error"]


def test_messages_of_another_kind_do_no_harm(run, made):
    widget = made(run.folder)
    for said in (None, "want", {"want": None}, {"want": {"epochs": 1e9}}, {"ask": 1}):
        widget._heard(None, said, None)
    widget._heard(None, {"want": {"epochs": 4, "frames": 0, "projection": board.OFFERED[0].name}}, None)
    until(lambda: (sent := bundles(widget)) and sent[-1]["from"]["epochs"] == 4)


def test_a_recorder_s_widget_waits_for_the_first_log(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    shown: list[RunWidget] = []
    monkeypatch.setattr(notebook, "_output", lambda: shown.append)
    recorder = Recorder("a loop", truth=[0, 0, 1, 1, 2, 2])
    recorder.show()
    (widget,) = shown
    assert widget._run == {}
    recorder.log(z=[[0.0, 1], [1, 0], [2, 1], [3, 4], [1, 4], [2, 2]], labels=[0, 0, 1, 1, 2, 2])
    until(lambda: bundles(widget) and bundles(widget)[-1]["to"]["epochs"] == 1)
    recorder.show()  # after a log, too
    recorder.close()
    until(lambda: all(bundles(one) and bundles(one)[-1]["to"]["epochs"] == 1 for one in shown))
    assert len(shown) == 2
    for one in shown:
        one.close()


def test_chosen_figures_stand_in_their_order_and_others_are_named(run):
    shown = board.board(run, provides(run), board.checked(["losses", "q", "samples"]))
    assert [place["figure"] for place in shown["places"]] == ["losses", "q"]  # it has no samples
    assert shown["figures"].keys() >= {"q", "p", "losses", "sizes"}
    with pytest.raises(EpochscopeError, match="There is no figure 'loses'; choose from q, p"):
        board.checked(["loses"])


def test_one_name_alone_is_one_figure():
    assert board.checked("q") == ("q",)


def test_outside_of_a_notebook_and_without_anywidget_one_sentence_says_what_to_do(run, monkeypatch):
    with pytest.raises(EpochscopeError, match="shown in a notebook"):
        notebook.show(run.folder)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(EpochscopeError, match=r'pip install "epochscope\[notebook\]"'):
        notebook.widget(run.folder)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(EpochscopeError, match=r"no run\.json in its folder"):
        notebook.widget(tmp_path)
