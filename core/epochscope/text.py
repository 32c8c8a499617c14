"""Text of unknown origin, made safe to show wherever text stands."""

from __future__ import annotations

_LONGEST = 60
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆"})


def sanitize(text: object, longest: int = _LONGEST) -> str:
    """The text in one short printable line that is never markup, whatever draws it."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 4 * longest]).split())
    words = words.translate(_NO_MARKUP)
    return words if len(words) <= longest else words[: longest - 1] + "…"
