"""Who may do what, as a table that was written before and beside the rule: every visitor, every action, every mode.

Each cell acts on real folders, and looks at them to see what happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import threading
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit.runtime
from epochscope.classroom import rooms
from epochscope.classroom.lesson import Asked, Ended, Plan, Question
from epochscope.data.own import user_datasets
from epochscope.data.own.choose import Points
from epochscope.exports import archive
from epochscope.exports.embedding import PCA, positions
from epochscope.rights import NOBODY, PROGRAM, SHARED, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, folder_of, owner_file, runs_folder
from epochscope.runs.library import kept, trash
from epochscope.runs.library.quota import quota, set_quota
from epochscope.runs.library.trash import remove
from epochscope.runs.training.branch import branch_spec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.moves import Explainer
from epochscope.runs.training.projector import Projector
from epochscope.runs.training.resume import Resumed
from epochscope.runs.training.writer import RunWriter
from epochscope.server import presentations, visitors
from epochscope.server.load import server_load
from epochscope.types import EpochscopeError
from epochscope.ui.shared import visitor as page

from tests.support.waiting import until

SPEC = RunSpec("blobs", "kmeans", 3, 0, data={"n": 60})
MODES = ("", "all", "own")
SECRETS = {"owner": "o" * 43, "other": "x" * 43, "machine": "m" * 43}

CHANGE_OWNER_S = """
                                  default  all  own
owner                             yes      yes  yes
owner, socket gone                yes      yes  yes
other                             no       yes  no
other, gone before the first run  no       yes  no
other, gone before the press      no       yes  no
other, gone during the action     no       yes  no
no cookie                         no       yes  no
forged cookie                     no       yes  no
at the machine                    yes      yes  no
program                           yes      yes  yes
thread without a session          no       no   no
not introduced                    no       no   no
"""
"""Whoever changes what OWNER started."""

CHANGE_NOBODY_S = """
                                  default  all  own
owner                             no       yes  no
owner, socket gone                no       yes  no
other                             no       yes  no
other, gone before the first run  no       yes  no
other, gone before the press      no       yes  no
other, gone during the action     no       yes  no
no cookie                         no       yes  no
forged cookie                     no       yes  no
at the machine                    yes      yes  no
program                           yes      yes  yes
thread without a session          no       no   no
not introduced                    no       no   no
"""
"""What a program started, what has an owner that cannot be read, and what concerns all, such as the quota."""

ADD = """
                                  default  all  own
owner                             yes      yes  yes
owner, socket gone                yes      yes  yes
other                             yes      yes  yes
other, gone before the first run  yes      yes  yes
other, gone before the press      yes      yes  yes
other, gone during the action     yes      yes  yes
no cookie                         yes      yes  yes
forged cookie                     yes      yes  yes
at the machine                    yes      yes  yes
program                           yes      yes  yes
thread without a session          no       no   no
not introduced                    no       no   no
"""
"""What adds something that is then one's own, or has a picture computed."""


TEACH = """
                                  default  all  own
owner                             yes      yes  yes
owner, socket gone                yes      yes  yes
other                             no       no   no
other, gone before the first run  no       no   no
other, gone before the press      no       no   no
other, gone during the action     no       no   no
no cookie                         no       no   no
forged cookie                     no       no   no
at the machine                    yes      yes  no
program                           yes      yes  yes
thread without a session          no       no   no
not introduced                    no       no   no
"""
"""Who leads a class that OWNER opened: its students know the server, too, so that "all" means nothing here."""

OPERATE = """
                                  default  all  own
owner                             no       no   no
owner, socket gone                no       no   no
other                             no       no   no
other, gone before the first run  no       no   no
other, gone before the press      no       no   no
other, gone during the action     no       no   no
no cookie                         no       no   no
forged cookie                     no       no   no
at the machine                    yes      yes  no
program                           yes      yes  yes
thread without a session          no       no   no
not introduced                    no       no   no
"""
"""What the server does for all: who trains, waits and is connected."""


