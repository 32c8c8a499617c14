"""What viewers ask of a run by name, one answer each: the same over HTTP and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from epochscope.runs.format.run import Run
from epochscope.runs.library.features import column
from epochscope.server import live
from epochscope.types import EpochscopeError


class Question(NamedTuple):
    """The numbers that it is asked with, and the function of the run and of them that answers."""

    needs: tuple[str, ...]
    answer: Callable[..., dict[str, Any]]


QUESTIONS: Mapping[str, Question] = {
    "neighbors": Question(("epoch", "point"), live.neighbors),  # the drawn graph may show only some of its edges
    "hues": Question(("epoch",), live.point_colors),  # mistakes and entropies of one epoch
    "feature": Question(("column",), column),  # one column of the data at the drawn points
}


def answer(run: Run, name: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The answer as JSON takes it. Raises EpochscopeError if there is no such question or answer."""
    if name not in QUESTIONS:
        raise EpochscopeError(f"A viewer cannot ask for {name[:40]!r}; it can ask for {', '.join(QUESTIONS)}.")
    needs, found = QUESTIONS[name]
    try:
        numbers = [int(query.get(need, "")) for need in needs]
        if min(numbers) < 0:
            raise ValueError
    except ValueError:
        raise EpochscopeError(f"A viewer asks with {' and '.join(needs)} (whole numbers from 0).") from None
    return found(run, *numbers)
