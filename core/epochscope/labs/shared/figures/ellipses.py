"""Gaussians in the plane as ellipses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from epochscope.labs.shared.figures.plotly_json import Trace, scatter


class Ellipse(NamedTuple):
    """A Gaussian, to be drawn as lines at one and two standard deviations."""

    name: str
    color: str
    mean: tuple[float, float]
    s2: tuple[float, float]
    dash: str | None = None


def lines(one: Ellipse, sizes: Sequence[int] = (1, 2), width: float = 2) -> Trace:
    """The lines at these numbers of standard deviations."""
    t = np.append(np.linspace(0, 2 * math.pi, 73), np.nan)
    x, y = (
        np.concatenate([one.mean[d] + size * math.sqrt(one.s2[d]) * turn for size in sizes])
        for d, turn in enumerate((np.cos(t), np.sin(t)))
    )
    line = {"color": one.color, "width": width, "dash": one.dash}
    return scatter(x=x, y=y, mode="lines", name=one.name, line=line, hoverinfo="name")
