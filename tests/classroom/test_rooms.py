"""The folder of a lesson: who may do what, what is left after a restart, what a training came to."""

import re
import shutil
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from epochscope import settings
from epochscope.classroom import leading, preparing, rooms
from epochscope.classroom.experiments import experiments
from epochscope.classroom.lesson import JOINS, SCORE, TREND, Answered, Asked, Closed, Ended, Joined, Trained
from epochscope.classroom.outcomes import outcome, specs
from epochscope.classroom.progress import Progress
from epochscope.classroom.words import of_phone
from epochscope.formulas.metrics import accuracy
from epochscope.futures.plan import reason_not_together
from epochscope.futures.store import Futures
from epochscope.futures.training import futures_writer, train
from epochscope.portable.lesson_file import command, lesson_data, lesson_file
from epochscope.rights import PROGRAM, SHARED, UNKNOWN
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.control import Control
from epochscope.types import EpochscopeError

from tests.support.hostile import EVIL
from tests.support.lessons import LECTURER, somebody

ADA, BO = somebody("ada"), somebody("bo")


def reopened(code: str) -> rooms.Room:
    """As a server that was started again finds it."""
    rooms._rooms.clear()
    return rooms.find(code)


def trained(room: rooms.Room) -> Futures:
    """Trains the seeds here, as the manager does in its own time."""
    writer = futures_writer(RunSpec(**room.plan.spec), room.plan.seeds, room.plan.values, LECTURER)
    train(writer, Control())
    room.lead(LECTURER, Trained(writer.id))
    return Futures(writer.id)


@pytest.mark.parametrize("mode", ["", "all", "own"])
@pytest.mark.parametrize("who", ["student", "stranger", "unknown"])
def test_only_who_opened_a_class_leads_it(who, mode, room, monkeypatch):
    monkeypatch.setenv(SHARED, mode)
    room.join(ADA, "Ada")
    other = {"student": ADA, "stranger": BO, "unknown": UNKNOWN}[who]
    for act in (
        lambda: room.lead(other, Asked(JOINS)),
        lambda: room.lead(other, Closed()),
        lambda: room.lead(other, Ended()),
        lambda: leading.begin(room, other),
        lambda: leading.reveal(room, other),
        lambda: rooms.delete(room.plan.code, other),
    ):
        with pytest.raises(EpochscopeError, match=r"by somebody else|not known who asks"):
            act()
    assert reopened(room.plan.code).lesson == room.lesson
    assert not room.lesson.asked


def test_who_runs_the_server_leads_unless_many_share_the_machine(room, monkeypatch):
    room.lead(PROGRAM, Asked(JOINS))
    for event in (Joined(ADA.mark, "Ada"), Answered(ADA.mark, JOINS, 1)):
        with pytest.raises(EpochscopeError, match="Only a student"):
            room.lead(LECTURER, event)
    with pytest.raises(EpochscopeError, match="in a browser"):
        room.join(PROGRAM, "nobody")
    with pytest.raises(EpochscopeError, match="not known"):
        room.join(UNKNOWN, "nobody")


def test_an_owner_that_cannot_be_read_is_nobody(room):
    (room.folder / "owner").write_bytes(b"\xff")
    with pytest.raises(EpochscopeError, match="can no longer be identified"):
        room.lead(LECTURER, Asked(JOINS))


def test_a_server_that_is_started_again_goes_on_where_it_was(room):
    room.join(ADA, "Ada")
    room.join(BO, "Ada")
    room.lead(LECTURER, Asked(JOINS))
    room.answer(ADA, JOINS, 3)
    with (room.folder / "events.jsonl").open("ab") as file:
        file.write(b'\n{"type":"answered","mark":"')  # a writer that was killed
    again = reopened(room.plan.code)
    assert again is not room
    assert again.lesson == room.lesson
    again.answer(BO, JOINS, 4)
    again.join(ADA, "another name")
    found = reopened(room.plan.code.lower()).lesson
    assert found.answers == {JOINS: {ADA.mark: 3, BO.mark: 4}}
    assert [one.name for one in found.students.values()] == ["Ada", "Ada (2)"]


