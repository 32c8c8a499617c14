"""k-means on the data themselves: the baseline of deep clustering.

Lloyd. Least squares quantization in PCM. IEEE Transactions on Information Theory 28(2), 1982.
Departs from the paper: k-means++ starts (Arthur and Vassilvitskii, SODA 2007); all restarts are run to their end first,
then the iterations of the best one are shown, one per epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, lloyd, restarts_param
from epochscope.methods.shared.new_points import nearest_center
from epochscope.methods.shared.presets import recommended_without_network
from epochscope.nets.frozen import frozen
from epochscope.nets.training import array
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import Snapshot


@dataclass(frozen=True)
class KMeansParams(MethodParams):
    epochs: int = param(
        100, 1, MOST_EPOCHS, label="iterations", help="Largest number of iterations; it ends when no label changes."
    )
    restarts: int = restarts_param()


def run(x: Float[Tensor, "n f"], k: int, hp: KMeansParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    z = array(x)
    yield Snapshot(phase="restarts", z=z)
    best = yield from best_of_restarts(x, k, hp.restarts, rng)
    for labels, mu, inertia in lloyd(x, best.start, hp.epochs):
        yield Snapshot(
            phase="cluster",
            z=z,
            labels=array(labels),
            centers=array(mu),
            losses={"inertia": inertia},
            model=frozen(centers=mu),
        )


METHOD = Method(
    key="kmeans",
    title="k-means",
    cite="S. Lloyd. Least squares quantization in PCM. IEEE Transactions on Information Theory, 1982",
    about="Puts each point into the cluster whose center is nearest, moves each center to the mean of its points, and "
    "repeats. It works on the data as they are, without a network.",
    params=KMeansParams,
    provides=frozenset({"z", "labels", "centers"}),
    plan=lambda hp: {"restarts": 0, "cluster": hp.epochs},
    run=run,
    overlay="paths",
    space="data x",
    presets=(
        Preset("quick demo", {"restarts": 5}, "Chosen here: seconds, and close to the best of 20."),
        recommended_without_network({"epochs": 300}),
        Preset(
            "as in the paper",
            {"restarts": 20, "epochs": 300},
            "20 restarts: the baseline of Xie et al. 2016. Lloyd 1982 names no number of restarts; "
            "scikit-learn stops after 300 iterations, too.",
        ),
    ),
    assign=nearest_center,
    fit_is="minus the squared distance to the nearest center",
)