def rows(table: str) -> dict[str, dict[str, bool]]:
    """Visitor -> mode -> whether they may."""
    found = {}
    for line in table.strip("\n").split("\n")[1:]:
        *name, default, all_, own = line.split()
        answers = dict(zip(MODES, (default, all_, own), strict=True))
        found[" ".join(name)] = {mode: answer == "yes" for mode, answer in answers.items()}
    return found


WHO = list(rows(ADD))


def introduced(client: str, secret: str, *, origin: str = "http://192.0.2.1:8501") -> str:
    """What the server keeps of a connection: by its real headers."""
    said = {"origin": origin, "host": origin.removeprefix("http://"), "cookie": f"{visitors.COOKIE}={secret}"}
    headers = [(name.encode(), value.encode()) for name, value in said.items()]
    return visitors.introduction({"type": "websocket", "headers": headers, "client": (client, 5), "path": "/"})


KEPT = {
    "owner": introduced("192.0.2.7", SECRETS["owner"]),
    "other": introduced("192.0.2.8", SECRETS["other"]),
    "no cookie": introduced("192.0.2.9", ""),
    # what the folder has of the owner
    "forged cookie": introduced("192.0.2.9", hashlib.sha256(SECRETS["owner"].encode()).hexdigest()),
    "at the machine": introduced("127.0.0.1", SECRETS["machine"], origin="http://localhost:8501"),
}


def of_session(told: str | None, monkeypatch) -> Visitor:
    """The visitor of a page whose session was opened so, while nothing of the connection is left to look at."""
    info = {} if told is None else {visitors.KEPT_AS: told}
    gone = SimpleNamespace(user_info=info, session_id="a session")
    monkeypatch.setattr(page, "get_script_run_ctx", lambda **_: gone)
    monkeypatch.setattr(streamlit.runtime, "get_instance", lambda: pytest.fail("somebody looks at the connection"))
    return page.page_visitor()


def in_thread() -> Visitor:
    found: list[Visitor] = []
    thread = threading.Thread(target=lambda: found.append(page.page_visitor()))
    thread.start()
    thread.join()
    return found[0]


def become(who: str, monkeypatch) -> Visitor:
    """The visitor that the code has at hand in this case."""
    if who == "program":
        return PROGRAM
    if who == "thread without a session":
        return in_thread()
    with monkeypatch.context() as patched:
        return of_session(KEPT.get(who.partition(",")[0]), patched)


class Idle(Manager):
    """Queues runs and trains none."""

    def _work(self) -> None:
        return


class World:
    """Somebody's run that can be continued, the same in the trash, one that waits; data; all belong to `owner`."""

    def __init__(self, owner: Visitor, *, damaged: bool = False, data: bool = False) -> None:
        self.run = self._stopped(owner)
        thrown = self._stopped(owner)
        self.manager = Idle()
        self.live = self.manager.start(SPEC, owner)
        files = [*map(owner_file, (self.run, thrown, self.live))]
        if data:
            x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
            self.points = Points(x, None, (), ("a", "b"), None, (), 0)
            self.data = user_datasets.keep(self.points, owner, title="first", file="a.csv", label="").id
            files.append(user_datasets.owner_file(self.data))
        for file in files if damaged else ():
            file.write_bytes(b"\xff\x00<b>")
        trash.throw_away(thrown, PROGRAM)
        self.thrown = thrown

    @staticmethod
    def _stopped(owner: Visitor) -> str:
        writer = RunWriter(SPEC, owner)
        writer.finish("stopped")
        return writer.id

    def end(self) -> None:
        self.manager.shutdown(PROGRAM)


def _rename(world: World, who: Visitor) -> bool:
    metadata.write(folder_of(world.run), Metadata(name="changed"), who)
    return True


def _press(press: Callable[[object], None]) -> Callable[[World, Visitor], None]:
    def act(world: World, who: Visitor) -> None:
        if handle := world.manager.control(world.live, who):
            press(handle)

    return act


def _control(world: World) -> Control:
    return world.manager._jobs[world.live].control


