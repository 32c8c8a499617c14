"""Everything that is read from a run folder passes here: the type, bounds and length of each field, at one place.

Each class is the content of one file or of one line of a file. What does not fit raises DamagedError, which says what
is wrong and where; nothing that is not named here is passed on. Booleans are no numbers, NaN and infinity are refused,
numbers, texts, lists and files have bounds, so that neither a forged nor a torn file costs more than one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Optional, TypedDict, get_type_hints

import msgspec
from msgspec import Meta

from epochscope.files import opened, reason
from epochscope.runs.format.channels import LINE_NUMBERS, LineNumbers, count_range
from epochscope.types import EpochscopeError

MOST_CLUSTERS = 1000
"""A label is stored in one byte where all are below 255, else in two; the largest value says: in no cluster."""
MOST_NUMBERS, MOST_VECTORS, MOST_VECTOR = 20, 20, 1000
"""Numbers of each point, lists of numbers of an epoch, and the length of such a list that a recorded loop may store."""
MOST_EPOCHS = 100_000
MOST_POINTS = 20_000_000
MOST_DRAWN = 1_000_000
"""Points for which arrays are stored and which are drawn; of more points, a random sample of so many."""
STORED_EPOCH_BYTES = 64_000_000
"""Bytes of the points' arrays (codes, Q, P ...) that are stored at every epoch; larger ones at some epochs only."""

_LARGEST = 1.7976931348623157e308
_EXACT = 2**53  # whole numbers up to here are the same in JSON readers of every language

Count = Annotated[int, Meta(ge=0, le=_EXACT)]
Epoch = Annotated[int, Meta(ge=0, lt=MOST_EPOCHS)]
Finite = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Moment = Annotated[float, Meta(ge=0, le=4_102_444_800)]  # seconds since 1970, up to the year 2100
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0, le=_LARGEST)]
Score = Annotated[float, Meta(ge=-1, le=1)]
Name = Annotated[str, Meta(max_length=120)]
Line = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(max_length=5000)]
Key = Annotated[str, Meta(min_length=1, max_length=120)]
Scalar = bool | Annotated[int, Meta(ge=-_EXACT, le=_EXACT)] | Finite | Annotated[str, Meta(max_length=2000)] | None
Scalars = Annotated[dict[Name, Scalar], Meta(max_length=300)]
Numbers = Annotated[dict[Name, Finite | None], Meta(max_length=500)]
Vector = Annotated[list[Optional[Finite]], Meta(max_length=MOST_VECTOR)]  # noqa: UP045  # as in _list_of
Place = tuple[Count, Count]
"""Where bytes lie in a file: (offset, how many)."""
Places = Annotated[dict[Name, Place], Meta(max_length=50)]
Names = Annotated[list[Name], Meta(max_length=100)]

State = Literal["queued", "loading", "running", "paused", "done", "stopped", "failed", "interrupted"]


class DamagedError(EpochscopeError):
    """A file of a run does not hold what the format says."""


Seed = Annotated[int, Meta(ge=0, lt=2**31)]


class CourseStep(TypedDict):
    """What a branch does after one epoch of the past that it has in common with another run."""

    epoch: Epoch
    phase: Name  # of the next epoch, in the run that it left; empty if there was none
    changes: Scalars  # parameters by dotted name
    seed: NotRequired[Seed]  # of everything random from here on


class Branch(TypedDict):
    """Where a run left another one, and all that happened up to there: it is computed without the other one."""

    parent: Line  # id of the run it left; empty where the course was repeated from another seed or other settings
    digest: Name  # of the epoch at which it left; empty if it is not known
    threads: NotRequired[Annotated[int, Meta(ge=1, le=4096)]]  # of torch, with which the common past was computed
    course: Annotated[list[CourseStep], Meta(min_length=1, max_length=1000)]  # by epoch; the last step is the branch


class Spec(TypedDict):
    """The settings of a run, as stored data: epochscope.runs.format.spec.RunSpec."""

    dataset: Key
    method: Key
    k: Annotated[int, Meta(ge=1, le=MOST_CLUSTERS)]
    seed: Seed
    data: Scalars
    params: Scalars
    preset: Line
    external: Line
    branch: Branch | None
    schema: Annotated[int, Meta(ge=1, le=2**31)]


class Parameter(TypedDict):
    """How one parameter is called where it is shown."""

    symbol: Name
    label: Line
    group: Line


