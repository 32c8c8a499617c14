"""All messages in English, by catalog: calls of `tr`, `ntr` and `marked` in the sources, and data that pages show."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from epochscope import glossary
from epochscope.data import SOURCES
from epochscope.figures import FIGURES
from epochscope.figures.base import Scene
from epochscope.figures.sent import empty_as_sent, texts
from epochscope.labs import SESSIONS, Widget
from epochscope.language import PAGES, STAGE
from epochscope.methods import METHODS
from epochscope.params import Params
from epochscope.projections import PROJECTIONS
from epochscope.resources import resource
from epochscope.runs.format.channels import LINE_NUMBERS
from epochscope.stored_sentences import FAILURES
from epochscope.tours import STORIES
from epochscope.ui.navigation import PAGES as MENU

PACKAGE = resource("")
CATALOGS = (*PAGES, STAGE)
FORMS = {"tr": 1, "marked": 1, "ntr": 2}
"""What is called with a sentence, and how many forms of it."""
_CATALOG_OF = {"labs": "labs", "tours": "tours", "ui/tours": "tours", "server": STAGE}
"""By folder of the package; all other Python belongs to "train"."""
_TEXT = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_PHASE = re.compile(r'phase(?:: str)? ?= ?"([^"]+)"')
_DOING = re.compile(r'\b(?:Progress|to_the_end|in_background)\([^"\n]*"([^"]+)"\)')
_WORD = re.compile(r"[a-z]{3}")
_CALL = re.compile(rf"\b(tr|ntr|marked)\(\s*{_TEXT}(?:,\s*{_TEXT})?")


def messages() -> dict[str, Catalog]:
    """A template for each catalog. A message that several have is in the first alone, but for the browser's."""
    found = {name: Catalog(fuzzy=False) for name in CATALOGS}
    for path in sorted(PACKAGE.rglob("*.py")):
        of = path.relative_to(PACKAGE).as_posix()
        name = next((name for folder, name in _CATALOG_OF.items() if of.startswith(f"{folder}/")), PAGES[0])
        for message in _in_python(path):
            _add(found, name, message, of)
    for path in sorted((PACKAGE / "stage").rglob("*.js")):
        for message in _in_javascript(path):
            _add(found, STAGE, message, path.relative_to(PACKAGE).as_posix())
    for name, place, listed in DATA:
        for text in listed():
            if text:
                _add(found, name, (text,), place)
    _each_once(found)
    return found


def _add(found: dict[str, Catalog], name: str, message: tuple[str, ...], place: str) -> None:
    found[name].add(message[0] if len(message) == 1 else message, locations=[(place, 0)])


def _each_once(found: dict[str, Catalog]) -> None:
    """Leaves a message that several catalogs of Python have to the first."""
    for later in PAGES:
        for message in [one.id for one in found[later] if one.id]:
            if any(message in found[name] for name in PAGES[: PAGES.index(later)]):
                found[later].delete(message)


