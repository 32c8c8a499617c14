"""Session of the lab on soft k-means and alpha: points and centers that one drags, and descents of several kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.soft_kmeans import distance, smallest_gap, underflow_limit
from epochscope.labs.alpha import figures
from epochscope.labs.alpha import model as alpha
from epochscope.labs.shared.figures.plane import REACH, cluster_color, mixed
from epochscope.labs.shared.figures.plotly_json import FigureDict
from epochscope.labs.shared.session import MENU, PILLS, SLIDER, Edit, LabSession, View, Widget, handles
from epochscope.language import marked, tr

_SLOW = 0.01  # rate of W by that of the centers at which they meet before W has moved
_PATH = 300  # last steps whose path is drawn
_HELP = """through W: the loss of soft k-means with its gradient whole. stop-gradient W: as if W were constant.
free energy: F; the same steps. free W: W are variables of their own, uniform at first, and descend together with the
centers; with entropy: their entropy over α is subtracted from the loss."""
START = Widget("points", "Start from", MENU, tuple(alpha.PRESETS))
ALPHA = Widget("alpha", "α, sharpness", SLIDER, alpha.ALPHAS, 0.5)
DESCENT = Widget("descent", "What descends", MENU, alpha.DESCENTS, help=_HELP)
ETA = Widget("eta", "η, size of a step", SLIDER, (0.05, 0.1, 0.3, 0.5, 1.0), 0.3)
FASTER = Widget("faster", "Rate of W, in η", SLIDER, (0.01, 0.1, 1.0, 10.0, 100.0), _SLOW)
WITH_ENTROPY, WITHOUT, FOLLOWS = "free W with entropy", "free W", "W follows"
"""What the formulas of the page depend on."""


class AlphaSession(LabSession):
    """Points and centers, and the paths of the centers."""

    restarting: ClassVar = (START, DESCENT)
    max_points: ClassVar = 40

    def widgets(self) -> list[Widget]:
        more = FASTER if self._free() else self._painted()
        return [START, ALPHA, DESCENT, ETA, more, *self.run_bar()]

    def _free(self) -> bool:
        return self[DESCENT] in alpha.FREE_WS

    def _painted(self) -> Widget:
        """The choice of the painted center; not for a free W, which does not push."""
        return Widget("painted", marked("Center whose repulsion is painted"), PILLS, tuple(range(1, self.others() + 1)))

    def begin(self) -> None:
        self._set(alpha.PRESETS[self[START]])

    def _set(self, place: alpha.Place) -> None:
        self.place, self.path, self.steps = place, (place.u,), 0

    def others(self) -> int:
        return len(self.place.u)

    def places(self) -> Iterable[Sequence[float]]:
        return [*self.place.x.tolist(), *self.place.u.tolist()]

    def take(self, edit: Edit) -> None:
        """Restarts the descent from the moved handles."""
        x, u = (torch.tensor(xy, dtype=torch.float64).clamp(-REACH, REACH) for xy in edit)
        self._set(alpha.Place.of(x, u))

    def step(self) -> None:
        self.place = alpha.descend(self.place, self[ALPHA], self[ETA], self[DESCENT], self[FASTER])
        self.path = (*self.path, self.place.u)[-_PATH:]
        self.steps += 1

    def view(self) -> View:
        (x, u, _), sharp, descent = self.place, self[ALPHA], self[DESCENT]
        lost, swept = alpha.broken(x, u, sharp), alpha.sweep(x, u)
        curves = figures.Curves(
            swept.alphas.numpy(), swept.loss.numpy(), swept.free.numpy(), swept.least, lost.predicted
        )
        w = alpha.w_of(self.place, sharp, descent)
        entropy = WITH_ENTROPY if descent == alpha.FREE_W_ENTROPY else WITHOUT
        return View(
            {"soft": self._field(w), "curves": figures.curves(curves, sharp), "exponents": _exponents(lost)},
            alpha.claims(self.place, sharp, descent, lost),
            handles(x.tolist(), tr("point"), mixed(w.numpy()))
            + handles(u.tolist(), tr("center"), [cluster_color(j) for j in range(len(u))], center=True),
            may_add=len(x) < self.max_points,
            variant=entropy if self._free() else FOLLOWS,
        )

    def _field(self, w: torch.Tensor) -> FigureDict:
        x, u, _ = self.place
        slope = alpha.slopes(self.place, self[ALPHA], self[DESCENT] if self._free() else alpha.THROUGH)[0]
        paint = None if self._free() else self._paint()
        view = figures.View(u.numpy(), torch.stack(self.path).numpy(), -slope.numpy(), paint)
        title = f"L {float(distance(squared_distances(x, u), w)):.3f} · H(W) {alpha.entropy(w):.2f} nats"
        return figures.field(
            view, tr("{title} · centers ≥ {gap:.2f} apart · {n} steps", title=title, gap=smallest_gap(u), n=self.steps)
        )

    def _paint(self) -> figures.Paint:
        sharp, center = self[ALPHA], self[self._painted()] - 1
        held = -alpha.slopes(self.place, sharp, alpha.STOPPED)[0].numpy()
        found = alpha.painted(self.place.u, sharp, center, figures.BOX)
        x, y, force, bracket = (values.numpy() for values in found)
        return figures.Paint(held, x, y, force, bracket, center)


def _exponents(lost: alpha.Break) -> FigureDict:
    limits = [("float32", underflow_limit(torch.float32)), ("float64", underflow_limit(torch.float64))]
    title = tr("Naive W in float32: {n} of {all} rows are 0/0", n=int(lost.lost.sum()), all=len(lost.lost))
    return figures.exponents(lost.exponents.numpy(), lost.lost.numpy(), limits, title)
