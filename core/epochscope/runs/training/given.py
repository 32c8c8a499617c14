"""Data that a program hands over for one training: nothing but a description of them is stored with the run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from epochscope.data import Dataset, Source
from epochscope.params import Params, param
from epochscope.runs.format.external import KEY
from epochscope.runs.training.external import SOURCE
from epochscope.text import sanitize

NAMELESS = "data from Python"


@dataclass(frozen=True)
class GivenParams(Params):
    """What is stored of the data: enough to see whether two runs had the same."""

    name: str = param(NAMELESS, pattern=r".{1,100}", label="name", help="As the program called the data.")
    n: int = param(1, 1, 2**31 - 1, label="points", help="Number of points.")
    f: int = param(1, 1, 2**31 - 1, label="features", help="Numbers of a point.")
    fingerprint: str = param("", pattern=r"[0-9a-f]{0,16}", label="fingerprint", help="The same for the same numbers.")


def described(data: Dataset) -> dict[str, Any]:
    """The `RunSpec.data` of data that were handed over."""
    n, f = data.x.shape
    digest = hashlib.blake2b(np.ascontiguousarray(data.x).data, digest_size=8).hexdigest()
    return GivenParams(sanitize(data.title, 100) or NAMELESS, n, f, digest).flat()


def source_of(description: Mapping[str, Any]) -> Source:
    """The place of a source for such data; it cannot load them again."""
    return SOURCE._replace(params=GivenParams, title=str(description.get("name", NAMELESS)))


def is_given(dataset: str, external: str) -> bool:
    """Whether a run had data of this kind. (A run with `external` was trained by a loop outside of this program.)"""
    return dataset == KEY and not external
