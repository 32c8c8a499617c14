"""Points chosen by a line of text, such as "class = 4 and cluster = 9 and confidence < 0.6 and moved > 1".

    line       = choice { "or" choice }
    choice     = condition { "and" condition }
    condition  = "not" condition | "(" line ")" | flag | name operator value | name "in" "(" value { "," value } ")"
    operator   = "=" | "==" | "!=" | "<" | "<=" | ">" | ">="
    value      = a number | a word | a text in quotes

It is read here, token by token, and nothing of it is ever executed: a line comes from strangers, in a link.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool

from epochscope.types import EpochscopeError

MOST_LETTERS, _MOST_PARENTHESES = 500, 20

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w.]))
  | (?P<word>[^\W\d]\w*)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<sign><=|>=|==|!=|[<>=(),])
    )""",
    re.VERBOSE,
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RESERVED = ("and", "or", "not", "in")


class Column(NamedTuple):
    """What a name stands for: a number of each point (NaN: not known), or with `flag` whether something holds.

    `words`: what numbers are called, if they have names: `class = coat` is then asked of them.
    """

    values: np.ndarray
    words: Sequence[str] = ()
    flag: bool = False


def matching(line: str, columns: Mapping[str, Column]) -> Bool[np.ndarray, " n"]:
    """Which points fit the line; one of which a number is not known fits no comparison with it.

    Raises EpochscopeError, in one sentence, for a line that cannot be read.
    """
    if len(line) > MOST_LETTERS:
        raise EpochscopeError(f"The line is too long: {MOST_LETTERS} letters are the most.")
    return _Reader(line, columns).all()


class _Token(NamedTuple):
    kind: str
    text: str
    at: int  # its first letter, counted from 1


class _Reader:
    """Reads a line from left to right."""

    def __init__(self, line: str, columns: Mapping[str, Column]) -> None:
        self._columns, self._place, self._open = columns, 0, 0
        self._tokens = _tokens(line)

    def all(self) -> Bool[np.ndarray, " n"]:
        """The whole line."""
        if self._next.kind == "end":
            raise EpochscopeError(f"Type what the points have in common, such as {self._example}.")
        found = self._either()
        if self._next.kind != "end":
            raise self._wrong("expected `and`, `or` or the end")
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, *texts: str) -> bool:
        """Goes past the next token if it is one of these words or signs."""
        there = self._next.kind in ("word", "sign") and self._next.text.lower() in texts
        self._place += there
        return there

    def _either(self) -> Bool[np.ndarray, " n"]:
        found = self._both()
        while self._take("or"):
            found = found | self._both()
        return found

    def _both(self) -> Bool[np.ndarray, " n"]:
        found = self._one()
        while self._take("and"):
            found = found & self._one()
        return found

    def _one(self) -> Bool[np.ndarray, " n"]:
        if self._take("not"):
            return ~self._deeper(self._one)
        if self._take("("):
            found = self._deeper(self._either)
            if not self._take(")"):
                raise self._wrong("expected `)`")
            return found
        name, column = self._name()
        if column.flag:
            return column.values.astype(bool)
        known = ~np.isnan(column.values)
        if self._take("in"):
            return known & np.isin(column.values, self._values(name, column))
        sign = self._next
        if sign.kind != "sign" or sign.text not in _COMPARISONS:
            raise self._wrong(f"expected a comparison after `{name}`, such as {name} > 1")
        self._place += 1
        value = self._value(name, column)
        if column.words and sign.text not in ("=", "==", "!="):
            raise EpochscopeError(f"`{name}` is compared by = or != only: it is a name, not a number.")
        return known & _COMPARISONS[sign.text](column.values, value)

    def _deeper(self, read: Callable[[], Bool[np.ndarray, " n"]]) -> Bool[np.ndarray, " n"]:
        self._open += 1
        if self._open > _MOST_PARENTHESES:
            raise EpochscopeError(f"More than {_MOST_PARENTHESES} parentheses and `not` lie within each other.")
        found = read()
        self._open -= 1
        return found

    def _name(self) -> tuple[str, Column]:
        token = self._next
        if token.kind != "word" or token.text.lower() in _RESERVED:
            raise self._wrong("expected a name")
        name = token.text.lower()
        if name not in self._columns:
            raise EpochscopeError(f"There is no `{token.text[:40]}` here; there are {', '.join(self._columns)}.")
        self._place += 1
        return name, self._columns[name]

    def _values(self, name: str, column: Column) -> list[float]:
        if not self._take("("):
            raise self._wrong(f"expected `(` after `{name} in`")
        values = [self._value(name, column)]
        while self._take(","):
            values.append(self._value(name, column))
        if not self._take(")"):
            raise self._wrong("expected `,` or `)`")
        return values

    def _value(self, name: str, column: Column) -> float:
        token = self._next
        if token.kind not in ("number", "word", "text"):
            raise self._wrong(f"expected a value to compare `{name}` with")
        self._place += 1
        text = token.text[1:-1] if token.kind == "text" else token.text
        if column.words:
            return _numbered(name, text, column.words)
        if token.kind != "number":
            raise EpochscopeError(f"`{name}` is a number, so it cannot be compared with `{text[:40]}`.")
        return float(text)

    def _wrong(self, what: str) -> EpochscopeError:
        token = self._next
        found = "the line ends" if token.kind == "end" else f"there is `{token.text[:40]}` (letter {token.at})"
        return EpochscopeError(f"The line cannot be read: {what}, but {found}.")

    @property
    def _example(self) -> str:
        return "cluster = 9 and confidence < 0.6"


def _tokens(line: str) -> list[_Token]:
    found, place = [], 0
    end = len(line.rstrip())
    while place < end:
        match = _TOKEN.match(line, place)
        if match is None or match.lastgroup is None:
            at = place + len(line[place:]) - len(line[place:].lstrip())
            raise EpochscopeError(f"The line cannot be read from `{line[at : at + 20]}` on (letter {at + 1}).")
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        place = match.end()
    return [*found, _Token("end", "", end + 1)]


def _numbered(name: str, text: str, words: Sequence[str]) -> float:
    """The number of a name; of several that differ in case only, the one that is written so."""
    if text in words:
        return float(words.index(text))
    folded = [word.casefold() for word in words]
    if text.casefold() in folded:
        return float(folded.index(text.casefold()))
    some = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    raise EpochscopeError(f"There is no {name} `{text[:40]}`; there are {some}.")
