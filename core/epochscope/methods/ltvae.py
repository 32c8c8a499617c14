"""LTVAE with fixed facets: a variational autoencoder whose codes are clustered in two ways at once.

Li, Chen, Poon, Zhang. Learning Latent Superstructures in Variational Autoencoders for Deep Multidimensional
Clustering. ICLR 2019.
Departs from the paper: the structure is given, two facets of half the code each with one edge between them; the paper
searches for the number of facets, what belongs to them and the tree over them, every five epochs. The labels are those
of the first facet; the second one is shown as numbers of the points. The prior starts from k-means on each half of the
pretrained codes. Beliefs of a batch come from one draw of each code, those that are shown from the mean. Also ours: a
floor of the variances, and end-to-end pretraining by default. From our notes and not confirmed: Adam 2e-3, stepwise EM
at 0.01, d = 10, pretraining as for DEC.
Not in the paper, and used by the recommended preset alone: watched clustering.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.facets import (
    Beliefs,
    Facet,
    Statistics,
    Tree,
    beliefs,
    hard,
    shared_information,
    statistics,
)
from epochscope.formulas.mixture import code_entropy
from epochscope.methods.base import DIGITS, Assigned, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.methods.shared.measures import assignment_measures
from epochscope.methods.shared.mixtures import floor_of
from epochscope.methods.shared.pictures import Pictures
from epochscope.methods.shared.presets import QUICK_PRETRAINING, STACKED_PRETRAINING, STACKED_SOURCE, recommended
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import Weights, encoded, frozen
from epochscope.nets.likelihood import likelihood_of, likelihood_param, reconstruction_param
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import (
    Means,
    StepParams,
    array,
    batches,
    descend,
    lr_param,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.nets.variational import Variational
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

LEAST = 0.02
"""Least variance of a facet's cluster, as a share of the mean variance of the pretrained codes."""

NUMBERS = ("second facet", "certainty of the second facet")


