"""Who may change a run: its owner, whoever runs the server, nobody else; every function that changes something asks."""

import json
import os
import shutil
import time
from types import SimpleNamespace

import pytest
from epochscope import rights
from epochscope.exports import archive
from epochscope.rights import PROGRAM, SHARED, UNKNOWN, Action, Kind, Visitor, denial_reason
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, folder_of, owner_file, runs_folder, thing_of_run
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.quota import quota, room, set_quota
from epochscope.runs.library.trash import remove
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.resume import Resumed
from epochscope.runs.training.writer import RunWriter
from epochscope.server import visitors
from epochscope.types import EpochscopeError

from tests.support.waiting import until

OWNER, STRANGER = Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
OPERATOR = Visitor(Kind.AT_THE_MACHINE, "c" * 64)
SPEC = RunSpec("blobs", "kmeans", 3, 0, data={"n": 60})


def stored(visitor: Visitor, state: str = "done") -> Run:
    """A run of theirs."""
    writer = RunWriter(SPEC, visitor)
    if state == "done":
        train(writer, Control())
    else:
        writer.finish(state)
    return Run(writer.id)


@pytest.mark.parametrize("shared", ["", "all", "own", "of course"])
def test_a_word_that_is_none_for_who_shares_is_the_strictest(monkeypatch, shared):
    monkeypatch.setenv(SHARED, shared)
    thing = thing_of_run(stored(OWNER).id)
    assert (not denial_reason(OPERATOR, Action.DELETE, thing)) is (shared in ("", "all"))
    assert (not denial_reason(STRANGER, Action.DELETE, thing)) is (shared == "all")


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        (Kind.PROGRAM, "a" * 64),
        (Kind.UNKNOWN, "a" * 64),
        *((Kind.BROWSER, mark) for mark in ("", "?", "nobody", "A" * 64)),
    ],
)
def test_no_visitor_can_be_made_with_a_mark_that_is_none(kind, mark):
    with pytest.raises(ValueError, match="cannot have the mark"):
        Visitor(kind, mark)


def test_the_folder_holds_a_hash_and_not_the_secret():
    secret = "very-secret" + "s" * 32
    headers = [(b"cookie", f"{visitors.COOKIE}={secret}".encode())]
    told = visitors.introduction({"type": "websocket", "headers": headers, "client": ("192.0.2.7", 5)})
    somebody = visitors.visitor(told, "session")
    run = stored(somebody)
    assert owner_file(run.id).read_text() == somebody.mark != "very-secret"
    for path in run.folder.rglob("*"):
        assert path.is_dir() or b"very-secret" not in path.read_bytes()


def test_a_program_owns_nothing_and_may_everything():
    run = stored(PROGRAM)
    assert not owner_file(run.id).exists()
    for somebody, may in ((PROGRAM, True), (OPERATOR, True), (OWNER, False), (UNKNOWN, False)):
        assert (denial_reason(somebody, Action.DELETE, thing_of_run(run.id)) == "") is may


CHANGES = {
    "rename": lambda run, who: metadata.write(run.folder, Metadata(name="mine now"), who),
    "delete": lambda run, who: trash.throw_away(run.id, who),
    "remove": remove,
    "continue": lambda run, who: Resumed(run.id, who),
    "continue by the manager": lambda run, who: Manager().resume(run.id, who),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_stranger_changes_nothing(change):
    run = stored(OWNER, "stopped")
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    with pytest.raises(EpochscopeError, match="started by somebody else"):
        CHANGES[change](run, STRANGER)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("somebody", [OWNER, OPERATOR, PROGRAM])
@pytest.mark.parametrize("change", ["rename", "delete", "remove", "continue"])
def test_owner_and_operator_do(change, somebody):
    run = stored(OWNER, "stopped")
    done = CHANGES[change](run, somebody)
    assert metadata.read(run.folder).name == "mine now" or not run.folder.is_dir() or isinstance(done, Resumed)
    if isinstance(done, Resumed):
        done.finish("stopped")


def test_a_stranger_neither_stops_nor_moves_what_trains():
    manager = Manager()
    slow = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
    ids = [manager.start(slow, OWNER) for _ in range(3)]
    until(lambda: Run(ids[0]).status["state"] == "running")
    assert [manager.control(run_id, STRANGER) for run_id in ids] == [None] * 3
    assert manager.stop(ids, STRANGER) == 0
    assert all(Run(run_id).live for run_id in ids)
    assert all(manager.control(run_id, OWNER) for run_id in ids)
    assert manager.stop(ids, OWNER) == 3
    until(lambda: not any(Run(run_id).live for run_id in ids))


def test_the_server_that_ends_stops_everybody_s_runs():
    manager = Manager()
    run_id = manager.start(RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400}), OWNER)
    manager.shutdown(PROGRAM)
    assert Run(run_id).status["state"] == "stopped"


