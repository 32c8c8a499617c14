"""Shared parts of DEC and its descendants: target P, switches that show common mistakes, stopping rule, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.formulas.assignment import (
    Number,
    conflated_mu_gradient,
    free_target_kl_gradients,
    student_t,
    student_t_kl_gradients,
    student_t_pulls,
    target,
)
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.measures import assignment_measures
from epochscope.nets.frozen import frozen
from epochscope.nets.parts import PULL, Slopes, StepParts, Term, outputs_of, slopes
from epochscope.nets.steps import Loss, take_step
from epochscope.nets.training import Means, StepParams, array
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import Snapshot

CONSTANT_P, FREE_P = "constant", "differentiated too (wrong)"
ALL_POINTS, EACH_BATCH = "all points", "each batch"
RIGHT, CONFLATED = "right", "i/j-conflated (wrong)"


def nu_param() -> Any:
    """The parameter `nu` of the Student-t kernel, the same in every method."""
    return param(
        1.0,
        0.1,
        20.0,
        step=0.1,
        live=True,
        symbol="ν",
        label="degrees of freedom",
        help="Shape of the Student-t kernel (the paper's alpha, always 1 there): the larger, the weaker the force of "
        "distant points.",
    )


@dataclass(frozen=True)
class SelfTrainingParams(StepParams):
    """The clustering phase of DEC and its descendants."""

    epochs: int = param(
        30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Largest number of passes over the data after pretraining."
    )
    T: int = param(
        0,
        0,
        500,
        symbol="T",
        label="steps between targets",
        help="Gradient steps between two updates of the target P from all points; 0 means once per epoch.",
    )
    tol: float = param(
        0.001,
        0.0,
        0.05,
        step=0.0005,
        anew=True,
        symbol="δ",
        label="stop below this label change",
        help="Ends the run when a smaller share of points changed cluster between two updates of P; 0: never early.",
    )
    restarts: int = restarts_param()
    p_is: str = param(
        CONSTANT_P,
        options=(CONSTANT_P, FREE_P),
        live=True,
        symbol="P",
        label="in the gradient, P is",
        help="P is a target, so the gradient must treat it as a constant. Without that (a missing detach), P moves "
        "toward Q as well: the loss falls fast, but clusters that touch dissolve, since P = Q also holds for uniform "
        "assignments.",
    )
    p_from: str = param(
        ALL_POINTS,
        options=(ALL_POINTS, EACH_BATCH),
        live=True,
        symbol="P",
        label="P is computed from",
        help="P depends on the size of each cluster over all points. Some public ports (pt-dec, ClustPy) compute it "
        "from each batch alone, which makes the sizes noisy: the more so, the smaller the batch relative to k.",
    )
    mu_gradient: str = param(
        RIGHT,
        options=(RIGHT, CONFLATED),
        live=True,
        symbol="∂L/∂μ",
        label="gradient for the centers",
        help="A center affects its own q and, through the denominator, those of all other clusters. A derivation that "
        "uses one letter for two indices omits the second part: its factor is p(1-q), the right one p-q. Accuracy "
        "hardly shows it; clusters become less sharp.",
    )


class Targets:
    """Target P over ALL points, updated every T gradient steps (0: at each epoch), and the stopping rule on it."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.step = 0  # gradient steps so far
        self.p: Float[Tensor, "n k"]
        self.f: Float[Tensor, " k"]  # soft size of each cluster, as p was computed
        self.given: Float[Tensor, "n k"] | None = None  # a target that takes the place of P; not in the papers
        self.change: float | None = None  # share of labels changed between the last two updates
        self._labels: Int[Tensor, " n"] | None = None
        self._updated_at = -1
        self._reported = True

    def due(self, *, epoch_begins: bool = False) -> bool:
        """Whether P is to be updated before the next gradient step."""
        turn = epoch_begins if self.every == 0 else self.step % self.every == 0
        return turn and self._updated_at != self.step

    def update(self, q: Float[Tensor, "n k"]) -> None:
        """Computes P from the assignments of all points, and the label change since the last update."""
        labels = q.argmax(dim=1)
        if self._labels is not None:
            self.change, self._reported = float((labels != self._labels).sum()) / len(labels), False
        self.p, self.f = target(q) if self.given is None else self.given, q.sum(dim=0)
        self._labels, self._updated_at = labels, self.step

    def of(self, rows: Int[Tensor, " b"]) -> tuple[Float[Tensor, "b k"], Float[Tensor, " k"]]:
        """What `batch_target` needs for the points of a batch: their rows of p, and f."""
        return self.p[rows], self.f

    def converged(self, tol: float) -> bool:
        """Whether a smaller share of labels than `tol` changed; never at the first update or toward a given target."""
        return self.given is None and self.change is not None and self.change < tol

    def take_label_change(self) -> dict[str, float]:
        """The label change as a measure; empty if it was already taken since the last update."""
        if self._reported or self.change is None:
            return {}
        self._reported = True
        return {"label change": self.change}