def _in_python(path: Path) -> Iterator[tuple[str, ...]]:
    """The sentences of all calls of `tr`, `ntr` and `marked`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORMS:
            given = node.args[: FORMS[node.func.id]]
            texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if len(texts) == FORMS[node.func.id]:
                yield tuple(texts)


def _in_javascript(path: Path) -> Iterator[tuple[str, ...]]:
    """The same; the sources are formatted, so that a sentence is one literal that follows the bracket."""
    for call in _CALL.finditer(path.read_text("utf-8")):
        texts = [ast.literal_eval(one) for one in call.groups()[1:] if one]
        if len(texts) >= FORMS[call[1]]:
            yield tuple(texts[: FORMS[call[1]]])


def _of_params(kinds: Iterable[type[Params]]) -> Iterator[str]:
    """Labels and help texts of parameters, and titles of their groups."""
    for kind in kinds:
        for _, about in kind.ranges():
            yield from (about.label, about.help)
        yield from kind.group_labels().values()


def _method_params() -> Iterator[str]:
    yield from _of_params(method.params for method in METHODS.values())


def _data_params() -> Iterator[str]:
    yield from _of_params(source.params for source in SOURCES.values() if not source.own)


def _setup() -> Iterator[str]:
    """What the sidebar and the card of a data set say of the choices."""
    yield from (source.about for source in SOURCES.values() if not source.own)
    for method in METHODS.values():
        for preset in method.presets:
            yield from (preset.title, preset.source)
    yield from ("data set", "method", "clusters", "seed", "preset", "yes", "no")  # names of settings, and values


def _stage_data() -> Iterator[str]:
    """What the browser's half shows as Python or a run says it: phases, steps before an epoch, words of figures."""
    for method in METHODS.values():
        for title in ("", *(preset.title for preset in method.presets)):
            plan = method.plan(method.start(title) if title else method.params())
            yield from (f"phase: {phase}" for phase in plan)
        yield f"of the {method.space}"
    for folder in ("methods", "nets"):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            text = path.read_text("utf-8")
            yield from (f"phase: {phase}" for phase in _PHASE.findall(text))
            yield from _DOING.findall(text)
    for figure in FIGURES.values():
        yield from _words_of(figure.panel)
    yield from (numbers.unit for numbers in LINE_NUMBERS.values() if numbers.name != "field_box")


def _failures() -> Iterator[str]:
    yield from (f"failure: {sentence}" for sentence in FAILURES)


def _words_of(panel: Mapping[str, Any]) -> Iterator[str]:
    """The words among what the stage is told of a figure."""
    for name, value in panel.items():
        if isinstance(value, Mapping):
            yield from _words_of(value)
        elif name in ("of", "missing", "bins", "label", "title", "x", "y") and value:
            yield value
        elif name in ("parts", "caption", "names"):
            yield from (one for one in value or () if one not in ("acc", "nmi", "ari"))
        elif name == "levels":
            for level in value:
                yield from _words_of(level)


def _projections() -> Iterator[str]:
    yield from _of_params(one.params for one in PROJECTIONS.values())
    yield from (one.about for one in PROJECTIONS.values())


def _figures() -> Iterator[str]:
    yield from glossary.FIGURES.values()
    for key, figure in FIGURES.items():
        yield figure.title
        yield from texts(empty_as_sent(key, Scene(k=3)))


def _glossary() -> Iterator[str]:
    """The words of the glossary, and what they mean."""
    yield from glossary.WORDS
    for term, meaning in glossary.TERMS.items():
        yield from (term, meaning)


def _menu() -> Iterator[str]:
    for section, pages in MENU.items():
        yield section
        yield from (title for _, title, _ in pages)


def _tours() -> Iterator[str]:
    for story in STORIES.values():
        yield from (story.title, story.learn)
        for step in story.steps:
            yield from (step.title, step.text)


def _lab_widgets() -> Iterator[str]:
    """Labels, help texts and options of the widgets that the modules of the labs declare."""
    for kind in SESSIONS.values():
        for widget in vars(sys.modules[kind.__module__]).values():
            if isinstance(widget, Widget):
                yield from (widget.label, widget.help)
                yield from (one for one in widget.options if isinstance(one, str) and _WORD.search(one))


DATA: tuple[tuple[str, str, Callable[[], Iterator[str]]], ...] = (
    ("train", "ui/navigation.py", _menu),
    ("train", "methods", _method_params),
    ("train", "data", _data_params),
    ("train", "ui/shared/setup.py", _setup),
    ("train", "projections", _projections),
    ("train", "figures", _figures),
    ("train", "glossary.py", _glossary),
    ("tours", "tours", _tours),
    ("labs", "labs", _lab_widgets),
    (STAGE, "methods, figures", _stage_data),
    (STAGE, "stored_sentences.py", _failures),
)
"""Catalog, where the texts stand, and what lists them."""
