"""Columns of strings as numbers or words: decimal points and commas, thousands separators, true and false."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from epochscope.data.own.questions import Answers, Question, ask

MISSING = (
    "", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "-nan", "NULL", "null", "None", "none", "?", "-", "--", ".",
    "#N/A", "<NA>", "NaT", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!", "missing", "Missing",
    "–", "—",
)  # fmt: skip
"""Cells that mean: nobody knows."""

POINT, COMMA = "1.5 (point)", "1,5 (comma)"
"""Answers to the question what separates the decimals."""

_GROUP = " '’\u00a0\u202f"  # besides point or comma what may stand between thousands
_EXPONENT = r"([eE][+-]?\d+)?"
_WITH = {
    POINT: rf"^[+-]?(\d{{1,3}}([,{_GROUP}]\d{{3}})+|\d+)?(\.\d*)?{_EXPONENT}$",
    COMMA: rf"^[+-]?(\d{{1,3}}([.{_GROUP}]\d{{3}})+|\d+)?(,\d*)?{_EXPONENT}$",
}
_THOUSANDS = {POINT: f"[,{_GROUP}]", COMMA: f"[.{_GROUP}]"}
_DIGIT = r"\d"
_ONLY_GROUPED = r"^[+-]?\d{1,3}(\.\d{3})+$"
_SIGNS = "$€£¥₹"  # of money
_BARE = (  # from numbers as people write them to numbers: what a cell may look like, and what remains of it
    (r"^[−–﹣－]", "-"),
    (r"^\(([^()]*\d[^()]*)\)$", r"-\1"),
    (r"^([+-]?\d*\.?\d*)[dD]([+-]?\d+)$", r"\1e\2"),
)
_ALL_BARE = (rf"^(-?)[{_SIGNS}]\s?|\s?[{_SIGNS}]()$", r"()\s?%$")  # what goes where all cells have it
_TRUE_FALSE = {"true": 1.0, "false": 0.0}
_SAMPLE = 500  # columns that are looked at for the decimal sign


class Columns(NamedTuple):
    """Columns of numbers or words, and what was assumed of the numbers."""

    columns: list[np.ndarray]
    assumed: tuple[str, ...]
    questions: tuple[Question, ...]


def is_number(cell: str) -> bool:
    """Whether this is a number in any of the ways that are read here."""
    with suppress(ValueError):
        float(cell)
        return True
    if not any(ch.isdigit() for ch in cell):
        return False
    for regex, left in (*((one, r"\1") for one in _ALL_BARE), *_BARE):
        cell = re.sub(regex, left, cell.strip())
    return any(re.search(regex, cell) for regex in _WITH.values())


def numbers(columns: Sequence[pa.ChunkedArray], separator: str, answers: Answers) -> Columns:
    """Every column as numbers if all its cells are, else as words; one decimal sign for the whole table.

    Where only groups of three digits follow a comma, it stands between thousands, unless cells are apart by semicolons.
    """
    plain: list[np.ndarray | None] = []
    stripped = False
    open_ones: dict[int, pa.ChunkedArray] = {}  # the columns that are no numbers as programs write them
    for place, column in enumerate(columns):
        trimmed = _trimmed(column)
        plain.append(_plain(trimmed))
        if plain[-1] is not None:
            continue
        bare = _bare(trimmed)
        plain[-1] = None if bare is trimmed else _plain(bare)
        styled = plain[-1] is None and bare is not trimmed and _is_styled(bare)
        stripped = stripped or styled or plain[-1] is not None
        if plain[-1] is None:
            open_ones[place] = bare if styled else trimmed
    votes = {POINT: 0, COMMA: 0}
    unclear = grouped = False
    for column in list(open_ones.values())[:_SAMPLE]:
        fits = [style for style in votes if _matches(column, style)]
        if len(fits) == 1:
            votes[fits[0]] += 1
        unclear = unclear or len(fits) == 2
    usual = COMMA if votes[COMMA] > votes[POINT] or (not votes[POINT] and unclear and separator == ";") else POINT
    questions: tuple[Question, ...] = ()
    style = usual
    if unclear or any(votes.values()):
        question = ask(answers, "decimal", "Decimals", (POINT, COMMA), usual, "So the cells of the file can be read.")
        questions, style = (question,), question.chosen
    made = []
    for place, found in enumerate(plain):
        column = open_ones.get(place)
        if column is None and style == COMMA and _all(trimmed := _trimmed(columns[place]), _ONLY_GROUPED):
            column = trimmed  # 1.234 among numbers with decimal commas is no 1.234
        values = found if column is None else _styled(column, style)
        grouped = grouped or (values is not None and column is not None and _any(column, _THOUSANDS[style]))
        made.append(_words(open_ones[place]) if values is None else values)
    said = (
        *(["decimal commas"] if questions and style == COMMA else []),
        *(["thousands separators"] if grouped else []),
        *(["signs beside numbers left out (such as %, $ or brackets)"] if stripped else []),
    )
    return Columns(made, said, questions)


def words(column: pa.ChunkedArray) -> np.ndarray:
    """A column of strings as words, whatever they look like."""
    return _words(_trimmed(column))


def is_numbers(column: pa.ChunkedArray) -> bool:
    """Whether all cells of a column are numbers, and there is one at least."""
    trimmed = _trimmed(column)
    values = _plain(trimmed)
    if values is None and (bare := _bare(trimmed)) is not trimmed:
        trimmed, values = bare, _plain(bare)
    if values is not None:
        return bool(len(values)) and not np.isnan(values).all()
    return _is_styled(trimmed)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(trimmed, value_set=pa.array(MISSING)), pa.scalar(None, pa.string()), trimmed)


def _plain(column: pa.ChunkedArray) -> np.ndarray | None:
    """Numbers as programs write them, or true and false; None for anything else."""
    with suppress(pa.ArrowInvalid):
        return floats(pc.cast(column, pa.float64()))
    found = set(pc.unique(pc.utf8_lower(column)).to_pylist()) - {None}
    if found <= _TRUE_FALSE.keys():
        return floats(pc.cast(pc.equal(pc.utf8_lower(column), "true"), pa.float64()))
    return None


def _bare(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without signs of percent and money where all cells have them, brackets and long minus as minus.

    The same object where nothing changes.
    """
    found = column
    for regex in _ALL_BARE:
        if _all(found, regex):
            found = pc.replace_substring_regex(found, regex, r"\1")
    for regex, left in _BARE:
        if _any(found, regex):
            found = pc.replace_substring_regex(found, regex, left)
    return found


