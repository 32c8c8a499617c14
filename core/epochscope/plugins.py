"""Methods, data sets and figures of other packages, found by their entry points.

A package names them in its pyproject.toml; each entry is one Method, Source or Figure:

    [project.entry-points."epochscope.methods"]
    my_method = "my_package.my_method:METHOD"

A plugin that does not work costs nothing but itself: `problems()` has a sentence about it, for the pages and `list`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")  # a NamedTuple with a field `key`

_LONGEST = 300  # letters of somebody else's message within a sentence
_registries: list[Registry[Any]] = []


def problems() -> list[str]:
    """One sentence for each plugin that is left out, of every registry that the program has loaded."""
    return [sentence for registry in _registries for sentence in registry.problems()]


class Registry(MutableMapping[str, Thing], Generic[Thing]):
    """What the program knows by itself, by key and in order, then what plugins add to it.

    Plugins are loaded once, when somebody first asks for more than what is built in. A plugin cannot take the key of
    something that is there. Setting and deleting is for tests and for programs that bring something of their own.

    group: of the entry points. what: one of these things in words. fault: why a thing cannot stand here, as the end of
    a sentence; "" where it can.
    """

    def __init__(self, group: str, what: str, built_in: Iterable[Thing], fault: Callable[[object], str]) -> None:
        self._group, self._what, self._fault = group, what, fault
        self._things: dict[str, Thing] = {thing.key: thing for thing in built_in}  # type: ignore[attr-defined]
        self._problems: list[str] = []
        self._loaded = False
        self._loading = threading.RLock()  # a plugin may look at the registry while it is imported
        _registries.append(self)

    def problems(self) -> list[str]:
        """One sentence for each plugin that is left out."""
        self._load()
        return list(self._problems)

    def __getitem__(self, key: str) -> Thing:
        if key not in self._things:
            self._load()
        return self._things[key]

    def __setitem__(self, key: str, thing: Thing) -> None:
        self._things[key] = thing

    def __delitem__(self, key: str) -> None:
        del self._things[key]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(list(self._things))

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self))

    def __len__(self) -> int:
        self._load()
        return len(self._things)

    def _load(self) -> None:
        if self._loaded:
            return
        with self._loading:
            if self._loaded:
                return
            self._loaded = True  # before they are imported: what they see is what is built in
            for entry in sorted(entry_points(group=self._group), key=lambda one: (_package(one), one.name)):
                if why := self._add(entry):
                    self._problems.append(
                        f"The {self._what} {entry.name} of the package {_package(entry)} is left out: {why}. "
                        "Update or remove that package."
                    )

    def _add(self, entry: EntryPoint) -> str:
        """Takes in what an entry point names; returns why not, or ""."""
        try:
            thing = entry.load()
            why = self._fault(thing)
        except (Exception, SystemExit) as error:  # whatever code of somebody else raises
            return f"it cannot be loaded ({type(error).__name__}: {' '.join(str(error).split())[:_LONGEST]})"
        if not why and thing.key in self._things:
            why = f"there is a {self._what} with the key {thing.key!r} already"
        if not why:
            self._things[thing.key] = thing
        return " ".join(why.split()).rstrip(".")


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "unknown"
