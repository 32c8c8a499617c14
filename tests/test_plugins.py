"""Plugins by entry points: what works is there, what does not is one sentence, and nothing built in can be replaced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from epochscope.data.base import source_fault
from epochscope.figures.base import figure_fault
from epochscope.figures.curves import of_numbers
from epochscope.methods import METHODS, kmeans
from epochscope.methods.base import method_fault
from epochscope.plugins import Registry

GROUP = "epochscope.tests"


class Thing(NamedTuple):
    key: str
    words: str = "built in"


def fault(thing: object) -> str:
    return "" if isinstance(thing, Thing) else f"it is of type {type(thing).__name__}"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs packages, each with one entry point and its module's text; the registry that finds them."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(**packages: str) -> Registry[Thing]:
        for name, text in packages.items():
            info = tmp_path / f"{name}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[{GROUP}]\nof_{name} = {name}:THING\n")
            (tmp_path / f"{name}.py").write_text(text)
            monkeypatch.delitem(sys.modules, name, raising=False)
        return Registry(GROUP, "thing", [Thing("first"), Thing("second")], fault)

    yield install
    for name in [name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


def thing(key: str) -> str:
    return f"from typing import NamedTuple\nimport {Thing.__module__} as here\nTHING = here.Thing({key!r}, 'plugin')\n"


def test_a_plugin_comes_after_what_is_built_in(registry) -> None:
    things = registry(plug_good=thing("third"))
    assert list(things) == ["first", "second", "third"]
    assert things["third"].words == "plugin"
    assert things.problems() == []


def test_nothing_is_imported_for_what_is_built_in(registry) -> None:
    things = registry(plug_lazy=thing("third"))
    assert things["first"].words == "built in"
    assert "plug_lazy" not in sys.modules
    assert "third" in things
    assert "plug_lazy" in sys.modules


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import not_a_module_at_all", "cannot be loaded (ModuleNotFoundError: No module named 'not_a_module_at_all')"),
        ("THING = 3", "it is of type int"),
        ("OTHER = 3", "cannot be loaded (AttributeError"),
        ("import sys\nsys.exit('no')", "cannot be loaded (SystemExit: no)"),
        ("1 / 0", "cannot be loaded (ZeroDivisionError: division by zero)"),
        (thing("first"), "there is a thing with the key 'first' already"),
    ],
)
def test_a_broken_plugin_is_one_sentence_and_the_rest_is_there(registry, text: str, sentence: str) -> None:
    things = registry(plug_bad=text, plug_fine=thing("third"))
    assert list(things) == ["first", "second", "third"]
    assert things["first"].words == "built in"
    (problem,) = things.problems()
    assert problem.startswith("The thing of_plug_bad of the package plug_bad is left out: ")
    assert sentence in problem


def test_of_two_plugins_with_one_key_the_second_is_left_out(registry) -> None:
    things = registry(plug_a=thing("third"), plug_b=thing("third"))
    assert len(things) == 3
    assert "plug_b" in things.problems()[0]


def test_a_plugin_may_look_at_the_registry_while_it_is_imported(registry, monkeypatch) -> None:
    module = sys.modules[Thing.__module__]
    text = f"import {Thing.__module__} as here\nSEEN = list(here.LOOKED_AT)\nTHING = here.Thing('third')\n"
    things = registry(plug_curious=text)
    monkeypatch.setattr(module, "LOOKED_AT", things, raising=False)
    assert list(things) == ["first", "second", "third"]
    assert sys.modules["plug_curious"].SEEN == ["first", "second"]


def test_what_is_no_method_source_or_figure_is_named() -> None:
    assert method_fault(kmeans.METHOD) == ""
    assert "not a Method" in method_fault(object())
    assert "its overlay must be one of graph, ellipses" in method_fault(kmeans.METHOD._replace(overlay="halo"))
    assert "must provide what that needs" in method_fault(kmeans.METHOD._replace(overlay="graph"))
    assert "not a Source" in source_fault(METHODS["kmeans"])
    assert "not a Figure" in figure_fault(None)
    made = of_numbers("mine", "Mine", "nats", needs={"q"}, numbers=lambda arrays: {})
    assert figure_fault(made) == ""
    assert "must name a kind" in figure_fault(made._replace(panel={"kind": "hologram"}))
    assert "its frame or its panel does not work" in figure_fault(made._replace(empty=lambda scene: 1 / 0))
    assert "key" in figure_fault(made._replace(key="a.b"))
