"""Whatever changes something is handed a visitor and asks the rule; no page, route or lab speaks as the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
PACKAGE = ROOT / "core" / "epochscope"
KEEPS = [
    path
    for path in SOURCES
    if ({"runs", "own", "classroom"} & set(path.parts) and "ui" not in path.parts)
    or path.name in ("archive.py", "embedding.py")
]
"""Modules that write below the folder of runs or of own data."""

WRITES = {
    "write_whole", "append_to", "rename", "replace", "rmtree", "unlink", "rmdir", "mkdir", "makedirs", "write_bytes",
    "write_text", "touch", "utime", "symlink_to", "hardlink_to", "copy", "copyfile", "copytree", "move", "erase",
    "truncate", "cut_off", "extractall", "write_owner",
}  # fmt: skip

WITHOUT_A_VISITOR = {
    # The writer of a training run: who made it was asked (`RunWriter.__init__`, `Resumed.__init__`), it writes on.
    "writer.RunWriter._open", "writer.RunWriter.amend", "writer.RunWriter._keep", "writer.RunWriter.status",
    "writer.RunWriter.finish", "resume.Resumed._open", "resume.Resumed._keep", "record.record",
    # The same for a run that another machine trains: who may was asked in `Mirror.__init__`.
    "mirror.Mirror.take", "mirror.Mirror._know", "mirror.Mirror._take", "mirror.Mirror._tell", "mirror.Mirror.finish",
    # How epochs are put to a file, for the writer above and for projections.
    "journal.Journal.append", "journal.Journal.repair",
    # The sign of life of this process, which names nobody.
    "locks.mark_of_process", "locks._sweep", "locks._unmark",
    # Projections: the program's own work, for which `Projector.request` or `positions` was asked.
    "projection_frames.Derivation._open_stored", "projection_frames.Derivation._refuse", "projector_file.write",
    # Explained moves: the program's own work, for which `Explainer.ask` was asked.
    "move_files.write_move",
    # Into a folder aside that nobody sees, for `unpack`, which asks first.
    "archive._extract", "archive._end", "whole._check_arrays", "whole._check_sprites", "whole._no_more",
    # What the list of runs remembers: no part of any run.
    "summaries.keep",
    # Deletes what `remove` or `trash.empty` was asked about.
    "trash.erase",
    # How long runs have lain in the trash, for `trash.empty`, which asks first.
    "trash._seconds_seen",
    # What comes with epochscope, unpacked by it into its own cache.
    "bundled._unpack",
    # The table of the Results page: for benchmarks alone, beside no run.
    "results.append", "results.rewrite",
}  # fmt: skip
"""Functions that write and are handed no visitor, each with the reason why."""

MAY_SAY_PROGRAM = {
    "epochscope.rights": "defines it",
    "epochscope.cli.train": "the command line",
    "epochscope.cli.library": "the command line",
    "epochscope.cli.citations": "the command line",
    "epochscope.cli.sweep": "the command line",
    "epochscope.cli.futures": "the command line",
    "epochscope.recorder": "a program of somebody's own",
    "epochscope.api.train": "a program of somebody's own",
    "epochscope.api.many": "a program of somebody's own",
    "epochscope.api.run": "a program of somebody's own",
    "epochscope.notebook.run_widget": "a kernel of somebody's own",
    "epochscope.server.start": "start and end of the server",
    "epochscope.data.own.sources": "a file that the command line names",
}


def dotted(path: Path) -> str:
    """The name by which a module of the package is imported."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


class Function(NamedTuple):
    """A function or method, by module and name."""

    path: Path
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def called(self) -> str:
        return f"{self.path.stem}.{self.name}"

    @property
    def takes_visitor(self) -> bool:
        return "visitor" in [argument.arg for argument in [*self.node.args.args, *self.node.args.kwonlyargs]]


def functions(path: Path) -> Iterator[Function]:
    """Of a module, with methods; what is defined inside a function belongs to that."""
    tree = ast.parse(path.read_text())
    for outer in tree.body:
        inner = (
            [("", outer)] if not isinstance(outer, ast.ClassDef) else [(f"{outer.name}.", one) for one in outer.body]
        )
        for prefix, node in inner:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(path, prefix + node.name, node)


