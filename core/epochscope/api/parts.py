"""What a run consists of, in memory and in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from epochscope.api.points import Scaling
from epochscope.api.rule import Rule

if TYPE_CHECKING:
    import pandas as pd

RESULTS = ("labels", "q", "p", "z", "centers")


class About(msgspec.Struct, frozen=True):
    """What is known of a run beside its numbers."""

    id: str
    title: str
    state: str
    message: str
    settings: dict[str, Any]
    features: int  # of a point of the training
    names: list[str]  # of these features; empty where they have none


class Parts(NamedTuple):
    """A run: results of its last epoch by name, rules for new points by epoch, a row an epoch of numbers."""

    about: About
    results: Mapping[str, np.ndarray]
    rules: Mapping[int, Rule]
    scaling: Scaling | None  # None: the data set brought its own
    history: pd.DataFrame
