"""Free W: the n x k weights of soft k-means as free variables, learned together with the centers.

Chen. CIS 5525 Project 1, Task 1, second method (course report), 2020.
Departs from the paper: the loss is the mean over a batch, not the sum. The paper does not say how the rows of W stay
distributions, nor where W and the centers start; here W is a softmax of logits, and the defaults keep the centers from
collapsing into the mean of the data (the preset "the collapse" shows how they do).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.soft_kmeans import best_w, distance, free_energy_of, on_simplex
from epochscope.methods.base import DIGITS, Assigned, Method, Preset, Steps
from epochscope.methods.shared.data_space import (
    ALIKE,
    AS_IS,
    EACH,
    NUMBERS,
    POINTS,
    DataSpaceParams,
    Prepared,
    center_measures,
    prepare,
    standardized,
)
from epochscope.methods.shared.presets import batch_of, recommended_without_network
from epochscope.nets.frozen import frozen
from epochscope.nets.training import Means, batches, descend, optimizer, require_finite, set_lr
from epochscope.params import param
from epochscope.types import EpochscopeError, Progress, Snapshot

LOGITS, PROJECTED, UNBOUND, EXACT = "softmax of logits", "projected", "unconstrained", "exact"
UNIFORM, NEAREST = "uniform", "softmax(-α d)"
_FAR = 100.0  # a center has diverged if it is this many times as far from the mean as the farthest point


@dataclass(frozen=True)
class FreeWParams(DataSpaceParams):
    w_step: str = param(
        LOGITS,
        options=(LOGITS, PROJECTED, UNBOUND, EXACT),
        symbol="W",
        label="W is",
        help="Softmax of logits: gradient steps on the logits. Projected: gradient steps on W itself, each followed by "
        "a projection onto the simplex. Unconstrained: the same without projection; the loss then has no minimum, and "
        "the run soon ends. Exact: at the start of each epoch, the best W for the current centers.",
    )
    w_start: str = param(
        NEAREST,
        options=(UNIFORM, NEAREST),
        symbol="W",
        label="W starts",
        help="Uniform: 1/k for all, so that each center is attracted to the mean of all points. Softmax(-α d): from "
        "the distances to the initial centers.",
    )
    w_lr: float = param(
        60.0,
        1e-4,
        1e4,
        log=True,
        live=True,
        symbol="η of W",
        label="learning rate of W",
        help="A row of W changes only when its point is in the batch, once per epoch, by a gradient divided by "
        "the batch size; the centers change at every step. So W needs a much larger learning rate than they do.",
    )
    entropy: bool = param(
        True,
        live=True,
        symbol="H",
        label="entropy term",
        help="Adds (1/α) Σ w log w to the loss. Without it the best W is one-hot; with it the best W is softmax(-α d), "
        "so that Free W becomes soft k-means.",
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if self.entropy and self.w_step == UNBOUND:
            raise EpochscopeError(
                "The entropy term needs a W whose rows are distributions: switch it off, or choose another w_step "
                "than unconstrained."
            )


def run(x: Float[Tensor, "n f"], k: int, hp: FreeWParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    prepared, hp = yield from prepare(x, k, hp, rng)
    x, u = prepared.x, torch.nn.Parameter(prepared.u)
    a = variables_at_start(prepared, hp)  # n x k: logits of W, or W itself
    steps, means = optimizer(hp.cluster, [u]), Means()

    for epoch in count():
        require_finite("cluster", epoch, centers=u, W=a)
        if hp.w_step == EXACT:
            a = best_w(squared_distances(x, u.detach()), prepared.alpha(hp), entropy=hp.entropy)
        w = on_simplex(a) if hp.w_step == UNBOUND else w_of(a, hp)  # the snapshot needs distributions
        measures = center_measures(w, u) | span(a, hp)
        parts = frozen(standard=prepared.standard)
        hp = (yield Snapshot(**prepared.shown(w, u), losses=means.take(), measures=measures, model=parts)) or hp
        hp.check(n=len(x), f=x.shape[1], k=k)
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            a_rows = a[rows].requires_grad_(hp.w_step != EXACT)  # only these rows of W take part in the step
            w = w_of(a_rows, hp)
            d = squared_distances(x[rows], u)
            terms = {"expected_distance": distance(d, w)}  # the loss of Task 1, W free
            if hp.entropy:
                terms["free_energy"] = free_energy_of(d, w, prepared.alpha(hp))
            descend(steps, terms["free_energy" if hp.entropy else "expected_distance"])
            if a_rows.grad is not None:
                a_rows = a_rows.detach() - hp.w_lr * a_rows.grad
                a[rows] = on_simplex(a_rows) if hp.w_step == PROJECTED else a_rows
            if hp.w_step == UNBOUND:
                require_near(prepared, u, a, epoch + 1)
            means.add(len(rows), **terms)
            yield Progress(done, len(order))


def variables_at_start(prepared: Prepared, hp: FreeWParams) -> Float[Tensor, "n k"]:
    """The free variables a at the start: the logits of W or W itself, as the parameter `w_step` says."""
    logits = -prepared.alpha(hp) * squared_distances(prepared.x, prepared.u)
    if hp.w_start == UNIFORM:
        logits = torch.zeros_like(logits)
    return logits if hp.w_step == LOGITS else logits.softmax(dim=1)


def w_of(a: Float[Tensor, "b k"], hp: FreeWParams) -> Float[Tensor, "b k"]:
    """W from the free variables a."""
    return a.softmax(dim=1) if hp.w_step == LOGITS else a


def span(a: Float[Tensor, "n k"], hp: FreeWParams) -> dict[str, float]:
    """Smallest and largest w, for unconstrained W only."""
    return {"smallest w": float(a.min()), "largest w": float(a.max())} if hp.w_step == UNBOUND else {}


def require_near(prepared: Prepared, u: Float[Tensor, "k f"], a: Float[Tensor, "n k"], epoch: int) -> None:
    """Raises EpochscopeError when the centers of unconstrained W diverge, long before numbers overflow."""
    middle = prepared.x.mean(dim=0)
    far = (u.detach() - middle).norm(dim=1).max() / (prepared.x - middle).norm(dim=1).max()
    if not float(far) <= _FAR:  # also true for NaN
        raise EpochscopeError(
            f"Unconstrained W diverged at epoch {epoch}: w ranges from {float(a.min()):.3g} to {float(a.max()):.3g} "
            f"and a center lies {_FAR:g} times as far out as the farthest point; the loss is linear in W and has no "
            "minimum, so choose another w_step."
        )


METHOD = Method(
    key="free_w",
    title="Free W",
    cite="Z. Chen. CIS 5525 Project 1, Task 1, second method. Course report, 2020",
    about="As soft k-means, but the weights W do not follow from the distances: each is a free variable, trained "
    "by gradient steps like the centers. Without further measures it collapses; each switch is a remedy.",
    params=FreeWParams,
    provides=frozenset({"z", "q", "labels", "centers", "decoded_centers"}),
    plan=lambda hp: {"start": 0, "cluster": hp.cluster.epochs},
    run=run,
    overlay="paths",
    space="data x",
    presets=(
        Preset(
            "quick demo",
            {"alpha": 3.0, "standardize": ALIKE, "restarts": 5, "cluster.lr": 0.5, "w_lr": 60.0},
            "Chosen here: k-means++, W from the first distances, the entropy term, and a learning rate of W that "
            "compensates for the division by the batch size (on the digits 30 to 200 work; 10 is slow).",
            chosen_on=DIGITS,
        ),
        recommended_without_network(
            {"alpha": 3.0, "standardize": ALIKE},
            "α as in the quick demo, chosen on the digits; so is the learning rate of W, 60 for a batch of 64, and in "
            "proportion to the batch, by which its gradient is divided.",
            steps=True,
            also=lambda size: {"w_lr": 60.0 * batch_of(size.n) / 64},
            chosen_on=DIGITS,
        ),
        Preset(
            "the collapse",
            {
                "w_step": LOGITS,
                "w_start": UNIFORM,
                "w_lr": 0.1,
                "entropy": False,
                "start": NUMBERS,
                "standardize": AS_IS,
                "cluster.lr": 0.1,
                "cluster.batch": 64,
                "cluster.epochs": 30,
            },
            "Task 1 of the course report (Z. Chen 2020), second method: W and centers learned together by the same "
            "SGD. It reports a "
            "constant ACC of 0.15 and all samples in one cluster. What it leaves open (W uniform at the start, centers "
            "at random numbers, pixels as they are, learning rate, batch) is chosen here.",
        ),
        Preset(
            "as in the paper",
            {
                "alpha": 10.0,
                "w_step": LOGITS,
                "w_start": UNIFORM,
                "w_lr": 0.5,
                "entropy": False,
                "start": POINTS,
                "standardize": EACH,
                "cluster.optimizer": "sgd",
                "cluster.lr": 0.5,
                "cluster.momentum": 0.0,
                "cluster.batch": 256,
                "cluster.epochs": 100,
            },
            "SGD on W and centers together, on 10,000 MNIST digits in their original features, standardized as in its "
            "Task 0: the report's second method. How W stays on the simplex, the starts, learning rates, batch and "
            "epochs are unknown and chosen here. α has no effect.",
        ),
    ),
    assign=lambda x, weights: Assigned(standardized(x, weights)),
    no_clusters="each row of W is a free variable that belongs to one point of the training",
)