@dataclass(frozen=True)
class TreeStepParams(StepParams):
    """Training of the network and of the prior."""

    lr: float = lr_param(5e-4, "Size of a gradient step of the network.")
    epochs: int = param(30, 1, MOST_EPOCHS, label="epochs", help="Passes over the data after pretraining.")
    rate: float = param(
        0.05,
        0.001,
        1.0,
        log=True,
        live=True,
        symbol="ρ",
        label="rate of stepwise EM",
        help="Share of a batch in the statistics of the prior. Small: the prior follows slowly and smoothly.",
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class LtvaeParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on -log p(x|z), summed over features.",
    )
    second: int = param(
        0,
        0,
        50,
        label="clusters of the second facet",
        help="0: as many as of the first. The two facets may have different numbers: kinds of digit, and slants.",
    )
    cluster: TreeStepParams = group(TreeStepParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


def first_statistics(
    m: Float[Tensor, "n e"], k: int, v: int, restarts: int, rng: torch.Generator
) -> Generator[Progress, None, Statistics]:
    """Statistics of the codes with labels by k-means on each half."""
    d, labels = m.shape[1] // 2, []
    for part, count in ((m[:, :d], k), (m[:, d:], v)):
        best = yield from best_of_restarts(part, count, restarts, rng)
        labels.append(squared_distances(part, best.centers).argmin(dim=1))
    return statistics(m, hard(labels[0], labels[1], k, v), d)


def run(x: Float[Tensor, "n f"], k: int, hp: LtvaeParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    likelihood, x = likelihood_of(hp.likelihood, x, unit), unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng, likelihood.error)
    m = net.encode(x)
    floor, f = floor_of(m, LEAST), Variational(net, rng)
    S = yield from first_statistics(m, k, min(hp.second or k, len(x)), hp.cluster.restarts, rng)
    pictures = Pictures(x, likelihood, net.decode, (k, hp.net.d), rng)
    steps, means = optimizer(hp.cluster, f.parameters()), Means()

    for epoch in range(hp.cluster.epochs + 1):
        m, tree = f.encode(x).m, S.tree(floor)
        require_finite("cluster", epoch, codes=m, table=tree.log_table)
        now = beliefs(m, tree)
        model = frozen(unit=unit, encoder=net.encoder, tree=tree)
        hp = (yield snapshot(m, now, tree, pictures, losses=means.take(), model=model)) or hp
        if epoch == hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            code = f(x[rows])
            z, tree = code.drawn(rng), S.tree(floor)
            error, prior = likelihood.nll(net.decoder(z), x[rows]).mean(), beliefs(z, tree)
            inside, entropy = -prior.log_p.mean(), code_entropy(code.log_s2).mean()
            descend(steps, hp.reconstruction * error + inside - entropy)  # -ELBO
            S = S.toward(statistics(z.detach(), prior.both.detach(), hp.net.d // 2), hp.cluster.rate)
            means.add(len(rows), reconstruction=error, code_under_the_tree=inside, entropy_of_code=entropy)
            yield Progress(done, len(order))


def whole_codes(tree: Tree) -> Facet:
    """Mean and variance of the whole code in each cluster of the first facet: of the second part, over v given y."""
    given = tree.log_table.softmax(dim=1)
    mean = given @ tree.second.mu
    var = given @ (tree.second.log_var.exp() + tree.second.mu.square()) - mean.square()
    tiny = torch.finfo(mean.dtype).tiny
    return Facet(torch.cat([tree.first.mu, mean], 1), torch.cat([tree.first.log_var, var.clamp(min=tiny).log()], 1))


def snapshot(
    m: Float[Tensor, "n e"],
    now: Beliefs,
    tree: Tree,
    pictures: Pictures,
    *,
    losses: dict[str, float],
    model: object,
) -> Snapshot:
    """Codes, the clusters of the first facet, and those of the second as numbers of the points."""
    whole, q, other = whole_codes(tree), now.first, now.second.max(dim=1)
    return Snapshot(
        phase="cluster",
        z=array(m),
        q=array(q / q.sum(dim=1, keepdim=True)),
        centers=array(whole.mu),
        losses=losses,
        measures={
            "information shared by the facets (nats)": shared_information(tree.log_table),
            "clusters of the second facet in use": float(len(other.indices.unique())),
            **assignment_measures(m, q),
        },
        extra={
            "spread": array((whole.log_var / 2).exp()),
            "mixing": array(tree.log_table.exp().sum(dim=1)),
            "sample_numbers": array(torch.stack([other.indices.to(m.dtype), other.values], dim=1)),
        }
        | pictures.of(m, whole.mu, whole.log_var),
        model=model,  # type: ignore[arg-type]
    )


def assign(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """New points: p(y|z) of the mean of the code, by the tree."""
    z = encoded(x, weights)
    first, second = (Facet(weights[f"tree.{name}.mu"], weights[f"tree.{name}.log_var"]) for name in ("first", "second"))
    q = beliefs(z, Tree(weights["tree.log_table"], first, second)).first
    return Assigned(z, q / q.sum(dim=1, keepdim=True))


METHOD = Method(
    key="ltvae",
    title="LTVAE",
    cite="X. Li, Z. Chen, L. Poon, N. Zhang. Learning Latent Superstructures in Variational Autoencoders for Deep "
    "Multidimensional Clustering. ICLR, 2019",
    about="A variational autoencoder whose code has two parts, each with clusters of its own: what a point is, and "
    "how it looks. The clusters of the first part are the labels; those of the second are a color of the points.",
    params=LtvaeParams,
    provides=frozenset(
        {"z", "q", "labels", "centers", "spread", "mixing", "sample_numbers"}
        | {"decoded_centers", "samples", "reconstructions"}
    ),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    numbers=NUMBERS,
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.epochs": 20},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({"cluster.epochs": 30}, weighted=True),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING
            | {
                "cluster.lr": 2e-3,
                "cluster.rate": 0.01,
                "cluster.batch": 128,
                "cluster.epochs": 100,
            },
            STACKED_SOURCE + "Clustering: Adam 2e-3 and stepwise EM at 0.01 as we understand the paper; batch and "
            "epochs are chosen here, and so is the structure.",
        ),
    ),
    assign=assign,
)
