"""The parameters of DASC and DSC-Net, and the values of their presets."""

from __future__ import annotations

from dataclasses import dataclass

from epochscope.methods.base import MethodParams
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.nets.autoencoder import AutoencoderParams
from epochscope.nets.critic import widths_param
from epochscope.nets.pretrain import PretrainParams
from epochscope.nets.training import lr_param
from epochscope.params import MOST_EPOCHS, Params, group, param
from epochscope.types import EpochscopeError

MOST_POINTS = 2000
BLOCKS = 128
"""Rows and columns of the averaged |C| in a snapshot."""


LAMBDA_1 = 5.2e-5
"""The weight 1 of the authors' code over 19,396, the mean square of their file of faces: here that of the data is 1."""

QUICK_EXPRESSION = {
    "net.d": 30,
    "lambda_1": 200.0,
    "lambda_2": 10.0,
    "cluster.steps": 5,
    "cluster.epochs": 30,
    "critic.after": 10,
    "critic.lambda_3": 1000.0,
    "critic.lr": 1e-3,
    "critic.bound": 0.1,
}
"""With the weights of the paper's code, C reconstructs digits too easily, and the critic has no visible effect."""


@dataclass(frozen=True)
class ExpressionParams(Params):
    """The phase that learns C."""

    lr: float = lr_param(
        1e-3,
        "Size of a step of Adam, for the networks and for C.",
    )
    epochs: int = param(
        60, 1, MOST_EPOCHS, anew=True, label="epochs", help="Number of epochs; each has the number of steps below."
    )
    steps: int = param(10, 1, 100, label="steps per epoch", help="Number of steps; each takes all points together.")


@dataclass(frozen=True)
class DascCriticParams(Params):
    """The adversarial part."""

    on: bool = param(True, label="adversarial", help="With the critic it is DASC (approximated), without it DSC-Net.")
    after: int = param(
        20, 0, 500, label="epochs without critic", help="First C is learned alone, so that there are clusters to judge."
    )
    lambda_3: float = param(
        1.0,
        0.0,
        1000.0,
        step=0.5,
        live=True,
        symbol="λ₃",
        label="weight of the critic",
        help="Weight of the critic's score, a mean, relative to the other terms, which are sums over all points.",
    )
    widths: str = widths_param()
    lr: float = lr_param(
        2e-4,
        "Size of a step of Adam for the critic.",
    )
    bound: float = param(
        0.02,
        0.001,
        1.0,
        log=True,
        symbol="c",
        label="largest weight",
        help="After each step the critic's weights are clipped to ± this value, so that its score stays bounded.",
    )
    ahead: int = param(100, 0, 2000, label="steps ahead", help="Steps of the critic before it affects the encoder.")
    every: int = param(
        0,
        0,
        100,
        label="epochs between labels with the critic",
        help="Epochs between two spectral clusterings once the critic takes part; 0: as without it.",
    )
    mixed: int = param(
        50, 1, 1000, symbol="m", label="mixtures per cluster", help="Fake codes made from each cluster at each step."
    )


@dataclass(frozen=True)
class DascParams(MethodParams):
    lambda_1: float = param(
        1.0,
        1e-6,
        1000.0,
        log=True,
        live=True,
        symbol="λ₁",
        label="weight of small C",
        help="Keeps the entries of C small, so that each code is reconstructed from many others, not from itself. The "
        "other terms grow with the square of the data and this one does not: a weight for pixels up to 255 is to be "
        "divided by their mean square, since here that is 1.",
    )
    lambda_2: float = param(
        0.2,
        0.001,
        1000.0,
        log=True,
        live=True,
        symbol="λ₂",
        label="weight of self-expression",
        help="How closely each code must be reconstructed from the others.",
    )
    diagonal: bool = param(
        True, label="allow a diagonal", help="A code may take part in its own reconstruction, as in the authors' code."
    )
    rho: float = param(
        0.2,
        0.01,
        1.0,
        step=0.01,
        live=True,
        symbol="ρ",
        label="share of C kept",
        help="The affinity is made of the largest entries of each column, up to this share of their sum.",
    )
    every: int = param(
        5,
        1,
        100,
        symbol="T",
        label="epochs between labels",
        help="Epochs between two spectral clusterings, which are slow.",
    )
    restarts: int = restarts_param()
    cluster: ExpressionParams = group(ExpressionParams, "Self-expression")
    critic: DascCriticParams = group(DascCriticParams, "Critic")
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")

    def labels_every(self, epoch: int) -> int:
        """Epochs between two spectral clusterings, at this epoch."""
        return self.critic.every if self.critic.every and self.critic.on and epoch > self.critic.after else self.every

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        if n > MOST_POINTS:
            raise EpochscopeError(
                f"DASC stores a number for each pair of points and takes at most {MOST_POINTS:,} points, but this data "
                f"set has {n:,}: choose fewer points."
            )
