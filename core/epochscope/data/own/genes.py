"""Tables of genes x cells, which are turned: the names of the genes stand in the first column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from epochscope.data.labels import sanitize
from epochscope.data.own.arrays import COLUMNS, ROWS, as_matrix
from epochscope.data.own.naming import says_labels
from epochscope.data.own.questions import Answers, Question, ask
from epochscope.data.own.raw import MOST_COLUMNS, Raw, unique

_ENSEMBL = re.compile(r"ENS[A-Z]{0,6}[GTE]\d{6,}(\.\d+)?(_.*)?")
_COMMON = {
    "ACTB", "GAPDH", "B2M", "MALAT1", "RPL13", "RPL13A", "RPS18", "RPLP0", "EEF1A1", "TMSB4X", "FTL", "FTH1", "UBC",
    "CD3D", "CD3E", "CD4", "CD8A", "CD14", "CD19", "MS4A1", "NKG7", "LYZ", "PTPRC", "TP53", "MYC", "EGFR", "VIM",
    "COL1A1", "KRT18", "EPCAM", "GATA1", "GATA2", "SOX2", "HBB", "HBA1", "INS", "GCG", "ALB",
}  # fmt: skip
_CALLED = re.compile(r"(gene|symbol|ensembl|transcript|probe)s?([ _.-]?(id|name|symbol)s?)?|hgnc.*", re.IGNORECASE)
_SAMPLE = 5_000


class Turned(NamedTuple):
    """The turned table, None where it stays as it is; with the question, where it could be either."""

    raw: Raw | None = None
    questions: tuple[Question, ...] = ()
    assumed: tuple[str, ...] = ()


def turned(columns: Mapping[str, np.ndarray], where: str, answers: Answers) -> Turned:
    """A table whose first column names its rows and whose other columns are numbers, turned if the rows are genes."""
    names, first = list(columns), next(iter(columns.values()), None)
    numbers = all(columns[name].dtype.kind == "f" for name in names[1:])
    if first is None or first.dtype.kind != "O" or len(names) < 3 or not numbers:
        return Turned()
    words = first.tolist()
    if says_labels(names[0]) or None in words or len(set(words)) < len(words):
        return Turned()
    sign = _sign(names[0], words)
    usual, why = (COLUMNS, f"The rows are genes: {sign}.") if sign else (ROWS, "")
    question = ask(answers, "turn", "Points are", (ROWS, COLUMNS), usual, why)
    if question.chosen == ROWS:
        return Turned(None, (question,))
    values = np.stack([columns[name] for name in names[1:]])
    genes = unique(words)
    said = (f"genes x cells turned into {values.shape[0]:,} cells of {values.shape[1]:,} genes ({sign or 'as asked'})",)
    if len(genes) > MOST_COLUMNS:
        return Turned(as_matrix(Raw({}), values, genes, where), (question,), said)
    return Turned(Raw(dict(zip(genes, values.T, strict=True))), (question,), said)


def gene_names(names: Sequence[str]) -> bool:
    """Whether features with these names are genes: mostly Ensembl ids, or several well-known symbols among them."""
    ids = sum(bool(_ENSEMBL.fullmatch(name)) for name in names[:_SAMPLE])
    return ids > 0.5 * min(len(names), _SAMPLE) or sum(name.upper() in _COMMON for name in names) > 2


def _sign(name: str, words: list[str]) -> str:
    """What shows that these words are genes; "" if nothing does."""
    some = words[:_SAMPLE]
    ids = sum(bool(_ENSEMBL.fullmatch(word)) for word in some)
    if ids > 0.5 * len(some):
        return f"the first column holds Ensembl ids such as {sanitize(some[0], 24)}"
    if _CALLED.fullmatch(name.strip()):
        return f"the first column is called {sanitize(name, 24)}"
    known = [word for word in words if word.upper() in _COMMON]
    return f"the first column holds {known[0]} and {known[1]}" if len(known) > 1 else ""
