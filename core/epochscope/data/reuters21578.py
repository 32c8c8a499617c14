"""Reuters-21578, the single-label versions R8 and R52: news stories of 1987, each with exactly one topic.

The files (A. Cardoso-Cachopo) have one text per line: class, tab, lowercase words. Training and test part are joined.
Not to be confused with Reuters-10k of the papers, which is drawn from RCV1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, origin_note, points
from epochscope.data.tfidf import as_points, count_terms, text_scaling, tfidf
from epochscope.data.unzip import lines, unzipped
from epochscope.params import Params, param
from epochscope.types import Dataset, EpochscopeError

MOST_BYTES, MOST_IN_LINE = 20_000_000, 100_000
"""Limits: the largest part has 4.3 MB, the longest text 6 kB."""

_TOPICS = (
    "earn acq crude trade money-fx interest money-supply ship sugar coffee gold gnp cpi cocoa grain alum reserves jobs "
    "copper ipi rubber iron-steel nat-gas bop veg-oil tin cotton wpi orange retail pet-chem gas livestock housing "
    "strategic-metal lei zinc carcass lumber fuel income heat lead meal-feed instal-debt dlr potato tea nickel cpu jet "
    "platinum"
)
R52_TOPICS = tuple(_TOPICS.split())
"""The topics of R52, the most frequent first."""

R8_TOPICS = ("earn", "acq", "crude", "trade", "money-fx", "interest", "ship", "grain")
_ALL, _FOUR = "all 52", "the four largest"


@dataclass(frozen=True)
class R8Params(Params):
    n: int = points(7_674)
    seed: int = draw_seed()
    scaling: str = text_scaling()


@dataclass(frozen=True)
class R52Params(Params):
    topics: str = param(
        _ALL,
        options=(_ALL, _FOUR),
        label="Topics",
        help="The four largest topics (earn, acq, crude, trade) have 6,915 of the 9,100 texts.",
    )
    n: int = points(9_100)
    seed: int = draw_seed()
    scaling: str = text_scaling()


def _load(
    hp: R8Params | R52Params, fetcher: Fetcher, *, key: str, topics: tuple[str, ...], published: int, **about: Any
) -> Dataset:
    """tf-idf of the drawn texts; terms and weights are computed from all texts of the chosen topics."""
    texts_ = [line for path in fetcher.fetch(ARCHIVES[key]).values() for line in read_lines(path, topics)]
    origin = origin_note("Reuters Ltd., D. Lewis; made single-label by A. Cardoso-Cachopo", len(texts_), published)
    if isinstance(hp, R52Params) and hp.topics == _FOUR:
        topics = topics[:4]
        texts_ = [line for line in texts_ if line.topic < len(topics)]
    counted = count_terms(line.text for line in texts_)
    truth = np.array([line.topic for line in texts_])
    texts = as_points(tfidf(counted.counts), truth, n=hp.n, seed=hp.seed, scaling=hp.scaling)
    return Dataset(
        key=key,
        x=texts.x,
        truth=texts.truth,
        class_names=topics,
        feature_names=counted.terms,
        scaling=texts.scaling,
        likelihood="real",
        origin=f"{origin}; training and test part joined",
        license="free for research",
        **about,
    )


class Line(NamedTuple):
    """One text and the index of its topic."""

    text: str
    topic: int


def read_lines(path: Path, topics: Sequence[str]) -> Iterator[Line]:
    """The texts of one file. Raises EpochscopeError naming the first line that is not topic, tab, text."""
    index = {topic: i for i, topic in enumerate(topics)}
    with unzipped(path, MOST_BYTES) as file:
        number = 0
        for number, line in lines(file, str(path), MOST_IN_LINE):
            topic, tab, text = line.decode("ascii", "replace").rstrip("\r\n").partition("\t")
            if not tab or "\t" in text or not text.strip():
                raise EpochscopeError(f"{path}, line {number}, is not a topic, a tab and a text; download it again.")
            if topic not in index:
                raise EpochscopeError(
                    f"{path}, line {number}, has the topic {topic[:40]!r}, none of the {len(topics)} topics."
                )
            yield Line(text, index[topic])
        if not number:
            raise EpochscopeError(f"{path} is empty; download it again.")


ARCHIVES = archives()


def _source(key: str, title: str, about: str, params: type[Params], **fixed: Any) -> Source:
    return Source(key, title, about, params, partial(_load, key=key, title=title, **fixed), ARCHIVES[key])


REUTERS = (
    _source(
        "reuters_r8",
        "Reuters R8",
        "7,674 short news stories of 1987 on eight topics, half of them company earnings: an unbalanced set. Each text "
        "is a vector of word weights. From Reuters-21578: NOT the Reuters10k of the papers, which is from RCV1.",
        R8Params,
        topics=R8_TOPICS,
        published=7_674,
    ),
    _source(
        "reuters_r52",
        "Reuters R52",
        "9,100 short news stories of 1987 on 52 topics, the smallest with only three texts, or on the four largest. "
        "Each text is a vector of word weights. From Reuters-21578, so it is NOT the Reuters10k of the papers.",
        R52Params,
        topics=R52_TOPICS,
        published=9_100,
    ),
)
