"""Trains a cited run again on this machine and compares its epochs, digest by digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from epochscope import rights
from epochscope.nets.pretraining_cache import without_pretraining_cache
from epochscope.rights import Action, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.library.citation import DIGITS, Cited, digest_of
from epochscope.runs.training.control import Control
from epochscope.runs.training.epoch_recorder import Recorded
from epochscope.runs.training.machine import differences
from epochscope.runs.training.manager import train
from epochscope.runs.training.request import reason_not_repeatable
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError


class Compared(NamedTuple):
    """One epoch, trained again."""

    epoch: int
    phase: str
    same: bool


class Outcome(NamedTuple):
    """How a replay ended."""

    run: str  # id of the run that was trained
    epochs: int  # that were compared
    same: bool  # all of them, and there were no more and no fewer
    sentence: str


class _Replayed(RunWriter):
    """Writes the run anew, with the parameter changes and the threads of the cited one."""

    _changes: Mapping[int, dict[str, Any]] = MappingProxyType({})  # epoch -> the parameters changed after it

    def follow(self, cited: Cited) -> None:
        """To be called before the training."""
        changes: dict[int, dict[str, Any]] = {}
        for change in cited.changes:
            changes.setdefault(change.epoch, {})[change.name] = change.value
        self._changes = changes
        threads = cited.made_with.get("threads")
        self.threads = threads if type(threads) is int and 0 < threads <= 1024 else None

    def settled_changes(self, epoch: int) -> dict[str, Any]:
        return self._changes.get(epoch, {})

    def driven(self, drive: Callable[[], str]) -> str:
        if not self._changes:
            return drive()
        with without_pretraining_cache():  # a change during pretraining has an effect only if that is computed
            return drive()


def replay(
    cited: Cited, visitor: Visitor, *, tell: Callable[[Compared], None], control: Control, root: Path | None = None
) -> Outcome:
    """Trains until an epoch differs or the cited ones are over; `tell` is told of each. `root`: folder of the new run,
    by default that of all runs.

    Raises EpochscopeError where this epochscope cannot train such a run.
    """
    rights.require(visitor, Action.START, rights.NEW)
    if why := reason_not_repeatable(cited.settings):
        raise EpochscopeError(f"This citation cannot be replayed. {why}")
    writer, expected = _Replayed(cited.settings, visitor, root=root), cited.digests
    writer.follow(cited)
    run = Run(writer.id, writer.folder)
    compared: list[Compared] = []

    def observe(recorded: Recorded) -> None:
        line = run.epochs()[recorded.epoch]
        compare(Trained(recorded.epoch, line["phase"], line["digest"]), compared, expected, tell, control)

    train(writer, control, observe=observe)
    whole = digest_of([line["digest"] for line in run.epochs()[: len(expected)]])
    made_here, message = (run.info or {}).get("made_with", {}), run.status["message"]
    return outcome_of(cited, Again(run.id, whole, made_here, message), compared)


class Trained(NamedTuple):
    """An epoch that was trained again."""

    number: int
    phase: str
    digest: str


def compare(
    epoch: Trained,
    compared: list[Compared],
    expected: Sequence[str],
    tell: Callable[[Compared], None],
    control: Control,
) -> bool:
    """Compares the next epoch with the cited one and stops at the first that differs; False where none is left."""
    if len(compared) == len(expected):  # the cited ones were stopped here
        control.stop()
    if control.stopped:
        return False
    compared.append(one := Compared(epoch.number, epoch.phase, epoch.digest[:DIGITS] == expected[len(compared)]))
    tell(one)
    if not one.same:
        control.stop()
    return True


class Told(Protocol):
    """What a citation tells, of a run or of more."""

    @property
    def made_with(self) -> Mapping[str, Any]:
        """Versions and threads."""
        ...

    @property
    def digests(self) -> Sequence[str]:
        """The first digits of each epoch's digest."""
        ...

    @property
    def whole(self) -> str:
        """Digest of the digests of all epochs."""
        ...


class Again(NamedTuple):
    """What was trained again."""

    id: str
    whole: str  # digest of the digests of its epochs
    made_with: Mapping[str, Any]
    message: str


def outcome_of(cited: Told, again: Again, compared: Sequence[Compared]) -> Outcome:
    """How a replay ended."""
    count, expected = len(compared), len(cited.digests)
    if compared and not compared[-1].same:
        why = "; ".join(differences(cited.made_with, again.made_with))
        why = (
            why
            or "another citation, other data, or a device that rounds differently; versions and threads are the same"
        )
        said = f"Epoch {compared[-1].epoch} ({compared[-1].phase}) is the first that differs ({why})."
        return Outcome(again.id, count, False, said)
    if count < expected:
        why = f" ({again.message})" if again.message else ""
        return Outcome(
            again.id, count, False, f"The replay ended after {count} of {expected} epochs{why}; these are the same."
        )
    if again.whole != cited.whole:
        return Outcome(
            again.id, count, False, "The first digits of all epochs are the same, but the digest of all is not."
        )
    return Outcome(again.id, count, True, f"All {count} epochs are the same, to the last bit.")
