"""DGG: a Gaussian mixture in the codes of a variational autoencoder, where neighbors of a graph speak for each other.

Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph Embedding. ICCV 2019.
Departs from the paper: by default Euclidean neighbors, with uniform weights as in all the authors' scripts; "neighbors
per step" m > 0 draws m neighbors of each point with probability w_ij instead of taking all J (the sum over neighbors is
then right on average), and pi_i takes the neighbors that were not drawn from the last pass over all points; sigma^2
stays within exp(+-6) and pi_i above a floor; end-to-end pretraining at a constant rate, data centered by their overall
mean, a network started from its own pretraining and not from VaDE's weights. Eq. 21 prints the second term without its
1/2 and eq. 31 a prior that does not sum to 1: both are corrected here, and can be had as printed ("Quirks").
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.formulas.assignment import squared_distances
from core.formulas.graph import PairTerms, js, neighbor_prior, pair_terms, printed_prior
from core.methods.base import Method, MethodParams, Preset, Steps
from core.methods.leaves import QUICK_PRETRAINING, DecayingParams, best_of_restarts, restarts_param
from core.methods.mixtures import mixture_of_labels
from core.methods.pictures import RESTORED, Pictures
from core.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from core.nets.classifier import ClassifierParams, classifier
from core.nets.likelihood import Bernoulli, Gaussian, likelihood_of, likelihood_param
from core.nets.neighbors import CODES, SIAMESE, Graph, GraphParams, build, spectral_embedding
from core.nets.pretrain import PretrainParams, pretrain
from core.nets.siamese import PHASE, SiameseParams, siamese
from core.nets.training import Means, array, batches, descend, optimizer, require_finite, set_lr
from core.nets.variational import LOG_VARIANCE_LIMIT, Variational
from core.params import Params, group, param
from core.types import Snapshot, Tick

SAMPLE, MEAN = "sample z", "mean m"
DERIVED, PRINTED = "as derived", "as printed"
FROM_CODES, FROM_GRAPH = "k-means on the codes", "k-means on the graph"
_ROWS = 8192  # points whose neighbors are gathered at once


@dataclass(frozen=True)
class ClusterParams(DecayingParams):
    """The joint training of all networks and the mixture."""

    epochs: int = param(30, 1, 500, label="epochs", help="Passes over the data after pretraining.")
    per_step: int = param(
        1,
        0,
        20,
        live=True,
        symbol="m",
        label="neighbors per step",
        help="So many neighbors of each point are drawn in a step, by their weights; 0 takes all, as the paper does. "
        "An epoch takes 1 + m times as long as one without a graph, with all 20 neighbors 21 times.",
    )
    weight_decay: float = param(
        0.0, 0.0, 0.01, step=1e-5, label="weight decay", help="1e-4 in two of the authors' scripts."
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class QuirkParams(Params):
    """Where paper, supplement and the authors' four scripts disagree. The defaults are what the derivation says."""

    classifier: str = param(
        SAMPLE,
        options=(SAMPLE, MEAN),
        live=True,
        label="f2 is fed in training",
        help="The paper and three scripts feed z, the MNIST script the mean. Labels and π always come from the mean.",
    )
    second: str = param(
        DERIVED,
        options=(DERIVED, PRINTED),
        live=True,
        label="second term of L",
        help="The fit of the codes to their clusters has the factor 1/2 in the derivation, the supplement and the "
        "code; the paper prints 1.",
    )
    prior: str = param(
        DERIVED,
        options=(DERIVED, PRINTED),
        live=True,
        symbol="π",
        label="prior of each point",
        help="As derived: half the point itself, half its neighbors, the optimum, and what the code does. As printed "
        "in eq. 31 its rows do not sum to 1.",
    )
    floor: float = param(
        1e-8,
        1e-30,
        1e-2,
        log=True,
        live=True,
        label="floor of π",
        help="π is kept above it inside the logarithm. The published code has no floor: there log 0 gives NaN.",
    )


