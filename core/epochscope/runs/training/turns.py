"""The queue of one server: people take turns, whoever has asked for how many runs.

Next is a run of somebody of whom fewest runs train; among them, whoever was served longest ago; among new ones, whoever
came first. Of one person the single runs come before those of groups, each in the order in which they were asked for.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import NamedTuple


class Place(NamedTuple):
    """A run in the queue. `who`: the mark of the visitor whose turn it takes; empty for programs."""

    run_id: str
    who: str
    in_group: bool = False


class Turns:
    """Who waits, who trains, and who is next. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Place]] = {}  # in the order in which people came
        self._training: Counter[str] = Counter()
        self._served: dict[str, int] = {}  # number of the last turn; only of those who wait or train
        self._turn = 0

    def __len__(self) -> int:
        """Number of runs that wait."""
        return sum(map(len, self._waiting.values()))

    def __contains__(self, place: object) -> bool:
        return any(place in mine for mine in self._waiting.values())

    @property
    def training(self) -> int:
        """Number of runs that train."""
        return self._training.total()

    def of(self, who: str) -> int:
        """Number of runs of one person that wait or train."""
        return len(self._waiting.get(who, ())) + self._training[who]

    def others_wait(self, who: str) -> bool:
        """Whether anybody else waits."""
        return any(other != who for other in self._waiting)

    def put(self, place: Place) -> None:
        """The run waits."""
        mine = self._waiting.setdefault(place.who, [])
        single = sum(not one.in_group for one in mine)
        mine.insert(len(mine) if place.in_group else single, place)

    def take(self) -> Place:
        """The next run, which trains from now on. Raises IndexError where none waits."""
        if not self._waiting:
            raise IndexError("nobody waits")
        who = min(self._waiting, key=lambda one: (self._training[one], self._served.get(one, 0)))
        place = self._waiting[who].pop(0)
        self._turn += 1
        self._served[who] = self._turn
        self._training[who] += 1
        self._tidy(who)
        return place

    def end(self, place: Place) -> None:
        """The run no longer trains."""
        self._training[place.who] -= 1
        self._tidy(place.who)

    def remove(self, place: Place) -> bool:
        """The run no longer waits; whether it did."""
        mine = self._waiting.get(place.who, [])
        if place not in mine:
            return False
        mine.remove(place)
        self._tidy(place.who)
        return True

    def _tidy(self, who: str) -> None:
        if not self._waiting.get(who):
            self._waiting.pop(who, None)
            if self._training[who] <= 0:
                self._training.pop(who, None)
                if not self._training and not self._waiting:
                    self._served.clear()

    def order(self) -> list[Place]:
        """All that wait, the next first, as if each that is taken trained on."""
        rest = deepcopy(self)
        return [rest.take() for _ in range(len(rest))]
