"""Session of the lab on the adversarial clustering loss: densities that one drags, and a discriminator that learns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

from epochscope.labs.adversarial import figures
from epochscope.labs.adversarial import model as adversarial
from epochscope.labs.adversarial.figures import CODES, DRAWS
from epochscope.labs.adversarial.model import Bump, Game, Learner
from epochscope.labs.shared.figures.plotly_json import FigureDict
from epochscope.labs.shared.session import BUTTON, MENU, Edit, LabSession, View, Widget
from epochscope.language import marked, tr

_NARROWEST, _WIDEST = 0.25, 3.0
_MOST = 2000  # steps of the discriminator
_WEIGHTS = (0.5, 0.5, 1.0)
_NAMES = (marked("first half of the draws"), marked("second half of the draws"), marked("codes"))
START = Widget("game", "Start from", MENU, tuple(adversarial.PRESETS))


class AdversarialSession(LabSession):
    """The bumps, the discriminator, and its values so far."""

    restarting: ClassVar = (START,)

    def widgets(self) -> list[Widget]:
        learn = Widget(
            "run", marked("Stop") if self.running else marked("Learn"), BUTTON,
            help=marked("Raises V(D) by gradient steps on the exact expectations, twenty at a time."),
        )  # fmt: skip
        return [
            START,
            learn,
            Widget("forget", marked("Forget"), BUTTON, help=marked("Starts over with a D that has learned nothing.")),
        ]

    def begin(self) -> None:
        self.game = adversarial.PRESETS[self[START]]
        self._new_learner()

    def _new_learner(self) -> None:
        self.learner = Learner()
        self.steps, self.values = [0], [adversarial.value(self.learner.logit(), adversarial.densities(self.game))]

    def press(self, key: str) -> None:
        """Learning starts over once D has done all its steps."""
        if key == "forget" or (key == "run" and self.learner.steps >= _MOST):
            self._new_learner()
        super().press(key)

    def step(self) -> None:
        """Some learning steps of D; stops after `_MOST` steps in all."""
        of = adversarial.densities(self.game)
        self.learner.learn(of)
        self.steps.append(self.learner.steps)
        self.values.append(adversarial.value(self.learner.logit(), of))
        self.running = self.learner.steps < _MOST

    def others(self) -> int:
        return len(self.game)

    def places(self) -> Iterable[Sequence[float]]:
        """The tops of the bumps."""
        return [
            (bump.mean, weight / (bump.sd * math.sqrt(2 * math.pi)))
            for bump, weight in zip(self.game, _WEIGHTS, strict=True)
        ]

    def take(self, edit: Edit) -> None:
        """Moves a bump to where its top was dragged: its height sets its width."""
        self.game = Game(
            *(
                _bump(mean, weight / (max(top, 1e-3) * math.sqrt(2 * math.pi)))
                for (mean, top), weight in zip(edit.others, _WEIGHTS, strict=True)
            )
        )

    def view(self) -> View:
        of, logit = adversarial.densities(self.game), self.learner.logit()
        star, D, slope = adversarial.best(of), logit.sigmoid(), adversarial.slopes(logit)
        at_codes = float(of.dz * (of.q * D).sum())
        best = star.sigmoid().numpy()
        return View(
            {
                "densities": figures.densities(of.z.numpy(), of.p.numpy(), of.q.numpy(), best, D.numpy()),
                "values": figures.values(self.steps, self.values, adversarial.value(star, of)),
                "slopes": figures.slopes(D.numpy(), slope.saturating.numpy(), slope.other.numpy(), at_codes),
                "family": _family(self.game),
            },
            adversarial.claims(of, logit),
            [
                {"x": x, "y": y, "shape": "circle", "color": color, "name": tr(name)}
                for (x, y), color, name in zip(self.places(), (DRAWS, DRAWS, CODES), _NAMES, strict=True)
            ],
        )


def _bump(mean: float, sd: float) -> Bump:
    reach = adversarial.REACH
    return Bump(min(max(mean, -reach), reach), min(max(sd, _NARROWEST), _WIDEST))


def _family(game: Game) -> FigureDict:
    asked = [
        figures.Asked(
            one.method,
            one.question,
            z=one.of.z.numpy(),
            p=one.of.p.numpy(),
            q=one.of.q.numpy(),
            best=adversarial.best(one.of).sigmoid().numpy(),
        )
        for one in adversarial.family(game)
    ]
    return figures.family(asked)
