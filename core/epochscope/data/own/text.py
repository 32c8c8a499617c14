"""Text as somebody saved it: its encoding, lines that are comments, and what stands between the cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from charset_normalizer import from_bytes

from epochscope.data.own.numbers import is_number
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.types import EpochscopeError

BLANKS = " "
"""Stands for any run of blanks and tabs as a separator."""

_SEPARATORS = (",", "\t", ";", "|")
_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", BLANKS: "blanks"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS = ("cp1252", "mac_roman", "cp1250", "cp1251", "cp437", "shift_jis", "gb18030", "big5", "euc_kr")
_OTHERS = ("iso8859_2", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256")  # only offered
_ENOUGH = 40  # bytes beyond ASCII: of fewer the language cannot be told
_SAMPLE_BYTES, _SAMPLE_ROWS = 1 << 20, 25
_MOST_TITLES = 10
_SAID = re.compile(rb'\A\s*"?sep=([^\r\n])"?[ \t]*\r?\n', re.IGNORECASE)
_COMMENT = re.compile(rb"^[ \t]*#[^\n]*\n?", re.MULTILINE)
_RUNS = re.compile(rb"[ \t]+")


class Text(NamedTuple):
    """Content in UTF-8 without a mark, and what was assumed of it."""

    content: bytes
    assumed: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def as_utf8(content: bytes, where: str, answers: Answers) -> Text:
    """The content as UTF-8, from whatever it was saved as; EpochscopeError where it is no text at all."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            if encoding == "utf-8":
                return _utf8_or_guess(content[len(mark) :], where, answers)
            return Text(_recoded(content, encoding, where), (f"{encoding.upper()} text",))
    if b"\0" in content:
        if wide := _wide(content):
            return Text(_recoded(content, wide, where), (f"{wide.upper()} text without a mark",))
        raise EpochscopeError(
            f"{where} has an unsupported format: a table (.csv, .tsv, .txt, .json, .parquet, .feather, .xlsx), arrays "
            "(.npz, .npy, .mat, .h5, .h5ad, .safetensors), .arff, libsvm, .mtx or a .zip of pictures is needed."
        )
    return _utf8_or_guess(content, where, answers)


def _wide(content: bytes) -> str:
    """The kind of UTF-16 if every second byte is zero, as in text of Latin letters; "" otherwise."""
    some = content[: 4_000 - len(content[:4_000]) % 2]
    even, odd = some[::2].count(0), some[1::2].count(0)
    half = len(some) / 2
    if odd > 0.9 * half and not even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.9 * half and not odd else ""


def _recoded(content: bytes, encoding: str, where: str) -> bytes:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise EpochscopeError(f"{where} is damaged {encoding.upper()} text; save it again as UTF-8.") from None
    if "\0" in text:
        raise EpochscopeError(f"{where} holds zero bytes, so it is no text; save it again as UTF-8.")
    return text.removeprefix("\ufeff").encode("utf-8", "replace")


def _utf8_or_guess(content: bytes, where: str, answers: Answers) -> Text:
    try:
        content.decode("utf-8")
        return Text(content)
    except UnicodeDecodeError as error:
        start = error.start
    sample = content[max(0, start - 2_000) : start + 20_000]
    if sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in sample) > 0.01 * len(sample):
        line = content[:start].count(b"\n") + 1
        raise EpochscopeError(f"{where} is no text (line {line}); a table saved as UTF-8 is needed.")
    usual = "cp1252"
    if sum(byte > 127 for byte in sample) >= _ENOUGH:
        letters = bytes(byte if byte > 127 or chr(byte).isalpha() else 32 for byte in sample)  # numbers tell nothing
        best = from_bytes(letters, cp_isolation=list(_ENCODINGS)).best()
        same = [one for one in _ENCODINGS if best is not None and one in best.could_be_from_charset]
        usual = same[0] if same else usual
    question = ask(
        answers, "encoding", "Encoding", _ENCODINGS + _OTHERS, usual, "It is not UTF-8; so its letters make sense."
    )
    try:
        text = content.decode(question.chosen, "replace" if question.chosen == "cp1252" else "strict")
    except UnicodeDecodeError:
        raise EpochscopeError(f"{where} is no text in {question.chosen}: choose another encoding.") from None
    return Text(text.encode("utf-8", "replace"), (f"{question.chosen} text",), (question,))


class Lines(NamedTuple):
    """Content without comments and without a line that only names the separator."""

    content: bytes
    separator: str  # "" where the file does not say
    heading: bytes  # the last comment before the first line, without its sign
    comments: int


