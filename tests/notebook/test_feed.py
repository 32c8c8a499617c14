"""What a notebook is sent of a run, without a notebook: all of it, once, in order, and again where it was lost."""

import itertools
import shutil
import threading

import pytest
from epochscope.notebook import feed as feeds
from epochscope.notebook.feed import Feed, NumberedBundle, question_of
from epochscope.portable.board import OFFERED
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.runs.training.projector import projector
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError

from tests.support.training import recorded
from tests.support.waiting import until

SMALL = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 2, "cluster.tol": 0.0}
SPEC = RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=SMALL)
PROJECTIONS = {projection.name: projection for projection in OFFERED}
PCA = OFFERED[0].name


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    return recorded(SPEC)


@pytest.fixture
def follow():
    """Starts a feed; gives it and the list of what it sends. All feeds end with the test."""
    begun: list[Feed] = []

    def start(run: Run, look=lambda: True) -> tuple[Feed, list[NumberedBundle], list[str]]:
        sent: list[NumberedBundle] = []
        failed: list[str] = []

        def project(projection: ProjectionSpec) -> None:
            projector().request(run, projection, PROGRAM)

        begun.append(Feed(run, PROJECTIONS, project=project, look=look, send=sent.append, fail=failed.append))
        return begun[-1], sent, failed

    yield start
    for feed in begun:
        feed.close()
        feed.thread.join(120)
        assert not feed.thread.is_alive()


def epochs_and_frames(sent: list[NumberedBundle]) -> tuple[list[int], list[int]]:
    headers = [unpacked(one.message)[0] for one in sent]
    epochs = [line["epoch"] for header in headers for line in header["epochs"]]
    return epochs, [frame["epoch"] for header in headers for frame in header["frames"]]


def test_all_epochs_and_frames_arrive_unasked_and_then_the_thread_rests(run, follow):
    _, sent, _ = follow(run)
    until(lambda: sent and not unpacked(sent[-1].message)[0]["live"])
    epochs, frames = epochs_and_frames(sent)
    assert (epochs, sorted(frames)) == ([0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5])
    for before, after in itertools.pairwise(sent):
        assert before.until[:3] == after.since[:3]
    assert [one.number for one in sent] == list(range(1, len(sent) + 1))


def test_what_was_lost_is_sent_again_when_a_viewer_says_what_it_has(run, follow):
    feed, sent, _ = follow(run)
    until(lambda: sent and not unpacked(sent[-1].message)[0]["live"])
    before = len(sent)
    feed.want(question_of({"epochs": 4, "projection": PCA, "frames": 6, "now": False}, PROJECTIONS))
    until(lambda: len(sent) > before)
    assert epochs_and_frames(sent[before:]) == ([4, 5], [])
    before = len(sent)
    feed.want(question_of({"epochs": 6, "projection": PCA, "frames": 6, "now": True}, PROJECTIONS))
    until(lambda: len(sent) > before)
    assert epochs_and_frames(sent[before:]) == ([], [])


def test_why_a_projection_has_no_frames_is_told_once_it_is_known(run, follow):
    feed, sent, _ = follow(run)
    raw = next(name for name in PROJECTIONS if name.startswith("raw"))
    feed.want(question_of({"epochs": 6, "projection": raw, "frames": 0, "now": True}, PROJECTIONS))
    until(lambda: sent and "Only codes of 2" in unpacked(sent[-1].message)[0].get("projection_error", ""))
    assert not unpacked(sent[-1].message)[0]["live"]


def test_of_an_ended_run_only_some_bundles_are_sent_before_a_viewer_asks(run, follow, monkeypatch):
    monkeypatch.setattr(live, "MESSAGE_BYTES", 1)  # one epoch and one frame a bundle
    monkeypatch.setattr(feeds, "_BETWEEN", 0.01)
    monkeypatch.setattr(feeds, "_UNASKED", 3)
    feed, sent, _ = follow(run)
    until(lambda: not feed._live)
    assert len(sent) == 3
    feed.want(question_of({"epochs": sent[-1].until.epochs, "projection": PCA, "frames": 0}, PROJECTIONS))
    until(lambda: sent[-1].until.epochs == 6)


def test_a_run_that_trains_is_followed_epoch_by_epoch(tmp_path, monkeypatch, follow):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    writer, control = RunWriter(SPEC, PROGRAM), Control()
    control.pause()
    training = threading.Thread(target=train, args=(writer, control), daemon=True)
    run = Run(writer.id)
    _, sent, _ = follow(run, lambda: run.info is not None)
    training.start()
    for count in (1, 2, 3):
        control.step()
        until(lambda count=count: sent and sent[-1].until.epochs == count)
        assert unpacked(sent[-1].message)[0]["live"]
    control.play()
    training.join(180)
    until(lambda: not unpacked(sent[-1].message)[0]["live"])
    assert epochs_and_frames(sent)[0] == [0, 1, 2, 3, 4, 5]


def test_a_folder_that_is_gone_is_said(run, follow):
    def look() -> bool:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise EpochscopeError("It is gone.")

    _, sent, failed = follow(run, look)
    until(lambda: failed)
    assert (failed, sent) == (["It is gone."], [])


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"epochs": -1, "frames": 0},
        {"epochs": True, "frames": 0},
        {"epochs": 0, "frames": 0, "projection": "x"},
    ],
)
def test_other_messages_are_refused(said):
    with pytest.raises(EpochscopeError, match="A viewer asks with epochs"):
        question_of(said, PROJECTIONS)
