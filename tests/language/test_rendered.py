"""Train, the tours and the labs as they are drawn: no sentence of the catalogs is left in English."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from epochscope.labs import SESSIONS
from epochscope.language import LANGUAGES, PAGES, speaking
from epochscope.ui.shared.session import LAB_STEP
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from assets.messages.__main__ import translations
from tests.support.pages import app

OTHERS = [code for code in LANGUAGES if code != "en"]
NO_WORDS = {
    "options",
    "value",
    "address",
    "key",
    "id",
    "formId",
    "base",
    "module",
    "languages",
    "kind",
    "look",
    "config",
}
NO_WORDS |= {"xanchor", "yanchor", "anchor", "align", "side", "mode", "type", "look", "shape", "symbol", "barmode"}
NO_WORDS |= {"levels", "level", "bins", "matrices", "parts", "of", "missing", "caption"}  # the browser translates them
NO_WORDS |= {"choices", "play", "order", "cursor", "componentName", "textposition", "metadata", "note", "rawValue"}
"""Entries that hold identifiers: options of parameters are the same in all languages, as in files and commands."""


@cache
def english(language: str) -> set[str]:
    """The sentences whose translation is another text, without those that are filled in, and without single small
    words, which are identifiers, too ("pull", "codes").
    """
    known = set()
    for name in (*PAGES, "stage"):
        for message in translations(language, name):
            if isinstance(message.id, str) and message.id and message.string != message.id and "{" not in message.id:
                known.add(message.id)
    return {one for one in known if " " in one or one[0].isupper()}


def texts(thing: Any, name: str = "") -> Iterator[str]:
    """All texts in what a page or a lab sends to the browser, also within JSON and Markdown."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            if key not in NO_WORDS:
                yield from texts(value, key)
    elif isinstance(thing, list):
        for one in thing:
            yield from texts(one, name)
    elif isinstance(thing, str):
        try:
            inner = json.loads(thing) if thing[:1] in "{[" else None
        except ValueError:
            inner = None
        if inner is not None:
            yield from texts(inner, name)
        else:
            yield thing


def left_in_english(shown: list[str], language: str) -> set[str]:
    """The English sentences that are shown as a whole, or as a part of a longer text if they are sentences."""
    known = english(language)
    found = known & {text.strip() for text in shown}
    found |= known & {part.strip() for text in shown for part in text.replace("\n\n", " · ").split(" · ")}
    whole = "\n".join(shown)
    return found | {one for one in known if len(one) > 25 and " " in one and one in whole}


def page_texts(test: AppTest) -> list[str]:
    """The texts of all elements of a page."""
    found: list[str] = []
    for element in [*test.main, *test.sidebar]:
        found += texts_of(element)
    return found


def texts_of(block: Any) -> list[str]:
    found = []
    proto = getattr(block, "proto", None)
    if proto is not None and hasattr(proto, "DESCRIPTOR"):
        found += texts(MessageToDict(proto))
    for child in getattr(block, "children", {}).values():
        found += texts_of(child)
    return found


LINKS = {
    "no run": {"data": "blobs"},
    "a run": {"run": "tour-dec", "epoch": "8"},
    "the introduction": {"introduction": "1"},
    "a presentation": {"run": "tour-dec", "present": "2"},
    "a tour": {"tour": "dec.4", "run": "tour-dec", "epoch": "7"},
    "a tour with a finding": {"tour": "collapse.4", "run": "tour-collapse", "epoch": "7"},
}


QUICK = ("a run", "a tour with a finding", "lab_pull")
"""What is drawn in both languages in the quick tests."""


def slow_but(names, quick=QUICK):
    return [pytest.param(name, marks=[] if name in quick else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("link", slow_but(LINKS))
def test_train(language, link):
    test = app(lang=language, **LINKS[link])
    shown = page_texts(test)
    assert len(shown) > 20
    assert left_in_english(shown, language) == set()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    "page", slow_but(["tours", "lab_pull", "lab_target", "lab_alpha", "lab_js", "lab_adversarial"])
)
def test_other_pages(language, page):
    test = app(f"pages/{page}.py", lang=language)
    assert left_in_english(page_texts(test), language) == set()


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("step", ["1 Identity", "2 Prior π", "3 Graph", "4 Scale σ"])
def test_steps_of_dgg(language, step):
    test = app("pages/lab_dgg.py", lang=language)
    test.session_state[LAB_STEP] = step
    test.run()
    assert not test.exception
    assert left_in_english(page_texts(test), language) == set()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("lab", slow_but(SESSIONS, ("pull", "target", "js")))
def test_what_labs_answer(language, lab):
    with speaking(language):
        answer = json.loads(SESSIONS[lab]({}).answer())
    assert left_in_english(list(texts(answer)), language) == set()


def test_english_is_seen_where_it_is_left():
    """The check is not blind: the same pages in English have the sentences."""
    assert {"Trains one epoch.", "Loss terms"} <= left_in_english(page_texts(app(run="tour-dec")), "de")
    answer = json.loads(SESSIONS["pull"]({}).answer())
    assert "Center whose factors are shown" in left_in_english(list(texts(answer)), "de")
