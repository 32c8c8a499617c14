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
        self.spans: dict[str, tuple[int, int]] = {}  # parameter by dotted name -> count at its first and last read
        self._kinds: dict[tuple[type, str], type] = {}

    def _note(self, name: str) -> None:
        first, _ = self.spans.get(name, (self.count, 0))
        self.spans[name] = (first, self.count)

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
            self._kinds[key] = _watched_class(cls, prefix, self._note)
        return self._kinds[key]


def _watched_class(cls: type[Params], prefix: str, note: Callable[[str], None]) -> type:
    """A subclass of `cls` that notes reads of its fields; comparisons and checks are no reads."""
    groups = cls.group_labels()  # not noted: their members are
    names = {item.name: prefix + item.name for item in dataclasses.fields(cls) if item.name not in groups}

    def getattribute(self: Any, name: str) -> Any:
        if name in names:
            note(names[name])
        return object.__getattribute__(self, name)

    def plain(self: Any) -> Any:
        return vars(self).get(_PLAIN)

    def equal(self: Any, other: Any) -> bool:
        one, two = plain(self), vars(other).get(_PLAIN, other)
        return self is other if one is None else bool(one == two)

    def of_plain(name: str) -> Callable[..., Any]:
        return lambda self, *args, **options: getattr(cls, name)(plain(self) or self, *args, **options)

    members = {
        "__getattribute__": getattribute,
        "__eq__": equal,
        "__hash__": lambda self: hash(plain(self)),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,  # keys of caches print it
        **{name: of_plain(name) for name in ("check", "flat", "but", "suited") if hasattr(cls, name)},
    }
    return type(cls.__name__, (cls,), members)
