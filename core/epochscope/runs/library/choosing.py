"""Which run a measure that needs no classes would have chosen, among results on the same data.

Two of these measures are of a run alone; the other two compare it with others, so they exist only here, where all
results are at hand, and change with each run that is added.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from epochscope.formulas.label_free import Choice, across, agreements, choice, within
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED
from epochscope.runs.library.results import OURS, Result, Summary, summaries, unpacked

MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "silhouette": "How far apart clusters lie among the codes of the run, from -1 to 1 (2,000 points drawn with "
        "seed 0). Each method makes its own codes, so it says little between methods.",
        "neighbors": "Share of the ten nearest neighbors in the data that are in the same cluster, less what chance "
        "gives. It does not look at codes. The recommended presets of most methods stop by it.",
        "stability": "Mean ARI between the clusters of the run and those of the method's other seeds.",
        "consensus": "Mean NMI between the clusters of the run and those of the other methods, each counting once.",
    }
)
"""The measures and what they are, in the order in which they are shown."""


def comparable(results: Iterable[Result], preset: str = RECOMMENDED) -> dict[str, list[Summary]]:
    """Our results with this preset as it is today, by `data_key`; in each a summary a method, in their order."""
    order = list(METHODS)
    ours: dict[str, list[Result]] = {}
    for result in results:
        if result.system == OURS and result.preset == preset and result.method in METHODS:
            ours.setdefault(result.data_key, []).append(result)
    found = {key: [one for one in summaries(here) if not one.changed] for key, here in ours.items()}
    return {key: sorted(here, key=lambda one: order.index(one.one.method)) for key, here in found.items() if here}


def measured(results: Sequence[Result]) -> dict[str, Float[np.ndarray, " r"]]:
    """Each of MEASURES for each of these runs, which are of the same data; NaN where it is not known."""
    found = {name: np.array([_number(getattr(r, name)) for r in results]) for name in ("silhouette", "neighbors")}
    return found | _between(tuple((r.method, r.labels) for r in results))


@functools.lru_cache(maxsize=32)
def _between(runs: tuple[tuple[str, str], ...]) -> dict[str, Float[np.ndarray, " r"]]:
    """Stability and consensus of runs, each given by its method and its packed labels."""
    labels = [unpacked(text) for _, text in runs]
    size = max((len(one) for one in labels), default=0)
    rows = [row for row, one in enumerate(labels) if size and len(one) == size]
    found = {name: np.full(len(runs), np.nan) for name in ("stability", "consensus")}
    if len(rows) > 1:
        pairs, group = agreements(np.stack([labels[row] for row in rows])), [runs[row][0] for row in rows]
        found["stability"][rows] = within(pairs.ari, group)
        found["consensus"][rows] = across(pairs.nmi, group)
    return found


def choices(results: Sequence[Result]) -> dict[str, Choice]:
    """What each measure makes of these runs, which are of the same data; without those that have too few."""
    scored = [result for result in results if result.acc is not None]
    acc = np.array([_number(result.acc) for result in scored])
    found = {name: choice(values, acc) for name, values in measured(scored).items()}
    return {name: one for name, one in found.items() if one}


def ranks(values: Mapping[str, float | None]) -> dict[str, int]:
    """The place of each name by its value, the highest first; equal values share a place. Without those of None."""
    known = {name: value for name, value in values.items() if value is not None}
    return {name: 1 + sum(other > value for other in known.values()) for name, value in known.items()}


def comparable_sets(boards: Mapping[str, Sequence[Summary]]) -> dict[str, Sequence[Summary]]:
    """The data sets on which at least half of the methods were run that were run anywhere: others rank too few."""
    methods = {one.one.method for here in boards.values() for one in here}
    return {name: here for name, here in boards.items() if 2 * len({one.one.method for one in here}) >= len(methods)}


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
