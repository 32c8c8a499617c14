"""The presets of DGG, and where their values come from."""

from __future__ import annotations

from epochscope.methods.base import DIGITS, Preset
from epochscope.methods.dgg.params import FROM_GRAPH
from epochscope.methods.shared.first_labels import BEST_OF_THREE
from epochscope.methods.shared.presets import (
    QUICK_PRETRAINING,
    STACKED_PRETRAINING,
    STACKED_SOURCE,
    minutes,
    recommended,
)
from epochscope.nets.neighbors import CODES, RANDOM, SIAMESE

PRESETS = (
    Preset(
        "quick demo",
        QUICK_PRETRAINING
        | {
            "start": FROM_GRAPH,
            "graph.J": 10,
            "classifier.hidden": 50,
            "cluster.batch": 64,
            "cluster.epochs": 20,
            "cluster.per_step": 1,
        },
        "Chosen here: a small network, one neighbor per step, seconds on the digits; first labels from the graph.",
        chosen_on=DIGITS,
    ),
    recommended(
        {
            "start": BEST_OF_THREE,
            "graph.J": 10,
            "classifier.hidden": 50,
            "cluster.lr": 5e-4,
            "cluster.epochs": 20,
            "cluster.per_step": 1,
        },
        weighted=True,
    ),
    minutes(
        {
            "start": FROM_GRAPH,
            "graph.J": 10,
            "graph.distance": CODES,
            "classifier.hidden": 50,
            "cluster.batch": 128,
            "cluster.epochs": 10,
            "cluster.per_step": 1,
            "cluster.decay": 0.7,
            "cluster.decay_every": 3,
        },
        " One neighbor per step; graph and first labels from the pretrained codes.",
    ),
    Preset(
        "as in the paper",
        STACKED_PRETRAINING
        | {
            "graph.J": 20,
            "graph.distance": SIAMESE,
            "graph.choice": RANDOM,
            "siamese.lr": 5e-4,
            "siamese.batch": 250,
            "siamese.epochs": 300,
            "siamese.positives": 2,
            "classifier.optimizer": "sgd",
            "classifier.lr": 0.02,
            "classifier.batch": 100,
            "variational.lr": 1e-3,
            "variational.batch": 100,
            "variational.epochs": 50,
            "classifier.epochs": 30,
            "cluster.lr": 2e-3,
            "cluster.batch": 100,
            "cluster.epochs": 300,
            "cluster.per_step": 0,
            "cluster.weight_decay": 1e-4,
        },
        STACKED_SOURCE
        + "Then a variational autoencoder, as the paper says; how long and at which rate is chosen here. "
        "Graph: the Siamese network of the paper in the 1,000 pairs a step of the scripts (250 points with four "
        "partners each), 20 random ones of the nearest 100 as in the code. "
        "Clustering: the MNIST script, which loads VaDE's weights and pretrains f2 with weight decay.",
    ),
)
