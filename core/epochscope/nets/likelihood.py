"""The likelihood p(x|z): how a reconstruction is scored and shown.

Inside a network all data are in its own unit (`unit_of`), the targets of reconstruction included. A Bernoulli
likelihood converts them back, since it needs values in 0..1; its decoder gives logits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from epochscope.formulas.stacking import each_alone
from epochscope.nets.autoencoder import Unit
from epochscope.params import param
from epochscope.types import EpochscopeError, Likelihood

BY_DATA, BERNOULLI, GAUSSIAN = "by the data", "Bernoulli", "Gaussian"


def likelihood_param() -> Any:
    """The parameter `likelihood`, the same in each method that has it; `MethodParams.suited` resolves "by the data"."""
    return param(
        BY_DATA,
        options=(BY_DATA, BERNOULLI, GAUSSIAN),
        symbol="p(x|z)",
        label="likelihood of a feature",
        help="Bernoulli scores the decoder by cross-entropy and suits pixels from 0 to 1; Gaussian scores it by the "
        "squared error and suits everything else. By the data: Bernoulli where the scaling of the data "
        "brings them to 0..1, as for pixels.",
    )


def reconstruction_param(help: str, *, symbol: str = "") -> Any:
    """The parameter `reconstruction`: the factor on -log p(x|z), summed over features. `symbol`: as in the paper."""
    return param(1.0, 0.01, 1000.0, log=True, live=True, symbol=symbol, label="weight of reconstruction", help=help)


def _cross_entropy_of_features(out: Tensor, x: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(out, x, reduction="none")


def suited_likelihood(kind: Likelihood) -> str:
    """What "by the data" means for features of this kind."""
    return BERNOULLI if kind == "unit interval" else GAUSSIAN


class Bernoulli(NamedTuple):
    """p(x|z) = prod_f a_f^x_f (1 - a_f)^(1 - x_f) with a = sigmoid(out); gray values are taken as shares of white."""

    unit: Unit

    def error(self, out: Float[Tensor, "n f"], x: Float[Tensor, "n f"]) -> Float[Tensor, ""]:
        """Cross-entropy, MEAN over points and features: the loss of pretraining."""
        return each_alone(binary_cross_entropy_with_logits, out, self.unit.back(x))

    def nll(self, out: Float[Tensor, "n f"], x: Float[Tensor, "n f"]) -> Float[Tensor, " n"]:
        """-log p(x_i|z_i), SUM over features."""
        return each_alone(_cross_entropy_of_features, out, self.unit.back(x)).sum(dim=1)

    def shown(self, out: Float[Tensor, "*n f"]) -> Float[Tensor, "*n f"]:
        """The mean of p(x|z) in the unit of the data."""
        return out.sigmoid()


class Gaussian(NamedTuple):
    """p(x|z) = N(x; out, I), in the unit in which |x|^2 / f is 1 on average."""

    unit: Unit

    def error(self, out: Float[Tensor, "n f"], x: Float[Tensor, "n f"]) -> Float[Tensor, ""]:
        """Squared error, MEAN over points and features: the loss of pretraining."""
        return mse_loss(out, x)

    def nll(self, out: Float[Tensor, "n f"], x: Float[Tensor, "n f"]) -> Float[Tensor, " n"]:
        """-log p(x_i|z_i) without f/2 log 2 pi, SUM over features: 1/2 |x_i - out_i|^2."""
        return 0.5 * (out - x).square().sum(dim=1)

    def shown(self, out: Float[Tensor, "*n f"]) -> Float[Tensor, "*n f"]:
        """The mean of p(x|z) in the unit of the data."""
        return self.unit.back(out)


def likelihood_of(choice: str, x: Float[Tensor, "n f"], unit: Unit) -> Bernoulli | Gaussian:
    """The likelihood chosen by the parameter; x in the unit of the data. Raises EpochscopeError if it does not fit."""
    inside = bool(((x >= 0) & (x <= 1)).all())
    if choice == BERNOULLI and not inside:
        raise EpochscopeError(
            f"A Bernoulli likelihood needs all features within 0..1, but these reach from {float(x.min()):.3g} to "
            f"{float(x.max()):.3g}: scale the data into 0..1, or choose a Gaussian likelihood."
        )
    if choice == BY_DATA:
        choice = BERNOULLI if inside else GAUSSIAN
    return Bernoulli(unit) if choice == BERNOULLI else Gaussian(unit)
