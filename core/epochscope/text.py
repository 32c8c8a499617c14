"""Text of unknown origin, made safe to show wherever text stands; values in words."""

from __future__ import annotations

from typing import Any

_LONGEST = 60
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆"})


def sanitize(text: object, longest: int = _LONGEST) -> str:
    """The text in one short printable line that is never markup, whatever draws it."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * longest]).split())
    words = words.translate(_NO_MARKUP)
    return words if len(words) <= longest else words[: longest - 1] + "…"


def shortened(text: object, most: int) -> str:
    """A short printable text without its middle: names that begin alike stay apart. `most`: letters, at least 3."""
    words = sanitize(text)
    return words if len(words) <= most else f"{words[: -(-most // 2) - 1]}…{words[-(most // 2) :]}"


def value_words(value: Any) -> str:
    """A parameter's value for a table or a title."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def latex_number(value: float, digits: int = 4) -> str:
    """So many digits, in LaTeX."""
    text = f"{float(value):.{digits}g}"
    if "e" not in text:
        return text
    factor, power = text.split("e")
    return rf"{factor} \cdot 10^{{{int(power)}}}"
