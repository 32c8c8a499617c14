"""A citation of futures, or of one of them: a text for people, one line for `epochscope replay`.

That of one member is the citation of the run with its settings, and is replayed as such. That of all holds for each
epoch one digest of the digests of all members, so that its line is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from epochscope.futures.plan import MOST_MEMBERS, label_of, reason_not_together
from epochscope.futures.store import Epoch, Futures, Member
from epochscope.runs.format import schema
from epochscope.runs.format.spec import LIVE, RunSpec
from epochscope.runs.format.upgrade import upgraded
from epochscope.runs.library import citation as of_runs
from epochscope.runs.library.citation import DIGITS, Cited, Digits, digest_of, line_of
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.types import EpochscopeError

FORMAT = 2
"""Of the line of several members; a run has another one."""


class CitedMember(msgspec.Struct, frozen=True):
    """In what a member differs from the first."""

    k: Annotated[int, Meta(ge=1, le=1000)]
    seed: int
    params: schema.Scalars


class CitedFutures(msgspec.Struct, frozen=True):
    """What a citation tells of futures."""

    title: Annotated[str, Meta(max_length=300)]
    spec: dict[str, Any]
    members: Annotated[list[CitedMember], Meta(min_length=2, max_length=MOST_MEMBERS)]
    made_with: schema.Scalars
    epochs: Digits  # the first digits of the digest of each epoch, one after the other
    whole: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]  # digest of the digests of all epochs

    @property
    def digests(self) -> list[str]:
        """The first digits of each epoch's digest."""
        return [self.epochs[at : at + DIGITS] for at in range(0, len(self.epochs), DIGITS)]

    def futures(self) -> list[Member]:
        """The members. Raises EpochscopeError where they are none that can be trained together here."""
        try:
            base = RunSpec(**upgraded(self.spec))
        except TypeError:
            raise EpochscopeError("This citation has other settings than runs have.") from None
        specs = [
            resolve(replace(base, k=one.k, seed=one.seed, params={**base.params, **one.params}, branch=None)).spec
            for one in self.members
        ]
        for one in specs:
            if why := reason_not_repeatable(one) or reason_not_together(one):
                raise EpochscopeError(f"This citation cannot be replayed. {why}")
        return [Member(label_of(one, specs), one) for one in specs]


def epoch_digest(epoch: Epoch) -> str:
    """One digest of those of all members that have the epoch."""
    return digest_of([f"{member} {digest}" for member, digest in zip(epoch.members, epoch.digests, strict=True)])


def cited_futures(futures: Futures) -> CitedFutures:
    """What a citation of all members tells. Raises as `citation`."""
    epochs, base = _epochs(futures), futures.spec
    digests = [epoch_digest(one) for one in epochs]
    members = [
        CitedMember(
            one.spec.k,
            one.spec.seed,
            {name: value for name, value in one.spec.params.items() if base.params.get(name) != value},
        )
        for one in futures.members
    ]
    heads = "".join(one[:DIGITS] for one in digests)
    return CitedFutures(futures.title, base.as_dict(), members, _made_with(futures), heads, digest_of(digests))


def cited_member(futures: Futures, member: int) -> Cited:
    """What the citation of one member tells: that of a run. Raises as `citation`."""
    if not 0 <= member < len(futures.members):
        raise EpochscopeError(f"These futures have the members 0 to {len(futures.members) - 1}, and no {member}.")
    digests = [
        one.digests[at] for one in _epochs(futures) for at, owner in enumerate(one.members) if int(owner) == member
    ]
    if not digests:
        raise EpochscopeError(f"{futures.members[member].label} has no epoch, so it cannot be cited.")
    spec = futures.members[member].spec
    heads = "".join(one[:DIGITS] for one in digests)
    return Cited(resolve(spec).title, spec.as_dict(), _made_with(futures), [], heads, digest_of(digests))


def citation(futures: Futures, member: int | None = None) -> str:
    """Text and line, of all members or of one. Raises EpochscopeError while they train, and where their epochs have no
    digests.
    """
    cited = cited_futures(futures) if member is None else cited_member(futures, member)
    made = ", ".join(f"{name} {value}" for name, value in cited.made_with.items())
    settings = ", ".join(f"{name} = {value}" for name, value in cited.spec.get("params", {}).items())
    what = "" if member is not None else f" Members: {'; '.join(one.label for one in futures.members)}."
    text = (
        f"{cited.title}. Trained with {made}. Settings: {settings or 'none'}.{what} After {len(cited.digests)} epochs; "
        f"digest {cited.whole}. To check all of it: epochscope replay, followed by the line below in quotes."
    )
    return f"{text}\n\n{line_of(cited, of_runs.FORMAT if member is not None else FORMAT)}"


def read(text: str) -> Cited | CitedFutures:
    """The citation in a text, of a run or of futures. Raises EpochscopeError if there is none."""
    return of_runs.read_as({of_runs.FORMAT: Cited, FORMAT: CitedFutures}, text)


def _epochs(futures: Futures) -> Sequence[Epoch]:
    if futures.status["state"] in LIVE:
        raise EpochscopeError(f"{futures.title} are still training; they can be cited when they have ended.")
    epochs = futures.epochs()
    if not epochs or any(len(one.digests) != len(one.members) for one in epochs):
        raise EpochscopeError(f"{futures.title} have no digests of their epochs, so they cannot be cited.")
    return epochs


def _made_with(futures: Futures) -> dict[str, Any]:
    return dict((futures.info or {}).get("made_with", {}))