def name_of(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def writes(node: ast.AST) -> set[str]:
    """The ways in which a piece of code changes files."""
    found = set()
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        name = name_of(call)
        if name in WRITES and not _of_text_or_dataclass(call):
            found.add(name)
        if name == "open":
            said = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
            modes = [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            found |= {f"open {mode}" for mode in modes if set(mode) & set("wxa+") and len(mode) < 4}
    return found


def _of_text_or_dataclass(call: ast.Call) -> bool:
    """`text.replace(a, b)`, `dataclasses.replace(value, field=...)` and `array.copy()` change no file."""
    if name_of(call) == "copy":
        return not call.args
    if name_of(call) != "replace":
        return False
    if isinstance(call.func, ast.Name):
        return True
    of_os = isinstance(call.func.value, ast.Name) and call.func.value.id == "os"
    return not of_os and len(call.args) in (2, 3)  # of a path it takes one, of text two and a count


def parts(path: Path) -> tuple[str, ...]:
    """Names of the folders of a source, from the checkout on: its own name says nothing."""
    return path.relative_to(ROOT).parts


WRITERS = [one for path in KEEPS for one in functions(path) if writes(one.node)]
CHANGING = [one for path in SOURCES for one in functions(path) if one.takes_visitor and "ui" not in parts(path)]
CHANGING = [one for one in CHANGING if one.path.name != "rights.py"]
NAMES = {one.name.removesuffix(".__init__").rpartition(".")[2] for one in CHANGING}


def test_what_writes_is_handed_a_visitor_or_is_on_the_list_of_exceptions():
    without = {one.called for one in WRITERS if not one.takes_visitor}
    assert without == WITHOUT_A_VISITOR
    assert {one.called for one in WRITERS if one.takes_visitor} >= {
        "metadata.write", "quota.set_quota", "trash.throw_away", "trash.restore", "trash.empty", "user_datasets.keep",
        "user_datasets.remove", "writer.RunWriter.__init__", "archive.unpack",
    }  # fmt: skip


@pytest.mark.parametrize("one", CHANGING, ids=[one.called for one in CHANGING])
def test_whoever_is_handed_a_visitor_asks_the_rule_or_hands_it_on(one):
    """And there is no visitor that is meant where none is named."""
    arguments = one.node.args
    defaults = dict(zip([a.arg for a in arguments.args[::-1]], arguments.defaults[::-1], strict=False))
    keywords = dict(zip([a.arg for a in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
    assert defaults.get("visitor") is None
    assert keywords.get("visitor") is None
    calls = [call for call in ast.walk(one.node) if isinstance(call, ast.Call)]
    handed = [
        name_of(call)
        for call in calls
        for argument in [*call.args, *(word.value for word in call.keywords)]
        if isinstance(argument, ast.Name) and argument.id == "visitor"
    ]
    asks = {"require", "may", "denial_reason", "operates", "_may", "Handle"}
    if one.node.name == "__init__":  # of a class derived from one that asks
        asks.add("__init__")
    assert set(handed) & (asks | NAMES), one.called
    assert not {"page_visitor", "of_session"} & {name_of(call) for call in calls}, "looked up, not handed in"


def test_only_programs_say_that_they_are_one():
    found = {
        dotted(path)
        for path in SOURCES
        if PACKAGE in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id == "PROGRAM")
        or (isinstance(node, ast.Attribute) and node.attr == "PROGRAM")
        or (isinstance(node, ast.alias) and node.name == "PROGRAM")
    }
    assert found == set(MAY_SAY_PROGRAM)


def test_visitors_are_made_in_one_place():
    """Of connections; the two that need no evidence are constants."""
    makers = {
        dotted(path)
        for path in SOURCES
        if PACKAGE in path.parents
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and name_of(call) == "Visitor"
    }
    assert makers == {"epochscope.rights", "epochscope.server.visitors"}


FRONT = [path for path in SOURCES if {"ui", "pages", "server", "labs"} & set(parts(path)) or path.name == "app.py"]


@pytest.mark.parametrize("path", FRONT, ids=[str(path.relative_to(ROOT)) for path in FRONT])
def test_pages_routes_and_labs_change_something_only_for_their_visitor(path):
    """Each call of what changes something carries one, and they write below no folder by themselves."""
    tree = ast.parse(path.read_text())
    imported = {alias.asname or alias.name: alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                for alias in node.names if (node.module or "").startswith("epochscope.")}  # fmt: skip
    ours = _changing_calls(tree, imported)
    for call in ours:
        said = [*call.args, *(word.value for word in call.keywords)]
        names = {one.id for one in said if isinstance(one, ast.Name)}
        made = {name_of(one) for one in said if isinstance(one, ast.Call)}
        program = path == PACKAGE / "server" / "start.py" and "PROGRAM" in names
        assert program or "visitor" in names or "page_visitor" in made, f"line {call.lineno}: {ast.unparse(call)}"
    assert not writes(tree), path


def _changing_calls(tree: ast.AST, imported: dict[str, str]) -> list[ast.Call]:
    """Calls of functions of ours that take a visitor: imported by name, or of a module, a manager or a projector."""
    found = []
    modules = {one.path.stem for one in CHANGING} - {"projector"}
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        target = call.func
        if isinstance(target, ast.Name) and imported.get(target.id) in NAMES | {"write"}:
            found.append(call)
        if isinstance(target, ast.Attribute) and target.attr in NAMES:
            of = target.value.func if isinstance(target.value, ast.Call) else target.value
            whose = imported.get(of.id) if isinstance(of, ast.Name) else None
            if whose in modules | {"manager"} or (whose == "projector" and target.attr == "request"):
                found.append(call)
    return found


def test_the_front_is_seen_to_change_things():
    """So that the test above does not pass by finding nothing."""
    found = set()
    for path in FRONT:
        tree = ast.parse(path.read_text())
        imported = {alias.asname or alias.name: alias.name for node in ast.walk(tree)
                    if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
        found |= {ast.unparse(call.func).rpartition(".")[2] for call in _changing_calls(tree, imported)}
    assert found >= {
        "start", "start_group", "resume", "stop", "control", "shutdown", "throw_away", "thrown_away", "restore",
        "empty", "write_metadata", "set_quota", "room", "unpack", "keep", "remove", "request", "page", "gif",
    }  # fmt: skip
