"""Text for pages: escaped for Markdown, an error as one sentence."""

from __future__ import annotations

import re

import streamlit as st

from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$~|:])")
_ADDRESS = re.compile(r"(?<=http)(?=s?://)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_NOTHING = "\u2060"  # is not seen, and parts what it stands between from being one word


def plain(text: str) -> str:
    """The text with everything escaped that has a meaning in Markdown; an address in it becomes no link.

    Streamlit links whatever looks like an address, escaped or not.
    """
    return _SPECIAL.sub(r"\\\1", _ADDRESS.sub(_NOTHING, text))


def explain(error: EpochscopeError) -> None:
    """Shows one clear sentence instead of a traceback; what it quotes of a link or a file is no Markdown."""
    st.error(plain(told(str(error))), icon=":material/error:")