def test_nobody_is_left_out_where_the_limit_was_lowered(room, monkeypatch):
    room.join(ADA, "Ada")
    room.join(BO, "Bo")
    monkeypatch.setenv(settings.STUDENTS.name, "1")
    assert len(reopened(room.plan.code).lesson.students) == 2
    with pytest.raises(EpochscopeError, match="1 students have joined"):
        rooms.find(room.plan.code).join(somebody("cy"), "Cy")


@pytest.mark.parametrize("code", ["", "ABC", "../../x", "ABCDE0", "ZZZZZZZ", "class-", "x" * 500, "ZZZZZZ"])
def test_a_code_that_is_none(code):
    with pytest.raises(EpochscopeError, match="no class with this code"):
        rooms.find(code)


def test_classes_are_no_runs_and_a_person_has_some_at_once(room, small):
    assert entries() == []
    assert [one.plan.code for one in rooms.every()] == [room.plan.code]
    for _ in range(9):
        leading.open_lesson(small, 2, None, LECTURER)
    with pytest.raises(EpochscopeError, match="10 of your classes are open"):
        leading.open_lesson(small, 2, None, LECTURER)
    leading.open_lesson(small, 2, None, BO)
    room.lead(LECTURER, Ended())
    leading.open_lesson(small, 2, None, LECTURER)
    with pytest.raises(EpochscopeError, match="not known"):
        leading.open_lesson(small, 2, None, UNKNOWN)


def test_a_damaged_class_is_one_sentence_and_harms_no_other(room, small):
    other = leading.open_lesson(small, 2, None, LECTURER)
    for damage in (b"{", b'{"code": 3}', b"\xff" * 100):
        (other.folder / "lesson.json").write_bytes(damage)
        with pytest.raises(EpochscopeError, match="damaged"):
            reopened(other.plan.code)
        assert [one.plan.code for one in rooms.every()] == [room.plan.code]


def test_a_class_that_was_deleted_is_gone(room):
    heard = []
    with room.listening(heard.append):
        rooms.delete(room.plan.code, LECTURER)
    assert heard == [None]
    assert room.gone
    assert not rooms.every()


def test_news_go_to_whom_they_concern(room):
    heard = []
    with room.listening(heard.append):
        room.join(ADA, "Ada")
        room.join(ADA, "Ada")  # nothing new
        room.lead(LECTURER, Asked(JOINS))
        room.answer(ADA, JOINS, 3)
    assert heard == [ADA.mark, None, ADA.mark]
    assert not room.listeners


def test_a_full_disk_is_a_sentence_and_no_event(room, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rooms, "append_to", full)
    with pytest.raises(EpochscopeError, match="the disk is full"):
        room.join(ADA, "Ada")
    assert not room.lesson.students


@pytest.mark.parametrize("key", experiments())
def test_prepared_experiments_can_be_opened(key):
    experiment = experiments()[key]
    assert reason_not_together(experiment.spec) == ""
    plan = preparing.plan(experiment, 2, None, "ABCDEF")
    assert [one.key for one in plan.questions] == list(experiment.questions)
    assert len(msgspec.json.encode(plan)) < 20_000
    assert len(specs(plan)) == 2 * len(plan.variants)
    for question in plan.questions:
        assert "true classes" in question.about or question.key == JOINS
    with pytest.raises(EpochscopeError, match="seeds"):
        preparing.plan(experiment, preparing.most_seeds(experiment) + 1, None, "ABCDEF")


def test_a_class_may_have_the_settings_of_a_run(small, monkeypatch):
    of_run = preparing.of_run(small.spec, "My run")
    assert of_run.questions == (JOINS, SCORE)
    plan = preparing.plan(of_run, 2, None, "ABCDEF")
    assert plan.title == "My run"
    assert plan.variants == ("",)
    moons = experiments()["moons"].spec
    assert re.search(
        r"the point \(-?\d\.\d\d, ", preparing.plan(experiments()["moons"], 2, None, "ABCDEF").questions[0].text
    )
    for spec, why in (
        (replace(moons, method="spectral", params={}), "are not taken together"),
        (replace(moons, k=1), "nothing to predict"),
        (RunSpec("mnist", "dec", 10, 0, {}, {}), "downloaded"),
        (replace(moons, external="elsewhere"), "recorded by another program"),
    ):
        with pytest.raises(EpochscopeError, match=why):
            preparing.of_run(spec, "x")