class Display(TypedDict):
    """What pages show of a run's method and data set, kept so that both may disappear."""

    title: Line
    dataset: Line
    method: Line
    space: Line  # what its codes are called, e.g. "codes"
    provides: Names
    data: Annotated[dict[Name, Parameter], Meta(max_length=300)]
    params: Annotated[dict[Name, Parameter], Meta(max_length=300)]


class RunFile(TypedDict):
    """run.json"""

    spec: dict[str, Any]  # checked as Spec, after the upgrade from its own format
    created: Moment
    pid: NotRequired[Count]
    display: NotRequired[Display]


class Info(TypedDict):
    """info.json: known once the data are loaded."""

    title: Line
    n: Annotated[int, Meta(ge=1, le=MOST_POINTS)]  # points
    f: Annotated[int, Meta(ge=1, le=2**31)]  # features
    m: Annotated[int, Meta(ge=1, le=MOST_DRAWN)]  # drawn points: those for which arrays are stored
    r: Annotated[int, Meta(ge=1, le=MOST_DRAWN)]  # rows of the heat maps
    k: Annotated[int, Meta(ge=1, le=MOST_CLUSTERS)]
    finds_k: NotRequired[bool]  # the method finds the number of clusters itself: k grows to the most so far
    classes: Annotated[list[Line], Meta(max_length=10_000)]
    scaling: Line
    one_cluster: NotRequired[Annotated[float, Meta(ge=0, le=1)] | None]
    kmeans_acc: NotRequired[Annotated[float, Meta(ge=0, le=1)] | None]  # of k-means on the data
    numbers: NotRequired[Annotated[list[Name], Meta(max_length=MOST_NUMBERS)]]  # columns of sample_numbers
    plan: Annotated[dict[Name, Count], Meta(max_length=50)]
    provides: Names
    decodes: NotRequired[bool]
    tile: NotRequired[Annotated[list[Annotated[int, Meta(ge=1, le=5000)]], Meta(min_length=3, max_length=3)] | None]
    made_with: NotRequired[Scalars]
    most_epoch_bytes: NotRequired[Annotated[int, Meta(ge=1, le=_EXACT)]]  # of the points' arrays at every epoch
    every: NotRequired[
        Annotated[int, Meta(ge=1, lt=MOST_EPOCHS)]
    ]  # they are stored at every epoch (1), or each 2nd ...
    pictured: NotRequired[Annotated[int, Meta(ge=0, le=MOST_DRAWN)]]  # the first drawn points, which have thumbnails
    # parameter -> how many epochs there were when the method first read it, and when it last did
    reads: NotRequired[Annotated[dict[Name, tuple[Count, Count]], Meta(max_length=300)]]


class Status(TypedDict):
    """status.json"""

    state: State
    message: NotRequired[Words]
    epochs: NotRequired[Count]
    updated: NotRequired[Moment]
    phase: NotRequired[Name]
    doing: NotRequired[Line]
    progress: NotRequired[Annotated[float, Meta(ge=0, le=1)] | None]
    eta_seconds: NotRequired[Annotated[float, Meta(ge=0, le=1e12)] | None]
    final: NotRequired[bool]
    queue: NotRequired[Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]]  # the mark of the process in which it waits


class EpochLine(TypedDict):
    """A line of epochs.jsonl, without its lists of numbers: EPOCH_LINE has them, too."""

    epoch: Epoch
    phase: Name
    seconds: Seconds
    losses: Numbers
    measures: NotRequired[Numbers]  # absent in the first runs; a reader adds both (epochscope.runs.format.upgrade)
    scores: NotRequired[Annotated[dict[Name, Score], Meta(max_length=50)]]
    k: NotRequired[Annotated[int, Meta(ge=1, le=MOST_CLUSTERS)]]  # where a recorded loop may get more: those so far
    unassigned: NotRequired[Count]  # points in no cluster
    lost_classes: NotRequired[Annotated[list[Count], Meta(max_length=MOST_CLUSTERS)]]  # the largest of no cluster
    order: NotRequired[Annotated[dict[Name, Finite], Meta(max_length=20)]]  # epochscope.formulas.neighborhoods
    vectors: NotRequired[Annotated[dict[Name, Vector], Meta(max_length=MOST_VECTORS)]]  # lists that a loop logged
    has: Annotated[dict[Name, Epoch], Meta(max_length=50)]  # array -> epoch whose file has it
    held: NotRequired[
        Annotated[dict[Name, Epoch], Meta(max_length=50)]
    ]  # channel -> earlier epoch whose bytes hold still
    digest: NotRequired[Name]
    at: Places


