"""The languages of the pages: English sentences are the keys of catalogs (gettext), which hold them in others.

Who draws for somebody decides the language: a context says it (`speaking`), or the function that was given to
`heard_from` is asked, since pages of several visitors are drawn in threads of one process. Where nobody says anything
it is English. Data that are shown (help texts, glossary, tours) are translated where they are shown, never when they
are imported: a program that knows no visitor sees them as they are written.

The catalogs are written by `python -m assets.messages`.
"""

from __future__ import annotations

import contextlib
import functools
import gettext
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NamedTuple

from epochscope.resources import resource


class Language(NamedTuple):
    """A language of the pages."""

    title: str  # in itself
    folder: str  # of its catalogs
    tag: str  # for browsers


ENGLISH = "en"
LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        ENGLISH: Language("English", "", "en"),
        "de": Language("Deutsch", "de", "de"),
        "zh": Language("中文", "zh_CN", "zh-Hans"),
    }
)
"""By the code that addresses and cookies have."""

PAGES, STAGE = ("train", "tours", "labs"), "stage"
"""The catalogs of what Python shows, and the one of what the browser's half shows."""

_chosen: ContextVar[str | None] = ContextVar("language", default=None)
_RANGE = re.compile(r"\s*([A-Za-z]+|\*)(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5})\s*)?")
_MOST_RANGES = 20


def _nobody() -> str:
    return ENGLISH


_ask: Callable[[], str] = _nobody


def heard_from(ask: Callable[[], str]) -> None:
    """Sets who is asked for the language where no context says it."""
    global _ask  # noqa: PLW0603 the way to find it, which is the same for all
    _ask = ask


def current() -> str:
    """The code of the language of who is drawn for."""
    return _chosen.get() or _ask()


@contextlib.contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """What is drawn within is in this language; in English if there is no such language."""
    before = _chosen.set(known(code) or ENGLISH)
    try:
        yield
    finally:
        _chosen.reset(before)


def known(code: str | None) -> str:
    """The code of a language that there is, also for one with a region or script ("de-AT"); empty otherwise."""
    short = (code or "")[:40].replace("_", "-").partition("-")[0].casefold()
    return short if short in LANGUAGES else ""


def accepted(header: str | None) -> str:
    """The language that a browser likes best of those there are (Accept-Language); empty if it names none."""
    liked: dict[str, float] = {}
    for part in (header or "").split(",")[:_MOST_RANGES]:
        if (found := _RANGE.fullmatch(part)) and (code := known(found[1])):
            with contextlib.suppress(ValueError):
                liked[code] = max(liked.get(code, 0.0), float(found[2] or 1))
    best = max(liked, key=lambda code: liked[code], default="")
    return best if best and liked[best] > 0 else ""


def tr(message: str, /, **values: Any) -> str:
    """A sentence in the language of who is drawn for; what stands in braces is filled in from `values`.

    A sentence that no catalog has stays as it is.
    """
    translated = _catalog(current()).gettext(message) if message else ""
    return translated.format(**values) if values else translated


def ntr(one: str, many: str, n: int, /, **values: Any) -> str:
    """A sentence about `n` things, in the form that its language has for so many; `n` is among what is filled in."""
    return _catalog(current()).ngettext(one, many, n).format(n=n, **values)


def marked(message: str, /) -> str:
    """The sentence itself, for the catalogs: it is translated where it is shown."""
    return message


@functools.cache
def _catalog(code: str) -> gettext.NullTranslations:
    """All that Python shows, in this language."""
    all_of_them = gettext.NullTranslations()
    if code != ENGLISH:
        for name in PAGES:
            all_of_them.add_fallback(_read(code, name))
    return all_of_them


def stage_messages(code: str) -> dict[str, str | list[str]]:
    """What the browser's half shows, by its English; of what is counted a list: the form for one thing, for several."""
    if code == ENGLISH:
        return {}
    found: dict[str, str | list[str]] = {}
    for key, text in _entries(_read(code, STAGE)).items():
        if isinstance(key, tuple):
            forms = found.setdefault(key[0], [])
            if isinstance(forms, list):
                forms.insert(key[1], text)
        elif key:
            found[key] = text
    return found


def _read(code: str, name: str) -> gettext.GNUTranslations:
    with (resource("bundled/messages") / LANGUAGES[code].folder / "LC_MESSAGES" / f"{name}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _entries(catalog: gettext.GNUTranslations) -> dict[str | tuple[str, int], str]:
    return catalog._catalog  # type: ignore[attr-defined] there is no other way to list them
