"""N2D ("not too deep"): an autoencoder, then UMAP of its codes, then a Gaussian mixture on the layout.

McConville, Santos-Rodriguez, Piechocki, Craddock. N2D: (Not Too) Deep Clustering via Clustering the Local Manifold of
an Autoencoded Embedding. ICPR 2020.
Departs from the paper: by default a shorter, denoising pretraining and data centered by their overall mean; UMAP gets
the exact nearest neighbors, where its class approximates them from 4,096 points on; its layout and EM are shown as they
proceed. The mixture is scikit-learn's, with full covariances as in the authors' code.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.methods.base import DIGITS, MNIST, Method, MethodParams, Preset, Steps
from epochscope.methods.shared.lloyd import require_distinct
from epochscope.methods.shared.mixtures import iterations_param, tolerance_param
from epochscope.methods.shared.presets import MINUTES_PRETRAINING, MINUTES_SOURCE, QUICK_PRETRAINING, recommended
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, unit_of
from epochscope.nets.neighbors import search
from epochscope.nets.pretrain import CONSTANT, END_TO_END, PretrainParams, pretrain
from epochscope.nets.training import array
from epochscope.params import Params, group, param
from epochscope.types import EpochscopeError, Progress, Snapshot

SHOWN = 10
"""Epochs in which the forming of the layout is shown."""

FULL, DIAGONAL = "full", "diagonal"
_LEAST_POINTS = 6  # below that UMAP finds no start
_TICK = 0.1  # seconds between two looks at a computation in another thread
_one_layout_at_a_time = threading.Lock()  # the threads of numba must not be entered from two of ours


@dataclass(frozen=True)
class UmapParams(Params):
    """The layout of the codes that is clustered."""

    dims: int = param(
        0, 0, 50, label="dimensions", help="Of the layout. 0: as many as clusters (at least 2), as in the paper."
    )
    neighbors: int = param(
        20,
        2,
        200,
        log=True,
        symbol="J",
        label="neighbors",
        help="Number of neighbors each point is kept near; at most one less than there are points.",
    )
    min_dist: float = param(
        0.0,
        0.0,
        0.99,
        step=0.01,
        label="smallest distance",
        help="How tightly neighbors may be packed: 0, as in the paper, makes islands as dense as they can be.",
    )
    rounds: int = param(
        500,
        50,
        2000,
        step=50,
        label="rounds of the layout",
        help="Passes over the edges of the graph, shown in 10 epochs; 500 is the default of UMAP up to 10,000 points, "
        "200 beyond.",
    )


@dataclass(frozen=True)
class N2dParams(MethodParams):
    epochs: int = iterations_param()
    tol: float = tolerance_param()
    covariance: str = param(
        FULL,
        options=(FULL, DIAGONAL),
        symbol="Σ",
        label="covariances",
        help="Full: a cluster may be an ellipsoid in any direction, as in the authors' code; diagonal: only along the "
        "axes.",
    )
    umap: UmapParams = group(UmapParams, "UMAP of the codes")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n < _LEAST_POINTS:
            raise EpochscopeError(f"UMAP needs at least {_LEAST_POINTS} points, but there are {n}: take more points.")


def run(x: Float[Tensor, "n f"], k: int, hp: N2dParams, rng: torch.Generator) -> Steps:
    hp.check(n=len(x), f=x.shape[1], k=k)
    unit = unit_of(x, center=hp.net.center)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = yield from pretrain(net, x, hp, rng)  # sec. III-A: minimizes |x - g(f(x))|^2
    codes = net.encode(x)
    require_distinct(len(torch.unique(codes, dim=0)), len(codes), k)
    layouts = yield from layouts_of(codes, k, hp.umap, rng)  # sec. III-B
    for y in layouts:
        yield Snapshot(phase="umap", z=y)
    y = layouts[-1]
    for mixture in em_states(y, k, hp, rng):  # sec. III-C
        gamma = mixture.predict_proba(y)
        of_code = torch.tensor(gamma, dtype=codes.dtype, device=codes.device)
        center = of_code.T @ codes / of_code.sum(dim=0).clamp(min=torch.finfo(codes.dtype).tiny)[:, None]
        yield Progress(mixture.iterations, hp.epochs + 1, "EM")
        yield Snapshot(
            phase="cluster",
            z=y,
            q=gamma,
            centers=mixture.means_.copy(),
            losses={"negative log likelihood": -float(mixture.score(y))},
            extra={
                "spread": variances(mixture) ** 0.5,
                "mixing": mixture.weights_.copy(),
                "decoded_centers": array(unit.back(net.decode(center))),
            },
        )


def layouts_of(
    codes: Float[Tensor, "n d"], k: int, hp: UmapParams, rng: torch.Generator
) -> Generator[Progress, None, list[Float[np.ndarray, "n e"]]]:
    """The layout of the codes by UMAP at its start, after each share of its rounds, and at its end."""
    n = len(codes)
    near = yield from search(codes, min(hp.neighbors, n) - 1)
    dims = min(hp.dims or max(2, k), n - 3)
    seed = int(torch.randint(2**31 - 1, (), generator=rng, device=rng.device))
    points, j, d = array(codes), array(near.j), array(near.d.sqrt())

    def work() -> list[Float[np.ndarray, "n e"]]:
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding  # slow to import

        own = np.arange(n)[:, None]  # UMAP counts each point as its own first neighbor
        random = np.random.RandomState(seed)
        index, distance = np.hstack([own, j]), np.hstack([np.zeros((n, 1), np.float32), d.astype(np.float32)])
        a, b = find_ab_params(1.0, hp.min_dist)
        shown = [0, *(hp.rounds * i // SHOWN - 1 for i in range(1, SHOWN)), hp.rounds]
        with _one_layout_at_a_time:
            made: Any = fuzzy_simplicial_set(
                points, index.shape[1], random, "euclidean", knn_indices=index, knn_dists=distance
            )
            steps = {"initial_alpha": 1.0, "a": a, "b": b, "gamma": 1.0, "negative_sample_rate": 5, "n_epochs": shown}
            more = {"metric": "euclidean", "metric_kwds": {}, "densmap": False, "densmap_kwds": {}}
            found = simplicial_set_embedding(
                points, made[0], dims, init="spectral", random_state=random, output_dens=False, **steps, **more
            )
        return list(found[1]["embedding_list"])

    layouts = yield from in_background(work, "UMAP of the codes")
    if not all(np.isfinite(y).all() for y in layouts):
        raise EpochscopeError("UMAP gave numbers that are not finite: see whether the codes have collapsed.")
    for y in layouts:
        y.flags.writeable = False
    return layouts


def in_background(work: Callable[[], Any], doing: str) -> Generator[Progress, None, Any]:
    """The result of `work`, which runs in a thread of its own, so that a run can be stopped meanwhile."""
    result: list[Any] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            result.append(work())
        except BaseException as error:  # handed on below
            failure.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    while thread.is_alive():
        yield Progress(1, 2, doing)
        thread.join(_TICK)
    if failure:
        raise failure[0]
    yield Progress(2, 2, doing)
    return result[0]


def em_states(y: Float[np.ndarray, "n e"], k: int, hp: N2dParams, rng: torch.Generator) -> Iterator[Any]:
    """scikit-learn's mixture after each iteration of EM, from k-means; it ends as EM in our other methods does."""
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    kind = "full" if hp.covariance == FULL else "diag"
    seed = int(torch.randint(2**31 - 1, (), generator=rng, device=rng.device))
    mixture: Any = GaussianMixture(k, covariance_type=kind, tol=0.0, max_iter=1, warm_start=True, random_state=seed)
    before, points = -np.inf, y.astype(np.float64)
    warnings.filterwarnings("ignore", message="Best performing initialization did not converge")  # in one iteration
    for i in range(hp.epochs + 1):
        with threadpool_limits(1, user_api="openmp"):
            mixture.fit(points)
        mixture.iterations = i + 1
        yield mixture
        if mixture.lower_bound_ - before < hp.tol:
            return
        before = mixture.lower_bound_