def batch_target(
    q: Float[Tensor, "b k"], p: Float[Tensor, "b k"], f: Float[Tensor, " k"], n: int, hp: SelfTrainingParams
) -> Float[Tensor, "b k"]:
    """P of a batch with assignments q, as the switches say: by default its rows p of the target of all n points.

    If P from all points is differentiated too, p_ij follows q_ij while f_j has its value over all points; in the
    gradient of f_j = sum_i q_ij the batch represents all points. With one batch of all points this is exact.
    """
    if hp.p_from == EACH_BATCH:
        return target(q if hp.p_is == FREE_P else q.detach())
    if hp.p_is == CONSTANT_P:
        return p
    return target(q, f + n / len(q) * (q - q.detach()).sum(dim=0))


def mu_error_term(
    z: Float[Tensor, "b d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "b k"], nu: Number, hp: SelfTrainingParams
) -> Float[Tensor, ""]:
    """A term of value 0 to add to `kl`. Its gradient for mu is the error of the conflated formula, if that is chosen.

    The error is that for a constant P; if P is differentiated too, it is added to that gradient.
    """
    if hp.mu_gradient == RIGHT:
        return mu.new_zeros(())
    with torch.no_grad():
        slip = conflated_mu_gradient(z, mu, p, nu) - student_t_kl_gradients(z, mu, p, nu).mu
    return ((mu - mu.detach()) * slip).sum() / len(z)


def forces(z: Float[Tensor, "n d"], mu: Float[Tensor, "k d"], p: Float[Tensor, "n k"], hp: Any) -> Float[Tensor, "n d"]:
    """Force -dL/dz of KL(P || Q) on each code, with P constant or differentiated too."""
    if hp.cluster.p_is == FREE_P:
        return -free_target_kl_gradients(z, mu, hp.nu).z
    return -student_t_kl_gradients(z, mu, p, hp.nu).z


def parts_of_step(
    loss: Callable[[], Loss],
    encoder: nn.Module,
    mu: Float[Tensor, "k d"],
    x: Float[Tensor, "n f"],
    rows: Int[Tensor, " b"],
    *,
    batch: tuple[Tensor, ...],
    nu: float,
    n: int,
    hp: SelfTrainingParams,
    gamma: float = 1.0,
) -> StepParts:
    """The terms of a step on gamma KL(P || Q), and on a reconstruction where the loss has one, for the points `rows`.

    `loss` computes it anew, `batch` is what it is computed from: the points, their rows of P, the soft sizes. The pulls
    are those of a constant P: if P is differentiated too, what this adds is the rest.
    """
    assert isinstance(encoder, nn.Sequential)
    with outputs_of(encoder) as seen:
        found = loss()
    (z,), (_, p, f) = seen, batch
    with torch.no_grad():
        q = student_t(z, mu, nu)
        pulls = gamma / len(rows) * student_t_pulls(z, mu, batch_target(q, p, f, n, hp), nu)
    terms: dict[Term, Slopes] = {Term(PULL, j): (-pulls[:, j],) for j in range(len(mu))}
    terms |= {Term(name): slopes(found.terms[name], (z,)) for name in ("reconstruction",) if name in found.terms}
    return StepParts(found.total, encoder, x, rows, (z,), terms, q.argmax(dim=1), rest=("the change of P",))


def self_training_step(
    optimizer: torch.optim.Optimizer,
    loss: Callable[..., Loss],
    trained: nn.Module,
    batch: tuple[Tensor, ...],
    means: Means,
    *,
    encoder: nn.Module,
    mu: Float[Tensor, "k d"],
    x: Float[Tensor, "n f"],
    rows: Int[Tensor, " b"],
    **numbers: Any,
) -> None:
    """`take_step` on the points `rows`, with the parts of the step for whoever asks what it consists of. `batch` as in
    `parts_of_step`.
    """
    again = partial(loss, trained, *batch, **numbers)
    parts = partial(parts_of_step, again, encoder, mu, x, rows, batch=batch, **numbers)
    take_step(optimizer, loss, trained, batch, means, parts=parts, **numbers)


def self_training_snapshot(
    z: Float[Tensor, "n d"],
    q: Float[Tensor, "n k"],
    mu: Float[Tensor, "k d"],
    hp: Any,
    *,
    targets: Targets,
    losses: dict[str, float],
    decoded: Float[Tensor, "k f"],
    encoding: Mapping[str, Any],
) -> Snapshot:
    """The snapshot of an epoch of DEC and its descendants. `encoding`: unit and encoder, for new points."""
    return Snapshot(
        phase="cluster",
        z=array(z),
        q=array(q),
        p=array(targets.p),
        centers=array(mu),
        losses=losses,
        measures=assignment_measures(z, q) | targets.take_label_change(),
        extra={"decoded_centers": array(decoded), "forces": array(forces(z, mu.detach(), targets.p, hp))},
        model=frozen(centers=mu, nu=hp.nu, **encoding),
    )
