"""Reads the published files of every data set that has some: `EPOCHSCOPE_DATA=... python -m benchmarks.real_files`.

The tests read files that they make themselves in the true format; this tells whether the format is true. Downloads
nothing: a set whose files are not in the folder is named and left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from epochscope.data import SOURCES, Fetcher, card, load
from epochscope.types import EpochscopeError

from tests.support.datasets import check


class Expected(NamedTuple):
    """What a data set has to hold, by its publishers."""

    key: str
    counts: tuple[int, ...]  # points of each class; one number: of all together
    values: Mapping[str, Any] = {}
    scaling: str = ""  # the last words about how it was scaled


SETS = (
    Expected("mnist", (6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958), {"n": 70_000}),
    Expected("fashion_mnist", (7000,) * 10, {"n": 70_000}),
    Expected("reuters_r8", (3923, 2292, 374, 326, 293, 271, 144, 51)),
    Expected("reuters_r52", (3923, 2292, 374, 326), {"topics": "the four largest"}),
    Expected("hapt561", (1722, 1544, 1407, 1801, 1979, 1958)),
    Expected("cifar10_features", (1000,) * 10),
    Expected("usps", (1553, 1269, 929, 824, 852, 716, 834, 792, 708, 821)),
    Expected("stl10", (1300,) * 10, {"n": 13_000}),
    Expected(
        "20newsgroups",
        (18_846 - 571,),  # as DEC-keras counts them
        {"n": 18_846, "bare": True, "stop_words": False},
        "; 571 texts without any of the terms dropped",
    ),
)


def fault(expected: Expected) -> str:
    """What is wrong with a data set, in one sentence; "" where nothing is."""
    try:
        dataset = load(expected.key, expected.values, cache=Fetcher().cache, offline=True)
        check(dataset, SOURCES[expected.key])
    except (EpochscopeError, AssertionError) as error:
        return " ".join(str(error).split()) or "breaks the contract of a data set"
    counts = card(dataset).counts if len(expected.counts) > 1 else (len(dataset),)
    if counts != expected.counts:
        return f"has {counts} points, not {expected.counts}"
    if "NOT the whole set" in dataset.origin:
        return "is not the whole set"
    return "" if dataset.scaling.endswith(expected.scaling) else f"was scaled by {dataset.scaling}"


def main() -> None:
    """One line for each data set. Ends with status 1 if one is not as published."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    wrong = False
    for expected in SETS:
        if not SOURCES[expected.key].needs_download().cached:
            print(f"{expected.key}: not in {Fetcher().cache}")
            continue
        found = fault(expected)
        wrong |= bool(found)
        print(f"{expected.key}: {found or 'as published'}")
    sys.exit(wrong)


if __name__ == "__main__":
    main()
