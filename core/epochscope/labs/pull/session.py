"""Session of the lab "Who pulls whom?": the gradients of DEC on points that one drags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import torch

from epochscope.formulas.assignment import KLGradients, student_t
from epochscope.labs.pull import figures
from epochscope.labs.pull import model as pull
from epochscope.labs.shared.figures.plane import REACH, cluster_color
from epochscope.labs.shared.session import MENU, PILLS, SLIDER, Edit, LabSession, View, Widget, handles
from epochscope.language import marked, tr

START = Widget("start", "Start from", MENU, tuple(pull.PRESETS))
NU = Widget("nu", "ν, degrees of freedom of the kernel", SLIDER, (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0), 1.0)
ETA = Widget("step", "η, size of a step", SLIDER, (0.01, 0.03, 0.1, 0.3), 0.1)


class PullSession(LabSession):
    """Two descents from one start: with P constant, whose handles a person may move, and with P differentiated too."""

    restarting: ClassVar = (START,)
    max_points: ClassVar = 24

    def widgets(self) -> list[Widget]:
        return [START, NU, ETA, self._center(), *self.run_bar()]

    def _center(self) -> Widget:
        return Widget("center", marked("Center whose factors are shown"), PILLS, tuple(range(1, self.others() + 1)))

    def begin(self) -> None:
        self._set(pull.PRESETS[self[START]])

    def _set(self, place: pull.Place) -> None:
        self.constant = self.free = place
        self.steps = 0

    def others(self) -> int:
        return len(self.constant.mu)

    def places(self) -> Iterable[Sequence[float]]:
        return [*self.constant.z.tolist(), *self.constant.mu.tolist()]

    def take(self, edit: Edit) -> None:
        """Restarts both descents from the moved handles."""
        z, mu = (torch.tensor(xy, dtype=torch.float64).clamp(-REACH, REACH) for xy in edit)
        self._set(pull.Place(z, mu))

    def step(self) -> None:
        nu, eta = self[NU], self[ETA]
        self.constant = pull.descend(self.constant, nu, eta, free=False)
        self.free = pull.descend(self.free, nu, eta, free=True)
        self.steps += 1

    def view(self) -> View:
        (z, mu), nu, j = self.constant, self[NU], self[self._center()] - 1
        gradients = pull.forces(z, mu, nu)
        left = _view(self.constant, gradients.closed, nu)._replace(wrong_mu=-gradients.conflated.numpy())
        right = _view(self.free, pull.free_target_kl_gradients(*self.free, nu), nu)
        taken = pull.terms(z, mu, nu, j)
        left_words, right_words = (self._words(place, nu) for place in (self.constant, self.free))
        return View(
            {
                "pull": figures.field(left, tr("P constant: {words}", words=left_words), handles=True),
                "free": figures.field(right, tr("P differentiated too: {words}", words=right_words), handles=False),
                "terms": figures.terms(taken.kept.numpy(), taken.lost.numpy(), taken.whole.numpy(), j),
            },
            pull.claims(z, mu, nu, gradients),
            _handles(left),
            may_add=len(z) < self.max_points,
        )

    def _words(self, place: pull.Place, nu: float) -> str:
        return tr("mean max qᵢⱼ {value:.2f} · {n} steps", value=pull.sureness(place, nu), n=self.steps)


def _view(place: pull.Place, slope: KLGradients, nu: float) -> figures.View:
    strongest = student_t(place.z, place.mu, nu).argmax(dim=1).tolist()
    return figures.View(place.z.numpy(), place.mu.numpy(), strongest, -slope.z.numpy(), -slope.mu.numpy())


def _handles(view: figures.View) -> list[dict[str, Any]]:
    points = handles(view.z.tolist(), tr("point"), [cluster_color(j) for j in view.strongest])
    return points + handles(
        view.mu.tolist(), tr("center"), [cluster_color(j) for j in range(len(view.mu))], center=True
    )
