"""USPS from small files in the true format."""

import bz2

import numpy as np
import pytest
from epochscope.data import load
from epochscope.types import EpochscopeError

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (150, 256)).round(6)


def place(cache, *, extra="", harm=bytes):
    (cache / "usps").mkdir(exist_ok=True)
    rows = [f"{i % 10 + 1} " + " ".join(f"{c + 1}:{v:g}" for c, v in enumerate(row)) for i, row in enumerate(X)]
    for name, part in (("usps.bz2", rows[:100]), ("usps.t.bz2", [*rows[100:], *filter(None, [extra])])):
        (cache / "usps" / name).write_bytes(harm(bz2.compress("\n".join([*part, ""]).encode())))
    return {"cache": cache, "offline": True, "accept_unknown": True, "parsed": cache / "parsed"}


def test_digits_and_pictures(tmp_path):
    dataset = load("usps", **place(tmp_path))
    rows = np.random.default_rng(0).permutation(150)
    np.testing.assert_allclose(dataset.x, (X[rows] + 1) / 2, atol=1e-6)
    np.testing.assert_array_equal(dataset.truth, rows % 10)  # label 1 is the digit 0
    np.testing.assert_allclose(dataset.pictures.reshape(150, 256), dataset.x * 255, atol=0.51)
    assert (dataset.likelihood, dataset.pictures.shape[1:]) == ("unit interval", (16, 16))
    assert "these files contain 150 points, 9,298 were published" in dataset.origin
    stored = load("usps", {"scaling": "as stored, -1..1", "n": 100}, **place(tmp_path))
    np.testing.assert_allclose(stored.x, X[rows[:100]], atol=1e-6)
    assert stored.likelihood == "real"


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (r"usps\.t\.bz2, line 51, has the label 11, but labels are 1 to 10", {"extra": "11 1:0.5"}),
        (r"line 51, has the label 0", {"extra": "0 1:0.5"}),
        (r"usps\.t\.bz2, line 51, has a value outside -1 to 1", {"extra": "1 1:0.5 2:1.5"}),
        (
            r"line 51, is not a whole number and increasing column:value pairs of columns 1 to 256",
            {"extra": "1 257:0.5"},
        ),
        (r"line 51, is not a whole", {"extra": "rubbish"}),
        (r"usps\.bz2 is truncated or damaged", {"harm": lambda b: b[:-20]}),
        (r"usps\.bz2, line 1, is not a whole", {"harm": lambda b: b"\0\1\2" * 50}),
        (r"usps\.bz2, line 1, is longer", {"harm": lambda b: bz2.compress(bytes(50_000))}),
    ],
)
def test_what_is_wrong_is_named(tmp_path, words, about):
    with pytest.raises(EpochscopeError, match=words):
        load("usps", **place(tmp_path, **about))
