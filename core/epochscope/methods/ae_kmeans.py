"""Autoencoder, then k-means on its codes: deep features without deep clustering.

Baseline of Xie, Girshick, Farhadi. Unsupervised Deep Embedding for Clustering Analysis. ICML 2016.
Departs from the paper: by default Adam, end-to-end denoising at a constant learning rate instead of greedy layerwise at
a falling one, and data centered by their overall mean; the k-means iterations of the best restart are shown one per
epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, lloyd, restarts_param
from epochscope.methods.shared.new_points import nearest_center_of_code
from epochscope.methods.shared.presets import (
    MINUTES_PRETRAINING,
    MINUTES_SOURCE,
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    recommended,
)
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.frozen import frozen
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.nets.training import array
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import Snapshot


@dataclass(frozen=True)
class AeKMeansParams(MethodParams):
    epochs: int = param(100, 1, MOST_EPOCHS, label="iterations", help="k-means iterations shown, at most.")
    restarts: int = restarts_param()
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")


def run(x: Float[Tensor, "n f"], k: int, hp: AeKMeansParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)
    codes = net.encode(x)
    best = yield from best_of_restarts(codes, k, hp.restarts, rng)
    z = array(codes)
    for labels, mu, inertia in lloyd(codes, best.start, hp.epochs):
        yield Snapshot(
            phase="cluster",
            z=z,
            labels=array(labels),
            centers=array(mu),
            losses={"inertia": inertia},
            extra={"decoded_centers": array(unit.back(net.decode(mu)))},
            model=frozen(unit=unit, encoder=net.encoder, centers=mu),
        )


METHOD = Method(
    key="ae_kmeans",
    title="Autoencoder + k-means",
    cite="J. Xie, R. Girshick, A. Farhadi. Unsupervised Deep Embedding for Clustering Analysis (baseline). ICML, 2016",
    about="A network learns to compress each point into a few numbers, the code, from which it reconstructs the point. "
    "k-means then clusters the codes; the network does not learn from the clusters.",
    params=AeKMeansParams,
    provides=frozenset({"z", "labels", "centers", "decoded_centers"}),
    plan=lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"cluster": hp.epochs},
    run=run,
    presets=(
        Preset(
            "quick demo",
            QUICK_PRETRAINING | {"restarts": 10},
            "Chosen here: a small network, seconds on the digits.",
            chosen_on=DIGITS,
        ),
        recommended({}, watch=False),
        Preset("minutes", MINUTES_PRETRAINING, MINUTES_SOURCE, chosen_on=MNIST),
        Preset("as in the paper", STACKED_PRETRAINING | {"restarts": 20}, STACKED_SOURCE + "k-means: 20 restarts."),
    ),
    together=True,
    assign=nearest_center_of_code,
)
