"""Step 2: the prior pi_i as printed, as derived, and as the published code has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch

from epochscope.labs.dgg.steps.prior import figures
from epochscope.labs.dgg.steps.prior import model as prior
from epochscope.labs.dgg.steps.prior.figures import DERIVED, NORMALIZED, OF_I, OF_J, PRINTED
from epochscope.labs.dgg.steps.prior.model import PRESETS, SHARES, Given, Priors
from epochscope.labs.shared.session import MENU, Edit, LabSession, View, Widget
from epochscope.language import tr

CASE = Widget("gammas", "Assignments γ", MENU, tuple(PRESETS))
WEIGHTS = Widget("counts", "Weights wᵢⱼ of neighbors 1, 2, 3", MENU, tuple(SHARES))


class PriorSession(LabSession):
    """The gamma of the point i and of its neighbors, in a triangle."""

    restarting: ClassVar = (CASE,)

    def widgets(self) -> list[Widget]:
        return [CASE, WEIGHTS]

    def begin(self) -> None:
        self.rows = PRESETS[self[CASE]]

    def others(self) -> int:
        return len(self.rows)

    def places(self) -> Iterable[Sequence[float]]:
        """The neighbors, then the point, which is drawn on top."""
        of = self._given()
        return prior.to_plane(torch.cat([of.gamma_j, of.gamma[None]])).tolist()

    def take(self, edit: Edit) -> None:
        """A handle dragged out of the triangle is put on its edge."""
        *others, own = prior.from_plane(torch.tensor(edit.others, dtype=torch.float64)).tolist()
        self.rows = [own, *others]

    def _given(self) -> Given:
        return prior.given(self.rows, SHARES[self[WEIGHTS]])

    def view(self) -> View:
        of = self._given()
        known = prior.priors(of)
        rows = (
            (tr("derived"), DERIVED, known.derived),
            (tr("printed"), PRINTED, known.printed),
            (tr("that / Σ"), NORMALIZED, known.normalized),
        )
        best, normalized = (float(prior.objective(pi, of)) for pi in (known.derived, known.normalized))
        *others, own = self.places()
        return View(
            {
                "triangle": figures.triangle(_hill(of, known)),
                "priors": figures.bars([(name, color, pi.numpy()) for name, color, pi in rows]),
            },
            prior.claims(of, known),
            [
                {"x": x, "y": y, "shape": "diamond", "color": OF_J, "name": tr("neighbor {j}", j=j), "letter": str(j)}
                for j, (x, y) in enumerate(others, 1)
            ]
            + [{"x": own[0], "y": own[1], "shape": "circle", "color": OF_I, "name": tr("the point i"), "letter": "i"}],
            lines={
                "numbers": (
                    tr("F(derived) **{value:.4f}** nats", value=best),
                    tr("F(printed / Σ) **{value:.4f}**", value=normalized),
                    tr("F(printed): no distribution"),
                )
            },
        )


def _hill(of: Given, known: Priors) -> figures.Hill:
    x, y, below = prior.landscape(of)
    spots = [tuple(prior.to_plane(pi).tolist()) for pi in (known.derived, known.normalized)]
    return figures.Hill(x.numpy(), y.numpy(), below.numpy(), spots[0], spots[1])
