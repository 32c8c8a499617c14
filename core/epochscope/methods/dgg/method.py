"""DGG: a Gaussian mixture of the codes of a variational autoencoder, regularized by a neighborhood graph.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
Departs from the paper: by default Euclidean neighbors, with uniform weights as in all the authors' scripts; "neighbors
per step" m > 0 draws m neighbors of each point with probability w_ij instead of taking all J (the sum over neighbors is
then right on average), and pi_i takes the neighbors that were not drawn from the last pass over all points; sigma^2
stays within exp(+-6) and pi_i above a floor; end-to-end pretraining at a constant rate without the variational
autoencoder that the paper trains next, data centered by their overall mean, a network started from its own pretraining
and not from VaDE's weights. Not in the paper at all: a graph over the
pretrained codes, Student-t weights, and first labels by spectral clustering of the graph; some presets use them.
Eq. 21 prints the second term without its 1/2 and eq. 31 a prior that does not sum to 1: both are corrected here, and
can be had as printed ("Quirks").
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.graph import PairTerms, js, neighbor_prior, pair_terms, printed_prior
from epochscope.methods.base import Assigned, Method, Steps
from epochscope.methods.dgg.params import FROM_GRAPH, MEAN, PRINTED, DggParams
from epochscope.methods.dgg.presets import PRESETS
from epochscope.methods.shared.first_labels import first_labels
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.methods.shared.mixtures import Mixture, mixture_of_labels, parts_of_bound
from epochscope.methods.shared.pictures import RESTORED, Pictures
from epochscope.methods.shared.watch import watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, unit_of
from epochscope.nets.classifier import classifier
from epochscope.nets.frozen import Weights, encoded, frozen, network
from epochscope.nets.likelihood import Bernoulli, Gaussian, likelihood_of
from epochscope.nets.neighbors import CODES, SIAMESE, Graph, build, spectral_embedding
from epochscope.nets.parts import StepParts
from epochscope.nets.pretrain import pretrain
from epochscope.nets.siamese import siamese
from epochscope.nets.training import Means, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.nets.variational import LOG_VARIANCE_LIMIT, Code, Variational, pretrain_variational
from epochscope.types import Progress, Snapshot

_ROWS = 8192  # points whose neighbors are gathered at once


class Tuples(NamedTuple):
    """The data of the training tuples {x_i, x_j of Omega_i}, and the likelihood of a reconstruction."""

    x: Float[Tensor, "n f"]
    graph: Graph
    likelihood: Bernoulli | Gaussian


class Model(nn.Module):
    """Encoder f1, classifier f2, decoder g and the mixture's mu_k and log sigma_k^2."""

    def __init__(self, net: Autoencoder, f1: Variational, f2: nn.Module, mu: Tensor, log_var: Tensor) -> None:
        super().__init__()
        self.net, self.f1, self.f2 = net, f1, f2
        self.mu, self.log_var = nn.Parameter(mu), nn.Parameter(log_var)

    def gamma(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """q(c|z) by f2."""
        return self.f2(z).softmax(dim=1)

    def keep_within_limits(self) -> None:
        """Clamps the variances to their range."""
        with torch.no_grad():
            self.log_var.clamp_(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)


def run(x: Float[Tensor, "n f"], k: int, hp: DggParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    features = x
    if hp.graph.distance == SIAMESE:
        hp, features = yield from siamese(x, hp, rng)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp, f1 = yield from pretrained(net, x, likelihood, hp, rng)
    if hp.graph.distance == CODES:
        features = net.encode(x)
    graph = yield from build(features, hp.graph, rng)  # Algorithm 1, line 1
    tuples = Tuples(x, graph, likelihood)
    model = yield from initial(net, f1, x, graph, k=k, hp=hp, rng=rng)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    edges = {"neighbors": array(graph.j), "weights": array(graph.w)}
    steps, means = optimizer(hp.cluster, model.parameters(), weight_decay=hp.cluster.weight_decay), Means()

    for epoch in count():
        code = model.f1.encode(x)
        require_finite("cluster", epoch, codes=code.m, variances=code.log_s2, centers=model.mu, spread=model.log_var)
        gamma = model.gamma(code.m).detach()  # of all points; a row is updated when its point occurs in a batch
        pi, divergence, measures = compare_with_neighbors(gamma, graph, hp)
        chosen = graph.j[:RESTORED, 0]
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(code.m),
                q=array(gamma),
                centers=array(model.mu),
                losses=means.take(),
                measures=measures,
                extra=edges
                | {"pi": array(pi), "neighbor_js": array(divergence), "mixing": array(pi.mean(dim=0))}
                | {"spread": array((model.log_var / 2).exp())}
                | pictures.of(code.m, model.mu.detach(), model.log_var.detach())
                | pictures.crossed(x[chosen], code.m[chosen]),
                model=frozen(unit=unit, encoder=net.encoder, classifier=model.f2),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr * hp.cluster.share(epoch))
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            terms, parts = bound_terms(model, tuples, rows, gamma=gamma, hp=hp, rng=rng)
            L = terms.loss(reconstruction=hp.reconstruction, code_given_cluster=second_factor(hp))
            descend(steps, L, parts=partial(parts, loss=L))
            model.keep_within_limits()
            means.add(len(rows), negative_bound=terms.loss(), **terms._asdict())
            yield Progress(done, len(order))


def pretrained(
    net: Autoencoder, x: Float[Tensor, "n f"], likelihood: Bernoulli | Gaussian, hp: DggParams, rng: torch.Generator
) -> Generator[Snapshot | Progress, Any, tuple[DggParams, Variational | None]]:
    """Pretrains the autoencoder, then, if there are epochs for it, a variational encoder on it.       (sec. 3.4)"""
    hp = yield from pretrain(net, x, hp, rng, likelihood.error)
    if not hp.variational.epochs:
        return hp, None
    f1 = Variational(net, rng)
    return (yield from pretrain_variational(f1, x, likelihood, hp, rng)), f1


def initial(
    net: Autoencoder,
    f1: Variational | None,
    x: Float[Tensor, "n f"],
    graph: Graph,
    *,
    k: int,
    hp: DggParams,
    rng: torch.Generator,
) -> Generator[Progress, None, Model]:
    """Initial model: k-means labels give mu_k and sigma_k^2 and are used to pretrain f2.              (sec. 3.4)

    f1 is the pretrained variational encoder on `net`; without one, a new head is drawn.
    """
    m = net.encode(x)
    if hp.start == FROM_GRAPH:
        points = yield from spectral_embedding(graph, k + k // 2, rng)
        best = yield from best_of_restarts(points, k, hp.cluster.restarts, rng)
        labels = squared_distances(points, best.centers).argmin(dim=1)
    else:
        labels = yield from first_labels(hp.start, m, k, hp.cluster.restarts, rng, x=x)
    mixture = mixture_of_labels(m, labels, m.mean(dim=0).expand(k, -1), math.exp(-LOG_VARIANCE_LIMIT))
    f2 = yield from classifier(m, labels, k, hp.classifier, rng)
    return Model(net, f1 or Variational(net, rng), f2, mixture.mu, mixture.log_var)


def bound_terms(
    model: Model,
    tuples: Tuples,
    rows: Int[Tensor, " b"],
    *,
    gamma: Float[Tensor, "n k"],
    hp: DggParams,
    rng: torch.Generator,
) -> tuple[PairTerms, Callable[..., StepParts]]:
    """Algorithm 1, lines 3 to 6 and 8: the terms of the bound for these rows, each with its neighbors; and its parts.

    Rows of `gamma` (assignments by the means, no gradient) of the points in this batch are updated in place.
    """
    x, graph, likelihood = tuples
    index, w = graph.drawn(rows, hp.cluster.per_step, rng)
    met = torch.cat([rows[:, None], index], dim=1)  # column 0: the point itself
    b, c = met.shape
    code = model.f1(x[met.flatten()])  # q(z|x_j)
    z = code.drawn(rng)  # eqs. 23, 28
    logits = model.f2(code.m if hp.quirks.classifier == MEAN else z)
    with torch.no_grad():
        gamma[met.flatten()] = model.gamma(code.m)
        log_pi = prior(gamma, rows, graph, hp).clamp(min=hp.quirks.floor).log()  # eq. 31
    error = likelihood.nll(model.net.decoder(z), x[rows].repeat_interleave(c, dim=0))  # -log p(x_i|z_j)
    log_gamma, m, log_s2 = (t.reshape(b, c, -1) for t in (logits.log_softmax(dim=1), code.m, code.log_s2))
    terms = pair_terms(error.reshape(b, c), log_gamma, m, log_s2, log_pi, mu=model.mu, log_var=model.log_var, w=w)
    return terms, partial(parts_of_pairs, terms, code, log_gamma.flatten(0, 1), met, w, model=model, x=x, hp=hp)


def second_factor(hp: DggParams) -> float:
    """The factor on the second term: 2 as eq. 21 is printed, without its 1/2."""
    return 2.0 if hp.quirks.second == PRINTED else 1.0


def parts_of_pairs(
    terms: PairTerms,
    code: Code,
    log_gamma: Float[Tensor, "bc k"],
    met: Int[Tensor, "b c"],
    w: Float[Tensor, "b j"],
    *,
    loss: Float[Tensor, ""],
    model: Model,
    x: Float[Tensor, "n f"],
    hp: DggParams,
) -> StepParts:
    """The terms of a step by what they want of the code of each point met, the neighbors' codes included."""
    weight = torch.cat([torch.ones_like(w[:, :1]), w], dim=1).flatten() / 2 / len(w)
    mixture = Mixture(torch.zeros_like(model.mu[:, 0]), model.mu, model.log_var)
    others = {
        "reconstruction": (hp.reconstruction / 2, terms.reconstruction),
        "reconstruction of neighbors": (hp.reconstruction / 2, terms.neighbor_reconstruction),
        "prior from the graph": (1.0, terms.cluster_given_prior),
    }
    gamma, encoder, prior = log_gamma.exp(), model.net.encoder, second_factor(hp) * weight
    return parts_of_bound(loss, code, gamma, mixture, encoder, x=x, rows=met.flatten(), prior=prior, terms=others)


def prior(gamma: Float[Tensor, "n k"], rows: Int[Tensor, " b"], graph: Graph, hp: DggParams) -> Float[Tensor, "b k"]:
    """pi_i of these points from the assignments of all their neighbors."""
    formula = printed_prior if hp.quirks.prior == PRINTED else neighbor_prior
    return formula(gamma[rows], gamma[graph.j[rows]], graph.w[rows])


def compare_with_neighbors(
    gamma: Float[Tensor, "n k"], graph: Graph, hp: DggParams
) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n j"], dict[str, float]]:
    """For all points: pi, the JS divergence of gamma_i and gamma_j in nats; and measures of neighbors' agreement."""
    rows = torch.arange(len(gamma), device=gamma.device).split(_ROWS)
    pi = torch.cat([prior(gamma, piece, graph, hp) for piece in rows])
    divergence = torch.cat(
        [js(gamma[piece, None].expand(-1, graph.w.shape[1], -1), gamma[graph.j[piece]]) for piece in rows]
    )
    labels = gamma.argmax(dim=1)
    return (
        pi,
        divergence,
        {
            "JS between neighbors": float((graph.w * divergence).sum(dim=1).mean()),
            "neighbors in another cluster": float((labels[:, None] != labels[graph.j]).float().mean()),
            "points whose prior disagrees": float((labels != pi.argmax(dim=1)).float().mean()),
        },
    )


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: q(c|x) by the classifier f2 on the mean of the code; the graph has no part in it."""
    z = encoded(x, weights)
    return Assigned(z, network(weights, "classifier")(z).softmax(dim=1))


METHOD = Method(
    key="dgg",
    title="DGG",
    cite="L. Yang, N.-M. Cheung, J. Li, J. Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with "
    "Graph Embedding. ICCV, 2019",
    about="A variational autoencoder whose codes form one Gaussian per cluster; a small network assigns codes to "
    "clusters. Each point is also reconstructed from the codes of its nearest neighbors, and half of its prior "
    "comes from them: so neighbors end up in the same cluster.",
    params=DggParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "pi", "neighbors", "weights", "neighbor_js"}
        | {"decoded_centers", "samples", "reconstructions", "cross_reconstructions"}
    ),
    plan=watched_plan(DggParams.plan),
    run=watched(run),
    overlay="graph",
    presets=PRESETS,
    assign=assign,
    divides_steps=True,
)
