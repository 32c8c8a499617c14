"""DCC: each code has a representative that follows it, and representatives of neighbors flow together.

Shah, Koltun. Deep Continuous Clustering. arXiv 1803.01449, 2018.
The number of clusters is not given: clusters are the connected parts of the graph of edges shorter than delta, and
their number changes from epoch to epoch. The k of a run is used for nothing but the first axes of the figures.
Departs from the paper: end-to-end pretraining by default (the authors train layer by layer with dropout), and the
scale of the data term begins at 16 times its end where the authors take at least 2,112 in the unit of their codes;
edges shorter than a thousandth of the longest are left out when scales are chosen (the authors: 0.01 in their unit).
Training ends when fewer than a share of the edges change between "joined" and "not joined" after both scales have
reached their ends; the authors' code ends when MORE change than that, four times. A point that is joined to no other
is in no cluster (there, in one of its own), and so are points beyond the 1,000 largest clusters. Neighbors are found
in the data, as there. Not confirmed, for want of the paper: the numbers of its equations; all is read from the code.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.continuous import (
    Edges,
    Rows,
    Scales,
    balance,
    components,
    degrees,
    edge_weights,
    geman_mcclure,
    line_weight,
    mutual_edges,
    rows_of,
    scales,
)
from epochscope.methods.base import DIGITS, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import require_distinct_points
from epochscope.methods.shared.presets import QUICK_PRETRAINING, STACKED_PRETRAINING, STACKED_SOURCE, recommended
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.neighbors import COSINE, EUCLIDEAN, search
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import Means, array, batches, descend, lr_param, require_finite
from epochscope.params import MOST_EPOCHS, Params, group, param
from epochscope.types import Progress, Snapshot

MOST_CLUSTERS = 1000
"""Clusters that are listed; points of smaller ones are in no cluster."""

BETAS = (0.99, 0.999)
_SETTLED = 3  # epochs in a row


@dataclass(frozen=True)
class ContinuousParams(Params):
    """Training of the network together with the representatives."""

    lr: float = lr_param(
        1e-3, "Size of a gradient step of Adam, for network and representatives; biases take twice as much."
    )
    batch: int = param(128, 16, 4096, log=True, label="edges per batch", help="Edges, not points, per gradient step.")
    epochs: int = param(100, 1, MOST_EPOCHS, label="epochs", help="Passes over all edges, at most.")
    every: int = param(
        20,
        1,
        500,
        symbol="M",
        label="epochs per scale",
        help="Both scales are halved every M epochs, down to their ends: at first distant edges pull, too; in the end "
        "only those between points that have come together.",
    )
    tol: float = param(
        0.001,
        0.0,
        0.1,
        step=0.0005,
        label="stop when edges settle",
        help="Ends the run when a smaller share of edges changed between joined and not joined, three epochs in a row, "
        "after both scales reached their ends; 0: never early.",
    )


@dataclass(frozen=True)
class DccParams(MethodParams):
    neighbors: int = param(
        10,
        1,
        100,
        symbol="J",
        label="neighbors",
        help="Two points have an edge if each is among the J nearest of the other. More edges: fewer, larger clusters; "
        "one wrong edge can glue two of them.",
    )
    distance: str = param(
        COSINE,
        options=(COSINE, EUCLIDEAN),
        label="distance",
        help="How neighbors are found in the data. The authors' script takes the cosine.",
    )
    pull: float = param(
        1.0,
        0.01,
        100.0,
        log=True,
        live=True,
        label="factor on λ",
        help="Factor on the weight of the edges, which is computed from codes and graph: |Z| / (1 + largest "
        "eigenvalue). 1 is the paper's.",
    )
    cluster: ContinuousParams = group(ContinuousParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")


class Graph(NamedTuple):
    """Edges and all that follows from them and the pretrained codes."""

    edges: Edges
    rows: Rows
    w: Float[Tensor, " e"]
    share: Float[Tensor, " n"]  # 1 / number of edges of a point: how much it counts in each batch that has the edge
    lam: float
    at: Scales

    def scale(self, epoch: int, every: int) -> tuple[float, float]:
        """sigma1 and sigma2 of an epoch: halved every so often, down to their ends."""
        half = 0.5 ** (epoch // every)
        return max(self.at.delta1, self.at.sigma1 * half), max(self.at.delta2, self.at.sigma2 * half)


def graph_of(x: Float[Tensor, "n f"], z: Float[Tensor, "n d"], hp: DccParams) -> Generator[Progress, None, Graph]:
    """The graph of mutual neighbors in the data, with weights, lambda and scales."""
    found = yield from search(x, min(hp.neighbors, len(x) - 1), hp.distance)
    edges = mutual_edges(array(found.j), array(found.d))
    w, codes = edge_weights(edges, len(x)), array(z)
    share = 1 / torch.tensor(degrees(edges, len(x)), dtype=z.dtype, device=z.device).clamp(min=1)
    yield Progress(1, 1, "balance of the graph")
    return Graph(
        edges,
        rows_of(edges, len(x)),
        torch.tensor(w, dtype=z.dtype, device=z.device),
        share,
        balance(codes, edges, w),
        scales(codes, edges),
    )


class EdgeBatch(NamedTuple):
    """A batch of edges, counted on the host, where they lie: so no gradient step waits for how many points it has."""

    pairs: Int[Tensor, "b 2"]  # the two points of each edge
    w: Float[Tensor, " b"]
    rows: Int[Tensor, " m"]  # their points, each once
    v: Float[Tensor, " m"]  # edges of each in this batch, as a share of all its edges


def edge_batch(graph: Graph, chosen: Int[Tensor, " b"]) -> EdgeBatch:
    """The batch of the chosen edges."""
    pairs, to = graph.edges[chosen.numpy()], partial(torch.tensor, device=graph.w.device)
    rows, count = np.unique(pairs, return_counts=True)
    return EdgeBatch(to(pairs), graph.w[chosen], to(rows), to(count) * graph.share[to(rows)])


class Terms(NamedTuple):
    """The parts of the loss on a batch of edges, each for one number of a point or a code."""

    reconstruction: Float[Tensor, ""]
    data: Float[Tensor, ""]  # sum_i rho1(|z_i - u_i|)
    pairs: Float[Tensor, ""]  # lambda sum_ij w_ij rho2(|u_i - u_j|)


def terms(
    net: Autoencoder,
    u: Float[Tensor, "n d"],
    x: Float[Tensor, "n f"],
    batch: EdgeBatch,
    *,
    sigma: tuple[float, float],
    pull: float,  # times lambda
) -> Terms:
    """1/(m f) sum_i v_i |x_i - x^_i|^2 + 1/(m d) [sum_i v_i rho1(|z_i - u_i|) + lambda sum_ij w_ij rho2(|u_i - u_j|)]

    over the m points of these edges. An epoch counts each point once.
    """
    pairs, w, rows, v = batch
    z = net.encoder(x[rows])
    restored = (v * (net.decoder(z) - x[rows]).square().sum(dim=1)).sum() / x[rows].numel()
    own = (v * geman_mcclure((z - u[rows]).square().sum(dim=1), sigma[0])).sum()
    apart = (u[pairs[:, 0]] - u[pairs[:, 1]]).square().sum(dim=1)
    together = pull * (w * geman_mcclure(apart, sigma[1])).sum()
    return Terms(restored, own / z.numel(), together / z.numel())


def joined(labels: np.ndarray, edges: Edges) -> np.ndarray:
    """Which edges lie within a cluster."""
    one, other = labels[edges[:, 0]], labels[edges[:, 1]]
    return (one == other) & (one >= 0)


def adam(net: Autoencoder, u: torch.nn.Parameter, hp: ContinuousParams) -> torch.optim.Optimizer:
    """Adam; the rate of biases is twice that of weights and representatives."""
    bias = [value for name, value in net.named_parameters() if name.endswith("bias")]
    others = [value for name, value in net.named_parameters() if not name.endswith("bias")]
    return torch.optim.Adam([{"params": [*others, u], "lr": hp.lr}, {"params": bias, "lr": 2 * hp.lr}], betas=BETAS)


def run(x: Float[Tensor, "n f"], k: int, hp: DccParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    data, x = x, unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    require_distinct_points(x, k)
    z = net.encode(x)
    graph = yield from graph_of(data, z, hp)
    u = torch.nn.Parameter(z.clone())
    steps, means, before, settled = adam(net, u, hp.cluster), Means(), None, 0

    for epoch in range(hp.cluster.epochs + 1):
        z = net.encode(x)
        require_finite("cluster", epoch, codes=z, representatives=u)
        sigma = graph.scale(epoch, hp.cluster.every)
        shown = array(u)
        labels = components(shown, graph.edges, graph.at.delta, MOST_CLUSTERS)
        gap = float((z - u).detach().norm(dim=1).mean())
        hp = (yield snapshot(shown, labels, graph, sigma=sigma, gap=gap, losses=means.take())) or hp
        now = joined(labels, graph.edges)
        ended = sigma == (graph.at.delta1, graph.at.delta2)
        change = 1.0 if before is None else float(np.mean(now != before))
        settled = settled + 1 if ended and change < hp.cluster.tol else 0
        if epoch == hp.cluster.epochs or settled >= _SETTLED:
            return
        before = now
        for part, factor in zip(steps.param_groups, (1, 2), strict=True):
            part["lr"] = factor * hp.cluster.lr
        order = [chosen.cpu() for chosen in batches(len(graph.edges), hp.cluster.batch, rng)]
        for done, chosen in enumerate(order, start=1):
            found = terms(net, u, x, edge_batch(graph, chosen), sigma=sigma, pull=hp.pull * graph.lam)
            descend(steps, torch.stack([*found]).sum())
            means.add(len(chosen), **found._asdict())
            yield Progress(done, len(order))


def snapshot(
    u: np.ndarray,
    labels: np.ndarray,
    graph: Graph,
    *,
    sigma: tuple[float, float],
    gap: float,
    losses: dict[str, float],
) -> Snapshot:
    """Representatives, the clusters that they form now, and how strongly each edge pulls."""
    d2 = ((u[graph.edges[:, 0]] - u[graph.edges[:, 1]]) ** 2).sum(axis=1)
    pulls = line_weight(d2, sigma[1]).astype(np.float32)
    weights = np.zeros(graph.rows.j.shape, np.float32)
    weights[graph.rows.place] = pulls
    sizes = np.bincount(labels[labels >= 0])
    return Snapshot(
        phase="cluster",
        z=u,
        labels=labels,
        losses=losses,
        measures={
            "clusters": float(len(sizes)),
            "clusters of ten points or more": float((sizes >= 10).sum()),
            "share of the largest cluster": float(sizes.max(initial=0) / len(labels)),
            "points that are joined to no other": float((labels < 0).mean()),
            "edges that still pull": float((pulls > 0.5).mean()),
            "σ₁": sigma[0],
            "σ₂": sigma[1],
            "distance of codes to representatives": gap,
        },
        extra={"neighbors": graph.rows.j, "weights": weights},
    )


METHOD = Method(
    key="dcc",
    title="DCC",
    cite="S. A. Shah, V. Koltun. Deep Continuous Clustering. arXiv 1803.01449, 2018",
    about="Each code has a representative. Edges between neighbors pull representatives together, at first over long "
    "distances, then over ever shorter ones; what has flowed together is a cluster. Their number is not given.",
    params=DccParams,
    provides=frozenset({"z", "labels", "neighbors", "weights"}),
    plan=lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs},
    run=run,
    overlay="graph",
    space="representatives u; codes before",
    finds_k=True,
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.lr": 0.01, "cluster.batch": 256, "cluster.epochs": 70, "cluster.every": 6},
            "Chosen here: a small network, large steps, scales halved every six epochs, so that representatives come "
            "together before edges let go; half a minute on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({"cluster.lr": 3e-3, "cluster.epochs": 120, "cluster.every": 10}, watch=False),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "neighbors": 10,
                "distance": COSINE,
                "cluster.lr": 1e-3,
                "cluster.batch": 128,
                "cluster.every": 20,
                "cluster.epochs": 500,
                "cluster.tol": 0.001,
            },
            STACKED_SOURCE + "Clustering: the authors' code (10 mutual neighbors, 128 pairs a batch, 20 epochs per "
            "scale, at most 500 epochs).",
        ),
    ),
)