def test_the_trash_shows_and_empties_only_what_is_one_s_own():
    runs = {}
    for somebody in (OWNER, STRANGER):
        runs[somebody] = stored(somebody).id
        trash.throw_away(runs[somebody], somebody)
    assert trash.thrown_away(STRANGER) == [runs[STRANGER]]
    assert trash.restore(list(runs.values()), STRANGER) == [runs[STRANGER]]
    trash.throw_away(runs[STRANGER], STRANGER)
    assert trash.empty(STRANGER) == 1
    assert trash.thrown_away(OPERATOR) == [runs[OWNER]]
    assert trash.restore([runs[OWNER]], OWNER) == [runs[OWNER]]


def test_an_imported_run_does_not_take_the_id_of_one_in_the_trash():
    run = stored(OWNER)
    packed = archive.packed([run])
    trash.throw_away(run.id, OWNER)
    (copy,) = archive.unpack(packed, "x.zip", STRANGER)
    assert copy != run.id
    with pytest.raises(EpochscopeError, match="There is no run"):
        Run(run.id)  # a link to it does not show the stranger's
    trash.throw_away(copy, STRANGER)
    assert trash.restore([run.id], OWNER) == [run.id]
    assert thing_of_run(run.id).owner == OWNER.mark
    assert trash.thrown_away(STRANGER) == [copy]


def test_a_run_of_the_same_id_does_not_push_another_one_out_of_the_trash():
    run = stored(OWNER)
    trash.throw_away(run.id, OWNER)
    shutil.copytree(trash.trash_folder() / run.id, run.folder)  # by hand
    trash.throw_away(run.id, OWNER)
    assert len(trash.thrown_away(OWNER)) == 2


def test_imported_runs_join_no_group_but_that_of_their_zip():
    runs = [stored(OWNER) for _ in range(4)]
    for run, group in zip(runs, ("sweep", "sweep", "other", ""), strict=True):
        metadata.write(run.folder, Metadata(group=group, group_title=group, name="kept"), OWNER)
    packed = archive.packed(runs)
    for _ in range(2):
        copies = [metadata.read(folder_of(run_id)) for run_id in archive.unpack(packed, "x.zip", STRANGER)]
        first, second, third, fourth = (copy.group for copy in copies)
        assert first == second
        assert fourth == ""
        assert len({first, third, "sweep", "other", ""}) == 5
        assert [copy.group_title for copy in copies] == ["sweep", "sweep", "other", ""]
        assert {copy.name for copy in copies} == {"kept"}
        assert not {first, third} & {metadata.read(run.folder).group for run in runs}
    assert len({one.metadata.group for one in entries()}) == 2 + 2 * 2 + 1


def test_a_handle_that_somebody_has_kept_asks_at_each_press():
    manager = Manager()
    run_id = manager.start(RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400}), OWNER)
    until(lambda: Run(run_id).status["state"] == "running")
    handle = manager.control(run_id, OWNER)
    owner_file(run_id).write_text(STRANGER.mark)
    for press in (handle.pause, handle.play, handle.step, handle.stop, lambda: handle.change({"pretrain.lr": 0.1})):
        with pytest.raises(EpochscopeError, match="somebody else"):
            press()
    assert Run(run_id).status["state"] == "running"
    manager.shutdown(PROGRAM)
    assert not Run(run_id).param_changes()


