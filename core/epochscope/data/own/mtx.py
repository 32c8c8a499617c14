"""Matrix Market (.mtx) by scipy, alone or as 10x Genomics writes it: with the names of genes and cells beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import numpy as np
from scipy.io import mmread
from scipy.sparse import coo_matrix, csr_matrix

from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.questions import Answers, ask
from epochscope.data.own.raw import Raw, unique
from epochscope.data.own.sparse import built, sparse_within_limits
from epochscope.types import EpochscopeError

BEGINNING = b"%%MatrixMarket"
_SIZES = re.compile(rb"\A%%MatrixMarket[^\n]*\n(?:\s*%[^\n]*\n|\s*\n)*\s*(\d+)\s+(\d+)(?:\s+(\d+))?\s*\n")
_USUAL = "Gene Expression"


def matrix_of(content: bytes, where: str) -> csr_matrix:
    """The matrix, its size looked at before it is read."""
    found = _SIZES.match(content.replace(b"\r\n", b"\n", 50))
    words = content[:200].lower().split(b"\n", 1)[0].split()
    if found is None or len(words) < 4 or b"complex" in words:
        raise EpochscopeError(f"{where} is a Matrix Market file whose header cannot be read; save it again as real.")
    rows, columns = int(found[1]), int(found[2])
    sparse_within_limits(rows, columns, int(found[3] or 0) if found[3] else rows * columns, where)
    try:
        made = coo_matrix(mmread(io.BytesIO(content)))
    except MemoryError:
        raise
    except Exception:  # the library raises ValueError, OverflowError, IndexError ... on damaged content
        raise EpochscopeError(f"{where} is a damaged Matrix Market file; save it again.") from None
    return built("coo", (made.data, made.row, made.col), made.shape, where)


def read_mtx(content: bytes, where: str, answers: Answers) -> Raw:
    """A matrix alone: its rows are the points, unless asked otherwise."""
    raw = from_arrays({"X": matrix_of(content, where)}, where, answers)
    return raw._replace(assumed=("Matrix Market", *raw.assumed))


def named_matrix(matrix: csr_matrix, lines: Mapping[str, list[list[str]]], where: str, answers: Answers) -> Raw:
    """A matrix with the cells of tables beside it: "genes" names its rows, or columns, and "barcodes" the others."""
    genes = lines.get("genes", [])
    rows, columns = matrix.shape
    turned = len(genes) == rows or (len(genes) != columns and len(lines.get("barcodes", [])) == columns)
    cells = csr_matrix(matrix.T) if turned else matrix
    genes = genes if len(genes) == cells.shape[1] else []
    names = [row[1] if len(row) > 1 and row[1] else row[0] for row in genes]
    kinds = [row[2] if len(row) > 2 else "" for row in genes]
    questions = []
    if len(options := sorted(set(kinds), key=lambda kind: (kind != _USUAL, kind))) > 1:
        why = "The file holds several kinds of features."
        questions.append(ask(answers, "kind", "Features", tuple(options), options[0], why))
        keep = np.flatnonzero(np.array(kinds) == questions[0].chosen)
        cells, names = csr_matrix(cells[:, keep]), [names[i] for i in keep]
    raw = from_arrays({"X": cells}, where, {}, {"X": unique(names)}, settled=True)
    size = " x ".join(f"{size:,}" for size in cells.shape)
    how = "stored as genes x cells and turned, " if turned else ""
    return raw._replace(questions=tuple(questions), assumed=(f"Matrix Market: {how}{size} cells x genes",))
