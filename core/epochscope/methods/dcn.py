"""Deep clustering network (DCN): autoencoder and k-means in turn, each center with a learning rate of its own.

Yang, Fu, Sidiropoulos, Hong. Towards K-means-friendly Spaces: Simultaneous Deep Learning and Clustering. ICML 2017.
Departs from the paper: a step takes a batch, as in the authors' code, not one point; by default Adam instead of SGD,
end-to-end denoising pretraining instead of layerwise, and data centered by their overall mean. Reconstruction is the
squared error, SUM over features, mean over the batch. As in the code, and not in the paper: each count starts at 100,
so that the first points of a batch do not carry a center away, and a point is trained toward the center it was assigned
to at its last visit. The paper prints lambda as the weight of clustering; the code has it on the reconstruction.
Not in the paper, and used by the recommended preset alone: the best of three first clusters, watched clustering.
Resets (BRB, off by default) are of a later paper; methods/shared/resets.py has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.running_means import RunningMeans, with_points
from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.first_labels import BEST_OF_THREE, first_clusters, start_of_centers_param
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.new_points import nearest_center_of_code
from epochscope.methods.shared.pictures import restored
from epochscope.methods.shared.presets import MINUTES_PRETRAINING, MINUTES_SOURCE, QUICK_PRETRAINING, recommended
from epochscope.methods.shared.resets import ResetParams, labels_by, reset, reset_group
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import frozen
from epochscope.nets.pretrain import CONSTANT, LAYERWISE, PretrainParams, pretrain
from epochscope.nets.training import Means, StepParams, array, batches, descend, optimizer, require_finite, set_lr
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Progress, Snapshot


@dataclass(frozen=True)
class AlternatingParams(StepParams):
    """The phase in which network, assignments and centers take turns."""

    epochs: int = param(30, 1, MOST_EPOCHS, label="epochs", help="Passes over the data after pretraining.")
    count: int = param(
        100,
        0,
        100_000,
        symbol="c₀",
        label="first count of each center",
        help="A point moves its center by 1 / c, c being the number of points the center has seen. The authors' code "
        "begins at 100: at 0 the first point would take the center with it, with many a center hardly moves.",
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class DcnParams(MethodParams):
    lam: float = param(
        1.0,
        0.0,
        1000.0,
        live=True,
        symbol="λ",
        label="weight of clustering",
        help="Half of it weighs the squared distance from a code to its center, relative to reconstruction, which is a "
        "sum over features. 0 is a plain autoencoder; large values shrink the codes.",
    )
    start: str = start_of_centers_param()
    cluster: AlternatingParams = group(AlternatingParams, "Clustering")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
    resets: ResetParams = reset_group()


def run(x: Float[Tensor, "n f"], k: int, hp: DcnParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)  # Algorithm 1, line 1
    mu, s, _ = yield from first_clusters(hp.start, net.encode(x), k, hp.cluster.restarts, rng, x=x)
    M = RunningMeans(mu, torch.full((k,), float(hp.cluster.count), device=x.device))
    steps, means = optimizer(hp.cluster, net.parameters()), Means()

    for epoch in count():
        z = net.encode(x)  # all points
        require_finite("cluster", epoch, codes=z, centers=M.mu)
        labels = squared_distances(z, M.mu).argmin(dim=1)
        hp = (
            yield Snapshot(
                phase="cluster",
                z=array(z),
                labels=array(labels),
                centers=array(M.mu),
                losses=means.take(),
                measures=seen(z, labels, M),
                extra={
                    "decoded_centers": array(unit.back(net.decode(M.mu))),
                    "reconstructions": restored(net, x, unit),
                },
                model=frozen(unit=unit, encoder=net.encoder, centers=M.mu),
            )
        ) or hp
        if epoch >= hp.cluster.epochs:
            return
        if hp.resets.due(epoch):  # not in the paper: BRB
            mu = yield from reset(net, x, M.mu, hp.resets, restarts=hp.cluster.restarts, rng=rng)
            M, s = M._replace(mu=mu), labels_by(net.encode(x), mu)
        set_lr(steps, hp.cluster.lr)
        order = list(batches(len(x), hp.cluster.batch, rng))
        for done, rows in enumerate(order, start=1):
            z = net.encoder(x[rows])  # f(x_i); never masked here
            L_r = (net.decoder(z) - x[rows]).square().sum(dim=1).mean()  # l(g(f(x_i)), x_i)
            L_c = (z - M.mu[s[rows]]).square().sum(dim=1).mean()  # |f(x_i) - M s_i|^2
            descend(steps, L_r + hp.lam / 2 * L_c)  # eq. 5: the network, M and s fixed
            with torch.no_grad():
                z = net.encoder(x[rows])
                s[rows] = squared_distances(z, M.mu).argmin(dim=1)  # eq. 7: the nearest center
                M = with_points(M, z, s[rows])  # eq. 8: m_k moves by 1 / c_k
            means.add(len(rows), summed_reconstruction=L_r, squared_distance=L_c, weighted_distance=hp.lam / 2 * L_c)
            yield Progress(done, len(order))


def seen(z: Float[Tensor, "n d"], labels: Tensor, M: RunningMeans) -> dict[str, float]:
    """How far a point still moves its center, at the busiest and the idlest center; and whether codes shrink."""
    return {
        "largest step of a center (1 / c)": float(1 / M.c.min().clamp(min=1)),
        "smallest step of a center (1 / c)": float(1 / M.c.max().clamp(min=1)),
        "clusters in use": float(len(labels.unique())),
        "mean norm of the codes": float(z.norm(dim=1).mean()),
    }


METHOD = Method(
    key="dcn",
    title="DCN",
    cite="B. Yang, X. Fu, N. Sidiropoulos, M. Hong. Towards K-means-friendly Spaces: Simultaneous Deep Learning and "
    "Clustering. ICML, 2017",
    about="An autoencoder whose codes are also drawn toward the centers of k-means. Network, hard assignments and "
    "centers take turns; each point moves its own center a little, the less the more points that center has seen.",
    params=DcnParams,
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
                "lam": 40.0,
                "net.widths": "2000-1000-500-500-250",
                "net.d": 50,
                "net.center": False,
                "pretrain.schedule": LAYERWISE,
                "pretrain.optimizer": "sgd",
                "pretrain.lr": 0.01,
                "pretrain.momentum": 0.0,
                "pretrain.batch": 128,
                "pretrain.noise": 0.1,
                "pretrain.decay": CONSTANT,
                "pretrain.layer_epochs": 50,
                "pretrain.epochs": 1,
                "cluster.optimizer": "sgd",
                "cluster.lr": 1e-3,
                "cluster.momentum": 0.9,
                "cluster.batch": 128,
                "cluster.epochs": 50,
                "cluster.count": 100,
                "cluster.restarts": 1,
            },
            "The authors' script for raw MNIST (boyangumn/DCN): six layers pretrained one by one, 50 epochs each, then "
            "50 epochs of clustering. Its 0.05 on the reconstruction is our λ = 2 / 0.05, up to the loss: the script "
            "has sigmoid layers and cross-entropy, we the squared error. Its learning rates hold for losses that weigh "
            "0.05 times as much: its 0.05 would be about 0.0025 here; we take 0.001. A fork reads the paper as "
            "500-500-2000-10 with a weight of 0.05; we could not check which made the printed numbers.",
        ),
    ),
    assign=nearest_center_of_code,
)