def _resume(world: World, who: Visitor) -> None:
    Resumed(world.run, who).finish("failed")


CHANGES: dict[str, tuple[Callable[[World, Visitor], object], Callable[[World], bool]]] = {
    "rename": (_rename, lambda world: metadata.read(folder_of(world.run)).name == "changed"),
    "delete": (lambda world, who: trash.throw_away(world.run, who), lambda world: not folder_of(world.run).exists()),
    "delete for good": (
        lambda world, who: remove(Run(world.run), who),
        lambda world: not folder_of(world.run).exists(),
    ),
    "continue": (_resume, lambda world: Run(world.run).status["state"] == "failed"),
    "continue by the manager": (
        lambda world, who: world.manager.resume(world.run, who),
        lambda world: Run(world.run).live,
    ),
    "bring back": (
        lambda world, who: trash.restore([world.thrown], who),
        lambda world: folder_of(world.thrown).is_dir(),
    ),
    "bring all back": (
        lambda world, who: trash.restore(trash.thrown_away(who), who),
        lambda world: folder_of(world.thrown).is_dir(),
    ),
    "empty now": (
        lambda world, who: trash.empty(who),
        lambda world: not (trash.trash_folder() / world.thrown).exists(),
    ),
    "cancel all": (
        lambda world, who: world.manager.stop([world.live], who),
        lambda world: Run(world.live).status["state"] == "stopped",
    ),
    "stop": (_press(lambda handle: handle.stop()), lambda world: _control(world).stopped),
    "pause": (_press(lambda handle: handle.pause()), lambda world: _control(world).paused),
    "live slider": (
        _press(lambda handle: handle.change({"a": 1})),
        lambda world: _control(world).take_changes() == {"a": 1},
    ),
    "rename data": (
        lambda world, who: user_datasets.keep(world.points, who, title="second", file="b.csv", label=""),
        lambda world: [kept.title for kept in user_datasets.stored_datasets()] == ["second"],
    ),
    "remove data": (
        lambda world, who: user_datasets.remove(world.data, who),
        lambda world: not list(user_datasets.stored_datasets()),
    ),
}


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))


def outcome(world: World, who: Visitor, change: str) -> bool:
    """Whether the change came about. Whoever may not is told so, or finds nothing of the kind."""
    (act, happened), told = CHANGES[change], ""
    try:
        act(world, who)
    except EpochscopeError as error:
        told = str(error)
    if told:
        assert any(words in told for words in ("somebody", "not known who asks", "comes with")), told
        assert not happened(world), told
    return happened(world)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("whose", ["owner", "program", "not known"])
def test_changes(whose, mode, change, monkeypatch, tmp_path):
    monkeypatch.setenv(SHARED, mode)
    owner = PROGRAM if whose == "program" else become("owner", monkeypatch)
    expected, found = rows(CHANGE_OWNER_S if whose == "owner" else CHANGE_NOBODY_S), {}
    for place, who in enumerate(WHO):
        monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / f"runs{place}"))
        monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / f"data{place}"))
        world = World(owner, damaged=whose == "not known", data="data" in change)
        found[who] = outcome(world, become(who, monkeypatch), change)
        world.end()
    assert found == {who: answers[mode] for who, answers in expected.items()}


def _added(act: Callable[[Visitor], object]) -> Callable[[Visitor], list]:
    def owners(who: Visitor) -> list:
        act(who)
        return [_owner(path / "owner") for path in runs_folder().iterdir() if (path / "run.json").exists()]

    return owners


def _owner(file) -> str:
    return file.read_text() if file.exists() else ""


def _start(who: Visitor) -> None:
    Idle().start(SPEC, who)


def _import(who: Visitor) -> None:
    archive.unpack(ZIP[0], "x.zip", who)


def _add_data(who: Visitor) -> list:
    x = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    kept = user_datasets.keep(Points(x, None, (), ("a", "b"), None, (), 0), who, title="t", file="a.csv", label="")
    return [_owner(user_datasets.owner_file(kept.id))]


