"""A citation of a run: one sentence for people, one line for `epochscope replay`.

The line is `epochscope-citation:FORMAT:PAYLOAD:CHECK`. PAYLOAD is base64url of zlib of JSON: the fields of `Cited`
(of futures: `epochscope.futures.citation`). CHECK, eight hexadecimal digits, tells a line that was cut off or mistyped.
It is no signature: who changes settings and renews it has cited another run, and its digests will not come out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from epochscope.runs.format import schema
from epochscope.runs.format.lineage import SEED
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.upgrade import upgraded
from epochscope.runs.training.scores import SCORES
from epochscope.types import EpochscopeError

MARK = "epochscope-citation:"
FORMAT = 1
DIGITS = 8  # of the digest of each epoch, which find the first one that differs; `whole` has all of them
_MOST_EPOCHS = 100_000
_MOST_TEXT, _MOST_PAYLOAD = 4_000_000, 2_000_000
_LINE = re.compile(r"epochscope-citation:\s*(\d{1,6}):([\w\s=-]*)(?::\s*([0-9a-f]{8}))?")

Digits = Annotated[str, Meta(pattern=r"^([0-9a-f]{8})*$", max_length=DIGITS * _MOST_EPOCHS)]


class Change(msgspec.Struct, frozen=True):
    """A live parameter that was changed after an epoch."""

    epoch: Annotated[int, Meta(ge=0, lt=_MOST_EPOCHS)]
    name: schema.Name
    value: schema.Scalar


class Cited(msgspec.Struct, frozen=True):
    """What a citation tells of a run."""

    title: Annotated[str, Meta(max_length=300)]
    spec: dict[str, Any]
    made_with: schema.Scalars
    changes: Annotated[list[Change], Meta(max_length=10_000)]
    epochs: Digits  # the first digits of the digest of each epoch, one after the other
    whole: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]  # digest of all digests

    @property
    def settings(self) -> RunSpec:
        """The settings. Raises EpochscopeError where they are none."""
        try:
            return RunSpec(**upgraded(self.spec))
        except TypeError:
            raise EpochscopeError("This citation has other settings than runs have.") from None

    @property
    def digests(self) -> list[str]:
        """The first digits of each epoch's digest."""
        return [self.epochs[at : at + DIGITS] for at in range(0, len(self.epochs), DIGITS)]


def digest_of(digests: Sequence[str]) -> str:
    """One digest of the digests of all epochs."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:32]


def citation(run: Run) -> str:
    """Text and line. Raises EpochscopeError for a run that trains, or whose epochs have no digests."""
    cited, lines, spec = cited_run(run), run.epochs(), run.spec
    made = ", ".join(f"{name} {value}" for name, value in cited.made_with.items() if name != "epochscope")
    version = f"epochscope {cited.made_with.get('epochscope', '(version unknown)')}" + (f" ({made})" if made else "")
    values = {**{f"data.{name}": value for name, value in spec.data.items()}, **spec.params}
    settings = ", ".join(f"{name} = {value}" for name, value in values.items()) or "none"
    scores = next((line["scores"] for line in reversed(lines) if line.get("scores")), {})
    told = "".join(f", {SCORES.get(name, name)} {value:.4f}" for name, value in scores.items())
    text = (
        f"{run.title}. Trained with {version}. Settings: {settings}. After {len(lines)} epochs{told}; digest "
        f"{cited.whole}. To check all of it: epochscope replay, followed by the line below in quotes."
    )
    return f"{text}\n\n{line_of(cited)}"


def cited_run(run: Run) -> Cited:
    """What a citation of the run tells. Raises as `citation`."""
    if run.live:
        raise EpochscopeError(f"{run.title} is still training; it can be cited when it has ended.")
    digests = [str(line.get("digest", "")) for line in run.epochs()]
    if not digests or not all(digests):
        raise EpochscopeError(f"{run.title} has no digests of its epochs, so it cannot be cited.")
    noted = [change for change in run.param_changes() if change["name"] != SEED]  # a branch's seeds are in its settings
    changes = [Change(change["epoch"], change["name"], change["new"]) for change in noted]
    return Cited(
        run.title,
        run.spec.as_dict(),
        dict((run.info or {}).get("made_with", {})),
        changes,
        "".join(digest[:DIGITS] for digest in digests),
        digest_of(digests),
    )


def line_of(cited: msgspec.Struct, form: int = FORMAT) -> str:
    """The line."""
    payload = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(cited), 9)).decode()
    return f"{MARK}{form}:{payload}:{_check(payload)}"


def _check(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()[:8]


def read(text: str) -> Cited:
    """The citation in a text, wherever its line is broken. Raises EpochscopeError if there is none."""
    return read_as({FORMAT: Cited}, text)


def read_as(kinds: Mapping[int, Any], text: str) -> Any:
    """As `read`, of any of these kinds: what a citation tells, by its format."""
    found = _LINE.findall(text[:_MOST_TEXT])
    if not found:
        raise EpochscopeError('There is no citation here: it begins with "epochscope-citation:".')
    if len(found) > 1:
        raise EpochscopeError(f"There are {len(found)} citations here; give one of them.")
    ((form, payload, check),) = found
    if int(form) not in kinds:
        raise EpochscopeError(f"This citation has the format {form} of another epochscope; update epochscope.")
    payload = re.sub(r"\s", "", payload)
    if not check or _check(payload) != check:
        raise EpochscopeError("This citation is cut off or changed: its check digits do not fit; copy it again.")
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.urlsafe_b64decode(payload), _MOST_PAYLOAD)
        if not unpacking.eof:
            raise ValueError("it is too long")
        cited = msgspec.json.decode(content, type=kinds[int(form)])
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise EpochscopeError(f"This citation cannot be read ({' '.join(str(error).split())[:200]}).") from None
    if not cited.epochs:
        raise EpochscopeError("This citation names no epoch, so there is nothing to compare.")
    return cited
