"""The parameters of the adversarial autoencoder, and the values of its presets."""

from __future__ import annotations

from dataclasses import dataclass

from epochscope.methods.base import MethodParams
from epochscope.methods.shared import adversarial
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.presets import QUICK_PRETRAINING
from epochscope.methods.shared.watch import WatchParams, watch_group
from epochscope.nets.autoencoder import AutoencoderParams
from epochscope.nets.critic import CriticParams
from epochscope.nets.pretrain import PretrainParams
from epochscope.nets.training import (
    StepParams,
    lr_param,
)
from epochscope.params import MOST_EPOCHS, group, param

AFTERWARDS, HEAD = "cluster z afterwards", "categorical head"
KMEANS, MIXTURE = "k-means", "Gaussian mixture"
FLOOR = 1e-3  # least variance of a cluster; the prior has variance 1
SMALL = 0.1  # factor on the initial weights of the y head, so that y starts nearly uniform

FAN_IN, NARROW = "1 / fan-in", "0.01²"
NARROW_SD = 0.01

WITH_HEAD = {"mode": HEAD, "net.d": 2, "cluster.lr_game": 1e-3, "cluster.epochs": 40}
PAPER_NETS = {"net.widths": "1000-1000", "net.d": 5, "net.center": False, "critic.widths": "1000-1000"}
PAPER_GAME = {"critic.lr": 0.1, "critic.noise": 0.0, "cluster.lr_game": 0.1, "cluster.optimizer": "sgd"}
PAPER_GAME |= {"cluster.momentum_game": 0.1, "cluster.tenfold_after": 50}
PAPER_STEPS = {"cluster.lr": 0.01, "cluster.momentum": 0.9, "cluster.batch": 100, "cluster.noise": 0.3}
PAPER = {"mode": HEAD, "pretrained": False, "saturating": True, "first_weights": NARROW, "cluster.epochs": 500}
PAPER |= PAPER_NETS | PAPER_GAME | PAPER_STEPS
QUICK, QUICK_SOURCE = QUICK_PRETRAINING | {"cluster.batch": 64}, "Chosen here: a small network, seconds on the digits."


@dataclass(frozen=True)
class AaeStepParams(StepParams):
    """The three phases of a batch."""

    epochs: int = param(30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Passes over the data after pretraining.")
    lr_game: float = lr_param(
        2e-4,
        "Size of the encoder's step against the discriminators, separate from that of reconstruction.",
        of="against the discriminators",
    )
    momentum_game: float = param(
        0.9,
        0.0,
        0.99,
        step=0.01,
        label="momentum against the discriminators (SGD only)",
        help="Share of the last step carried over, for the discriminators and for the encoder's steps against them. "
        "Each has a moving goal, so old gradients help less than in reconstruction.",
    )
    tenfold_after: int = param(
        0,
        0,
        500,
        label="epochs before the rates fall",
        help="After this number of epochs all learning rates of this phase are divided by 10; 0: never.",
    )
    noise: float = param(
        0.0,
        0.0,
        1.0,
        step=0.05,
        label="noise on the input",
        help="Standard deviation of the noise on the input of the autoencoder, in the unit of the data.",
    )

    def share(self, epoch: int) -> float:
        """Factor on the learning rates at this epoch."""
        return 0.1 if 0 < self.tenfold_after <= epoch else 1.0


@dataclass(frozen=True)
class AaeParams(MethodParams):
    mode: str = param(
        AFTERWARDS,
        options=(AFTERWARDS, HEAD),
        label="where clusters come from",
        help="Codes matched to one normal distribution and clustered afterwards; or an output of the encoder, y, with "
        "a number for each cluster, matched to one-hot draws of equally frequent clusters.",
    )
    grouping: str = param(
        KMEANS,
        options=(KMEANS, MIXTURE),
        label="grouped by",
        help="How codes are clustered after each epoch. Not used with a categorical head.",
    )
    pretrained: bool = param(
        True,
        label="pretrain",
        help="Train the autoencoder alone first, as the other methods do. The paper trains all parts from the start.",
    )
    saturating: bool = adversarial.saturating_param()
    first_weights: str = param(
        FAN_IN,
        options=(FAN_IN, NARROW),
        label="variance of the first weights",
        help="1 / fan-in keeps the signal as large from layer to layer. The paper draws all weights with a standard "
        "deviation of 0.01: at its large learning rates, wider ones end in NaN within an epoch.",
    )
    restarts: int = restarts_param()
    cluster: AaeStepParams = group(AaeStepParams, "Adversarial training")
    critic: CriticParams = group(CriticParams, "Discriminators", lr=2e-4, ahead=0, smoothing=1.0, noise=0.5)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
