"""Hyperparameters, each described once: its field defines the slider, the check of values and the command-line flag."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from epochscope.types import EpochscopeError

MOST_EPOCHS = 10_000
"""Of one phase: far beyond every published setting; it only catches a slip of the pen."""

_META = "epochscope"
_LONGEST = 60  # characters of a value quoted in a message
FORMER_NAMES = {"standardise": "standardize"}
"""Renamed parameters, by the last part of the dotted name: runs, links and command lines may still use the old one."""

FORMER_OPTIONS = {"standardise": "standardize"}
"""Renamed options of parameters that are a choice, for the same reason."""

_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def todays_name(name: str) -> str:
    """The dotted name by which a parameter goes today; a name that was never changed is returned as it is."""
    prefix, dot, last = name.rpartition(".")
    return f"{prefix}{dot}{FORMER_NAMES.get(last, last)}"


def current_name(name: str, known: Container[str]) -> str:
    """The dotted name of a parameter, replaced by today's where `known` has only that."""
    today = todays_name(name)
    return today if name not in known and today in known else name


def former_names(name: str) -> list[str]:
    """Earlier dotted names of a parameter."""
    prefix, dot, last = name.rpartition(".")
    return [f"{prefix}{dot}{old}" for old, today in FORMER_NAMES.items() if today == last]


def shown(value: Any) -> str:
    """A value as quoted in a message: `repr` on one line, shortened if it is long."""
    text = repr(value[: 2 * _LONGEST] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


@dataclass(frozen=True)
class Range:
    """Allowed values and labels of one parameter. Numbers have low..high, choices have options, text has a pattern."""

    kind: type  # int, float, bool or str
    default: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    options: tuple[str, ...] = ()
    pattern: str = ""
    live: bool = False  # may be changed while a run is being trained
    anew: bool = False  # read again in each epoch, so that a branch may go on with another value
    symbol: str = ""  # as in the paper, e.g. "γ"
    label: str = ""  # in words a student knows
    help: str = ""

    def __post_init__(self) -> None:
        if self.log and (self.step or not self.low or self.low <= 0):
            raise ValueError("a logarithmic range needs low > 0 and no step")

    def parse(self, name: str, value: Any) -> Any:
        """The value converted to `kind`. Raises EpochscopeError if it is of another type or out of range."""
        try:
            if self.kind is bool:
                if isinstance(value, str):
                    value = _YES_NO[value.lower()]
                return bool(value)
            if self.kind is int:
                if float(value) != int(float(value)):
                    raise ValueError
                value = int(float(value))
            else:
                value = self.kind(value)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise EpochscopeError(f"{name} must be {self.words}, but got {shown(value)}.") from None
        if self.kind is str:
            if value not in self.options and FORMER_OPTIONS.get(value) in self.options:
                value = FORMER_OPTIONS[value]
            good = value in self.options if self.options else re.fullmatch(self.pattern or ".*", value)
        else:
            good = math.isfinite(value) and self.low <= value <= self.high
        if not good:
            raise EpochscopeError(f"{name} must be {self.words}, but got {shown(value)}.")
        return value

    def title(self, flag: str) -> str:
        """Symbol and label joined; the flag if it has neither."""
        return " · ".join(part for part in (self.symbol, self.label) if part) or flag

    @property
    def words(self) -> str:
        """The range in words, e.g. "a whole number from 1 to 500"."""
        if self.kind is bool:
            return "yes or no"
        if self.options:
            return "one of " + ", ".join(self.options)
        if self.kind is str:
            return f"text like {self.default!r}"
        return f"a {'whole ' if self.kind is int else ''}number from {self.low:g} to {self.high:g}"


def param(default: Any, low: float | None = None, high: float | None = None, **details: Any) -> Any:
    """A dataclass field with its Range. Keywords: log, step, options, pattern, live, anew, symbol, label, help."""
    details["options"] = tuple(details.get("options", ()))
    return dataclasses.field(default=default, metadata={_META: Range(type(default), default, low, high, **details)})


def group(cls: type[Params], label: str, **overrides: Any) -> Any:
    """A dataclass field for nested Params: an expander on the page, a dotted prefix on the command line."""
    return dataclasses.field(default_factory=lambda: cls(**overrides), metadata={"label": label})


@dataclass(frozen=True)
class Params:
    """Base of all parameter classes. Each field is a `param(...)` or a `group(...)`; construction checks all values."""

    def __post_init__(self) -> None:
        for name, allowed in self.ranges():
            if "." not in name:
                object.__setattr__(self, name, allowed.parse(name, getattr(self, name)))

    @classmethod
    def ranges(cls) -> Iterator[tuple[str, Range]]:
        """All parameters as (dotted name, Range), in order of declaration, groups last; with this class's defaults."""
        groups = []
        for item in dataclasses.fields(cls):
            if _META in item.metadata:
                yield item.name, item.metadata[_META]
            else:
                groups.append(item)
        for item in groups:
            instance = item.default_factory()
            for name, allowed in type(instance).ranges():
                yield f"{item.name}.{name}", dataclasses.replace(allowed, default=instance.flat()[name])

    @classmethod
    def group_labels(cls) -> dict[str, str]:
        """Titles of the nested groups by prefix."""
        return {item.name: item.metadata["label"] for item in dataclasses.fields(cls) if _META not in item.metadata}

    def flat(self) -> dict[str, Any]:
        """All values by dotted name; they can be written as JSON."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Params):
                values |= {f"{item.name}.{name}": inner for name, inner in value.flat().items()}
            else:
                values[item.name] = value
        return values

    def but(self, values: Mapping[str, Any]) -> Self:
        """A copy with the given values (by dotted name). Raises EpochscopeError for unknown names and bad values."""
        values = {current_name(name, self.flat()): value for name, value in values.items()}
        unknown = values.keys() - self.flat().keys()
        if unknown:
            known = ", ".join(self.flat()) or "none"
            raise EpochscopeError(
                f"There is no parameter {min(map(shown, unknown))} here; the parameters are: {known}."
            )
        changes: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            old = getattr(self, item.name)
            if isinstance(old, Params):
                prefix = f"{item.name}."
                inner = {name.removeprefix(prefix): v for name, v in values.items() if name.startswith(prefix)}
                changes[item.name] = old.but(inner)
            elif item.name in values:
                changes[item.name] = item.metadata[_META].parse(item.name, values[item.name])
        return dataclasses.replace(self, **changes)

    @classmethod
    def live_names(cls) -> frozenset[str]:
        """Dotted names of the parameters that may change while a run is being trained."""
        return frozenset(name for name, allowed in cls.ranges() if allowed.live)

    def check(self, *, n: int, f: int, k: int) -> None:
        """Raises EpochscopeError where values contradict each other or the data (n points, f features, k clusters)."""
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Params):
                value.check(n=n, f=f, k=k)
