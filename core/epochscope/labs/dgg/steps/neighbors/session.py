"""Step 3: which neighbors, and are they any good? Judged by labels that no choice has seen."""

from __future__ import annotations

import functools
from typing import ClassVar

from epochscope.labs.dgg.model.digits import COUNT
from epochscope.labs.dgg.steps.neighbors import figures
from epochscope.labs.dgg.steps.neighbors import model as neighbors
from epochscope.labs.dgg.steps.neighbors.model import Choice, J, Judged, Pools
from epochscope.labs.shared.session import SLIDER, LabSession, View, Widget
from epochscope.language import marked, tr

POINT = Widget("digit", "Digit shown", SLIDER, tuple(range(1, COUNT + 1)), 9)
LOT = Widget("draw", "Draw of 20 among 100", SLIDER, tuple(range(1, 21)))


class NeighborsSession(LabSession):
    """One digit, and one of the random draws."""

    waiting: ClassVar = marked("Training a Siamese network on some digits, then finding 100 neighbors of each …")

    def widgets(self) -> list[Widget]:
        return [POINT, LOT]

    def view(self) -> View:
        known, judged_choices = _pools(), _judged(self[LOT])
        degrees = {choice: one.in_degree for choice, one in judged_choices.items()}
        lines = [
            tr(
                "{distance}, {choice}: **{purity:.1%}**, hub {hub}",
                distance=tr(distance),
                choice=tr(choice),
                purity=one.purity,
                hub=neighbors.hub(one),
            )
            for (distance, choice), one in judged_choices.items()
        ]
        return View(
            {
                "purity": figures.purity(neighbors.purity_by_rank(known), J),
                "hubs": figures.hubs(degrees),
                "sheet": figures.sheet(_sheet(known, judged_choices, self[POINT] - 1)),
            },
            neighbors.claims(judged_choices),
            lines={"numbers": [tr("Purity and the largest hub"), *lines]},
        )


@functools.cache
def _pools() -> Pools:
    return neighbors.pools()


@functools.lru_cache(maxsize=32)
def _judged(lot: int) -> dict[Choice, Judged]:
    return neighbors.judged(_pools(), lot)


def _sheet(known: Pools, judged_choices: dict[Choice, Judged], point: int) -> figures.Sheet:
    rows = []
    for (distance, choice), one in judged_choices.items():
        j = one.j[point]
        rows.append((f"{tr(distance)}, {tr(choice)}", known.images[j], known.truth[j] != known.truth[point]))
    return figures.Sheet(known.images[point], rows)
