"""What a table is taken for: each kind, its near misses, and families of made tables; labels have no part in it."""

import numpy as np
import pytest
from epochscope.data.own import recognize as rules
from epochscope.data.own.recognize import recognize
from epochscope.data.own.traits import traits_of
from epochscope.data.scaling import (
    AS_STORED,
    COUNTS,
    LOG_RATIO,
    ROOT,
    STANDARDIZE,
    TFIDF,
    TOGETHER,
    VARIED_COUNTS,
    likelihood,
    scaled,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_matrix
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA

from benchmarks import simulated

RNG = np.random.default_rng(7)
DIGITS = load_digits().data.astype(np.float32)
CELLS = simulated.cells(1, n=400, genes=600).x
PER_CELL = CELLS / CELLS.sum(axis=1, keepdims=True)
TEXTS = simulated.texts(1, n=300, words=1_500).x
SHARES = simulated.shares(1, n=300).x
NORMAL = RNG.normal(size=(500, 20))
CATEGORIES = np.hstack([np.eye(4)[RNG.integers(0, 4, 300)], np.eye(25)[RNG.integers(0, 25, 300)]])
WAVES = np.sin(np.linspace(0, 9, 90) * RNG.uniform(1, 2, (200, 1)) + RNG.uniform(0, 6, (200, 1)))
LETTERS = "".join(chr(97 + i) for i in range(26))
VOCABULARY = [f"{a}{b}{c}" for a in LETTERS for b in "aeiou" for c in LETTERS][:600]


def photos(n: int = 60, side: int = 16, channels: int = 3) -> np.ndarray:
    """Smooth color pictures, their channels beside each other."""
    noise = gaussian_filter(RNG.normal(size=(n, side, side, channels)), (0, 3, 3, 0))
    return np.clip(128 + 60 * noise / noise.std(), 0, 255).round().reshape(n, -1)


KINDS = {
    "digits": (DIGITS, rules.PIXELS, TOGETHER),
    "digits in 0..1": (DIGITS / 16, rules.PIXELS, TOGETHER),
    "digits in -1..1": (DIGITS / 8 - 1, rules.PIXELS, TOGETHER),
    "digits in 16 bits": (DIGITS * 4000, rules.PIXELS, TOGETHER),
    "digits of which constant pixels were dropped": (DIGITS[:, DIGITS.std(axis=0) > 0], rules.PIXELS, TOGETHER),
    "digits in another order of pixels": (DIGITS[:, RNG.permutation(64)], rules.PIXELS, TOGETHER),
    "color pictures": (photos(), rules.PIXELS, TOGETHER),
    "color pictures, a channel after the other": (
        photos().reshape(60, 256, 3).swapaxes(1, 2).reshape(60, -1),
        rules.PIXELS,
        TOGETHER,
    ),
    "black and white": (DIGITS > 8, rules.BINARY, TOGETHER),
    "categories in columns of 0 and 1": (CATEGORIES, rules.BINARY, TOGETHER),
    "cells": (CELLS, rules.COUNTED, COUNTS),
    "cells by many genes": (simulated.cells(2, n=120, genes=2_100).x, rules.COUNTED, VARIED_COUNTS),
    "counts per million": (1e6 * PER_CELL, rules.COUNTED, COUNTS),
    "counts with means in place of gaps": (
        np.where(RNG.random(CELLS.shape) < 0.001, 0.37, CELLS),
        rules.COUNTED,
        COUNTS,
    ),
    "texts": (TEXTS, rules.WORDS, TFIDF),
    "shares": (SHARES, rules.SHARES, LOG_RATIO),
    "shares with zeros": (RNG.dirichlet(np.full(20, 0.02), 300).round(3) + np.eye(300, 20) * 0, rules.SHARES, ROOT),
    "small shares": (RNG.multinomial(90, np.full(64, 1 / 64), 300) / 90, rules.SHARES, ROOT),
    "softmax of large numbers": (np.exp(NORMAL * 9) / np.exp(NORMAL * 9).sum(1, keepdims=True), rules.SHARES, ROOT),
    "standardized": (NORMAL, rules.STANDARD, AS_STORED),
    "standardized digits": (scaled(DIGITS, STANDARDIZE)[:, DIGITS.std(axis=0) > 0], rules.STANDARD, AS_STORED),
    "rows of length 1": (DIGITS / np.linalg.norm(DIGITS, axis=1, keepdims=True), rules.UNIT, AS_STORED),
    "tf-idf": (scaled(TEXTS, TFIDF), rules.UNIT, AS_STORED),
    "log-normalized cells": (np.log1p(1e4 * PER_CELL), rules.LOGS, AS_STORED),
    "log2 of counts per million": (np.log2(1 + 1e6 * PER_CELL), rules.LOGS, AS_STORED),
    "some genes of log-normalized cells": (np.log1p(1e4 * PER_CELL)[:, :200], rules.ALIKE, AS_STORED),
    "principal components": (PCA(20).fit_transform(np.log1p(1e4 * PER_CELL)), rules.COMPONENTS, AS_STORED),
    "answers from 1 to 5": (RNG.integers(1, 6, (200, 30)), rules.ONE_SCALE, AS_STORED),
    "answers from 0 to 4": (RNG.integers(0, 5, (200, 30)), rules.ONE_SCALE, AS_STORED),
    "features brought to 0..1": (scaled(load_wine().data, "min-max to [0,1]"), rules.ONE_SCALE, AS_STORED),
    "waves": (WAVES + 0.05 * RNG.normal(size=WAVES.shape), rules.SIGNALS, AS_STORED),
    "spectra": (np.abs(WAVES) * 300 + 20, rules.SIGNALS, AS_STORED),
    "outputs of a layer": (np.maximum(NORMAL @ RNG.normal(size=(20, 128)), 0), rules.ALIKE, AS_STORED),
    "wine": (load_wine().data, rules.MIXED, STANDARDIZE),
    "iris": (load_iris().data, rules.MIXED, STANDARDIZE),
    "cancer, three measures of the same ten things": (load_breast_cancer().data, rules.MIXED, STANDARDIZE),
    "categories and ages": (np.hstack([CATEGORIES, RNG.integers(18, 90, (300, 2))]), rules.MIXED, STANDARDIZE),
    "age, years, gain, hours": (
        np.c_[RNG.integers(18, 90, (300, 2)), 9999 * (RNG.random(300) > 0.9), RNG.integers(1, 99, 300)],
        rules.MIXED,
        STANDARDIZE,
    ),
    "years beside small numbers": (
        np.c_[RNG.integers(2015, 2020, 300), RNG.random((300, 4)) * [1, 2, 3, 9]],
        rules.MIXED,
        STANDARDIZE,
    ),
    "a single feature": (NORMAL[:, :1] * 3 + 50, rules.MIXED, STANDARDIZE),
    "constant features beside others": (
        np.c_[np.ones((99, 40)), NORMAL[:99, :3] * [1, 90, 9000]],
        rules.MIXED,
        STANDARDIZE,
    ),
    "three points": (NORMAL[:3, :5] * [1, 2, 30, 400, 5000], rules.MIXED, STANDARDIZE),
}


@pytest.mark.parametrize("what", KINDS)
def test_each_kind_is_recognized_and_none_of_its_near_misses(what):
    x, kind, scaling = KINDS[what]
    x = x.astype(np.float32)
    found = recognize(x)
    assert (found.kind, found.scaling) == (kind, scaling), found.why
    assert found.why.startswith(f"Recognized as {kind}, since ")
    assert found.why.endswith(".")
    made = scaled(x, found.scaling)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert likelihood(found.scaling) == ("unit interval" if kind in (rules.PIXELS, rules.BINARY) else "real")


@pytest.mark.parametrize("what", ["cells", "texts", "digits", "log-normalized cells", "wine"])
def test_a_sparse_matrix_is_recognized_as_the_same_numbers_in_full(what):
    x, *_ = KINDS[what]
    full = x.astype(np.float64)
    assert traits_of(csr_matrix(full)) == traits_of(full)


def test_pictures_are_pixels_whatever_their_values():
    assert recognize(1000 * NORMAL.astype(np.float32), pictures=True).scaling == TOGETHER


def test_names_of_features_tell_words_genes_and_pixels():
    counts = RNG.poisson(0.04, (300, 200)).astype(float)
    counts[:, 0] += RNG.poisson(30, 300)
    assert recognize(counts, VOCABULARY[:200]).kind == rules.WORDS
    assert recognize(counts, [f"ENSG{i:011}" for i in range(200)]).kind == rules.COUNTED
    assert recognize(counts > 0, VOCABULARY[:200]).kind == rules.WORDS
    assert recognize(TEXTS, [f"ENSG{i:011}" for i in range(1_500)]).kind == rules.COUNTED
    deep = np.exp(NORMAL + 7)
    genes = ["GAPDH", "ACTB", "CD3E", "LYZ", *[f"g{i}" for i in range(56)]]
    assert recognize(np.hstack([deep] * 3), genes).kind == rules.COUNTED
    noise = RNG.integers(0, 101, (50, 20)).astype(float) * np.linspace(0.1, 1, 20)
    assert recognize(noise, [f"pixel{i}" for i in range(20)]).kind == rules.PIXELS
    assert recognize(noise, [f"feature{i}" for i in range(20)]).kind != rules.PIXELS


def test_large_tables_are_recognized_by_some_of_their_rows_and_the_range_of_all():
    many = np.tile(CELLS[:100], (60, 1))
    many[5_999, 0] = 70_000
    traits = traits_of(many)
    assert (traits.rows, traits.high) == (2_000, 70_000)
    assert recognize(many).kind == rules.COUNTED


def test_the_order_of_the_points_decides_nothing_in_small_tables():
    order = RNG.permutation(400)
    assert recognize(CELLS[order]).kind == recognize(CELLS).kind == rules.COUNTED


SEEDS = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(30, 60), st.integers(6, 12), st.integers(5, 12), st.sampled_from([1.0, 255.0, 65535.0]))
def test_smooth_pictures_of_any_shape_and_range_are_pixels(seed, n, height, width, top):
    rng = np.random.default_rng(seed)
    x = gaussian_filter(rng.normal(size=(n, height, width)), (0, 1.5, 1.5))
    x = np.clip(x / x.std() / 2, 0, 1).reshape(n, -1) * top  # black about the strokes
    found = recognize(x if top == 1 else x.round())
    assert found.kind == rules.PIXELS, found.why


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(30, 300), st.integers(64, 900), st.floats(0.2, 3), st.floats(0.3, 1))
def test_counts_with_uneven_sums_are_counts_of_some_kind_never_pixels(seed, n, f, mean, uneven):
    rng = np.random.default_rng(seed)
    mu = rng.gamma(0.4, mean, f) * rng.lognormal(0, uneven, (n, 1))
    x = rng.poisson(mu * rng.gamma(2, 0.5, (n, f))).astype(np.float32)
    assume(x.max() > 1 and (x == 0).mean() > 0.3)
    found = recognize(x)
    assert found.kind in (rules.COUNTED, rules.WORDS), found.why


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(20, 300), st.integers(3, 12))
def test_features_in_units_of_their_own_are_standardized(seed, n, f):
    rng = np.random.default_rng(seed)
    units = 10.0 ** rng.uniform(-3, 4, f)
    units[:2] = 0.01, 1000
    found = recognize((rng.normal(size=(n, f)) + rng.normal(0, 3, f)) * units)
    assert found.scaling == STANDARDIZE, found.why


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(12, 200), st.integers(3, 60), st.sampled_from([1.0, 100.0]), st.floats(0.3, 5))
def test_shares_are_recognized_by_their_sum(seed, n, f, whole, alpha):
    x = whole * np.random.default_rng(seed).dirichlet(np.full(f, alpha), n)
    found = recognize(x)
    assert found.kind == rules.SHARES, found.why
    made = scaled(x.astype(np.float32), found.scaling)
    same = made.sum(axis=1) if found.scaling == LOG_RATIO else (made**2).sum(axis=1) - 1
    np.testing.assert_allclose(same, 0, atol=1e-3)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    SEEDS, st.integers(2, 30), st.integers(1, 40), st.sampled_from(["normal", "uniform", "poisson", "heavy", "ones"])
)
def test_whatever_the_numbers_the_recommended_scaling_can_be_computed(seed, n, f, law):
    rng = np.random.default_rng(seed)
    x = {
        "normal": lambda: rng.normal(size=(n, f)),
        "uniform": lambda: rng.random((n, f)),
        "poisson": lambda: rng.poisson(0.5, (n, f)),
        "heavy": lambda: rng.standard_cauchy((n, f)) * 1e6,
        "ones": lambda: rng.random((n, f)) < 0.1,
    }[law]()
    x = x.astype(np.float32)
    assume(not (x == x[0]).all())
    found = recognize(x)
    assert np.isfinite(scaled(x, found.scaling)).all(), found
