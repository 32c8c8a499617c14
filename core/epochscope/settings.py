"""Every setting of the environment, declared once: its name, type, default and unit, and what it is for.

docs/server.md has this table (a test compares them). Nothing else of the package reads a variable EPOCHSCOPE_*.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from epochscope.types import EpochscopeError

T = TypeVar("T")
_YES, _NO = ("1", "true", "yes"), ("", "0", "false", "no")


class Kind(NamedTuple):
    """What a value may be, in words, and the smallest and largest number."""

    words: str
    low: float = 0
    high: float = 1e9
    options: tuple[str, ...] = ()  # of a text that is one of some words


TEXT, YES = Kind("a text"), Kind("1 or 0")
PRECISIONS = Kind("highest, high or medium", options=("highest", "high", "medium"))
COUNT, AMOUNT = Kind("a whole number from 1", 1), Kind("a number above 0", 1e-6)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One variable of the environment. Calling it gives its value now."""

    name: str
    kind: Kind
    default: T
    unit: str
    purpose: str

    def __call__(self) -> T:
        """Its value: what the environment says, else the default. A value that cannot be read is the default, too."""
        try:
            return self.read()
        except EpochscopeError as error:
            logging.getLogger(__name__).warning("%s The default is used.", error)
            return self.default

    def read(self) -> T:
        """As a call. Raises EpochscopeError where the environment says what the setting cannot be."""
        said: Any = os.environ.get(self.name, "")
        if said == "":
            return self.default
        if self.kind.options and said not in self.kind.options:
            raise self._wrong(said)
        if isinstance(self.default, str):
            return said  # type: ignore[return-value]
        if self.kind is YES:
            if said.lower() not in (*_YES, *_NO):
                raise self._wrong(said)
            return said.lower() in _YES  # type: ignore[return-value]
        try:
            value = int(said) if isinstance(self.default, int) else float(said)
        except ValueError:
            raise self._wrong(said) from None
        if not self.kind.low <= value <= self.kind.high:
            raise self._wrong(said)
        return value  # type: ignore[return-value]

    def _wrong(self, said: str) -> EpochscopeError:
        return EpochscopeError(f"{self.name} must be {self.kind.words}, but is {said[:60]!r}; set it anew or unset it.")


RUNS = Setting("EPOCHSCOPE_RUNS", TEXT, "", "folder", "where runs are stored; else the platform's folder for user data")
DATA = Setting("EPOCHSCOPE_DATA", TEXT, "", "folder", "where data sets are stored; else the platform's cache folder")
PRETRAINED = Setting(
    "EPOCHSCOPE_PRETRAINED",
    TEXT,
    "",
    "folder or off",
    "where pretraining is remembered; else the platform's cache folder",
)
EAGER = Setting(
    "EPOCHSCOPE_EAGER",
    YES,
    False,
    "1 or 0",
    "on a GPU, steps are done one operation after another, not as one graph",
)
PRECISION = Setting(
    "EPOCHSCOPE_PRECISION",
    PRECISIONS,
    "highest",
    "highest, high or medium",
    "of matrix products in training: float32, TensorFloat-32, bfloat16, where the device has them; results differ",
)
OFFLINE = Setting("EPOCHSCOPE_OFFLINE", YES, False, "1 or 0", "nothing is downloaded")
ACCEPT_UNKNOWN = Setting(
    "EPOCHSCOPE_ACCEPT_UNKNOWN",
    YES,
    False,
    "1 or 0",
    "files placed by hand are read even if they differ from the published",
)
SHARED = Setting("EPOCHSCOPE_SHARED", TEXT, "", "all or own", "who may change what, see above")
TRAININGS = Setting("EPOCHSCOPE_TRAININGS", COUNT, 2, "runs", "trained at the same time; the others wait: processors")
QUEUE_EACH = Setting(
    "EPOCHSCOPE_QUEUE_EACH",
    COUNT,
    20,
    "runs",
    "of one visitor that wait or train, repeats included: the turns of others",
)
QUEUE = Setting("EPOCHSCOPE_QUEUE", COUNT, 1000, "runs", "that wait or train, of all together: files and memory")
PAUSE = Setting(
    "EPOCHSCOPE_PAUSE",
    AMOUNT,
    10.0,
    "minutes",
    "a run may be paused while others wait; then it is stopped: their turns",
)
MEMORY_FREE = Setting(
    "EPOCHSCOPE_MEMORY_FREE",
    AMOUNT,
    0.5,
    "GB",
    "of memory to be free before one more training begins: those that train",
)
DISK_EACH = Setting("EPOCHSCOPE_DISK_EACH", AMOUNT, 2.0, "GB", "of runs, and as much of data, of one visitor: the disk")
DISK = Setting("EPOCHSCOPE_DISK", AMOUNT, 50.0, "GB", "of runs, and as much of data, of all together: the disk")
DISK_FREE = Setting(
    "EPOCHSCOPE_DISK_FREE",
    AMOUNT,
    1.0,
    "GB",
    "of disk to be free before anything is started or added: those that train",
)
SOCKETS_EACH = Setting(
    "EPOCHSCOPE_SOCKETS_EACH", COUNT, 40, "sockets", "of one visitor, some five for each tab: memory and files"
)
SOCKETS = Setting("EPOCHSCOPE_SOCKETS", COUNT, 800, "sockets", "of all together: memory and files")
MESSAGE = Setting("EPOCHSCOPE_MESSAGE", AMOUNT, 64.0, "kB", "one message of a viewer or a lab: the time of all others")
PAGE_MESSAGE = Setting(
    "EPOCHSCOPE_PAGE_MESSAGE", AMOUNT, 1000.0, "kB", "one message of a page with its widgets: the time of all others"
)
MESSAGE_RATE = Setting(
    "EPOCHSCOPE_MESSAGE_RATE", COUNT, 100, "a second", "messages of one socket, in bursts twice as many: processors"
)
STUDENTS = Setting("EPOCHSCOPE_STUDENTS", COUNT, 200, "students", "of one class: sockets and the projector")
UPLOADS = Setting("EPOCHSCOPE_UPLOADS", AMOUNT, 2.0, "GB", "of uploaded files held for open pages: memory")

READER = Setting(
    "EPOCHSCOPE_READER_MB",
    Kind("a whole number of MB from 256", 256),
    512,
    "MB",
    "of memory for the process that reads a small data file: everybody's memory",
)

SETTINGS: tuple[Setting[Any], ...] = tuple(one for one in list(globals().values()) if isinstance(one, Setting))


def check() -> None:
    """Raises EpochscopeError with one sentence for the first setting that cannot be read."""
    for setting in SETTINGS:
        setting.read()


def table() -> str:
    """All settings as a Markdown table, for docs/server.md."""
    rows = [f"| `{one.name}` | {_shown(one)} | {one.unit} | {one.purpose} |" for one in SETTINGS]
    return "\n".join(["| setting | default | unit | what it is for |", "|---|---|---|---|", *rows])


def _shown(setting: Setting[Any]) -> str:
    if setting.kind is YES:
        return "0"
    return f"{setting.default:,g}" if setting.kind in (COUNT, AMOUNT) else setting.default or "–"
