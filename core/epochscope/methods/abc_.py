"""Autoencoder-based clustering (ABC): reconstruction and distance to the own center, with hard assignments.

Song, Liu, Huang, Wang, Tan. Auto-encoder Based Data Clustering. CIARP 2013.
Departs from the paper: we had no text of it beyond the abstract, and no code of the authors; objective and order of the
updates are those of ClustPy's port (as AEC) and of DCAN's account of it. Its lambda, the layers 1000-250-50-10 and the
random first labels are from memory. By default first labels come from k-means on codes of an autoencoder pretrained as
for our other methods, where the paper stacked restricted Boltzmann machines. Losses: the SUM over features, the mean
over the batch. A cluster that has lost all its points keeps its center.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.running_means import label_means
from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.first_labels import BEST_OF_THREE, FROM_CODES, START_HELP, First, first_clusters
from epochscope.methods.shared.lloyd import require_distinct, restarts_param
from epochscope.methods.shared.new_points import nearest_center_of_code
from epochscope.methods.shared.pictures import restored
from epochscope.methods.shared.presets import MINUTES_PRETRAINING, MINUTES_SOURCE, QUICK_PRETRAINING, recommended
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import frozen
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import Means, StepParams, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot

RANDOM = "random labels"


@dataclass(frozen=True)
class CompactParams(StepParams):
    """The phase in which codes are drawn toward their centers."""

    epochs: int = param(
        30, 1, MOST_EPOCHS, symbol="T", label="epochs", help="Passes over the data; after each, centers and labels."
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class AbcParams(MethodParams):
    lam: float = param(
        1.0,
        0.0,
        1000.0,
        live=True,
        symbol="λ",
        label="weight of compactness",
        help="Weight of the squared distance from a code to its center, relative to reconstruction, which is a sum "
        "over features. 0 is a plain autoencoder; large values shrink the codes.",
    )
    start: str = param(
        FROM_CODES,
        options=(FROM_CODES, BEST_OF_THREE, RANDOM),
        label="first clusters",
        help="The paper begins with random labels (quoted from memory, not checked): all centers lie near the mean of "
        "the codes then. "
        f"{START_HELP}",
    )
    cluster: CompactParams = group(CompactParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


def run(x: Float[Tensor, "n f"], k: int, hp: AbcParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    c, s, _ = yield from first(net.encode(x), x, k, hp, rng)
    steps, means = optimizer(hp.cluster, net.parameters()), Means()

    for epoch in count():
        z = net.encode(x)  # all points
        require_finite("cluster", epoch, codes=z, centers=c)
        if epoch > 0:
            c = label_means(z, s, otherwise=c)  # c_j = mean of f(x_i) over the points of cluster j
            s = squared_distances(z, c).argmin(dim=1)  # c*_i = the center nearest to f(x_i)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                labels=array(s),
                centers=array(c),
                losses=means.take(),
                measures=compactness(z, c, s),
                extra={"decoded_centers": array(unit.back(net.decode(c))), "reconstructions": restored(net, x, unit)},
                model=frozen(unit=unit, encoder=net.encoder, centers=c),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            z = net.encoder(x[rows])  # never masked here
            L_r = (net.decoder(z) - x[rows]).square().sum(dim=1).mean()  # |x_i - x'_i|^2
            L_c = (z - c[s[rows]]).square().sum(dim=1).mean()  # |f(x_i) - c*_i|^2
            descend(steps, L_r + hp.lam * L_c)
            means.add(len(rows), summed_reconstruction=L_r, compactness=L_c, weighted_compactness=hp.lam * L_c)
            yield Progress(done, len(order))


def first(
    z: Float[Tensor, "n d"], x: Float[Tensor, "n f"], k: int, hp: AbcParams, rng: torch.Generator
) -> Generator[Progress, None, First]:
    """The first centers and labels."""
    if hp.start != RANDOM:
        return (yield from first_clusters(hp.start, z, k, hp.cluster.restarts, rng, x=x))
    require_distinct(len(torch.unique(z, dim=0)), len(z), k)
    drawn = torch.randint(k, (len(z),), generator=rng, device=rng.device)
    c = label_means(z, drawn, otherwise=z[:k])
    return First(c, squared_distances(z, c).argmin(dim=1))


def compactness(z: Float[Tensor, "n d"], c: Float[Tensor, "k d"], s: Int[Tensor, " n"]) -> dict[str, float]:
    """Mean norm of the codes (do they shrink?), and how much of their spread lies within clusters, from 0 to 1."""
    about = (z - z.mean(dim=0)).square().sum()
    return {
        "mean norm of the codes": float(z.norm(dim=1).mean()),
        "share of the spread within clusters": float(
            (z - c[s]).square().sum() / about.clamp(min=torch.finfo(z.dtype).tiny)
        ),
        "clusters in use": float(len(s.unique())),
    }


METHOD = Method(
    key="abc",
    title="ABC",
    cite="C. Song, F. Liu, Y. Huang, L. Wang, T. Tan. Auto-encoder Based Data Clustering. CIARP, 2013",
    about="The first of the family: an autoencoder whose codes are drawn toward the center of their own cluster while "
    "points must still be reconstructed. After each epoch centers and hard assignments are found again.",
    params=AbcParams,
    provides=frozenset({"z", "labels", "centers", "decoded_centers", "reconstructions"}),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.cluster.epochs}),
    run=watched(run),
    overlay="paths",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"cluster.batch": 64, "cluster.epochs": 30},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({"start": BEST_OF_THREE, "cluster.lr": 3e-4, "cluster.epochs": 40}),
        Preset("minutes", MINUTES_PRETRAINING | {"cluster.epochs": 30}, MINUTES_SOURCE, chosen_on=MNIST),
        Preset(
            "as in the paper",
            {
                "lam": 0.1,
                "start": RANDOM,
                "net.widths": "1000-250-50",
                "net.d": 10,
                "net.center": False,
                "pretrain.epochs": 50,
                "pretrain.noise": 0.0,
                "cluster.epochs": 50,
                "cluster.lr": 1e-4,
            },
            "Song et al. 2013, as far as known: layers and random labels are quoted from memory and not checked, "
            "epochs and learning rate are "
            "those of ClustPy's port, whose weight of 0.1 holds for a mean over features. The pretraining is ours.",
        ),
    ),
    assign=nearest_center_of_code,
)
