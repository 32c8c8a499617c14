"""The rules that no review needs to repeat: import directions, sizes, names."""

import argparse
import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from epochscope.figures import FIGURES
from epochscope.labs import SESSIONS
from epochscope.methods import METHODS

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))
STAGE = ROOT / "core" / "epochscope" / "stage"
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]


def test_import_directions():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_sizes(path):
    """A file over the budget asks to be reshaped; so does a function one cannot see at once."""
    text = path.read_text()
    assert len(text.splitlines()) <= (60 if path.parent.name == "pages" else 320)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno <= 50, node.name


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_every_module_class_and_public_function_says_what_it_is(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not path.read_text().strip()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and "pages" not in path.parts:
            assert ast.get_docstring(node) or node.name in ("run", "main"), node.name


STAGE_LAYERS = ("data", "render", "runtime", "base", "phone", "panels", "points", "lab", "futures", "hosts")


def test_modules_of_the_stage_are_small():
    for path in STAGE.rglob("*.js"):
        assert len(path.read_text().splitlines()) <= 340, path.name


def imported(path: Path) -> set[str]:
    """Every module that a file imports; `from a import b` counts as a."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    return names | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted(ROOT.glob("pages/*.py")), ids=lambda path: path.stem)
def test_a_page_only_calls_its_module(path):
    """The contracts of import-linter end at the package; a page outside of it imports one `page` module."""
    (module,) = imported(path) - {"streamlit"}
    kind, _, key = path.stem.partition("_")
    assert module == (f"epochscope.labs.{key}.page" if kind == "lab" else f"epochscope.ui.{path.stem}.page")


def test_the_entry_joins_pages_server_and_labs_and_nothing_else():
    ours = {"epochscope.labs", "epochscope.server.start", "epochscope.ui.navigation"}
    others = {name for name in imported(ROOT / "app.py") if name.split(".")[0] != "streamlit"}
    assert others == ours


def test_every_lab_folder_is_in_the_registry_and_has_a_page():
    labs = ROOT / "core/epochscope/labs"
    steps = {f"{path.parents[2].name}-{path.parent.name}" for path in labs.glob("*/steps/*/session.py")}
    alone = {path.parent.name for path in labs.glob("*/session.py")} - {"shared"}
    assert steps | alone == SESSIONS.keys()
    pages = {path.stem.removeprefix("lab_") for path in ROOT.glob("pages/lab_*.py")}
    assert pages == {path.parent.name for path in labs.glob("*/page.py")} - {"shared"}


def test_keys_of_session_and_address_stand_in_one_file():
    """Whoever reads a key, or binds a widget to the address line, takes its name from epochscope.ui.shared.session."""
    for path in [*ROOT.glob("core/epochscope/ui/**/*.py"), *ROOT.glob("core/epochscope/labs/**/*.py")]:
        if path == ROOT / "core/epochscope/ui/shared/session.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(("session_state", "query_params")):
                assert not isinstance(node.slice, ast.Constant | ast.JoinedStr), where
            if isinstance(node, ast.Call):
                keywords = {one.arg: one.value for one in node.keywords}
                if "bind" in keywords:
                    assert not isinstance(keywords["key"], ast.Constant | ast.JoinedStr), where
                if ast.unparse(node.func).endswith(
                    ("session_state.get", "session_state.pop", "session_state.setdefault")
                ):
                    assert not isinstance(node.args[0], ast.Constant | ast.JoinedStr), where


@pytest.mark.parametrize("layer", STAGE_LAYERS)
def test_folders_of_the_stage_are_layers(layer):
    """A module imports from its own folder and from those before it in STAGE_LAYERS."""
    paths = sorted((STAGE / layer).glob("*.js"))
    assert paths
    for path in paths:
        for target in re.findall(r'^(?:import|export) .*?from "(\..*?)";$|^} from "(\..*?)";$', path.read_text(), re.M):
            folder = (path.parent / "".join(target)).resolve().relative_to(STAGE).parts[0]
            below = {*STAGE_LAYERS[: STAGE_LAYERS.index(layer) + 1], *(["stage.js"] if layer == "hosts" else [])}
            assert folder in below, f"{path.name} imports {target}"


def test_nothing_is_decided_by_a_method_s_or_data_set_s_name():
    """Only `needs <= provides` says what can be shown."""
    keys = "|".join(METHODS)
    for path in SOURCES:
        if ROOT / "core/epochscope/methods" in path.parents:
            continue
        assert not re.search(rf"==\s*[\"']({keys})[\"']", path.read_text()), path.name


def test_every_method_and_figure_has_a_test():
    tests = "\n".join(path.read_text() for path in ROOT.glob("tests/**/*.py"))
    for key in FIGURES:
        assert f'"{key}"' in tests, key
    assert "METHODS" in tests


def commands() -> list[list[str]]:
    """The arguments of every pytest that .ci/run starts."""
    targets = re.findall(r"^run (\S+)$", (ROOT / ".ci" / "run").read_text(), re.M)
    done = subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=True)
    return [shlex.split(line.split("-m pytest ")[1]) for line in done.stdout.splitlines() if "-m pytest " in line]


def selects(command: list[str], path: Path, slow: bool) -> bool:
    """Whether pytest with these arguments runs the tests of a file, those that are marked slow or the others."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-q", action="store_true")
    for ignored in ("-n", "--maxprocesses", "--dist"):
        parser.add_argument(ignored)
    parser.add_argument("-m", choices=["slow", "not slow"])
    parser.add_argument("--ignore", action="append", default=[])
    parser.add_argument("paths", nargs="*", default=["tests"])
    asked = parser.parse_args(command)  # any other option would leave out tests in ways that are not known here
    below = any(path.is_relative_to(ROOT / one) for one in asked.paths)
    ignored = any(path.is_relative_to(ROOT / one) for one in asked.ignore)
    return below and not ignored and asked.m in (None, "slow" if slow else "not slow")


@pytest.mark.parametrize("slow", [False, True])
def test_continuous_integration_runs_every_test_once(slow):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert settings["testpaths"] == ["tests"]
    assert not re.search(r"(^|\s)(-m|-k|--ignore|--deselect)", settings["addopts"])
    started = commands()
    for path in TESTS:
        assert [selects(command, path, slow) for command in started].count(True) == 1, path.name


def sleeps(node: ast.AST, looking: bool = False) -> list[int]:
    """The lines that wait for a fixed time; in a loop that looks again and again, a pause between two looks is none."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            fixed = child.func.attr == "sleep" and child.args and isinstance(child.args[0], ast.Constant)
            if child.func.attr == "wait_for_timeout" or (fixed and not looking):
                found.append(child.lineno)
        found += sleeps(child, looking or isinstance(child, ast.For | ast.While))
    return found


def test_tests_wait_for_states_and_import_no_other_test():
    """What tests share is in tests/support, the way to wait among it."""
    for path in [*TESTS, *ROOT.glob("tests/**/conftest.py"), *ROOT.glob("tests/support/*.py")]:
        tree = ast.parse(path.read_text())
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        others = {name for name in imported if re.search(r"(^|\.)(test_|conftest)", name)}
        assert not others, path.name
        assert sleeps(tree) == [], path.name