@pytest.fixture
def seen(monkeypatch):
    """Looks at the folder before and after every step that changes it, and can end the program at one of them."""
    looks: list[str] = []
    die_at: list[int] = []
    # what every way of writing comes down to
    steps = [(os, "replace"), (os, "rename"), (os, "mkdir"), (os, "unlink"), (os, "rmdir"), (os, "link")]

    def watched(name, step):
        def stepped(*arguments, **more):
            look()
            if die_at and len(looks) == die_at[0]:
                raise KeyboardInterrupt
            looks.append(name)
            done = step(*arguments, **more)
            look()
            return done

        return stepped

    def look() -> None:
        for path in runs_folder().iterdir() if runs_folder().is_dir() else ():
            if not path.name.startswith(".") and (path / "run.json").exists():
                assert thing_of_run(path.name).owner == OWNER.mark, looks

    for module, name in steps:
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    return SimpleNamespace(looks=looks, die_at=die_at, look=look)


def _packed() -> bytes:
    run = stored(OWNER)
    content = archive.packed([run])
    remove(run, OWNER)
    return content


WAYS = {
    "start": lambda content: RunWriter(SPEC, OWNER).finish("stopped"),
    "import": lambda content: archive.unpack(content, "x.zip", OWNER),
    "delete for good": lambda content: remove(stored(OWNER, "stopped"), OWNER),
}


@pytest.mark.parametrize("way", WAYS)
def test_there_is_no_moment_in_which_a_run_is_nobody_s(way, seen):
    """Whatever step was the last one before the program ended: what can be seen has its owner."""
    content = _packed()
    seen.looks.clear()
    WAYS[way](content)
    steps = len(seen.looks)
    assert steps >= 3
    for last in range(steps):
        seen.looks.clear()
        seen.die_at[:] = [last]
        with pytest.raises(KeyboardInterrupt):
            WAYS[way](content)
        seen.die_at.clear()
        seen.look()


def test_old_runs_leave_the_trash_whosever_they_are(monkeypatch):
    run = stored(OWNER)
    trash.throw_away(run.id, OWNER)
    now = time.time()
    for day in range(8):
        monkeypatch.setattr(trash, "_clock", lambda day=day: now + 86400 * day)
        monkeypatch.setattr(trash, "_looked", {})  # by another process each day
        assert trash.empty(PROGRAM, older_than_days=trash.KEPT_DAYS) == (day == 7)


def test_a_quota_is_the_operator_s_and_proposes_what_one_may_delete():
    mine = stored(OWNER).id
    with pytest.raises(EpochscopeError, match="only whoever runs it"):
        set_quota(3, STRANGER)
    assert quota() is None
    assert room(entries(), 1, STRANGER).to_delete == ()
    assert [one.id for one in room(entries(), 1, OWNER).to_delete] == [mine]
    set_quota(3, OPERATOR)
    assert quota() == 3
    assert [one.id for one in room(entries(), 1, OPERATOR).to_delete] == [mine]
    assert rights.started_elsewhere(OPERATOR, thing_of_run(mine))


def test_an_imported_run_belongs_to_whoever_took_it_and_no_zip_names_an_owner(tmp_path):
    run = stored(OWNER)
    path = tmp_path / "x.zip"
    path.write_bytes(archive.packed([run]))
    (copy,) = archive.unpack(path, "x.zip", STRANGER)
    assert copy != run.id
    assert thing_of_run(copy).owner == STRANGER.mark
    trash.throw_away(copy, STRANGER)
    assert folder_of(run.id).is_dir()


def test_a_damaged_owner_is_nobody():
    run = stored(OWNER)
    owner_file(run.id).write_bytes(b"\xff\x00<b>")
    assert denial_reason(OWNER, Action.DELETE, thing_of_run(run.id))
    assert not denial_reason(OPERATOR, Action.DELETE, thing_of_run(run.id))


def test_settings_can_be_repeated_by_anybody():
    run = stored(OWNER)
    again = RunWriter(RunSpec(**json.loads((run.folder / "run.json").read_text())["spec"]), STRANGER)
    again.finish("stopped")
    assert thing_of_run(again.id).owner == STRANGER.mark