def without_comments(content: bytes) -> Lines:
    """Takes out lines that begin with "#", and Excel's line "sep=;"."""
    said = _SAID.match(content)
    separator = said[1].decode("ascii", "replace") if said else ""
    content = content[said.end() :] if said else content
    if b"#" not in content:
        return Lines(content, separator, b"", 0)
    pieces: list[bytes] = []
    at = count = quotes = 0
    heading = b""
    for match in _COMMENT.finditer(content):
        before = content[at : match.start()]
        quotes += before.count(b'"')
        pieces.append(before)
        at = match.end()
        if quotes % 2:  # inside a quoted cell
            pieces.append(match[0])
            quotes += match[0].count(b'"')
            continue
        count += 1
        if not any(piece.strip() for piece in pieces):
            heading = match[0].strip().lstrip(b"#").strip()
    pieces.append(content[at:])
    left = b"".join(pieces)
    if not left.strip() or count > left.count(b"\n") + 1:  # signs that belong to the cells
        return Lines(content, separator, b"", 0)
    return Lines(left, separator, heading, count)


class Top(NamedTuple):
    """Content that begins with the table itself, and how many lines stood above."""

    content: bytes
    lines: int = 0


def without_titles(content: bytes, separator: str) -> Top:
    """Takes out lines above a table that have fewer cells; completes a row of names that lacks the one of the rows.

    Only where the rows do not have the same number of cells in any other way.
    """
    sample = content[: 1 << 16]
    text = (sample if len(sample) == len(content) else sample[: sample.rfind(b"\n") + 1]).decode("utf-8", "replace")
    found: list[tuple[int, str, list[int]]] = []
    for one in (separator,) if separator else (*_SEPARATORS, BLANKS):
        widths = [len(row) for row in records(text, one)] or [0]
        if len(set(widths)) == 1 and widths[0] > 1:
            return Top(content)
        found.append((widths[-1], one, widths))
    for width, one, widths in sorted(found, key=lambda each: -each[0]):
        above = next((place for place, count in enumerate(widths) if count == width), 0)
        if width < 2 or not 0 < above <= min(_MOST_TITLES, len(widths) // 2) or set(widths[above:]) != {width}:
            continue
        if above == 1 and widths[0] == width - 1 and width > 2:
            return Top((b'""' + (b" " if one == BLANKS else one.encode())) + content.lstrip())
        lines = content.splitlines(keepends=True)
        full = [place for place, line in enumerate(lines) if line.strip()]
        return Top(b"".join(lines[full[above] :]), above)
    return Top(content)


def separator_of(content: bytes) -> str:
    """What stands between the cells: what splits all rows alike, into the most numbers, most often in the first row."""
    first = content[: content.find(b"\n")] if b"\n" in content else content
    most = max(_SEPARATORS, key=lambda s: first.count(s.encode()))
    if len(first) > _SAMPLE_BYTES:
        return most
    sample = content[:_SAMPLE_BYTES]
    if len(content) > len(sample):
        sample = sample[: sample.rfind(b"\n") + 1]
    text = sample.decode("utf-8", "replace")
    best, score = most, (False, -1.0, -1)
    for separator in (most, *(s for s in _SEPARATORS if s != most), BLANKS):
        rows = records(text, separator)
        widths = {len(row) for row in rows}
        alike = len(widths) == 1 and widths != {1}
        below = [cell for row in rows[1:] or rows for cell in row if cell.strip()]
        share = sum(map(is_number, below[:400])) / max(1, len(below[:400]))
        found = (alike, round(share, 1), first.count(separator.encode()) if separator != BLANKS else 0)
        if found > score and (alike or separator == most):
            best, score = separator, found
    return best


def records(text: str, separator: str) -> Sequence[list[str]]:
    """The first rows of a table as lists of cells; rows that are blank are left out."""
    if separator == BLANKS:
        lines = [line.split() for line in text.splitlines()[: 4 * _SAMPLE_ROWS]]
        return [line for line in lines if line][:_SAMPLE_ROWS]
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return rows or [[]]
    return rows or [[]]


def tabbed(content: bytes) -> bytes:
    """A table that is apart by blanks as one that is apart by single tabs."""
    return b"\n".join(_RUNS.sub(b"\t", line.strip()) for line in content.splitlines() if line.strip())


def name_of(separator: str) -> str:
    """The separator in words."""
    return _NAMES.get(separator, repr(separator))
