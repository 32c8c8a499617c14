"""Text vectors against the formula written out, and what is drawn and dropped."""

import math
from collections import Counter

import numpy as np
import pytest
from epochscope.data.tfidf import TIMES_ROOT, UNIT_LENGTH, as_points, count_terms, tfidf
from epochscope.types import EpochscopeError
from scipy.sparse import csr_matrix

TEXTS = ["oil price oil oil up", "price of the grain up", "grain ship grain", "a I ?"]


def test_weights_are_those_of_the_formula():
    counted = count_terms(TEXTS)
    assert counted.terms == ("grain", "of", "oil", "price", "ship", "the", "up")
    got = tfidf(counted.counts).toarray()
    n = len(TEXTS)
    words = [[w for w in text.lower().split() if len(w) > 1] for text in TEXTS]
    for i, text in enumerate(words):
        tf = Counter(text)
        df = {t: sum(t in other for other in words) for t in counted.terms}
        w = [tf[t] and (1 + math.log(tf[t])) * (1 + math.log((1 + n) / (1 + df[t]))) for t in counted.terms]
        length = math.sqrt(sum(v * v for v in w)) or 1
        np.testing.assert_allclose(got[i], [v / length for v in w], atol=1e-12)


def test_stop_words_and_the_most_frequent_terms(monkeypatch):
    assert count_terms(TEXTS, stop_words=True).terms == ("grain", "oil", "price", "ship")
    monkeypatch.setattr("epochscope.data.tfidf.TERMS", 2)
    assert count_terms(TEXTS).terms == ("grain", "oil")


def test_no_words_at_all():
    with pytest.raises(EpochscopeError, match="contain no words"):
        count_terms(["?", "!"])
    with pytest.raises(EpochscopeError, match="No text contains any"):
        as_points(csr_matrix((3, 2)), np.zeros(3, int), n=3, seed=0, scaling=UNIT_LENGTH)


def test_points_have_the_length_that_the_scaling_names_and_empty_texts_are_dropped():
    weights = tfidf(count_terms(TEXTS).counts)
    unit = as_points(weights, np.arange(4), n=10, seed=0, scaling=UNIT_LENGTH)
    assert unit.scaling == "tf-idf, l2 norm; 1 texts without any of the terms dropped"
    assert sorted(unit.truth) == [0, 1, 2]
    np.testing.assert_allclose(unit.x, weights.toarray()[unit.truth], atol=1e-7)
    dec = as_points(weights, np.arange(4), n=2, seed=0, scaling=TIMES_ROOT)
    assert dec.x.dtype == np.float32
    np.testing.assert_allclose(np.square(dec.x).sum(axis=1), 2_000, rtol=1e-5)
    np.testing.assert_allclose(dec.x, unit.x[:2] * np.sqrt(2_000), rtol=1e-6)  # a larger n only adds points