def _list_of(numbers: LineNumbers) -> Any:
    """The type of a list of numbers in an epoch's line."""
    fewest, most = count_range(numbers.length, {"k": MOST_CLUSTERS})
    exact = numbers.length.isdigit()
    item: Any = Count if numbers.counts else Optional[Finite]  # noqa: UP045  # an alias has no "|" of its own
    return NotRequired[Annotated[list[item], Meta(min_length=fewest if exact else 0, max_length=most)]]


_FIELDS: Any = get_type_hints(EpochLine, include_extras=True)
_FIELDS |= {numbers.name: _list_of(numbers) for numbers in LINE_NUMBERS.values()}
EPOCH_LINE: Any = TypedDict("EpochLine", _FIELDS)  # type: ignore[misc]  # pyright wants to see the fields
"""A line of epochs.jsonl with its lists of numbers, which are declared elsewhere (LINE_NUMBERS)."""


class ParamChange(TypedDict):
    """A line of marks.jsonl: a parameter changed after an epoch."""

    epoch: Epoch
    name: Name
    symbol: Name
    old: Scalar
    new: Scalar
    at: Places


class FrameLine(TypedDict):
    """A line of frames.jsonl: where the drawn points lie in one projection at one epoch."""

    epoch: Epoch
    center: tuple[Finite, Finite]
    scale: Positive
    seconds: Seconds
    force_scale: NotRequired[Positive]
    trust: NotRequired[Share]  # mean over some points (epochscope.formulas.trust); absent in frames of earlier versions
    at: Places


class ProjectionParams(TypedDict):
    """params.json of a projection"""

    key: Key
    params: Scalars


class MetadataFile(TypedDict, total=False):
    """about.json; longer texts are cut (epochscope.runs.format.metadata), so only types are asked for here."""

    name: str
    tags: list[str]
    notes: str
    group: str
    group_title: str


MOST_BYTES: Mapping[str, int] = {
    "run.json": 500_000,
    "info.json": 5_000_000,
    "status.json": 100_000,
    "about.json": 100_000,
    "params.json": 100_000,
    "projector.safetensors": 20_000_000,
    "error.txt": 10_000,
    "traceback.txt": 1_000_000,
    "marks.jsonl": 1_000_000,  # sent with every message
    "epochs.jsonl": 250_000_000,
    "frames.jsonl": 100_000_000,
    "points.safetensors": 4 * MOST_DRAWN + 2 * MOST_POINTS + 10_000,
    "sprites.png": 100_000_000,
}
"""A file that is longer is not read at all."""
MOST_LINE_BYTES = 500_000


def read_bytes(path: Path) -> bytes:
    """The content of a file of a run. Raises FileNotFoundError, and DamagedError where it is too long or unreadable."""
    try:
        with opened(path) as file:
            content = file.read(MOST_BYTES[path.name] + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedError(f"{path} cannot be read ({reason(error)}); choose another run.") from None
    if len(content) > MOST_BYTES[path.name]:
        raise DamagedError(f"{path} is damaged: it is longer than {MOST_BYTES[path.name]:,} bytes; choose another run.")
    return content


def parsed(content: bytes, kind: Any) -> Any:
    """JSON as `kind`, one of the classes above. Raises ValueError with what is wrong."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ValueError(_reason(error)) from None


def decoded(content: bytes, kind: Any, where: str) -> Any:
    """As `parsed`. Raises DamagedError: `where` is damaged, and why."""
    try:
        return parsed(content, kind)
    except ValueError as error:
        raise DamagedError(f"{where} is damaged ({error}); choose another run.") from None


def check(value: Any, kind: Any) -> None:
    """Whether what a writer is about to store is what a reader takes. Raises EpochscopeError where it is not."""
    try:
        msgspec.convert(value, kind)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise EpochscopeError(f"This cannot be stored: {_reason(error)}.") from None


def _reason(error: BaseException) -> str:
    words = str(error).replace("`", "") or "it is nested too deeply"
    return " ".join(words.split())[:200]


def fields_that_fit(content: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """The fields of `content` that fit a class all of whose fields may be absent."""
    found: dict[str, Any] = {}
    for name in kind.__annotations__:
        if name in content:
            try:
                found |= msgspec.convert({name: content[name]}, kind)
            except (msgspec.MsgspecError, RecursionError):
                continue
    return found
