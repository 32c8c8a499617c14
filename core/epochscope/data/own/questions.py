"""What a reader assumed where a file leaves room for doubt: a choice among named answers, one of them already taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from epochscope.types import EpochscopeError

Answers = Mapping[str, str]
"""Answers by the key of their question. An answer that is none of the options counts as not given."""


class Question(NamedTuple):
    """One assumption that can be changed: read the file again with {key: one of the options}."""

    key: str
    label: str  # a few words, as a page shows them above the options
    options: tuple[str, ...]
    chosen: str  # one of the options
    why: str = ""  # one sentence


def ask(  # noqa: PLR0917
    answers: Answers, key: str, label: str, options: tuple[str, ...], usual: str, why: str = ""
) -> Question:
    """The question with what was answered; where that is no option, with the usual answer."""
    given = answers.get(key, usual)
    return Question(key, label, options, given if given in options else usual, why)


def answers_checked(answers: Answers, questions: tuple[Question, ...], where: str) -> None:
    """Raises EpochscopeError naming the first answer that this file has no question for, or that is no option."""
    known = {question.key: question for question in questions}
    for key, answer in answers.items():
        if key not in known:
            asked = ", ".join(known) or "none"
            raise EpochscopeError(f"{where} leaves no question {key!r} open; its questions are: {asked}.")
        if answer not in known[key].options:
            options = ", ".join(map(repr, known[key].options))
            raise EpochscopeError(f"The answer {answer!r} to {key!r} is none of {options}.")
