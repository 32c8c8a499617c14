"""The parameters of SpectralNet."""

from __future__ import annotations

from dataclasses import dataclass

from epochscope.methods.base import MethodParams
from epochscope.methods.shared.watch import WatchParams, watch_group
from epochscope.nets.autoencoder import AutoencoderParams
from epochscope.nets.pretrain import PretrainParams
from epochscope.nets.siamese import OF_MARGINS, OF_PAPER, SiameseParams
from epochscope.nets.siamese import PHASE as SIAMESE_PHASE
from epochscope.nets.training import StepParams, lr_param
from epochscope.params import MOST_EPOCHS, group, param
from epochscope.types import EpochscopeError

CODES, LEARNED = "codes of the autoencoder", "Siamese network on the codes"


@dataclass(frozen=True)
class MapParams(StepParams):
    """Training of the network F."""

    lr: float = lr_param(1e-3, "Size of a gradient step; it falls tenfold whenever the loss stays.")
    batch: int = param(
        1024,
        16,
        4096,
        log=True,
        label="batch size",
        help="Points per gradient step. Neighbors are sought within the batch: the smaller it is, the less they are "
        "the true ones. It must be much larger than k.",
    )
    epochs: int = param(40, 1, MOST_EPOCHS, label="epochs", help="Number of epochs, each of the number of steps below.")
    steps: int = param(100, 1, 1000, label="steps per epoch", help="Gradient steps between two snapshots.")
    patience: int = param(
        20,
        1,
        500,
        label="patience",
        help="Epochs without a lower loss before the learning rate falls tenfold; below 1e-7 training ends.",
    )
    widths: str = param(
        "1024-1024-512",
        pattern=r"[1-9]\d{0,3}(-[1-9]\d{0,3}){0,5}",
        label="hidden layers of F",
        help="Neurons in each hidden layer of F, which maps codes to outputs. The Siamese network has the same.",
    )
    through: bool = param(
        True,
        label="gradient through the Cholesky factor",
        help="Whether a gradient step knows that outputs are made orthonormal again, or takes the last factor as "
        "constant: then it also learns to shrink the outputs, which the next factor undoes.",
    )

    @property
    def hidden(self) -> list[int]:
        """Widths of the hidden layers of F."""
        return [int(width) for width in self.widths.split("-")]


@dataclass(frozen=True)
class PairParams(SiameseParams):
    """The Siamese network, with the loss of this paper's code as another choice."""

    loss: str = param(
        OF_MARGINS,
        options=(OF_MARGINS, OF_PAPER),
        label="loss of a pair",
        help="At squared distance d: loss of a positive pair, or of a random one. The first form, of the authors' "
        "code, lets neighbors keep a distance of 0.05.",
    )


@dataclass(frozen=True)
class SpectralNetParams(MethodParams):
    affinity: str = param(
        LEARNED,
        options=(CODES, LEARNED),
        symbol="W",
        label="distances come from",
        help="Where neighbors and their weights are found: in the codes, or in a network that learned from pairs which "
        "codes belong together.",
    )
    neighbors: int = param(
        2,
        1,
        100,
        symbol="J",
        label="neighbors",
        help="Neighbors of each point within its batch, not counting itself. One wrong edge between two groups glues "
        "them; with too few, groups fall apart.",
    )
    scale_neighbor: int = param(
        1,
        1,
        100,
        label="neighbor that sets the scale",
        help="The median distance to this nearest neighbor is the width of the Gaussian weights.",
    )
    restarts: int = param(
        10, 1, 100, label="k-means restarts", help="Starts of k-means on the outputs; that of least inertia is used."
    )
    cluster: MapParams = group(MapParams, "Spectral map F")
    siamese: PairParams = group(PairParams, "Siamese network", margin=1.0, weight_decay=0.0, batch=128)
    net: AutoencoderParams = group(AutoencoderParams, "Network of the autoencoder")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()

    def plan(self) -> dict[str, int]:
        """Epochs of each phase."""
        second = {SIAMESE_PHASE: self.siamese.epochs} if self.affinity == LEARNED else {}
        return self.pretrain.plan(len(self.net.hidden) + 1) | second | {"cluster": self.cluster.epochs}

    def check(self, *, n: int, f: int, k: int) -> None:
        super().check(n=n, f=f, k=k)
        least = min(n, self.cluster.batch)
        if least <= max(self.neighbors, self.scale_neighbor):
            raise EpochscopeError(
                f"A batch of {least} points has at most {least - 1} neighbors of a point: lower the number of "
                f"neighbors (now {self.neighbors}) and the neighbor that sets the scale (now {self.scale_neighbor})."
            )
        if self.cluster.batch < k:
            raise EpochscopeError(
                f"{k} orthonormal outputs need batches of at least {k} points, but a batch has {self.cluster.batch}: "
                "raise the batch size."
            )
