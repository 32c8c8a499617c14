"""One network for all epochs: it learns to draw neighbors among the codes of several epochs as neighbors in the plane.

Sainburg, McInnes, Gentner. Parametric UMAP embeddings for representation and semisupervised learning. Neural
Computation, 2021. Departs from it: neighbors all count the same, the kernel of the plane is that of t-SNE,
1 / (1 + d^2), and a temporal term asks that no point moves farther in the picture than its code has moved.
As a function of the code it places what it has not seen, too: other epochs, new points, the codes of other runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from epochscope.params import param
from epochscope.projections.base import (
    DrawParams,
    Frame,
    Projection,
    checked,
    collapsed,
    neighbors,
    principal_axes,
    settled,
)
from epochscope.types import EpochscopeError

Weights = Mapping[str, np.ndarray]
"""The network. "middle" [d] and "scale" [1]: x = (code - middle) / scale; "linear" [d, 2]; "w0" [d, h], "b0" [h], "w1"
[h, h], "b1" [h], "w2" [h, 2]: place = x linear + relu(relu(x w0 + b0) w1 + b1) w2."""

_SIZE = 10.0  # the first picture is PCA of this size, as UMAP's is
_EDGES, _PAIRS, _NEGATIVES = 512, 128, 4  # of a step: edges, points at two epochs, random points for each edge
_ROWS = 100_000  # points that are placed at a time


@dataclass(frozen=True)
class LearnedParams(DrawParams):
    epochs: int = param(6, 1, 50, label="epochs to learn from", help="Evenly spread, the first and last among them.")
    sample: int = param(
        1500,
        100,
        5000,
        step=100,
        label="points to learn from",
        help="Number of points from each of these epochs, drawn at random.",
    )
    n_neighbors: int = param(15, 2, 100, label="neighbors", help="Nearest codes that each point is kept near.")
    steps: int = param(
        1500,
        50,
        20_000,
        log=True,
        label="steps",
        help="Number of training steps: with more, the picture follows the codes more closely.",
    )
    steady: float = param(
        1.0,
        0.0,
        100.0,
        step=0.5,
        label="steadiness",
        help="Weight of the demand that no point moves farther than its code has moved.",
    )
    width: int = param(128, 8, 512, step=8, help="Neurons in each of the two hidden layers.")
    like: str = param(
        "",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}|",
        label="as in run",
        help="The id of another run: its network draws these codes, so that both runs lie in one picture. Its codes "
        "have as many dimensions. Empty: a network of this run.",
    )

    def check(self, *, n: int, f: int, k: int) -> None:
        if n < 3:
            raise EpochscopeError(f"A picture is learned from at least 3 points, but {n} are drawn; choose PCA.")


def chosen_epochs(epochs: Sequence[int], most: int) -> list[int]:
    """At most `most` of the epochs, evenly spread, the first and the last among them."""
    places = np.unique(np.round(np.linspace(0, len(epochs) - 1, min(most, len(epochs)))).astype(int))
    return [epochs[place] for place in places]


def learn(
    codes: Sequence[Float[np.ndarray, "m d"]],
    hp: LearnedParams,
    seed: int,
    near: Float[np.ndarray, "m 2"] | None = None,
) -> Weights:
    """The network for the codes of the same points at several epochs, in order. Equal arguments give equal weights.

    `near`: where the points of a single epoch are to stay near, as they were in a frame before. Raises EpochscopeError
    for too few points, or codes that are not finite.
    """
    import torch  # slow to import

    codes = [checked(z[: hp.sample], hp) for z in codes]
    both = np.concatenate(codes)
    middle = both.mean(axis=0)
    scale = float(np.abs(both - middle).max())
    if collapsed(both):
        return _flat(middle, hp.width)
    x = [(z - middle) / scale for z in codes]
    axes = principal_axes(np.concatenate(x))
    axes *= _SIZE / (np.abs(np.concatenate(x) @ axes).max() or 1.0)
    index = np.concatenate([_edges(z, hp) + len(z) * e for e, z in enumerate(x)])
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(1)  # so that the bits do not depend on their number
    try:
        torch.manual_seed(seed)
        tensors = _trained(np.stack(x).astype(np.float32), axes.astype(np.float32), index, hp, near)
    finally:
        torch.random.set_rng_state(before)
        torch.set_num_threads(threads)
    return {"middle": middle, "scale": np.array([scale]), **tensors}


def place(z: Float[np.ndarray, "m d"], weights: Weights) -> Float32[np.ndarray, "m 2"]:
    """Where the network draws codes. Raises EpochscopeError if they have another number of dimensions."""
    d = len(weights["middle"])
    if z.shape[1] != d:
        raise EpochscopeError(
            f"This picture was learned from codes of {d} dimensions, but these have {z.shape[1]}; choose another run, "
            "or PCA."
        )
    xy = np.empty((len(z), 2), np.float32)
    for start in range(0, len(z), _ROWS):
        x = ((z[start : start + _ROWS].astype(np.float64) - weights["middle"]) / weights["scale"]).astype(np.float32)
        hidden = np.maximum(x @ weights["w0"] + weights["b0"], 0)
        hidden = np.maximum(hidden @ weights["w1"] + weights["b1"], 0)
        xy[start : start + _ROWS] = x @ weights["linear"] + hidden @ weights["w2"]
    return xy


def _flat(middle: Float[np.ndarray, " d"], width: int) -> Weights:
    """The network for codes that are one point: it draws one."""
    d = len(middle)
    shapes = {
        "linear": (d, 2),
        "w0": (d, width),
        "b0": (width,),
        "w1": (width, width),
        "b1": (width,),
        "w2": (width, 2),
    }
    return {
        "middle": middle,
        "scale": np.ones(1),
        **{name: np.zeros(shape, np.float32) for name, shape in shapes.items()},
    }


def _edges(z: Float[np.ndarray, "m d"], hp: LearnedParams) -> np.ndarray:
    """Ends of the edges from each point to its nearest neighbors, [m * count, 2]."""
    index, _ = neighbors(z, min(hp.n_neighbors, len(z) - 1))
    return np.stack([np.repeat(np.arange(len(z)), index.shape[1]), index.reshape(-1)], axis=1)


def _trained(
    x: Float32[np.ndarray, "e m d"],
    axes: Float32[np.ndarray, "d 2"],
    index: np.ndarray,
    hp: LearnedParams,
    near: Float[np.ndarray, "m 2"] | None,
) -> dict[str, np.ndarray]:
    """The tensors of the network, trained by Adam with a step size that falls to nothing."""
    import torch

    epochs, m, d = x.shape
    flat, edges = torch.from_numpy(x.reshape(-1, d)), torch.from_numpy(index)
    goal = None if near is None else torch.from_numpy(np.asarray(near[:m], np.float32))
    net = {"linear": torch.from_numpy(axes.copy())}
    for name, rows, columns in (("0", d, hp.width), ("1", hp.width, hp.width)):
        net[f"w{name}"] = torch.randn(rows, columns) * (2 / rows) ** 0.5
        net[f"b{name}"] = torch.zeros(columns)
    net["w2"] = torch.zeros(hp.width, 2)
    for tensor in net.values():
        tensor.requires_grad_()
    optimizer = torch.optim.Adam(net.values(), lr=0.01, fused=True)
    for step in range(hp.steps):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / hp.steps)
        loss = _neighbor_loss(net, flat, edges, m)
        if epochs > 1 and hp.steady:
            loss = loss + hp.steady * _temporal_loss(net, flat, epochs, m)
        if goal is not None:
            some = torch.randint(m, (_PAIRS,))
            loss = loss + hp.steady * (_placed(net, flat[some]) - goal[some]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: tensor.detach().numpy() for name, tensor in net.items()}


def _placed(net: Mapping[str, Any], x: Any) -> Any:
    hidden = (x @ net["w0"] + net["b0"]).relu()
    return x @ net["linear"] + (hidden @ net["w1"] + net["b1"]).relu() @ net["w2"]


def _neighbor_loss(net: Mapping[str, Any], x: Any, edges: Any, m: int) -> Any:
    """-log q of neighbors, -log (1 - q) of random pairs of the same epoch, q = 1 / (1 + d^2) in the plane."""
    import torch

    chosen = edges[torch.randint(len(edges), (_EDGES,))]
    start = chosen[:, 0] // m * m  # the first point of the same epoch
    others = start[:, None] + torch.randint(m, (_EDGES, _NEGATIVES))
    places = _placed(net, x[torch.cat([chosen.T.reshape(-1), others.reshape(-1)])])
    one, two = places[:_EDGES], places[_EDGES : 2 * _EDGES]
    far = places[2 * _EDGES :].reshape(_EDGES, _NEGATIVES, 2)
    attraction = (one - two).square().sum(1).log1p().mean()
    apart = (one[:, None] - far).square().sum(2)
    repulsion = (apart.log1p() - (apart + 1e-3).log()).sum(1).mean()
    return attraction + repulsion


def _temporal_loss(net: Mapping[str, Any], x: Any, epochs: int, m: int) -> Any:
    """Mean square of how much farther points move between two of the epochs than their codes, in units of spread."""
    import torch

    point, epoch = torch.randint(m, (_PAIRS,)), torch.randint(epochs - 1, (_PAIRS,))
    before, after = x[epoch * m + point], x[(epoch + 1) * m + point]
    was, now = _placed(net, before), _placed(net, after)
    spread = (was - was.mean(0)).square().sum(1).mean().sqrt().detach() + 1e-6
    code_spread = (before - before.mean(0)).square().sum(1).mean().sqrt() + 1e-6
    moved = ((now - was).square().sum(1) + 1e-12).sqrt() / spread
    return (moved - (after - before).norm(dim=1) / code_spread).relu().square().mean()


def project(
    z: Float[np.ndarray, "m d"],
    hp: LearnedParams,
    previous: Float[np.ndarray, "m 2"] | None,
    seed: int,
    centers: Float[np.ndarray, "k d"] | None = None,
) -> Frame:
    """Points drawn by a network that has learned from these codes alone; no centers."""
    z = checked(z, hp)
    return settled(place(z, learn([z], hp, seed, previous)), previous)


LEARNED = Projection(
    key="learned",
    title="Learned",
    about="A small network, trained once on the codes of several epochs, draws all of them: neighbors stay near, as in "
    "UMAP, and equal codes have one place in every epoch. It can draw new points and other runs, too.",
    params=LearnedParams,
    project=project,
    heavy=True,
    learn=learn,
    place=place,
)
