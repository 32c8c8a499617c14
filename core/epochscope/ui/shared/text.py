"""Text for pages: escaped for Markdown, an error as one sentence."""

from __future__ import annotations

import functools
import re

import streamlit as st

from epochscope.language import ENGLISH, current, tr
from epochscope.types import EpochscopeError
from epochscope.ui.shared.templates import TEMPLATES

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$~|:])")
_ADDRESS = re.compile(r"(?<=http)(?=s?://)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_NOTHING = "\u2060"  # is not seen, and parts what it stands between from being one word


def plain(text: str) -> str:
    """The text with everything escaped that has a meaning in Markdown; an address in it becomes no link.

    Streamlit links whatever looks like an address, escaped or not.
    """
    return _SPECIAL.sub(r"\\\1", _ADDRESS.sub(_NOTHING, text))


def told(sentence: str) -> str:
    """A sentence that a lower layer made, in the language of the page if it follows a known template; else as it is."""
    if current() == ENGLISH or not sentence:
        return sentence
    for template, pattern in _templates():
        if found := pattern.fullmatch(sentence):
            return tr(template, **found.groupdict())
    return tr(sentence)


@functools.cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """The templates, and what they look like once they are filled in."""
    made = []
    for template in TEMPLATES:
        parts = re.split(r"\{(\w+)\}", template)
        places = (f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        made.append((template, re.compile("".join(places), re.DOTALL)))
    return made


def explain(error: EpochscopeError) -> None:
    """Shows one clear sentence instead of a traceback; what it quotes of a link or a file is no Markdown."""
    st.error(plain(told(str(error))), icon=":material/error:")
