"""Every message of Train, the tours, the labs and the stage has a German and a Chinese translation."""

import re
import string

import pytest
from epochscope.language import LANGUAGES

from assets.messages.__main__ import brought_up_to_date, compiled, mo_path, translations
from assets.messages.collect import CATALOGS, messages

COMPLETE = CATALOGS
"""The catalogs that are complete, which are all there are: train, tours, labs, stage."""
COUNTED = ("Points", "clusters", "k-means restarts")
"""Words that are numbers of something as a parameter's label, where Chinese says so, and the thing on the stage."""
OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def templates():
    return messages()


def forms(message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def placeholders(text: str, name: str) -> list[str]:
    """The fields of a text; of the stage, all words in braces, of Python what `format` fills in."""
    if name == "stage":
        return sorted(re.findall(r"\{(\w+)\}", text))
    return sorted(field for _, field, _, _ in string.Formatter().parse(re.sub(r"%\{[^}]*\}", "", text)) if field)


@pytest.mark.parametrize("language", OTHERS)
def test_catalogs_are_complete(templates, language):
    for name in COMPLETE:
        catalog = translations(language, name)
        known = {message.id for message in catalog if message.id}
        needed = {message.id for message in templates[name] if message.id}
        assert known == needed, f"run `python -m assets.messages`: {sorted(map(str, known ^ needed))[:5]}"
        for message in catalog:
            if message.id:
                assert forms(message), message.id
                assert all(forms(message)), message.id
                assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_placeholders_and_marks(language):
    for name in COMPLETE:
        for message in translations(language, name):
            if not message.id:
                continue
            source = message.id if isinstance(message.id, str) else message.id[1]
            for form in forms(message):
                assert placeholders(form, name) == placeholders(source, name), source
                for mark in ("**", "<b>", "</b>", "`"):
                    assert form.count(mark) == source.count(mark), source


@pytest.mark.parametrize("language", OTHERS)
def test_what_ships_is_what_was_translated(language):
    for name in CATALOGS:
        catalog = translations(language, name)
        assert mo_path(language, name).read_bytes() == compiled(catalog), "run `python -m assets.messages`"


def test_a_message_in_two_catalogs_has_one_translation():
    """The stage has its own catalog, since it is sent to the browser; words that both use should not differ."""
    for language in OTHERS:
        seen: dict[str, str] = {}
        for name in CATALOGS[:-1]:
            for message in translations(language, name):
                if isinstance(message.id, str) and message.id:
                    assert message.id not in seen, message.id
                    seen[message.id] = message.string
        for message in translations(language, "stage"):
            if message.id in seen and message.id not in COUNTED:
                assert message.string == seen[message.id], (language, message.id)


def test_a_new_message_is_noticed(templates):
    """The check would see a sentence that was added and not translated."""
    template = templates["tours"]
    template.add("A sentence that nobody has translated yet")
    catalog = brought_up_to_date("de", "tours", template)
    assert [message.id for message in catalog if message.id and not message.string] == [
        "A sentence that nobody has translated yet"
    ]
