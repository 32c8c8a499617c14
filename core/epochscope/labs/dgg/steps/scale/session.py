"""Step 4: what `sigma = dist_temp[11]` of the published code picks."""

from __future__ import annotations

import functools

from torch import Tensor

from epochscope.labs.dgg.model.digits import digits
from epochscope.labs.dgg.steps.scale import figures
from epochscope.labs.dgg.steps.scale import model as scale
from epochscope.labs.dgg.steps.scale.model import INDEX
from epochscope.labs.shared.session import SLIDER, LabSession, View, Widget

SIZE = 40
"""Of the batch."""
TWELFTH = Widget(
    "twelfth", "Digit in place 11 of the batch", SLIDER, tuple(range(SIZE)), INDEX,
    "It changes places with the digit that was there. Nothing else changes.",
)  # fmt: skip
ROW = Widget("row", "Point i, by its place", SLIDER, tuple(range(SIZE)), 3)


class ScaleSession(LabSession):
    """Which digit lies in row 11, and whose weights are shown."""

    def widgets(self) -> list[Widget]:
        return [TWELFTH, ROW]

    def view(self) -> View:
        of, row = scale.batch(_distances(), self[TWELFTH]), self[ROW]
        return View(
            {
                "distances": figures.distances(of.d.numpy(), INDEX, row),
                "weights": figures.weights(of.published[row].numpy(), of.local[row].numpy()),
            },
            scale.claims(of),
        )


@functools.cache
def _distances() -> Tensor:
    return scale.distances(digits().x, SIZE)