@dataclass(frozen=True)
class DggParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = param(
        1.0,
        0.01,
        1000.0,
        log=True,
        live=True,
        label="weight of reconstruction",
        help="Factor on both reconstruction terms, summed over features. The paper has none; the authors' scripts "
        "take 1 (MNIST), 100 (HHAR) and 0.1 (Reuters, STL-10).",
    )
    start: str = param(
        FROM_CODES,
        options=(FROM_CODES, FROM_GRAPH),
        label="first labels",
        help="The paper runs k-means on the codes. On the graph it runs on the leading eigenvectors (spectral "
        "clustering): a kind of digit that fills two places among the codes stays one where edges join them.",
    )
    graph: GraphParams = group(GraphParams, "Graph")
    cluster: ClusterParams = group(ClusterParams, "Clustering")
    classifier: ClassifierParams = group(ClassifierParams, "Classifier f2", optimizer="sgd", lr=0.02)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    siamese: SiameseParams = group(SiameseParams, "Siamese network", lr=5e-4)
    quirks: QuirkParams = group(QuirkParams, "Quirks of the published code")

    def plan(self) -> dict[str, int]:
        """Phase -> epochs."""
        first = {PHASE: self.siamese.epochs} if self.graph.distance == SIAMESE else {}
        return first | self.pretrain.plan(len(self.net.hidden) + 1) | {"cluster": self.cluster.epochs}


class Tuples(NamedTuple):
    """What training tuples {x_i, x_j of Omega_i} are made of, and how a restored x_i is scored."""

    x: Float[Tensor, "n f"]
    graph: Graph
    likelihood: Bernoulli | Gaussian


class Model(nn.Module):
    """Encoder f1, classifier f2, decoder g and the mixture's mu_k and log sigma_k^2."""

    def __init__(self, net: Autoencoder, f2: nn.Module, mu: Tensor, log_var: Tensor, rng: torch.Generator) -> None:
        super().__init__()
        self.net, self.f1, self.f2 = net, Variational(net, rng), f2
        self.mu, self.log_var = nn.Parameter(mu), nn.Parameter(log_var)

    def gamma(self, z: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        return self.f2(z).softmax(dim=1)


def run(x: Float[Tensor, "n f"], k: int, hp: DggParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    features = x
    if hp.graph.distance == SIAMESE:
        hp, features = yield from siamese(x, hp, rng)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng, likelihood.error)
    if hp.graph.distance == CODES:
        features = net.encode(x)
    graph = yield from build(features, hp.graph, rng)  # Algorithm 1, line 1
    tuples = Tuples(x, graph, likelihood)
    model = yield from initial(net, x, graph, k=k, hp=hp, rng=rng)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    edges = {"neighbors": array(graph.index), "weights": array(graph.w)}
    steps = optimizer(hp.cluster, model.parameters(), weight_decay=hp.cluster.weight_decay)
    means = Means()

    for epoch in range(hp.cluster.epochs + 1):
        code = model.f1.encode(x)
        require_finite("cluster", epoch, codes=code.m, variances=code.log_s2, centers=model.mu, spread=model.log_var)
        gamma = model.gamma(code.m).detach()  # of all points; during an epoch a row is renewed when its point is met
        pi, divergence, measures = beside_neighbors(gamma, graph, hp)
        chosen = graph.index[:RESTORED, 0]
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
            )
        ) or hp
        if epoch == hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr * hp.cluster.share(epoch))
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            terms = pairs(model, tuples, rows, gamma=gamma, hp=hp, rng=rng)
            second = 2.0 if hp.quirks.second == PRINTED else 1.0
            descend(steps, terms.loss(reconstruction=hp.reconstruction, code_given_cluster=second))
            with torch.no_grad():
                model.log_var.clamp_(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)
            means.add(len(rows), negative_bound=terms.loss(), **terms._asdict())
            yield Tick(done, len(order))