def _is_styled(column: pa.ChunkedArray) -> bool:
    """Whether all cells are numbers with a decimal sign and thousands of some style."""
    return any(_matches(column, style) for style in _WITH)


def _all(column: pa.ChunkedArray, regex: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(column, regex), min_count=1).as_py())


def _any(column: pa.ChunkedArray, regex: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, regex), min_count=1).as_py())


def _matches(column: pa.ChunkedArray, style: str) -> bool:
    return _all(column, _WITH[style]) and _all(column, _DIGIT)


def _styled(column: pa.ChunkedArray, style: str) -> np.ndarray | None:
    """Numbers with this decimal sign; None where a cell is none."""
    if not _matches(column, style):
        return None
    bare = pc.replace_substring_regex(column, _THOUSANDS[style], "")
    with suppress(pa.ArrowInvalid):
        return floats(pc.cast(pc.replace_substring(bare, ",", ".") if style == COMMA else bare, pa.float64()))
    return None


def floats(column: Any) -> np.ndarray:
    """A column of numbers, NaN where one is missing."""
    return column.to_numpy(zero_copy_only=False).astype(np.float64) if len(column) else np.zeros(0)


def _words(column: pa.ChunkedArray) -> np.ndarray:
    found = np.empty(len(column), object)
    found[:] = column.to_pylist()
    return found
