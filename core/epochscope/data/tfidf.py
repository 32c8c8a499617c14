"""Texts as vectors: counts of the 2,000 most frequent terms, weighted by tf-idf, each text scaled to length 1.

As in DEC, DEC-keras and VaDE for the Reuters texts: w = (1 + ln tf) (1 + ln((1 + n) / (1 + df))), then l2 normalization
and a factor sqrt(2000), after which the mean of ||x||^2 / d is one. The weights are those of scikit-learn. The factor
is kept for the sake of stored runs: methods with a network bring the data to mean square 1 themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from epochscope.data.draw import drawn
from epochscope.params import param
from epochscope.types import EpochscopeError

TERMS = 2_000
TIMES_ROOT, UNIT_LENGTH = "tf-idf, l2 norm, times sqrt(2000) (DEC)", "tf-idf, l2 norm"


class Counts(NamedTuple):
    """Counts of the most frequent terms in each text."""

    counts: csr_matrix  # texts x terms, whole numbers
    terms: tuple[str, ...]


class Texts(NamedTuple):
    """Drawn texts as vectors; `scaling` also mentions the number of dropped texts."""

    x: Float[np.ndarray, "n f"]
    truth: Int[np.ndarray, " n"]
    scaling: str


def text_scaling() -> Any:
    """The parameter `scaling` of a set of texts."""
    return param(
        TIMES_ROOT,
        options=(TIMES_ROOT, UNIT_LENGTH),
        label="Scaling",
        help="Without the factor each text has length 1; with sqrt(2000) the mean of ‖x‖²/d is one, as in DEC and its "
        "successors. Both give the same clusters here, since a method with a network brings the data to mean square 1 "
        "itself, and k-means takes no notice of a factor.",
    )


def count_terms(texts: Iterable[str], *, stop_words: bool = False) -> Counts:
    """Counts of the TERMS most frequent terms of two or more letters; `stop_words` removes English stop words.

    Raises EpochscopeError if the texts have no terms.
    """
    counter = CountVectorizer(max_features=TERMS, stop_words="english" if stop_words else None)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # raised by scikit-learn for an empty vocabulary
        raise EpochscopeError("The files contain no words; download them again.") from None
    return Counts(csr_matrix(counts), tuple(counter.get_feature_names_out().tolist()))


def tfidf(counts: csr_matrix) -> csr_matrix:
    """tf-idf weights of counted terms with 1 + ln tf as term frequency, each row of length 1 (or 0)."""
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts)


def as_points(weights: csr_matrix, truth: Int[np.ndarray, " m"], *, n: int, seed: int, scaling: str) -> Texts:
    """n texts drawn with this seed, of length 1 or sqrt(2000). Texts without any of the terms are dropped first."""
    some = np.flatnonzero(np.diff(weights.indptr) > 0)
    if not len(some):
        raise EpochscopeError("No text contains any of the most frequent terms, so there is nothing to cluster.")
    rows = some[drawn(len(some), n, seed)]
    factor = np.float32(np.sqrt(TERMS) if scaling == TIMES_ROOT else 1)
    x = normalize(weights[rows].astype(np.float32)).toarray() * factor
    if dropped := weights.shape[0] - len(some):
        scaling += f"; {dropped:,} texts without any of the terms dropped"
    return Texts(x, truth[rows], scaling)
