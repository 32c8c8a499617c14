"""What a method card holds: the part of a method's description that no program can read off its code.

Text is Markdown, with mathematics between dollar signs; LaTeX as KaTeX understands it, letters as in the paper.
Sizes: n points, f features, d numbers in a code, k clusters.
"""

from __future__ import annotations

from typing import NamedTuple


class Formula(NamedTuple):
    """One formula and one line that says what it is."""

    latex: str
    words: str


class Symbol(NamedTuple):
    """One letter of the formulas."""

    latex: str  # as it stands in a formula
    meaning: str
    shape: str  # "n × k", "a number", "a network"
    seen: str = ""  # what shows it: a field of Snapshot, a name of OPTIONAL_ARRAYS, or the key of a figure ("losses")


class Implementation(NamedTuple):
    """What a public implementation does otherwise than the paper, or than we do."""

    repository: str  # owner/name on GitHub
    differs: str


class Pitfall(NamedTuple):
    """What goes wrong, why, and what helps."""

    symptom: str
    cause: str
    remedy: str


class Source(NamedTuple):
    """A text the card relies on."""

    cite: str
    link: str = ""


class Step(NamedTuple):
    """One line of an algorithm as the paper lists it, in our words, and where it stands in the code."""

    line: str  # its number there
    words: str
    code: str  # an expression in the file of the method


class Card(NamedTuple):
    """One method, for a student and for somebody who would implement it."""

    key: str
    words: str
    formulas: tuple[Formula, ...]
    symbols: tuple[Symbol, ...]
    pitfalls: tuple[Pitfall, ...]
    sources: tuple[Source, ...]
    implementations: tuple[Implementation, ...] = ()
    steps: tuple[Step, ...] = ()  # where the paper lists an algorithm
    diagram: str = ""  # a graph in the language DOT
