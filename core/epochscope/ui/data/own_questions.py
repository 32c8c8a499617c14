"""Choices on the Data page that a file leaves open: how it is read, which features, points without a label."""

from __future__ import annotations

import streamlit as st

from epochscope.data.own import choose
from epochscope.data.own.choose import Choice
from epochscope.data.own.raw import Raw
from epochscope.ui.shared.text import plain


def _asked(turn: int, state: str) -> str:
    return f"own.{turn}.ask.{state}."


def answers(turn: int, state: str) -> tuple[tuple[str, str], ...]:
    """The answers given so far for this file."""
    start = _asked(turn, state)
    given = {str(key): value for key, value in st.session_state.items() if str(key).startswith(start)}
    return tuple(sorted((key.removeprefix(start), value) for key, value in given.items() if isinstance(value, str)))


def questions(raw: Raw, turn: int, state: str) -> None:
    """One choice per assumption about the file; a change reads the file again."""
    if not raw.questions:
        return
    columns = st.columns(max(3, len(raw.questions)))
    for question, column in zip(raw.questions, columns, strict=False):
        column.selectbox(
            plain(question.label),
            question.options,
            question.options.index(question.chosen),
            key=f"{_asked(turn, state)}{question.key}",
            help=plain(question.why) or None,
        )


def features(raw: Raw, choice: Choice, turn: int) -> Choice:
    """Which features of a sparse matrix are taken."""
    options = (choose.ALL, choose.VARIABLE) if choose.fits_whole(raw) else (choose.VARIABLE,)
    taken = st.selectbox(
        "Features",
        options,
        key=f"own.{turn}.features",
        help="By their variance; of counts by that of log(1 + count), all points brought to the median sum.",
    )
    return choice._replace(features=taken)


def unlabeled(turn: int) -> str:
    """A choice: what to do with points without a label."""
    return st.selectbox(
        "Points without a label",
        choose.UNLABELED,
        key=f"own.{turn}.unlabeled",
        help="An empty cell or NaN means that there is no label; so does -1 beside two other classes or more.",
    )
