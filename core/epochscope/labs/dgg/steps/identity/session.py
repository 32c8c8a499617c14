"""Step 1: ln p(x_i) = G_ij + 1/2 (L(x_i) + L(x_i, x_j)), by quadrature on a DGG with codes of two numbers."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from epochscope.figures import theme
from epochscope.labs.dgg.model.tiny import POINTS, J, Tiny, trained
from epochscope.labs.dgg.steps.identity import figures
from epochscope.labs.dgg.steps.identity import model as identity
from epochscope.labs.dgg.steps.identity.figures import OF_I, OF_J
from epochscope.labs.dgg.steps.identity.model import Lattice, Terms
from epochscope.labs.shared.figures.ellipses import Ellipse
from epochscope.labs.shared.session import SLIDER, Edit, LabSession, View, Widget
from epochscope.language import marked, tr

# at first a 5 whose 6th neighbor has another shape of q
POINT = Widget("point", "Point i", SLIDER, tuple(range(1, POINTS + 1)), 51, "Or drag the letter i to another point.")
RANK = Widget("neighbor", "Neighbor j, 1 the nearest", SLIDER, tuple(range(1, J + 1)), 6, "Or drag the letter j.")


class IdentitySession(LabSession):
    """Point i and which of its neighbors j is; both letters may be dragged to other codes."""

    keeps_places: ClassVar = False
    waiting: ClassVar = marked("Training a small DGG on some digits: pretraining, k-means, then the bound …")

    def widgets(self) -> list[Widget]:
        return [POINT, RANK]

    def others(self) -> int:
        return 2

    def _pair(self) -> tuple[int, int]:
        i = self[POINT] - 1
        return i, int(_tiny()[0].j[i, self[RANK] - 1])

    def places(self) -> Iterable[Sequence[float]]:
        return _tiny()[0].m[list(self._pair())].tolist()

    def take(self, edit: Edit) -> None:
        """A letter goes to the code nearest to where it was dragged: i to any, j to one of i's neighbors."""
        tiny, _ = _tiny()
        at_i, at_j = torch.tensor(edit.others, dtype=tiny.m.dtype)
        i = int((tiny.m - at_i).norm(dim=1).argmin())
        if i != self[POINT] - 1:
            self.choose(POINT, i + 1)
        else:
            self.choose(RANK, 1 + int((tiny.m[tiny.j[i]] - at_j).norm(dim=1).argmin()))

    def view(self) -> View:
        tiny, over = _tiny()
        (i, j), place = self._pair(), self[RANK] - 1
        known = _terms_of(i)
        shown = np.concatenate([tiny.images[[i, j]], tiny.decoded([i, j])])
        (x_i, y_i), (x_j, y_j) = tiny.m[[i, j]].tolist()
        return View(
            {
                "codes": figures.codes(_codes(tiny, over, known, (i, j))),
                "way": figures.way(_way(tiny, known, i, place + 1)),
                "tiles": figures.tiles(shown, ["xᵢ", "xⱼ", "g(mᵢ)", "g(mⱼ)"]),
            },
            identity.claims(known, place),
            [
                {"x": x_i, "y": y_i, "shape": "circle", "color": OF_I, "name": tr("point i"), "letter": "i"},
                {"x": x_j, "y": y_j, "shape": "diamond", "color": OF_J, "name": tr("neighbor j"), "letter": "j"},
            ],
            lines={
                "numbers": (
                    tr(
                        "ln p(xᵢ) **{value:.4f}** nats, good to {error:.0e}", value=known.log_p, error=known.log_p_error
                    ),
                    f"L(xᵢ) **{known.own_bound:.4f}** · L(xᵢ,xⱼ) **{known.pair_bound(place):.4f}**",
                    f"Gᵢⱼ **{known.g[place]:.4f}** = JS {known.js[place]:.4f} + {known.gap[place]:.4f}",
                )
            },
        )


@functools.cache
def _tiny() -> tuple[Tiny, Lattice]:
    tiny = trained()
    return tiny, identity.lattice(tiny)


@functools.lru_cache(maxsize=POINTS)
def _terms_of(i: int) -> Terms:
    return identity.evaluate(*_tiny(), i)


def _codes(tiny: Tiny, over: Lattice, known: Terms, pair: tuple[int, int]) -> figures.Codes:
    i, j = pair
    return figures.Codes(
        m=tiny.m.numpy(),
        truth=tiny.truth,
        q_i=_ellipse("qᵢ", OF_I, tiny.m[i], tiny.log_s2[i]),
        q_j=_ellipse("qⱼ", OF_J, tiny.m[j], tiny.log_s2[j]),
        clusters=[
            _ellipse("p(z|c)", theme.GUIDE_COLOR, mu, log_var, "dot")
            for mu, log_var in zip(tiny.mu, tiny.log_var, strict=True)
        ],
        u=over.u.numpy(),
        v=over.v.numpy(),
        posterior=known.posterior.view(len(over.u), len(over.v)).numpy(),
    )


def _ellipse(name: str, color: str, m: Tensor, log_s2: Tensor, dash: str | None = None) -> Ellipse:
    (x, y), (a, b) = m.tolist(), log_s2.exp().tolist()
    return Ellipse(name, color, (x, y), (a, b), dash)


def _way(tiny: Tiny, known: Terms, i: int, chosen: int) -> figures.Way:
    own = np.array([known.own_bound])
    return figures.Way(
        bound=np.concatenate([own, [-float(one.loss()) for one in known.pair]]),
        js=np.concatenate([[0.0], known.js.numpy()]),
        gap=np.concatenate([[known.kl_own], known.gap.numpy()]),
        labels=[int(tiny.truth[i]), *tiny.truth[tiny.j[i].numpy()].tolist()],
        chosen=chosen,
        log_p=known.log_p,
    )
