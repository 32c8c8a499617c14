"""What DEC and its descendants share: the target P, its switches for teaching, the stop rule, what a snapshot shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.assignment import (
    conflated_mu_gradient,
    free_target_kl_gradients,
    student_t_kl_gradients,
    target,
)
from epochscope.methods.shared.leaves import measured, restarts_param
from epochscope.nets.training import StepParams, array
from epochscope.params import param
from epochscope.types import Snapshot

CONSTANT_P, FREE_P = "constant", "differentiated too (wrong)"
ALL_POINTS, EACH_BATCH = "all points", "each batch"
RIGHT, CONFLATED = "right", "i/j-conflated (wrong)"


def nu_param() -> Any:
    """The parameter of the Student-t kernel, the same in every method."""
    return param(
        1.0,
        0.1,
        20.0,
        step=0.1,
        live=True,
        symbol="ν",
        label="degrees of freedom",
        help="Shape of the Student-t kernel (the paper's alpha, always 1 there): the larger, the less pull from afar.",
    )


@dataclass(frozen=True)
class SelfTrainingParams(StepParams):
    """The clustering phase of DEC and its descendants."""

    epochs: int = param(30, 1, 500, label="epochs", help="Passes over the data after pretraining, at most.")
    T: int = param(
        0,
        0,
        500,
        symbol="T",
        label="steps between targets",
        help="Gradient steps after which the target P is computed anew from all points; 0 means once per epoch.",
    )
    tol: float = param(
        0.001,
        0.0,
        0.05,
        step=0.0005,
        symbol="δ",
        label="stop below this label change",
        help="Ends the run when a smaller share of points changed cluster between two targets; 0 never ends it early.",
    )
    restarts: int = restarts_param()
    p_is: str = param(
        CONSTANT_P,
        options=(CONSTANT_P, FREE_P),
        live=True,
        symbol="P",
        label="in the gradient, P is",
        help="P is a goal, so the gradient must treat it as a constant. Where code forgets that (a missing detach), "
        "P gives way to Q as well: the loss falls fast, but clusters that touch dissolve, since P = Q where nothing is "
        "told apart, too.",
    )
    p_from: str = param(
        ALL_POINTS,
        options=(ALL_POINTS, EACH_BATCH),
        live=True,
        symbol="P",
        label="P is computed from",
        help="P depends on the size of each cluster over all points. Some public ports (pt-dec, ClustPy) take each "
        "batch for the whole, so that the sizes are noisy: the more so, the smaller a batch is beside k.",
    )
    mu_gradient: str = param(
        RIGHT,
        options=(RIGHT, CONFLATED),
        live=True,
        symbol="∂L/∂μ",
        label="gradient for the centers",
        help="A center moves its own q and, through their sum, those of all other clusters. A derivation that uses one "
        "letter for two indices loses the second part: it weighs by p(1-q) where p-q is right. Accuracy hardly shows "
        "it; clusters come out less sharp.",
    )


class Targets:
    """Target P over ALL points, renewed every T gradient steps (0: as an epoch begins), and the stop rule on it."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.step = 0  # gradient steps so far
        self.p: Float[Tensor, "n k"]
        self.f: Float[Tensor, " k"]  # soft size of each cluster, as p was computed
        self.change: float | None = None  # share of labels changed between the last two updates
        self._labels: Int[Tensor, " n"] | None = None
        self._renewed_at = -1
        self._told = True

    def due(self, *, epoch_begins: bool = False) -> bool:
        turn = epoch_begins if self.every == 0 else self.step % self.every == 0
        return turn and self._renewed_at != self.step

    def renew(self, q: Float[Tensor, "n k"]) -> None:
        labels = q.argmax(dim=1)
        if self._labels is not None:
            self.change, self._told = float((labels != self._labels).sum()) / len(labels), False
        self.p, self.f = target(q), q.sum(dim=0)
        self._labels, self._renewed_at = labels, self.step

    def of(self, rows: Int[Tensor, " b"], q: Float[Tensor, "b k"], hp: SelfTrainingParams) -> Float[Tensor, "b k"]:
        """P of a batch with assignments q, as the switches say: by default its rows of p, without a gradient.

        Differentiated too and from all points, p_ij follows q_ij while f_j keeps its value over all points; in the
        gradient of f_j = sum_i q_ij the batch speaks for all. With all points in a batch that is the exact gradient.
        """
        if hp.p_from == EACH_BATCH:
            return target(q if hp.p_is == FREE_P else q.detach())
        if hp.p_is == CONSTANT_P:
            return self.p[rows]
        return target(q, self.f + len(self.p) / len(q) * (q - q.detach()).sum(dim=0))

    def settled(self, tol: float) -> bool:
        """Strictly fewer labels changed than the share `tol`; never at the first update: nothing is before it."""
        return self.change is not None and self.change < tol

    def take(self) -> dict[str, float]:
        """The label change, once after each update."""
        if self._told or self.change is None:
            return {}
        self._told = True
        return {"label change": self.change}


def mu_slip(
    z: Float[Tensor, "b d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "b k"], nu: float, hp: SelfTrainingParams
) -> Float[Tensor, ""]:
    """A term for `kl`, worth 0. Its gradient for mu is the error of the i/j-conflated formula, if that is chosen.

    That error is the one for a constant P; where P is differentiated too, it comes on top.
    """
    if hp.mu_gradient == RIGHT:
        return mu.new_zeros(())
    with torch.no_grad():
        slip = conflated_mu_gradient(z, mu, p, nu) - student_t_kl_gradients(z, mu, p, nu).mu
    return ((mu - mu.detach()) * slip).sum() / len(z)


def forces(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "n k"], hp: Any) -> Float[Tensor, "n d"]:
    """-dL/dz of KL(P || Q) at each point, the P of all points being constant or differentiated too."""
    if hp.cluster.p_is == FREE_P:
        return -free_target_kl_gradients(z, mu, hp.nu).z
    return -student_t_kl_gradients(z, mu, p, hp.nu).z


def self_training_snapshot(
    z: Float[Tensor, "n d"],
    q: Float[Tensor, "n k"],
    mu: Float[Tensor, "k d"],
    hp: Any,
    *,
    targets: Targets,
    losses: dict[str, float],
    decoded: Float[Tensor, "k f"],
) -> Snapshot:
    """What DEC and its descendants show of an epoch."""
    return Snapshot(
        phase="cluster",
        z=array(z),
        q=array(q),
        p=array(targets.p),
        centers=array(mu),
        losses=losses | targets.take(),
        measures=measured(z, q),
        extra={"decoded_centers": array(decoded), "forces": array(forces(z, mu.detach(), targets.p, hp))},
    )
