"""The finding that clustering got worse by a sign without labels, ended, and returned to its best epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from epochscope.types import AGREEMENT, BACK

if TYPE_CHECKING:
    from epochscope.inspect.health import Facts, Note


class Best(NamedTuple):
    """The best epoch of a watched run by the agreement of neighbors."""

    epoch: int
    sign: float
    returned: bool  # whether the run ended by going back to it


def best_epoch(lines: Sequence[Mapping[str, Any]]) -> Best | None:
    """The best epoch of a run from the lines of epochs.jsonl; None where it is not watched.

    Labels choose nothing here: it is the epoch in which the most neighbors in the data shared a cluster. A last epoch
    that has the state of an earlier one again does not count.
    """
    watched = [line for line in lines if line.get("measures", {}).get(AGREEMENT) is not None]
    back = watched[-1]["measures"].get(BACK) if watched else None
    own = watched if back is None else watched[:-1]
    if not own:
        return None
    best = max(own, key=lambda line: line["measures"][AGREEMENT])
    return Best(best["epoch"], best["measures"][AGREEMENT], back is not None)


def returned(facts: Facts) -> list[Note]:
    """Clustering that got worse without anybody knowing a class."""
    from epochscope.inspect.health import Note  # which lists this rule

    best = best_epoch(facts.last_phase)
    before = [line for line in facts.last_phase[:-1] if AGREEMENT in line.get("measures", {})]
    if best is None or not best.returned or not before:
        return []
    last = before[-1]
    return [
        Note(
            "returned",
            "odd",
            best.epoch,
            f"Neighbors in the data shared a cluster most in epoch {best.epoch} (agreement {best.sign:.3f}), and less "
            f"from then on ({last['measures'][AGREEMENT]:.3f} in epoch {last['epoch']}): clustering was ended, and the "
            f"last epoch has the state of epoch {best.epoch} again",
            "changed",
            "the rule of the run itself (Stopping without labels)",
        )
    ]
