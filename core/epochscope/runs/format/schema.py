"""Everything that is read from a run folder passes here: the type, bounds and length of each field, at one place.

Each class is the content of one file or of one line of a file. What does not fit raises DamagedError, which says what
is wrong and where; nothing that is not named here is passed on. Booleans are no numbers, NaN and infinity are refused,
numbers, texts, lists and files have bounds, so that neither a forged nor a torn file costs more than one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
from msgspec import Meta

from epochscope.types import EpochscopeError

MOST_CLUSTERS = 250
"""A label is stored in one byte, and 255 is kept free."""
MOST_EPOCHS = 100_000
MOST_POINTS = 20_000_000
MOST_DRAWN = 65_535
"""Ends of edges are sent to the browser as uint16."""

_LARGEST = 1.7976931348623157e308
_EXACT = 2**53  # whole numbers up to here are the same in JSON readers of every language

Count = Annotated[int, Meta(ge=0, le=_EXACT)]
Epoch = Annotated[int, Meta(ge=0, lt=MOST_EPOCHS)]
Finite = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Moment = Annotated[float, Meta(ge=0, le=4_102_444_800)]  # seconds since 1970, up to the year 2100
Positive = Annotated[float, Meta(gt=0, le=_LARGEST)]
Score = Annotated[float, Meta(ge=-1, le=1)]
Name = Annotated[str, Meta(max_length=120)]
Line = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(max_length=5000)]
Key = Annotated[str, Meta(min_length=1, max_length=120)]
Scalar = bool | Annotated[int, Meta(ge=-_EXACT, le=_EXACT)] | Finite | Annotated[str, Meta(max_length=2000)] | None
Scalars = Annotated[dict[Name, Scalar], Meta(max_length=300)]
Numbers = Annotated[dict[Name, Finite | None], Meta(max_length=500)]
Place = tuple[Count, Count]
"""Where bytes lie in a file: (offset, how many)."""
Places = Annotated[dict[Name, Place], Meta(max_length=50)]
Names = Annotated[list[Name], Meta(max_length=100)]

State = Literal["queued", "loading", "running", "paused", "done", "stopped", "failed", "interrupted"]


class DamagedError(EpochscopeError):
    """A file of a run does not hold what the format says."""


class Spec(TypedDict):
    """The settings of a run, as stored data: epochscope.runs.format.spec.RunSpec."""

    dataset: Key
    method: Key
    k: Annotated[int, Meta(ge=1, le=MOST_CLUSTERS)]
    seed: Annotated[int, Meta(ge=0, lt=2**31)]
    data: Scalars
    params: Scalars
    preset: Line
    external: Line
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
    m: Annotated[int, Meta(ge=1, le=MOST_DRAWN)]  # drawn points
    r: Annotated[int, Meta(ge=1, le=MOST_DRAWN)]  # rows of the heat maps
    k: Annotated[int, Meta(ge=1, le=MOST_CLUSTERS)]
    classes: Annotated[list[Line], Meta(max_length=10_000)]
    scaling: Line
    one_cluster: NotRequired[Annotated[float, Meta(ge=0, le=1)] | None]
    plan: Annotated[dict[Name, Count], Meta(max_length=50)]
    provides: Names
    decodes: NotRequired[bool]
    tile: NotRequired[
        tuple[
            Annotated[int, Meta(ge=1, le=5000)], Annotated[int, Meta(ge=1, le=5000)], Annotated[int, Meta(ge=1, le=500)]
        ]
        | None
    ]
    made_with: NotRequired[Scalars]


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


class EpochLine(TypedDict):
    """A line of epochs.jsonl"""

    epoch: Epoch
    phase: Name
    seconds: Seconds
    losses: Numbers
    measures: Numbers
    scores: NotRequired[Annotated[dict[Name, Score], Meta(max_length=50)]]
    sizes: NotRequired[Annotated[list[Count], Meta(max_length=MOST_CLUSTERS)]]
    entropy: NotRequired[Annotated[list[Count], Meta(max_length=200)]]
    mixing: NotRequired[Annotated[list[Finite | None], Meta(max_length=MOST_CLUSTERS)]]
    field_box: NotRequired[tuple[Finite | None, Finite | None, Finite | None, Finite | None]]
    has: Annotated[dict[Name, Epoch], Meta(max_length=50)]  # array -> epoch whose file has it
    held: Annotated[dict[Name, Epoch], Meta(max_length=50)]  # channel -> earlier epoch whose bytes hold still
    digest: NotRequired[Name]
    at: Places


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
    "error.txt": 10_000,
    "traceback.txt": 1_000_000,
    "marks.jsonl": 5_000_000,
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
        with path.open("rb") as file:
            content = file.read(MOST_BYTES[path.name] + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedError(f"{path} cannot be read ({error.strerror or error}); choose another run.") from None
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


def check_info(info: Info, k: int) -> None:
    """The sizes of info.json against each other and against the settings. Raises ValueError."""
    _ask(info["k"] == k, f"k is {info['k']}, but the run has {k} clusters")
    _ask(info["m"] <= info["n"], f"{info['m']} of {info['n']} points cannot be drawn")
    _ask(info["r"] <= info["m"], f"{info['r']} rows of {info['m']} drawn points cannot be shown")


def _ask(good: bool, otherwise: str) -> None:
    if not good:
        raise ValueError(otherwise)


_EDGES, _ARROWS, _PLANE, _EXAMPLES, _TILES = 20_000, 300, 2000, 24, 100  # at most (epochscope.runs.training.packing)


def channel_bytes(name: str, info: Info) -> tuple[int, int]:
    """How many bytes a channel of an epoch may have: (fewest, most). Raises ValueError for one that is not known."""
    m, r, k = info["m"], info["r"], info["k"]
    pixels = info["f"] if info.get("decodes") else 0
    known = {
        "labels": (m, m),
        "confidence": (m, m),
        "q": (r * k, r * k),
        "p": (r * k, r * k),
        "pi": (r * k, r * k),
        "pull": (4 + m, 4 + m),
        "edges": (8, 8 + 4 * _EDGES),
        "edge_weights": (4, 4 + _EDGES),
        "edge_js": (4, 4 + _EDGES),
        "field": (1, 1_000_000),
        "field_codes": (12, 12 + 4 * _PLANE),
        "field_prior": (12, 12 + 4 * _PLANE),
        "affinity": (4, 4 + 1_000_000),
        "decoded_centers": (0, _TILES * pixels),
        "samples": (0, _TILES * 8 * pixels),
        "reconstructions": (0, 2 * _EXAMPLES * pixels),
        "cross_reconstructions": (0, 3 * _EXAMPLES * pixels),
    }
    _ask(name in known, f"there is no channel {name[:40]!r}")
    return known[name]


def check_epoch(line: EpochLine, before: list[Any], info: Info | None) -> None:
    """A line of epochs.jsonl against those before it and against the sizes of the run. Raises ValueError."""
    epoch = len(before)
    _ask(line["epoch"] == epoch, f"epoch {line['epoch']} stands in the place of epoch {epoch}")
    for array, since in line["has"].items():
        _ask(since <= epoch, f"{array} is said to be of the later epoch {since}")
    for channel, since in line["held"].items():
        _ask(since < epoch and channel in before[since]["at"], f"{channel} is not among the bytes of epoch {since}")
    if info is None:
        return
    n, k = info["n"], info["k"]
    sizes = line.get("sizes")
    if sizes is not None:
        _ask(len(sizes) == k and sum(sizes) == n, f"sizes are not those of {n} points in {k} clusters")
    if (mixing := line.get("mixing")) is not None:
        _ask(len(mixing) == k, f"mixing has {len(mixing)} weights for {k} clusters")
    if (entropy := line.get("entropy")) is not None:
        _ask(sum(entropy) <= n, "entropy counts more points than there are")
    for channel, (_, size) in line["at"].items():
        fewest, most = channel_bytes(channel, info)
        _ask(fewest <= size <= most, f"{channel} has {size} bytes instead of {fewest} to {most}")


def check_param_change(line: ParamChange, before: list[Any], info: Info | None) -> None:
    """A line of marks.jsonl. Raises ValueError."""
    _ask(not line["at"], "a changed parameter has no bytes")
    _ask(len(before) < MOST_EPOCHS, "there are more changes than epochs")


def check_frame(line: FrameLine, before: list[Any], info: Info | None) -> None:
    """A line of frames.jsonl against the sizes of the run. Raises ValueError."""
    at = line["at"]
    _ask("xy" in at, "the points are missing")
    _ask(len(before) < 2 * MOST_EPOCHS, "there are more frames than epochs")
    _ask(at["xy"][1] % 4 == 0, "half a point")
    _ask(("forces" in at) == ("force_scale" in line), "forces and their scale come together")
    if info is None:
        return
    m, k = info["m"], info["k"]
    known = {"xy": (4, 4 * m), "centers": (4 * k, 4 * k), "ellipses": (12 * k, 12 * k), "forces": (4, 4 * _ARROWS)}
    for name, (_, size) in at.items():
        fewest, most = known.get(name, (0, -1))
        _ask(fewest <= size <= most and size % 4 == 0, f"{name[:40]} has {size} bytes")
