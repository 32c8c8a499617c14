"""Reuters R8 and R52 from small files in the true format."""

import gzip

import numpy as np
import pytest
from epochscope.data import load
from epochscope.data.reuters21578 import R8_TOPICS, R52_TOPICS
from epochscope.types import EpochscopeError


def place(cache, name, topics, *, times=3, pack=gzip.compress, extra=b"", harm=bytes):
    folder = cache / "reuters21578"
    folder.mkdir(exist_ok=True)
    for part in ("train", "test"):
        rows = [f"{t}\tnews of {t.replace('-', '')} number n{i} and more" for t in topics for i in range(times)]
        content = harm(pack("\n".join(rows).encode() + b"\n" + extra * (part == "test")))
        (folder / f"{name}-{part}-all-terms.txt{'.gz' * (pack is gzip.compress)}").write_bytes(content)


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_both_parts_are_joined(tmp_path, pack):
    place(tmp_path, "r8", R8_TOPICS, times=10, pack=pack)
    dataset = load("reuters_r8", cache=tmp_path, offline=True)
    assert dataset.class_names == R8_TOPICS
    assert len(dataset) == 160
    assert np.bincount(dataset.truth).tolist() == [20] * 8
    assert "crude" in dataset.feature_names
    crude = dataset.x[:, dataset.feature_names.index("crude")]
    np.testing.assert_array_equal(crude > 0, dataset.truth == 2)
    assert "these files contain 160 points, 7,674 were published" in dataset.origin
    assert dataset.likelihood == "real"
    np.testing.assert_allclose(np.square(dataset.x).sum(axis=1), 2_000, rtol=1e-5)
    one = load("reuters_r8", {"n": 100, "scaling": "tf-idf, l2 norm"}, cache=tmp_path)
    np.testing.assert_allclose(one.x * np.sqrt(2_000), dataset.x[:100], rtol=1e-5)


def test_r52_and_its_four_largest_topics(tmp_path):
    assert len(set(R52_TOPICS)) == 52
    place(tmp_path, "r52", R52_TOPICS)
    assert len(load("reuters_r52", cache=tmp_path).class_names) == 52
    four = load("reuters_r52", {"topics": "the four largest"}, cache=tmp_path)
    assert four.class_names == ("earn", "acq", "crude", "trade")
    assert len(four) == 24
    assert "cocoa" not in four.feature_names


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("r8-test-all-terms.txt.gz, line 25, is not a topic, a tab and a text", {"extra": b"earn news\n"}),
        ("line 25, is not a topic", {"extra": b"earn\tnews\tmore\n"}),
        ("line 25, is not a topic", {"extra": b"earn\t  \n"}),
        ("line 25, is not a topic", {"extra": b"\n"}),
        ("line 25, has the topic 'cocoa', none of the 8 topics", {"extra": b"cocoa\tnews\n"}),
        ("line 25, is longer than any line", {"extra": b"earn\t" + b"a " * 100_000}),
        ("it has more than 20 MB", {"extra": (b"earn\t" + b"x " * 45_000 + b"\n") * 230}),
        ("line 1, is not a topic", {"pack": lambda b: gzip.compress(b"\0\xff\x00" * 100)}),
        ("truncated or damaged", {"harm": lambda b: b[:-30]}),
        ("is empty", {"harm": lambda b: gzip.compress(b"")}),
    ],
)
def test_what_is_wrong_is_named(tmp_path, words, about):
    if "pack" in about:  # the name stays that of a gzip file
        about = {"harm": about["pack"]}
    place(tmp_path, "r8", R8_TOPICS, **about)
    with pytest.raises(EpochscopeError, match=words):
        load("reuters_r8", cache=tmp_path)
