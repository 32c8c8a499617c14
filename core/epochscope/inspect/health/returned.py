"""The finding that clustering got worse by a sign without labels, ended, and returned to its best epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from epochscope.inspect.health.base import Facts, Note
from epochscope.types import AGREEMENT, BACK


class Best(NamedTuple):
    """The best epoch of a watched run by the agreement of neighbors."""

    epoch: int
    sign: float
    returned: bool  # whether the run ended by going back to it


def best_epoch(lines: Sequence[Mapping[str, Any]]) -> Best | None:
    """The best epoch of a run from the lines of epochs.jsonl; None where it is not watched.

    Labels choose nothing here: it is the epoch to which the run went back, else the one in which the most neighbors in
    the data shared a cluster.
    """
    watched = [line for line in lines if line.get("measures", {}).get(AGREEMENT) is not None]
    back = watched[-1]["measures"].get(BACK) if watched else None
    if back is not None:
        return Best(int(back), watched[-1]["measures"][AGREEMENT], returned=True)
    best = max(watched, key=lambda line: line["measures"][AGREEMENT], default=None)
    return Best(best["epoch"], best["measures"][AGREEMENT], returned=False) if best else None


def returned(facts: Facts) -> list[Note]:
    """Clustering that got worse without anybody knowing a class."""
    best = best_epoch(facts.last_phase)
    before = [line for line in facts.last_phase[:-1] if AGREEMENT in line.get("measures", {})]
    if best is None or not best.returned or not before:
        return []
    last, sign = before[-1], f"agreement of neighbors {best.sign:.3f}"
    now = f"{last['measures'][AGREEMENT]:.3f} in epoch {last['epoch']}"
    why = (
        f"No epoch of clustering was clearly better than its start, epoch {best.epoch} ({sign}; {now})"
        if best.epoch == before[0]["epoch"]
        else f"Clustering got worse after epoch {best.epoch} ({sign}; {now})"
    )
    return [
        Note(
            "returned",
            "odd",
            best.epoch,
            f"{why}, so the last epoch has the state of epoch {best.epoch} again",
            "changed",
            "the rule of the run itself (Stopping without labels)",
            "look at that epoch; smaller steps, or another start, may leave more to gain",
        )
    ]
