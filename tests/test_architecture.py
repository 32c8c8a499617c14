"""The rules that no review needs to repeat: import directions, sizes, names."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from epochscope.figures import FIGURES
from epochscope.labs import SESSIONS
from epochscope.methods import METHODS

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
    ours = {"epochscope.labs", "epochscope.server", "epochscope.ui.navigation"}
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
            assert folder in STAGE_LAYERS[: STAGE_LAYERS.index(layer) + 1], f"{path.name} imports {target}"


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