ZIP: list[bytes] = []
BRANCH: list[RunSpec] = []
ADDS: dict[str, Callable[[Visitor], list]] = {
    "start": _added(_start),
    "branch": _added(lambda who: Idle().start(BRANCH[0], who)),
    "start a group": _added(lambda who: Idle().start_group([SPEC, SPEC], "two", who)),
    "import": _added(_import),
    "add data": _add_data,
}


@pytest.fixture
def packed(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "elsewhere"))
    writer = RunWriter(SPEC, PROGRAM)
    train(writer, Control())
    ZIP[:] = [archive.packed([Run(writer.id)])]
    BRANCH[:] = [branch_spec(Run(writer.id), 1, {})]


@pytest.mark.parametrize("add", ADDS)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_added_belongs_to_whoever_adds_it(add, mode, packed, monkeypatch, tmp_path):
    monkeypatch.setenv(SHARED, mode)
    for place, who in enumerate(WHO):
        monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / f"runs{place}"))
        monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / f"data{place}"))
        visitor = become(who, monkeypatch)
        if not rows(ADD)[who][mode]:
            with pytest.raises(EpochscopeError, match="not known who asks"):
                ADDS[add](visitor)
            assert not runs_folder().exists() or not [path for path in runs_folder().iterdir() if path.name[0] != "."]
            assert not list(user_datasets.stored_datasets())
            continue
        owners = ADDS[add](visitor)
        assert set(owners) == {visitor.mark}, who
        assert bool(visitor.mark) is (who != "program"), who


@pytest.mark.parametrize("mode", MODES)
def test_the_quota(mode, monkeypatch):
    monkeypatch.setenv(SHARED, mode)
    runs_folder().mkdir()
    for size, who in enumerate(WHO, 1):
        visitor, before = become(who, monkeypatch), quota()
        if rows(CHANGE_NOBODY_S)[who][mode]:
            set_quota(float(size), visitor)
            assert quota() == size, who
        else:
            with pytest.raises(EpochscopeError, match=r"only whoever runs it|not known who asks"):
                set_quota(float(size), visitor)
            assert quota() == before, who


@pytest.mark.parametrize("mode", MODES)
def test_the_cursor_of_a_presentation(mode, monkeypatch):
    """As whatever its owner began; even so nobody moves it without the key."""
    monkeypatch.setenv(SHARED, mode)
    shown = presentations.begin(become("owner", monkeypatch), "a run")
    for epoch, who in enumerate(WHO):
        visitor, found = become(who, monkeypatch), []
        for key in ("x" * len(shown.key), shown.key):
            with contextlib.suppress(EpochscopeError):
                shown.lead_to(visitor, key, epoch)
            found.append(shown.epoch == epoch)
        assert found == [False, rows(CHANGE_OWNER_S)[who][mode]], who


@pytest.mark.parametrize("mode", MODES)
def test_a_class(mode, monkeypatch):
    """Who leads one, and who joins and answers in it: everybody who is known, for themselves."""
    monkeypatch.setenv(SHARED, mode)
    question, spec = Question("score", "How much?", ""), {"dataset": "blobs", "method": "dec", "k": 3, "seed": 0}
    for who in WHO:
        plan = Plan(rooms.new_code(), "A class", 0.0, spec, (0,), (question,))
        visitor, owner = become(who, monkeypatch), become("owner", monkeypatch)
        room = rooms.open_room(plan, np.zeros(3, int), owner)
        with contextlib.suppress(EpochscopeError):
            room.lead(visitor, Asked("score"))
        assert bool(room.lesson.open) is rows(TEACH)[who][mode], who
        room.lead(owner, Asked("score"))
        with contextlib.suppress(EpochscopeError):
            room.join(visitor, "Somebody")
            room.answer(visitor, "score", 0.5)
        joins = rows(ADD)[who][mode] and who != "program"
        assert room.lesson.answers == ({"score": {visitor.mark: 0.5}} if joins else {}), who
        with contextlib.suppress(EpochscopeError):
            rooms.delete(plan.code, visitor)
        assert room.gone is rows(TEACH)[who][mode], who
        if not room.gone:
            room.lead(owner, Ended())  # a person has no more than some that are open


