"""Autoencoder, then a Gaussian mixture on its codes: the baseline of VaDE and DGG.

Baseline "AE+GMM" of Yang, Cheung, Li, Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with Graph
Embedding. ICCV 2019 (Table 1), which takes it from Jiang, Zheng, Tan, Tang, Zhou (VaDE), IJCAI 2017.
Departs from the paper: neither says how the mixture was fitted; here by EM with diagonal covariances and a lower bound
for the variances, from the best of several runs of k-means, its iterations shown one per epoch. By default end-to-end
denoising with Adam at a constant learning rate instead of a stacked autoencoder, and data centered by their overall
mean. Not in the paper, and used by the recommended preset alone: EM that is watched.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.methods.shared.mixtures import (
    em,
    floor_of,
    floor_param,
    iterations_param,
    mixture_of_clusters,
    tolerance_param,
)
from epochscope.methods.shared.new_points import posterior_of_code
from epochscope.methods.shared.presets import (
    MINUTES_PRETRAINING,
    MINUTES_SOURCE,
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    WATCH_ITERATIONS_SOURCE,
    WATCHED,
    recommended,
)
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import array
from epochscope.params import group


@dataclass(frozen=True)
class AeGmmParams(MethodParams):
    epochs: int = iterations_param()
    tol: float = tolerance_param()
    floor: float = floor_param()
    restarts: int = restarts_param()
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()


def run(x: Float[Tensor, "n f"], k: int, hp: AeGmmParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    codes = net.encode(x)
    best = yield from best_of_restarts(codes, k, hp.restarts, rng)
    z, floor = array(codes), floor_of(codes, hp.floor)
    for state in em(codes, mixture_of_clusters(codes, best.centers, floor), floor, most=hp.epochs, tol=hp.tol):
        decoded = array(unit.back(net.decode(state.mixture.mu)))
        yield state.snapshot(z, {"decoded_centers": decoded}, unit=unit, encoder=net.encoder)


METHOD = Method(
    key="ae_gmm",
    title="Autoencoder + Gaussian mixture",
    cite="L. Yang, N.-M. Cheung, J. Li, J. Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with "
    "Graph Embedding (baseline of Table 1). ICCV, 2019",
    about="A network learns to compress each point into a few numbers, the code, from which it reconstructs the point. "
    "A Gaussian mixture then clusters the codes softly; the network does not learn from the clusters.",
    params=AeGmmParams,
    provides=frozenset({"z", "q", "labels", "centers", "spread", "mixing", "decoded_centers"}),
    plan=watched_plan(lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.epochs}),
    run=watched(run),
    overlay="ellipses",
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"restarts": 10},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended(WATCHED, WATCH_ITERATIONS_SOURCE, watch=False),
        Preset("minutes", MINUTES_PRETRAINING, MINUTES_SOURCE, chosen_on=MNIST),
        Preset(
            "as in the paper",
            STACKED_PRETRAINING | {"restarts": 1, "tol": 1e-3, "epochs": 100},
            STACKED_SOURCE
            + "EM: no paper names its settings; the defaults of scikit-learn's GaussianMixture, from one "
            "run of k-means.",
        ),
    ),
    assign=posterior_of_code,
)
