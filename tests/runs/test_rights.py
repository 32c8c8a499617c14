"""Who may change a run: its owner, whoever runs the server, nobody else; every function that changes something asks."""

import json
import os
import time

import pytest
from epochscope import rights
from epochscope.exports import archive
from epochscope.rights import PROGRAM, Person, person
from epochscope.runs.format import metadata as about
from epochscope.runs.format.metadata import About
from epochscope.runs.format.spec import RunSpec, folder_of, owner_file
from epochscope.runs.format.store import Run, RunWriter, remove
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import entries, quota, room, set_quota
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.record import Control
from epochscope.runs.training.resume import Resumed
from epochscope.types import EpochscopeError

from tests.support.waiting import until

OWNER, STRANGER, OPERATOR = Person("a" * 64), Person("b" * 64), Person("c" * 64, operator=True)
SPEC = RunSpec("blobs", "kmeans", 3, 0, data={"n": 60})


@pytest.fixture
def act(monkeypatch):
    """Who acts from now on."""

    def be(somebody: Person) -> None:
        monkeypatch.setattr(rights, "_who", [lambda: somebody])

    return be


def stored(state: str = "done") -> Run:
    """A run of whoever acts."""
    writer = RunWriter(SPEC)
    if state == "done":
        train(writer, Control())
    else:
        writer.finish(state)
    return Run(writer.id)


@pytest.mark.parametrize(
    ("shared", "here", "operator"),
    [("", True, True), ("", False, False), ("all", False, True), ("own", True, False), ("of course", True, False)],
)
def test_who_runs_the_server(monkeypatch, shared, here, operator):
    monkeypatch.setenv("EPOCHSCOPE_SHARED", shared)
    assert person("secret", here=here).operator is operator


def test_the_folder_holds_a_hash_and_not_the_secret(act):
    somebody = person("very-secret", here=False)
    act(somebody)
    run = stored()
    assert owner_file(run.id).read_text() == somebody.mark != "very-secret"
    for path in run.folder.rglob("*"):
        assert path.is_dir() or b"very-secret" not in path.read_bytes()


def test_a_program_owns_nothing_and_may_everything(act):
    run = stored()
    assert not owner_file(run.id).exists()
    for somebody, may in ((PROGRAM, True), (OPERATOR, True), (OWNER, False), (Person(), False)):
        act(somebody)
        assert (rights.why_not(owner_file(run.id)) == "") is may


CHANGES = {
    "rename": lambda run: about.write(run.folder, About(name="mine now")),
    "delete": lambda run: trash.throw_away(run.id),
    "remove": remove,
    "continue": lambda run: Resumed(run.id),
    "continue by the manager": lambda run: Manager().resume(run.id),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_stranger_changes_nothing(act, change):
    act(OWNER)
    run = stored("stopped")
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    act(STRANGER)
    with pytest.raises(EpochscopeError, match="started by somebody else"):
        CHANGES[change](run)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("somebody", [OWNER, OPERATOR, PROGRAM])
@pytest.mark.parametrize("change", ["rename", "delete", "remove", "continue"])
def test_owner_and_operator_do(act, change, somebody):
    act(OWNER)
    run = stored("stopped")
    act(somebody)
    done = CHANGES[change](run)
    assert about.read(run.folder).name == "mine now" or not run.folder.is_dir() or isinstance(done, Resumed)
    if isinstance(done, Resumed):
        done.finish("stopped")


def test_a_stranger_neither_stops_nor_moves_what_trains(act):
    act(OWNER)
    manager = Manager()
    slow = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
    ids = [manager.start(slow) for _ in range(3)]
    until(lambda: Run(ids[0]).status["state"] == "running")
    act(STRANGER)
    assert [manager.control(run_id) for run_id in ids] == [None] * 3
    assert manager.stop(ids) == 0
    assert all(Run(run_id).live for run_id in ids)
    act(OWNER)
    assert all(manager.control(run_id) for run_id in ids)
    assert manager.stop(ids) == 3
    until(lambda: not any(Run(run_id).live for run_id in ids))


def test_the_server_that_ends_stops_everybody_s_runs(act):
    act(OWNER)
    manager = Manager()
    run_id = manager.start(RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400}))
    act(STRANGER)
    manager.shutdown()
    assert Run(run_id).status["state"] == "stopped"


def test_the_trash_shows_and_empties_only_what_is_one_s_own(act):
    runs = {}
    for somebody in (OWNER, STRANGER):
        act(somebody)
        runs[somebody] = stored().id
        trash.throw_away(runs[somebody])
    assert trash.thrown_away() == [runs[STRANGER]]
    assert trash.restore(list(runs.values())) == [runs[STRANGER]]
    trash.throw_away(runs[STRANGER])
    assert trash.empty() == 1
    act(OPERATOR)
    assert trash.thrown_away() == [runs[OWNER]]
    act(OWNER)
    assert trash.restore([runs[OWNER]]) == [runs[OWNER]]


def test_a_run_of_the_same_id_does_not_push_another_one_out_of_the_trash(act):
    act(OWNER)
    run = stored()
    packed = archive.packed([run])
    trash.throw_away(run.id)
    act(STRANGER)
    assert archive.unpack(packed, "x.zip") == [run.id]
    trash.throw_away(run.id)
    act(PROGRAM)
    assert len(trash.thrown_away()) == 2
    act(OWNER)
    (mine,) = trash.thrown_away()
    assert trash.restore([mine]) == [mine]
    assert len(Run(mine).epochs()) > 1


def test_old_runs_leave_the_trash_whosever_they_are(act):
    act(OWNER)
    run = stored()
    trash.throw_away(run.id)
    os.utime(trash.trash_folder() / run.id, (time.time() - 8 * 86400,) * 2)
    act(PROGRAM)
    assert trash.empty(older_than_days=trash.KEPT_DAYS) == 1


def test_a_quota_is_the_operator_s_and_proposes_what_one_may_delete(act):
    act(OWNER)
    mine = stored().id
    act(STRANGER)
    with pytest.raises(EpochscopeError, match="only who runs it"):
        set_quota(3)
    assert quota() is None
    assert room(entries(), 1).to_delete == ()
    act(OWNER)
    assert [one.id for one in room(entries(), 1).to_delete] == [mine]
    act(OPERATOR)
    set_quota(3)
    assert quota() == 3
    assert [one.id for one in room(entries(), 1).to_delete] == [mine]
    assert rights.another_s(owner_file(mine))


def test_an_imported_run_belongs_to_whoever_took_it_and_no_zip_names_an_owner(act, tmp_path):
    act(OWNER)
    run = stored()
    path = tmp_path / "x.zip"
    path.write_bytes(archive.packed([run]))
    act(STRANGER)
    (copy,) = archive.unpack(path, "x.zip")
    assert copy != run.id
    assert rights.owner(owner_file(copy)) == STRANGER.mark
    trash.throw_away(copy)
    assert folder_of(run.id).is_dir()


def test_a_damaged_owner_is_nobody(act):
    act(OWNER)
    run = stored()
    owner_file(run.id).write_bytes(b"\xff\x00<b>")
    assert rights.why_not(owner_file(run.id))
    act(OPERATOR)
    assert not rights.why_not(owner_file(run.id))


def test_settings_can_be_repeated_by_anybody(act):
    act(OWNER)
    run = stored()
    act(STRANGER)
    again = RunWriter(RunSpec(**json.loads((run.folder / "run.json").read_text())["spec"]))
    again.finish("stopped")
    assert rights.owner(owner_file(again.id)) == STRANGER.mark
