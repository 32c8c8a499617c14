"""What is trained together: the members, and why a method cannot be trained so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from epochscope.limits import free_memory, size
from epochscope.methods.base import Method
from epochscope.nets.pretrain import LAYERWISE
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve
from epochscope.runs.training.sweep import grid
from epochscope.stored_sentences import told
from epochscope.text import value_words
from epochscope.types import EpochscopeError

MOST_MEMBERS = 64
"""Members of one computation."""
_COPIES = 3  # of the data that each member holds while it trains


def members_of(spec: RunSpec, seeds: Sequence[int], values: Mapping[str, Sequence[Any]] | None = None) -> list[RunSpec]:
    """The settings of the members: each combination of the values of some parameters, with each seed.

    Raises EpochscopeError for a value outside its range, for fewer than 2 or more than MOST_MEMBERS members, and where
    the method cannot be trained so.
    """
    found = grid(replace(spec, branch=None), {**(values or {}), "seed": list(seeds)}, most=1_000_000)
    if not 2 <= len(found) <= MOST_MEMBERS:
        raise EpochscopeError(
            f"Futures are 2 to {MOST_MEMBERS} members, but these would be {len(found):,}; give other seeds or values."
        )
    for one in found:
        if why := reason_not_together(one):
            raise EpochscopeError(why)
    return found


def reason_not_together(spec: RunSpec) -> str:
    """Why runs with these settings cannot be trained as one computation, in one sentence; empty if they can."""
    method: Method = resolve(spec).algorithm
    if not method.together:
        return (
            f"The steps of {method.title} are not taken together; its seeds can be trained one after the other: Run "
            "again on the Runs page, or epochscope sweep."
        )
    if spec.params.get("pretrain.schedule") == LAYERWISE and spec.params.get("schedule") in (
        None,
        "pretrained (DKM-p)",
    ):
        return (
            "Greedy layerwise pretraining is not taken together; choose end-to-end pretraining, or train the seeds one "
            "after the other: Run again on the Runs page, or epochscope sweep."
        )
    return ""


def label_of(spec: RunSpec, among: Sequence[RunSpec]) -> str:
    """What tells a member from the others, in words."""
    varied = [name for name in spec.params if any(one.params[name] != spec.params[name] for one in among)]
    parts = [f"{name} = {value_words(spec.params[name])}" for name in varied]
    if len({one.k for one in among}) > 1:
        parts.append(f"k = {spec.k}")
    if len({one.seed for one in among}) > 1 or not parts:
        parts.append(f"seed {spec.seed}")
    return ", ".join(parts)


def words_of(label: str) -> str:
    """A label as it is shown, in the language of the page; stored is the English one."""
    return ", ".join(told(part) for part in label.split(", "))


def require_memory(count: int, data_bytes: int) -> None:
    """Raises EpochscopeError where so many members would not fit into memory."""
    free, needed = free_memory(), _COPIES * count * data_bytes
    if free is not None and needed > free / 2:
        raise EpochscopeError(
            f"{count} members on these data take about {size(needed)} of memory, and {size(free)} are free; choose "
            "fewer seeds or fewer points."
        )
