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
from epochscope.methods import METHODS

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))
MODULES = sorted(ROOT.glob("assets/stage/*.js"))
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


def test_modules_of_the_stage_are_small():
    for path in MODULES:
        assert len(path.read_text().splitlines()) <= 340, path.name


def test_pages_are_thin():
    for path in ROOT.glob("pages/*.py"):
        imported = {
            line.split()[1].split(".")[0] for line in path.read_text().splitlines() if re.match("(from|import) ", line)
        }
        assert imported <= {"epochscope", "streamlit"}, path.name


def test_nothing_is_decided_by_a_method_s_or_data_set_s_name():
    """Only `needs <= provides` says what can be shown."""
    keys = "|".join(METHODS)
    for path in SOURCES:
        if path.parent.name in ("methods",):
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


def test_tests_wait_for_states_and_import_no_other_test():
    """Only `until` sleeps between two looks; what tests share is in tests/support."""
    for path in [*TESTS, *ROOT.glob("tests/**/conftest.py"), *ROOT.glob("tests/support/*.py")]:
        tree = ast.parse(path.read_text())
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        others = {name for name in imported if re.search(r"(^|\.)(test_|conftest)", name)}
        assert not others, path.name
        called = {
            node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")
        }
        slept = called & {"sleep", "wait_for_timeout"}
        assert not slept or path.name == "waiting.py", path.name
