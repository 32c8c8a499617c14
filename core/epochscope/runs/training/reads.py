"""Which parameters a method has read, and when: what it has not read yet, a branch may change like a slider at rest.

A method is handed its parameters as an object that notes each read. Of a parameter that was read for the first time
after an epoch, the state of that epoch knows nothing: whatever its value, the epoch is the same, bit for bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from epochscope.params import Params

_PLAIN = "_plain"


class Reads:
    """The reads of one training. `count`: snapshots so far; a read between those of epochs e and e + 1 is at e + 1."""

    def __init__(self) -> None:
        self.count = 0
        self._spans: dict[str, list[int]] = {}
        self._kinds: dict[tuple[type, str], type] = {}

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Parameter by dotted name -> count at its first and at its last read."""
        return {name: (first, last) for name, (first, last) in self._spans.items()}

    def noting(self, field: str, name: str) -> property:
        """The field of a parameter class that notes when it is read: a gradient step reads some, so it is short."""

        def read(self_: Any) -> Any:
            if (span := self._spans.get(name)) is None:
                self._spans[name] = [self.count, self.count]
            else:
                span[1] = self.count
            return self_.__dict__[field]

        def write(self_: Any, value: Any) -> None:
            self_.__dict__[field] = value

        return property(read, write)

    def watched(self, hp: Params, prefix: str = "") -> Any:
        """The same parameters, of a subclass of their class, whose reads are noted here."""
        made = object.__new__(self._kind(type(hp), prefix))
        for item in dataclasses.fields(hp):
            value = getattr(hp, item.name)
            inner = self.watched(value, f"{prefix}{item.name}.") if isinstance(value, Params) else value
            object.__setattr__(made, item.name, inner)
        object.__setattr__(made, _PLAIN, hp)
        return made

    def _kind(self, cls: type[Params], prefix: str) -> type:
        key = (cls, prefix)
        if key not in self._kinds:
            self._kinds[key] = _watched_class(cls, prefix, self)
        return self._kinds[key]


def _watched_class(cls: type[Params], prefix: str, reads: Reads) -> type:
    """A subclass of `cls` that notes reads of its fields; comparisons and checks are no reads."""
    groups = cls.group_labels()  # not noted: their members are
    names = [item.name for item in dataclasses.fields(cls) if item.name not in groups]

    def plain(self: Any) -> Any:
        return vars(self).get(_PLAIN)

    def equal(self: Any, other: Any) -> bool:
        one, two = plain(self), vars(other).get(_PLAIN, other)
        return self is other if one is None else bool(one == two)

    def of_plain(name: str) -> Callable[..., Any]:
        return lambda self, *args, **options: getattr(cls, name)(plain(self) or self, *args, **options)

    members = {
        "__eq__": equal,
        "__hash__": lambda self: hash(plain(self)),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,  # keys of caches print it
        **{name: reads.noting(name, prefix + name) for name in names},
        **{name: of_plain(name) for name in ("check", "flat", "but", "suited") if hasattr(cls, name)},
    }
    return type(cls.__name__, (cls,), members)
