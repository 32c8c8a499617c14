"""Session of the lab "From Q to P": rows of Q that one drags in a triangle, and P from a batch."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import torch

from epochscope.formulas.soft_kmeans import on_simplex, row_entropy
from epochscope.labs.shared.figures.plane import mixed
from epochscope.labs.shared.figures.plotly_json import FigureDict
from epochscope.labs.shared.session import BUTTON, MENU, SLIDER, SWITCH, Edit, LabSession, View, Widget, handles
from epochscope.labs.target import figures
from epochscope.labs.target import model as target
from epochscope.language import marked, tr

START = Widget("rows", "Start from", MENU, tuple(target.PRESETS))
TIMES = Widget("times", "Times the target is taken", SLIDER, (1, 2, 3, 5, 10, 30))
ALONE = Widget("alone", "q² alone, without f", SWITCH, (True, False))
SAMPLE = Widget("sample", "Sample for the batches", MENU, tuple(target.SAMPLES))


class TargetSession(LabSession):
    """Rows of Q, which a person may move."""

    restarting: ClassVar = (START,)
    max_points: ClassVar = 24
    waiting: ClassVar = marked("Comparing P of batches with P of all rows …")

    def widgets(self) -> list[Widget]:
        return [START, TIMES, ALONE, SAMPLE, Widget("reset", marked("Reset"), BUTTON)]

    def begin(self) -> None:
        self.q = target.PRESETS[self[START]]

    def places(self) -> Iterable[Sequence[float]]:
        return figures.place(self.q.numpy()).tolist()

    def take(self, edit: Edit) -> None:
        """A row dragged out of the triangle is put on its edge."""
        self.q = on_simplex(torch.from_numpy(figures.rows(np.clip(edit.points, -2, 2))))

    def view(self) -> View:
        q, times = self.q, self[TIMES]
        way, alone = target.renewed(q, times), target.renewed(q, times, divide=False)
        noise = _noise(self[SAMPLE])
        rows = (q, alone[-1], way[-1])
        return View(
            {
                "target": self._triangle(way, alone if self[ALONE] else None),
                "noise": _noise_figure(noise),
                "sizes": figures.sizes(*(one.sum(dim=0).numpy() for one in rows)),
            },
            [*target.claims(q), *target.noise_claims(noise)],
            handles(figures.place(q.numpy()).tolist(), "row", mixed(q.numpy())),
            may_add=len(q) < self.max_points,
        )

    def _triangle(self, way: list[target.Rows], alone: list[target.Rows] | None) -> FigureDict:
        q, p = self.q, way[-1]
        view = figures.View(
            [one.numpy() for one in way],
            None if alone is None else [one.numpy() for one in alone],
            target.middle(q).numpy(),
            target.watershed(way).numpy(),
        )
        turned = int((p.argmax(dim=1) != q.argmax(dim=1)).sum())
        before, after = (float(row_entropy(rows).mean()) for rows in (q, p))
        title = tr(
            "{n} rows, entropy {before:.2f} → {after:.2f} nats; {turned} change cluster",
            n=len(q),
            before=before,
            after=after,
            turned=turned,
        )
        return figures.triangle(view, title)


@functools.lru_cache(maxsize=8)
def _noise(sample: str) -> target.Noise:
    return target.noise(target.sample(target.SAMPLES[sample]))


def _noise_figure(noise: target.Noise) -> FigureDict:
    title = tr("P of one batch against P of all {n:,} rows", n=target.POINTS)
    view = figures.Measured(target.SIZES, noise.low, noise.median, noise.high, noise.expected)
    return figures.noise(view, title)
