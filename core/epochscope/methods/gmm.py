"""Gaussian mixture on the data themselves: soft clusters that differ in size and in variance.

Dempster, Laird, Rubin. Maximum Likelihood from Incomplete Data via the EM Algorithm. Journal of the Royal Statistical
Society, Series B 39(1), 1977.
Departs from the paper: it gives EM for any model; here covariances are diagonal, variances have a floor, and EM starts
from the best of several runs of k-means; EM that is watched, used by the recommended preset alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import best_of_restarts, restarts_param
from epochscope.methods.shared.mixtures import (
    em,
    floor_of,
    floor_param,
    iterations_param,
    mixture_of_clusters,
    tolerance_param,
)
from epochscope.methods.shared.new_points import posterior
from epochscope.methods.shared.presets import recommended_without_network
from epochscope.methods.shared.watch import WatchParams, watch_group, watched, watched_plan
from epochscope.nets.training import array
from epochscope.types import Snapshot


@dataclass(frozen=True)
class GmmParams(MethodParams):
    epochs: int = iterations_param()
    tol: float = tolerance_param()
    floor: float = floor_param()
    restarts: int = restarts_param()
    watch: WatchParams = watch_group()


def run(x: Float[Tensor, "n f"], k: int, hp: GmmParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    z = array(x)
    yield Snapshot(phase="restarts", z=z)
    best = yield from best_of_restarts(x, k, hp.restarts, rng)
    floor = floor_of(x, hp.floor)
    for state in em(x, mixture_of_clusters(x, best.centers, floor), floor, most=hp.epochs, tol=hp.tol):
        yield state.snapshot(z, {})


METHOD = Method(
    key="gmm",
    title="Gaussian mixture",
    cite="A. Dempster, N. Laird, D. Rubin. Maximum Likelihood from Incomplete Data via the EM Algorithm. "
    "Journal of the Royal Statistical Society B, 1977",
    about="Describes the data as a mixture of Gaussians, one for each cluster, and raises the likelihood step by step. "
    "Unlike k-means it assigns softly, and clusters may be small or large, narrow or wide.",
    params=GmmParams,
    provides=frozenset({"z", "q", "labels", "centers", "spread", "mixing"}),
    plan=watched_plan(lambda hp: {"restarts": 0, "cluster": hp.epochs}),
    run=watched(run),
    overlay="ellipses",
    space="data x",
    presets=(
        Preset("quick demo", {"restarts": 5}, "Chosen here: seconds."),
        recommended_without_network({}, "EM ends when the likelihood settles.", watch=True),
        Preset(
            "as in the paper",
            {"restarts": 1, "tol": 1e-3, "epochs": 100, "floor": 1e-4},
            "Dempster et al. 1977 name no numbers. Those of scikit-learn's GaussianMixture; it adds 1e-6 to each "
            "variance, here the floor is the lowest allowed. On pixels such narrow Gaussians do worse than k-means.",
        ),
    ),
    assign=posterior,
    fit_is="log likelihood",
)
