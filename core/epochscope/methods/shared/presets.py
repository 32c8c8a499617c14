"""Parameter values that the presets of several methods share, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from epochscope.methods.base import FAST, MNIST, RECOMMENDED, Preset, Size
from epochscope.methods.shared.first_labels import BEST_OF_THREE, graph_can_be_had
from epochscope.nets.pretrain import COSINE, FIFTHS, LAYERWISE, ONE_CYCLE

QUICK_PRETRAINING = {"net.widths": "256-256", "pretrain.batch": 64, "pretrain.epochs": 20}
"""Values of the presets "quick demo": a small network, and many steps per epoch even on few points."""

MINUTES_PRETRAINING = {
    "net.d": 6,
    "pretrain.noise": 0.7,
    "pretrain.decay": COSINE,
    "pretrain.batch": 128,
    "pretrain.epochs": 60,
}
"""Values of the presets "minutes", for two cores. On 10,000 MNIST digits a code smaller than the papers' 10 helps most:
it leaves less room for slant and stroke width beside the class of the digit; then noise, and small steps at the end."""

MINUTES_SOURCE = (
    "Chosen here by the ACC on 10,000 MNIST digits, and for them: the papers' network with a smaller code, some "
    "minutes on two cores. It does not carry over to other data; the recommended preset is meant for these."
)

RECOMMENDED_SOURCE = (
    "For data of any kind; chosen here. Sizes follow from n points, f features and k clusters: code size "
    "k (5 to 20, at most f); two hidden layers of 64 (f < 16), 256 (f < 256) or 500; batches of about n / 32 "
    "(32 to 256, a power of two); pretraining of 2,500 steps within 20 to 100 epochs, its rate falling to 0; a masked "
    "share of 0 (f < 8), 0.2 (f < 256) or 0.5."
)

WEIGHT_SOURCE = "Reconstruction weighs 250 / f from 250 features on: all of them together count as 250."

WATCH_SOURCE = (
    "Clustering takes small steps. It ends when labels settle, or when fewer of the ten nearest neighbors in the data "
    "share a cluster than before; then it returns to the epoch in which most did, and to its start if none was better. "
    "No labels are used."
)

WATCH_ITERATIONS_SOURCE = (
    "Clustering ends when labels settle, or when fewer of the ten nearest neighbors in the data share a cluster than "
    "before; then it returns to the epoch in which most did, and to its start if none was better. No labels are used."
)

START_SOURCE = "First clusters: of three proposals, that with which the most neighbors share a cluster."

RESTARTS_SOURCE = "20 starts of k-means, down to 3 for very large data: n f k times the starts stays below 20 billion."

STEPS_SOURCE = (
    "η = 0.05 k, at most 0.9: the center of a cluster of n / k points moves a tenth of the way to their mean per step, "
    "and no center jumps past it. Batches of about n / 32 (32 to 256, a power of two)."
)

FAST_SOURCE = (
    "For many points, chosen here on 10,000 MNIST digits for the time it takes: hidden layers and code as in the "
    "recommended preset (the code by the agreement of neighbors, without labels), data that are not centered, a masked "
    "share of 0.7 (from 256 features on), 400 steps of pretraining in one cycle up to a rate of 2e-3, first clusters "
    "by spectral clustering of the graph of the data, learned for three epochs. So the graph decides most of what "
    "comes out. Where the graph would take too long, first clusters are those of the codes, after 1,200 steps. "
    "Data sets known here with more than 5,000 points begin with it."
)

LEAST_CODE, LARGEST_CODE = 5, 20
"""Limits of the code size."""

FAST_STEPS, FAST_STEPS_ALONE = 400, 1200
"""Gradient steps of pretraining at which the fast preset aims: with first clusters from the data, and without."""

PRETRAINING_STEPS = 2500
"""Gradient steps of pretraining at which the recommended preset aims."""

STACKED_PRETRAINING = {
    "net.widths": "500-500-2000",
    "net.d": 10,
    "net.center": False,
    "pretrain.schedule": LAYERWISE,
    "pretrain.optimizer": "sgd",
    "pretrain.lr": 0.1,
    "pretrain.momentum": 0.9,
    "pretrain.batch": 256,
    "pretrain.noise": 0.2,
    "pretrain.decay": FIFTHS,
    "pretrain.layer_epochs": 180,
    "pretrain.epochs": 360,
}
"""The stacked denoising autoencoder of Xie et al. 2016: 50,000 steps per layer, then 100,000 (on MNIST)."""

STACKED_SOURCE = (
    "Pretraining: Xie et al. 2016, its 50,000 steps per layer and 100,000 together given as epochs of the 70,000 "
    "digits, its division of the rate by 10 every 20,000 steps as fifths of a phase; the paper sums the loss over "
    "features where ours is a mean (DEC-keras compensates with lr 1, pt-dec stays at 0.1). "
)


def recommended(
    values: Mapping[str, Any],
    more: str = "",
    *,
    watch: bool = True,
    weighted: bool = False,
    also: Callable[[Size], Mapping[str, Any]] | None = None,
) -> Preset:
    """The preset for any data of a method with a network; `values`: those of the method itself, for all sizes.

    `more`: a sentence about them. `watch`: whether clustering trains the network and is therefore watched. `weighted`:
    whether its reconstruction error is a sum over features, which has a weight. `also`: values of the method that
    follow from the size.
    """

    def rule(size: Size) -> dict[str, Any]:
        clustering = {"cluster.batch": batch_of(size.n)} | WATCHED if watch else {}
        starts = {"cluster.restarts": restarts_of(size)} if values.get("start") == BEST_OF_THREE else {}
        weight = {"reconstruction": reconstruction_weight(size.f)} if weighted else {}
        return sized(size) | clustering | starts | weight | dict(also(size) if also else {})

    best_start = values.get("start") == BEST_OF_THREE
    told = [RECOMMENDED_SOURCE, START_SOURCE * best_start, WATCH_SOURCE * watch, WEIGHT_SOURCE * weighted, more]
    return Preset(RECOMMENDED, values, " ".join(text for text in told if text), rule)


def fast(values: Mapping[str, Any]) -> Preset:
    """The preset for many points of a method with a network; `values`: those of the method itself, for all sizes."""

    def rule(size: Size) -> dict[str, Any]:
        return short(size) | {"cluster.batch": batch_of(size.n)}

    return Preset(FAST, {"cluster.restarts": 20, **values}, FAST_SOURCE, rule, chosen_on=MNIST)


def short(size: Size) -> dict[str, Any]:
    """Sizes of network and code, and a short pretraining in one cycle, for n points, f features and k clusters."""
    n, f, _ = size
    batch = batch_of(n)
    steps = FAST_STEPS if graph_can_be_had(n, f) else FAST_STEPS_ALONE
    return sized(size) | {
        "net.center": False,
        "pretrain.lr": 2e-3,
        "pretrain.decay": ONE_CYCLE,
        "pretrain.noise": 0.0 if f < 8 else 0.2 if f < 256 else 0.7,
        "pretrain.epochs": min(60, max(5, math.ceil(steps / math.ceil(n / batch)))),
    }


def recommended_without_network(
    values: Mapping[str, Any],
    more: str = "",
    *,
    steps: bool = False,
    watch: bool = False,
    also: Callable[[Size], Mapping[str, Any]] | None = None,
    chosen_on: tuple[str, ...] = (),
) -> Preset:
    """The preset for any data of a method that works on the data themselves.

    `steps`: whether its centers move by gradient steps, of a size and number that follow from k and n. `watch`: whether
    clustering is watched. `also`: values of the method that follow from the size. `chosen_on`: as in Preset.
    """

    def rule(size: Size) -> dict[str, Any]:
        descent = {"cluster.batch": batch_of(size.n), "cluster.lr": center_rate(size.k)} if steps else {}
        return {"restarts": restarts_of(size)} | descent | (WATCHED if watch else {}) | dict(also(size) if also else {})

    told = ["For data of any kind; chosen here.", RESTARTS_SOURCE, STEPS_SOURCE * steps, more]
    told += [WATCH_ITERATIONS_SOURCE * watch]
    return Preset(RECOMMENDED, values, " ".join(text for text in told if text), rule, chosen_on=chosen_on)


def minutes(values: Mapping[str, Any], more: str = "") -> Preset:
    """The preset for 10,000 MNIST digits; `values`: those of the method itself. `more`: what its source adds."""
    return Preset("minutes", {**MINUTES_PRETRAINING, **values}, MINUTES_SOURCE + more, chosen_on=MNIST)


WATCHED = {
    "watch.neighbors": 10,
    "watch.patience": 5,
    "watch.fall": 0.01,
    "watch.gain": 0.005,
    "watch.idle": 10,
    "watch.settled": 0.001,
}
"""Ten neighbors of up to 2,000 points: their agreement is known to about 0.005, the gain and half of the fall that
count."""


def batch_of(n: int) -> int:
    """Batch size for n points: about 32 batches an epoch, within 32 to 256 points, a power of two."""
    return 2 ** min(8, max(5, round(math.log2(max(n, 1) / 32))))


def sized(size: Size) -> dict[str, Any]:
    """Sizes of network, code, batch and pretraining for n points, f features and k clusters.

    The code has a dimension for each cluster: the centers of k clusters span k - 1. More would describe in what points
    of one cluster differ. Few points get small batches, so that there are as many steps. Features that are many
    repeat each other, so more of them can be masked.
    """
    n, f, k = size
    batch = batch_of(n)
    epochs = math.ceil(PRETRAINING_STEPS / math.ceil(n / batch))
    wide = 64 if f < 16 else 256 if f < 256 else 500
    return {
        "net.widths": f"{wide}-{wide}",
        "net.d": max(2, min(f, max(k, LEAST_CODE), LARGEST_CODE)),
        "pretrain.decay": COSINE,
        "pretrain.noise": 0.0 if f < 8 else 0.2 if f < 256 else 0.5,
        "pretrain.batch": batch,
        "pretrain.epochs": min(100, max(20, epochs)),
    }


def restarts_of(size: Size) -> int:
    """Number of starts of k-means, which also runs on the data themselves: 20, down to 3 for very large data."""
    n, f, k = size
    return max(3, min(20, 20_000_000_000 // (n * f * k)))


def center_rate(k: int) -> float:
    """Learning rate of centers that follow the gradient of a mean squared distance: 2 rate / k of the way per step.

    Below 1 even a center to which all points belong does not jump past their mean.
    """
    return round(min(0.9, 0.05 * k), 3)


def reconstruction_weight(f: int) -> float:
    """Weight of a reconstruction error that is a sum over f features, relative to terms of the code.

    The features of a point are not independent: from 250 on, all together count as 250.
    """
    return round(min(1.0, 250 / f), 3)