def initial(
    net: Autoencoder, x: Float[Tensor, "n f"], graph: Graph, *, k: int, hp: DggParams, rng: torch.Generator
) -> Generator[Tick, None, Model]:
    """k-means gives labels; their means and variances give mu_k, sigma_k^2, and they teach f2.        (sec. 3.4)"""
    m = points = net.encode(x)
    if hp.start == FROM_GRAPH:
        points = yield from spectral_embedding(graph, k + k // 2, rng)
    best = yield from best_of_restarts(points, k, hp.cluster.restarts, rng)
    labels = squared_distances(points, best.centers).argmin(dim=1)
    mixture = mixture_of_labels(m, labels, m.mean(dim=0).expand(k, -1), math.exp(-LOG_VARIANCE_LIMIT))
    f2 = yield from classifier(m, labels, k, hp.classifier, rng)
    return Model(net, f2, mixture.mu, mixture.log_var, rng)


def pairs(
    model: Model,
    tuples: Tuples,
    rows: Int[Tensor, " b"],
    *,
    gamma: Float[Tensor, "n k"],
    hp: DggParams,
    rng: torch.Generator,
) -> PairTerms:
    """Algorithm 1, lines 3 to 6 and 8: the bound of the points in these rows, each with its neighbors.

    Rows of `gamma` (assignments by the means, no gradient) that belong to points met here are renewed in place.
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
    cube = (t.reshape(b, c, -1) for t in (logits.log_softmax(dim=1), code.m, code.log_s2))
    return pair_terms(error.reshape(b, c), *cube, log_pi, mu=model.mu, log_var=model.log_var, w=w)


def prior(gamma: Float[Tensor, "n k"], rows: Int[Tensor, " b"], graph: Graph, hp: DggParams) -> Float[Tensor, "b k"]:
    """pi_i of these points from the assignments of all their neighbors."""
    formula = printed_prior if hp.quirks.prior == PRINTED else neighbor_prior
    return formula(gamma[rows], gamma[graph.index[rows]], graph.w[rows])


def beside_neighbors(
    gamma: Float[Tensor, "n k"], graph: Graph, hp: DggParams
) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n j"], dict[str, float]]:
    """Of all points: pi, the JS divergence of gamma_i and gamma_j in nats, and measures of how far neighbors agree."""
    rows = torch.arange(len(gamma), device=gamma.device).split(_ROWS)
    pi = torch.cat([prior(gamma, piece, graph, hp) for piece in rows])
    divergence = torch.cat(
        [js(gamma[piece, None].expand(-1, graph.w.shape[1], -1), gamma[graph.index[piece]]) for piece in rows]
    )
    labels = gamma.argmax(dim=1)
    return (
        pi,
        divergence,
        {
            "JS between neighbors": float((graph.w * divergence).sum(dim=1).mean()),
            "neighbors in another cluster": float((labels[:, None] != labels[graph.index]).double().mean()),
            "prior disagrees": float((labels != pi.argmax(dim=1)).double().mean()),
        },
    )


METHOD = Method(
    key="dgg",
    title="DGG",
    cite="L. Yang, N.-M. Cheung, J. Li, J. Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with "
    "Graph Embedding. ICCV, 2019",
    about="A variational autoencoder whose codes form one bell for each cluster; a small network says to which a code "
    "belongs. Each point is also restored from the codes of its nearest neighbors, and half of what is expected of its "
    "cluster comes from them: so neighbors end up together.",
    params=DggParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "pi", "neighbors", "weights", "neighbor_js"}
        | {"decoded_centers", "samples", "reconstructions", "cross_reconstructions"}
    ),
    plan=DggParams.plan,
    run=run,
    presets=(
        Preset("quick demo", QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.epochs": 20}, "Chosen here."),
        Preset("as in the paper", {}, "Chosen here."),
    ),
)
