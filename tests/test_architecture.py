"""The rules that no review needs to repeat: import directions, sizes, names."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.figures import FIGURES
from core.methods import METHODS

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
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


STAGE_LAYERS = ("data", "render", "runtime", "base", "panels", "points", "lab")


def test_modules_of_the_stage_are_small():
    for path in STAGE.rglob("*.js"):
        assert len(path.read_text().splitlines()) <= 340, path.name


@pytest.mark.parametrize("layer", STAGE_LAYERS)
def test_folders_of_the_stage_are_layers(layer):
    """A module imports from its own folder and from those before it in STAGE_LAYERS."""
    paths = sorted((STAGE / layer).glob("*.js"))
    assert paths
    for path in paths:
        for target in re.findall(r'^(?:import|export) .*?from "(\..*?)";$|^} from "(\..*?)";$', path.read_text(), re.M):
            folder = (path.parent / "".join(target)).resolve().relative_to(STAGE).parts[0]
            assert folder in STAGE_LAYERS[: STAGE_LAYERS.index(layer) + 1], f"{path.name} imports {target}"


def test_pages_are_thin():
    for path in ROOT.glob("pages/*.py"):
        imported = {
            line.split()[1].split(".")[0] for line in path.read_text().splitlines() if re.match("(from|import) ", line)
        }
        assert imported <= {"core", "streamlit"}, path.name


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
