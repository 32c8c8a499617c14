"""Session of the lab on JS between two Gaussians: the second is dragged around the first."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from epochscope.labs.js import figures
from epochscope.labs.js import model as js
from epochscope.labs.js.figures import FIRST, POSTERIOR, SECOND, Ellipse
from epochscope.labs.shared.session import MENU, SLIDER, Edit, LabSession, View, Widget
from epochscope.language import marked, tr

_VARIANCES = (0.25, 0.5, 1.0, 2.0, 4.0, 9.0)
_FURTHEST = 6.0
_TO = np.round(np.arange(0, 20 * _FURTHEST + 1) / 20, 2)
CASE = Widget("case", "Case", MENU, tuple(js.PRESETS))
DISTANCE = Widget("distance", "Distance of the means", SLIDER, tuple(_TO.tolist()), 3.0)
DIRECTION = Widget("direction", "Direction, degrees", SLIDER, tuple(range(181)), 20)
SHARE = Widget(
    "share", "p(z|xᵢ): from qᵢ (0) to qⱼ (1)", SLIDER, tuple(_TO[:21].tolist()),
    help=("The bound compares both with the true posterior of xᵢ, which training never knows. Here you decide where "
         "it is."),
)  # fmt: skip


class JsSession(LabSession):
    """Variances, distance and direction; the handle is the mean of the second Gaussian."""

    keeps_places: ClassVar = False
    restarting: ClassVar = (CASE,)

    def widgets(self) -> list[Widget]:
        return [CASE, *self._variances(), DISTANCE, DIRECTION, SHARE]

    def _variances(self) -> list[Widget]:
        start = js.PRESETS[self[CASE]]
        labels = {
            "var_i1": marked("σ² of qᵢ in z₁"),
            "var_i2": marked("in z₂"),
            "var_j1": marked("σ² of qⱼ in z₁"),
            "var_j2": marked("in z₂"),
        }
        values = (*start.s2_i, *start.s2_j)
        return [
            Widget(key, label, SLIDER, _VARIANCES, value)
            for (key, label), value in zip(labels.items(), values, strict=True)
        ]

    def restart(self) -> None:
        self.forget(*self.widgets()[1:])

    def others(self) -> int:
        return 1

    def places(self) -> Iterable[Sequence[float]]:
        return [self._pair().j.m.tolist()]

    def take(self, edit: Edit) -> None:
        """Moves the mean to where it was dragged, in steps of the sliders; a place below the axis is mirrored."""
        ((x, y),) = edit.others
        self.choose(DISTANCE, round(20 * min(math.hypot(x, y), _FURTHEST)) / 20)
        self.choose(DIRECTION, round(math.degrees(math.atan2(abs(y), x))))

    def _shapes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        i1, i2, j1, j2 = (self[widget] for widget in self._variances())
        return (i1, i2), (j1, j2)

    def _pair(self) -> js.Pair:
        return js.pair(*self._shapes(), self[DISTANCE], self[DIRECTION], self[SHARE])

    def view(self) -> View:
        pair = self._pair()
        known, curve = js.divergences(pair), _around(*self._shapes(), self[DISTANCE])
        ellipses = [
            Ellipse("qᵢ", FIRST, *_numbers(pair.i)),
            Ellipse("qⱼ", SECOND, *_numbers(pair.j)),
            Ellipse("p(z|xᵢ)", POSTERIOR, *_numbers(pair.p), "dash"),
        ]
        x, y = pair.j.m.tolist()
        return View(
            {
                "gaussians": figures.plane(ellipses),
                "around": figures.curve(
                    curve.degrees.numpy(), curve.js.numpy(), self[DIRECTION] % 180, known.js, known.bound
                ),
            },
            js.claims(pair, known, curve),
            [{"x": x, "y": y, "shape": "diamond", "color": SECOND, "name": tr("mean of the second"), "letter": "j"}],
            lines={
                "numbers": (
                    tr("JS **{value:.4f}** nats, quadrature good to {error:.0e}", value=known.js, error=known.js_error),
                    f"KL(qᵢ‖qⱼ) **{known.kl_ij:.4f}** · KL(qⱼ‖qᵢ) **{known.kl_ji:.4f}**",
                    tr("bound Gᵢⱼ **{value:.4f}** = JS + {gap:.4f}", value=known.bound, gap=known.gap),
                )
            },
        )


@functools.lru_cache(maxsize=64)
def _around(s2_i: tuple[float, float], s2_j: tuple[float, float], distance: float) -> js.Curve:
    """The curve, cached: it does not depend on the direction of the second mean."""
    return js.around(js.pair(s2_i, s2_j, distance, 0.0))


def _numbers(one: js.Gaussian) -> tuple[tuple[float, float], tuple[float, float]]:
    (x, y), (a, b) = one.m.tolist(), one.s2.tolist()
    return (x, y), (a, b)
