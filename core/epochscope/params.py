"""Hyperparameters described once: the same field draws the slider, checks the value and makes the command-line flag."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from epochscope.types import EpochscopeError

_META = "epochscope"
_LONGEST = 60  # letters of a value within a sentence
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def shown(value: Any) -> str:
    """A value within a sentence: cut where it is long, in one line whatever it holds."""
    text = repr(value[: 2 * _LONGEST] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


@dataclass(frozen=True)
class Range:
    """What one parameter may be, and its words. Numbers have low..high, choices have options, text has a pattern."""

    kind: type  # int, float, bool or str
    default: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    options: tuple[str, ...] = ()
    pattern: str = ""
    live: bool = False  # may be changed while a run goes on
    symbol: str = ""  # as in the paper, e.g. "γ"
    label: str = ""  # in words a student knows
    help: str = ""

    def __post_init__(self) -> None:
        if self.log and (self.step or not self.low or self.low <= 0):
            raise ValueError("a logarithmic range needs low > 0 and no step")

    def parse(self, name: str, value: Any) -> Any:
        """The value as its kind. Raises EpochscopeError with one sentence where it does not fit."""
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
            good = value in self.options if self.options else re.fullmatch(self.pattern or ".*", value)
        else:
            good = math.isfinite(value) and self.low <= value <= self.high
        if not good:
            raise EpochscopeError(f"{name} must be {self.words}, but got {shown(value)}.")
        return value

    def title(self, flag: str) -> str:
        """Its symbol and its words; the flag where it has neither."""
        return " · ".join(part for part in (self.symbol, self.label) if part) or flag

    @property
    def words(self) -> str:
        """The range in words: 'a whole number from 1 to 500'."""
        if self.kind is bool:
            return "yes or no"
        if self.options:
            return "one of " + ", ".join(self.options)
        if self.kind is str:
            return f"text like {self.default!r}"
        return f"a {'whole ' if self.kind is int else ''}number from {self.low:g} to {self.high:g}"


def param(default: Any, low: float | None = None, high: float | None = None, **about: Any) -> Any:
    """A dataclass field with its Range. Keywords: log, step, options, pattern, live, symbol, label, help."""
    about["options"] = tuple(about.get("options", ()))
    return dataclasses.field(default=default, metadata={_META: Range(type(default), default, low, high, **about)})


def group(cls: type[Params], label: str, **overrides: Any) -> Any:
    """A field that holds a nested Params (one expander on the page, a dotted prefix on the command line)."""
    return dataclasses.field(default_factory=lambda: cls(**overrides), metadata={"label": label})


@dataclass(frozen=True)
class Params:
    """Base of every parameter class. Each field is a `param(...)` or a `group(...)`; construction checks all values."""

    def __post_init__(self) -> None:
        for name, about in self.ranges():
            if "." not in name:
                object.__setattr__(self, name, about.parse(name, getattr(self, name)))

    @classmethod
    def ranges(cls) -> Iterator[tuple[str, Range]]:
        """Every parameter as (dotted name, Range), in order of declaration, groups last; defaults as in this class."""
        groups = []
        for item in dataclasses.fields(cls):
            if _META in item.metadata:
                yield item.name, item.metadata[_META]
            else:
                groups.append(item)
        for item in groups:
            instance = item.default_factory()
            for name, about in type(instance).ranges():
                yield f"{item.name}.{name}", dataclasses.replace(about, default=instance.flat()[name])

    @classmethod
    def group_labels(cls) -> dict[str, str]:
        """Prefix -> title of each nested group."""
        return {item.name: item.metadata["label"] for item in dataclasses.fields(cls) if _META not in item.metadata}

    def flat(self) -> dict[str, Any]:
        """All values by dotted name, ready for JSON."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Params):
                values |= {f"{item.name}.{name}": inner for name, inner in value.flat().items()}
            else:
                values[item.name] = value
        return values

    def but(self, values: Mapping[str, Any]) -> Self:
        """A copy with some values (dotted names) replaced. Unknown names and bad values raise EpochscopeError."""
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
        """Dotted names of the parameters that may change while a run goes on."""
        return frozenset(name for name, about in cls.ranges() if about.live)

    def check(self, *, n: int, f: int, k: int) -> None:
        """Limits across fields or against the data (n points, f features, k clusters); raises EpochscopeError."""
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Params):
                value.check(n=n, f=f, k=k)