@pytest.mark.parametrize("mode", MODES)
def test_the_load_of_the_server(mode, monkeypatch):
    """And of all whom a limit for one visitor holds, it holds for those who may not see it."""
    monkeypatch.setenv(SHARED, mode)
    monkeypatch.setenv("EPOCHSCOPE_QUEUE_EACH", "1")
    asking: list[Callable[[Visitor], object]] = [server_load, Idle().queue]
    for who in WHO:
        visitor = become(who, monkeypatch)
        crowd = Idle()
        for ask in asking:
            if rows(OPERATE)[who][mode]:
                ask(visitor)
            else:
                with pytest.raises(EpochscopeError, match=r"Only whoever runs this server|not known who asks"):
                    ask(visitor)
        if rows(OPERATE)[who][mode]:
            crowd.start_group([SPEC, SPEC], "two", visitor)
        else:
            with pytest.raises(EpochscopeError, match=r"1 is the most for one person|not known who asks"):
                crowd.start_group([SPEC, SPEC], "two", visitor)


@pytest.mark.parametrize("mode", MODES)
def test_projections(mode, monkeypatch):
    """Of anybody's run: the stage asks for them, and so do exports."""
    monkeypatch.setenv(SHARED, mode)
    writer = RunWriter(SPEC, become("owner", monkeypatch))
    train(writer, Control())
    for who in WHO:
        shutil.rmtree(writer.folder / "projections", ignore_errors=True)
        run, visitor = Run(writer.id), become(who, monkeypatch)
        if rows(ADD)[who][mode]:
            Projector().request(run, PCA, visitor)
            until(lambda run=run: (run.folder / "projections" / PCA.name / "frames.jsonl").exists())
            until(lambda run=run: len(run.frames(PCA.name).lines()) == len(run.epochs()))
            assert len(positions(run, visitor)) == len(run.epochs())
        else:
            with pytest.raises(EpochscopeError, match="not known who asks"):
                Projector().request(run, PCA, visitor)
            with pytest.raises(EpochscopeError, match="has no PCA frames yet"):
                positions(run, visitor)
            assert not (run.folder / "projections").exists()


@pytest.mark.parametrize("mode", MODES)
def test_what_comes_with_epochscope_is_changed_by_nobody(mode, monkeypatch):
    monkeypatch.setenv(SHARED, mode)
    for who in WHO:
        world, visitor = World(PROGRAM), become(who, monkeypatch)
        for run_id in (world.run, world.live):
            owner_file(run_id).write_text(NOBODY)
        (trash.trash_folder() / world.thrown / "owner").write_text(NOBODY)
        for change in CHANGES:
            if "data" not in change:
                assert not outcome(world, visitor, change), (who, change)


@pytest.mark.parametrize("mode", MODES)
def test_explanations_and_kept_selections(mode, monkeypatch):
    """Of anybody's run: an explanation is the program's own work, and a selection is the visitor's own."""
    monkeypatch.setenv(SHARED, mode)
    writer = RunWriter(SPEC, become("owner", monkeypatch))
    train(writer, Control())
    explainer, run = Explainer(), Run(writer.id)
    before = {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()}
    for who in WHO:
        visitor = become(who, monkeypatch)
        if rows(ADD)[who][mode]:
            job = explainer.ask(run, [0], 0, 1, visitor)
            until(lambda job=job: job.ended)
            assert "k-means does not say" in job.error
            kept.keep(run, np.array([1, 2]), "mine", "", visitor)
            assert [one.name for one in kept.kept(run, visitor)] == ["mine"], who
        else:
            for ask in (
                lambda visitor=visitor: explainer.ask(run, [0], 0, 1, visitor),
                lambda visitor=visitor: kept.keep(run, np.array([1]), "mine", "", visitor),
            ):
                with pytest.raises(EpochscopeError, match="not known who asks"):
                    ask()
    assert {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()} == before
