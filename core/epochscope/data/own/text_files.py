"""Any text file as columns or a matrix: first its encoding, then which of the formats it is."""

from __future__ import annotations

from epochscope.data.own import arff, svmlight
from epochscope.data.own.json_text import read_json
from epochscope.data.own.json_values import is_json
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import Raw
from epochscope.data.own.tables import read_table
from epochscope.data.own.text import as_utf8
from epochscope.types import EpochscopeError


def read_text(content: bytes, where: str, answers: Answers) -> Raw:
    """JSON, ARFF or KEEL, libsvm, or a table."""
    text = as_utf8(content, where, answers)
    if not text.content.strip():
        raise EpochscopeError(f"{where} is empty.")
    if is_json(text.content):
        raw = read_json(text.content, where, answers)
    elif arff.is_arff(text.content):
        raw = arff.read_arff(text.content, where, answers)
    elif svmlight.is_libsvm(text.content):
        raw = svmlight.read_libsvm(text.content, where)
    else:
        raw = read_table(text.content, where, answers)
    return raw._replace(assumed=(*text.assumed, *raw.assumed), questions=(*text.questions, *raw.questions))