def test_a_point_lies_between_its_groups(small):
    found = preparing.groups(small.spec)
    assert len(found.between) == preparing.CANDIDATES == len(preparing.candidates(small))
    assert sorted(np.bincount(found.labels, minlength=10))[0] > 0
    joins = preparing.plan(small, 2, found.between[3], "ABCDEF").question(JOINS)
    assert joins.picture == preparing.candidates(small)[3][1]
    assert [len(one.pictures) for one in joins.options] == [3] * 10
    for group, points in enumerate(found.typical):
        assert set(found.labels[points].tolist()) == {group}


@pytest.mark.slow
def test_a_whole_lesson(room):
    """What is told is what the stored epochs say; the file has all of it, and no mark of a browser."""
    for who, name in ((ADA, "Ada"), (BO, EVIL)):
        room.join(who, name)
    room.lead(LECTURER, Asked(SCORE))
    room.answer(ADA, SCORE, 0.5)
    room.lead(LECTURER, Asked(TREND))
    room.answer(ADA, TREND, 2)
    room.answer(BO, TREND, 0)
    futures = trained(room)
    progress = Progress(room.plan, futures.id)
    assert progress.refresh()
    assert not progress.refresh()
    shown = of_phone(room.lesson, BO.mark, progress, "")
    assert shown["phase"] == "trained"
    assert shown["training"]["curves"][1][-1] == round(float(futures.epochs()[-1].scores["acc"][4]), 3)
    leading.reveal(room, LECTURER)
    told = room.lesson.outcome
    labels, truth = futures.arrays(futures.epochs()[-1].number).labels, futures.points()["classes"]
    acc = np.array([accuracy(truth=truth, predicted=one) for one in labels]).reshape(2, 3)
    assert told.answers[SCORE] == pytest.approx(acc[1], abs=1e-6)
    assert told.differences == pytest.approx(acc[1] - acc[0], abs=2e-6)
    assert len(told.curves[0][0]) == len(futures.epochs())
    assert outcome(room.plan, room.groups(), futures) == told == reopened(room.plan.code).lesson.outcome
    phone = of_phone(room.lesson, ADA.mark, None, "")
    assert phone["results"][0]["predicted"] == "0.500"
    assert phone["results"][0]["happened"] == f"{acc[1][0]:.3f}"
    page = lesson_file(room.lesson).decode()
    assert "<script>" not in page
    assert EVIL[:10] not in page
    data = lesson_data(room.lesson)
    assert data["students"][0] == {"name": "Ada", "seed": 0}
    assert data["questions"][0]["predictions"][0]["distance"] == pytest.approx(abs(acc[1][0] - 0.5), abs=1e-6)
    assert len(data["digests"]["of_each_seed"][0][0]) == 64
    for who in (ADA, BO, LECTURER):
        assert who.mark not in page
    assert len(page) < 200_000


def test_what_cannot_be_told_is_said(room):
    with pytest.raises(EpochscopeError, match="Nothing has been trained"):
        leading.reveal(room, LECTURER)
    futures = trained(room)
    with pytest.raises(EpochscopeError, match="train or have been trained"):
        leading.begin(room, LECTURER)
    shutil.rmtree(futures.folder)
    assert leading.state_of(room) == "failed"
    with pytest.raises(EpochscopeError, match="no futures"):
        leading.reveal(room, LECTURER)
    assert lesson_data(room.lesson)["made_with"] == {}


def test_the_command_in_the_file_trains_these_seeds(room):
    said = command(room.lesson)
    assert said.startswith("epochscope futures --dataset digits --method idec --k 10 --seeds 0-2 ")
    assert said.endswith("--grid gamma=0.1,1")
    assert "--pretrain.epochs '1'" in said
