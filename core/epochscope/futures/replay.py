"""Trains cited futures again on this machine and compares their epochs, digest by digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from epochscope.futures.citation import CitedFutures, epoch_digest
from epochscope.futures.store import Arrays, Epoch
from epochscope.futures.training import train
from epochscope.futures.writer import FuturesWriter
from epochscope.rights import Visitor
from epochscope.runs.library.citation import digest_of
from epochscope.runs.library.replay import Again, Compared, Outcome, Trained, compare, outcome_of
from epochscope.runs.training.control import Control


class _Replayed(FuturesWriter):
    """Writes the futures anew; `see` is told of each epoch that is written."""

    see: Callable[[Epoch], None]
    made: Mapping[str, Any]

    def __init__(self, cited: CitedFutures, visitor: Visitor, *, root: Path | None = None) -> None:
        super().__init__(cited.title, cited.futures(), visitor, root=root)

    def begin(self, info: Mapping[str, Any], index: np.ndarray, truth: np.ndarray | None) -> None:
        self.made = info["made_with"]
        super().begin(info, index, truth)

    def append(self, epoch: Epoch, arrays: Arrays) -> None:
        super().append(epoch, arrays)
        self.see(epoch)


def replay(
    cited: CitedFutures,
    visitor: Visitor,
    *,
    tell: Callable[[Compared], None],
    control: Control,
    root: Path | None = None,
) -> Outcome:
    """Trains all members until an epoch differs or the cited ones are over, as `epochscope.runs.library.replay`.

    Raises EpochscopeError where this epochscope cannot train such futures.
    """
    writer, expected = _Replayed(cited, visitor, root=root), cited.digests
    compared: list[Compared] = []
    digests: list[str] = []

    def see(epoch: Epoch) -> None:
        digest = epoch_digest(epoch)
        if compare(Trained(epoch.number, epoch.phase, digest), compared, expected, tell, control):
            digests.append(digest)

    writer.see, writer.made = see, {}
    train(writer, control)
    return outcome_of(cited, Again(writer.id, digest_of(digests), writer.made, writer.message), compared)
