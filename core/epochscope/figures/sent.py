"""Figures as the browser takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from epochscope.figures import FIGURES
from epochscope.figures.base import Scene
from epochscope.figures.theme import CONFIG
from epochscope.language import ENGLISH, current, tr


def as_sent(figure: go.Figure) -> dict[str, Any]:
    """A figure with its data; worth keeping where it does not change with the cursor."""
    return {**json.loads(figure.to_json() or "{}"), "config": CONFIG}


@lru_cache(maxsize=256)
def empty_as_sent(key: str, scene: Scene) -> dict[str, Any]:
    """A figure of FIGURES without its data, which the browser paints."""
    return as_sent(FIGURES[key].empty(scene))


_TEXTS, _LISTS = ("text", "name", "hovertemplate", "hovertext"), ("ticktext", "text")
_PARTS = ("data", "layout")
_NUMBERED = re.compile(r"cluster (\d+)")


def translated(figure: dict[str, Any]) -> dict[str, Any]:
    """A figure as sent, with its texts in the language of who is drawn for; the figure itself stays as it is."""
    if current() == ENGLISH:
        return figure
    return {**figure, **{part: _with_texts(figure[part], _in_words) for part in _PARTS if part in figure}}


def _in_words(text: str) -> str:
    numbered = _NUMBERED.fullmatch(text)
    return tr("cluster {j}", j=numbered[1]) if numbered else tr(text)


def texts(figure: dict[str, Any]) -> Iterator[str]:
    """All texts of a figure as sent that are words."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    for part in _PARTS:
        _with_texts(figure.get(part, []), note)
    for text in dict.fromkeys(found):
        if any(len(word) > 2 and word.isalpha() for word in text.split()) and not _NUMBERED.fullmatch(text):
            yield text


def _with_texts(part: Any, change: Callable[[str], str]) -> Any:
    """A copy of a part of a figure in which each text is changed."""
    if isinstance(part, list):
        return [_with_texts(one, change) for one in part]
    if not isinstance(part, dict):
        return part
    changed = {}
    for name, value in part.items():
        if name in _TEXTS and isinstance(value, str):
            changed[name] = change(value)
        elif name in _LISTS and isinstance(value, list):
            changed[name] = [change(one) if isinstance(one, str) else one for one in value]
        else:
            changed[name] = _with_texts(value, change)
    return changed