def variances(mixture: Any) -> Float[np.ndarray, "k e"]:
    """The variance of each cluster in each direction, whatever its covariances are."""
    c = mixture.covariances_
    return np.diagonal(c, axis1=1, axis2=2).copy() if c.ndim == 3 else c.copy()


METHOD = Method(
    key="n2d",
    title="N2D",
    cite="R. McConville, R. Santos-Rodriguez, R. Piechocki, I. Craddock. N2D: (Not Too) Deep Clustering via Clustering "
    "the Local Manifold of an Autoencoded Embedding. ICPR, 2020",
    about="A network compresses each point into a code; UMAP lays the codes out so that neighbors stay neighbors and "
    "groups become islands. A Gaussian mixture then clusters the layout; no network learns from the clusters.",
    params=N2dParams,
    provides=frozenset({"z", "q", "labels", "centers", "spread", "mixing", "decoded_centers"}),
    plan=lambda hp: hp.pretrain.plan(len(hp.net.hidden) + 1) | {"umap": SHOWN, "cluster": hp.epochs},
    run=run,
    overlay="ellipses",
    space="layout of the codes by UMAP",
    presets=(
        Preset(
            "quick demo", QUICK_PRETRAINING, "Chosen here: a small network, seconds on the digits.", chosen_on=DIGITS
        ),
        recommended(
            {},
            "UMAP as in the paper; 200 rounds from 10,000 points on.",
            watch=False,
            also=lambda size: {"umap.rounds": 500 if size.n <= 10_000 else 200},
        ),
        Preset("minutes", MINUTES_PRETRAINING, MINUTES_SOURCE, chosen_on=MNIST),
        Preset(
            "as in the paper",
            {
                "net.widths": "500-500-2000",
                "net.d": 10,
                "net.center": False,
                "pretrain.schedule": END_TO_END,
                "pretrain.optimizer": "adam",
                "pretrain.lr": 1e-3,
                "pretrain.batch": 256,
                "pretrain.noise": 0.0,
                "pretrain.decay": CONSTANT,
                "pretrain.epochs": 1000,
                "umap.dims": 0,
                "umap.neighbors": 20,
                "umap.min_dist": 0.0,
                "covariance": FULL,
                "tol": 1e-3,
                "epochs": 100,
            },
            "The authors' script rymc/n2d: 1,000 epochs of plain reconstruction, 20 neighbors, smallest distance 0, as "
            "many dimensions as clusters, scikit-learn's mixture with its defaults. Their code size is the number of "
            "clusters, so d = 10 fits k = 10.",
        ),
    ),
)
